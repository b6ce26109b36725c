import { expect, test } from "bun:test";
import { asProblem } from "../../shared/errors.ts";
import { SITE_REPLACED } from "../../shared/keys.ts";
import { A_KEY, BTC, connectToVenue, order } from "./venue.fixture.ts";

const rows: [string, object, string | undefined][] = [
  ["bound and unable to withdraw", { ipRestrict: true, enableWithdrawals: false }, undefined],
  ["able to withdraw", { ipRestrict: true, enableWithdrawals: true }, "FORBIDDEN"],
  ["bound to no address", { ipRestrict: false, enableWithdrawals: false }, "FORBIDDEN"],
];
test.each(rows)("live: a key %s", async (_, rights, code) => {
  const settings = { mode: "live", apiKey: A_KEY, liveFirstDayUsdtMax: 10_000 } as const;
  const { connector, faulty, settle, around, pass } = await connectToVenue(settings);
  faulty.fetch = (request) =>
    request.url.includes("/sapi/v1/account/apiRestrictions")
      ? Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(rights) })
      : undefined;
  const before = await settle(connector.desk.submit(order({}))).catch(asProblem);
  expect(before).toMatchObject({ code: "FORBIDDEN" });
  await settle(connector.key.check());
  await settle(connector.live.arm("ann", "test"));
  connector.market.follow([BTC]);
  await pass(1_000);
  const after = await settle(connector.desk.submit(order({}))).catch(asProblem);
  if (code === undefined) expect(after).toMatchObject({ status: "FILLED" });
  else expect(after).toMatchObject({ code });
  expect(around.raised).toEqual(code === undefined ? ["LIVE_ARMED"] : ["KEY_UNSAFE", "LIVE_ARMED"]);
  const exit = order({ client_order_id: "x", side: "SELL", entry: false, reduce_only: true });
  const exited = await settle(connector.desk.submit(exit)).catch(asProblem);
  expect(exited).not.toMatchObject({ code: "FORBIDDEN" });
});

test("a key that the exchange refuses sends no entries on that market, and does when it is taken again", async () => {
  const { connector, faulty, settle, around, pass } = await connectToVenue();
  connector.market.follow([BTC]);
  await pass(1_000);
  const body = JSON.stringify({ code: -2015, msg: "Invalid API-key, IP, or permissions for action." });
  faulty.fetch = (request) =>
    request.url.includes("/fapi/v") && request.headers["x-mbx-apikey"] !== undefined
      ? Promise.resolve({ status: 401, headers: {}, body })
      : undefined;
  expect(await settle(connector.queries.balances()).catch(asProblem)).toMatchObject({ code: "EXCHANGE_REFUSED" });
  expect(around.raised).toContain("KEY_REFUSED");
  expect(connector.key.trouble()).toContain("refuses our key (FUT)");
  const refused = await settle(connector.desk.submit(order({}))).catch(asProblem);
  expect(refused).toMatchObject({ code: "FORBIDDEN" });
  faulty.fetch = () => undefined;
  await settle(connector.queries.balances());
  expect(connector.key.trouble()).toBeUndefined();
  expect(await settle(connector.desk.submit(order({ client_order_id: "again" })))).toMatchObject({ status: "FILLED" });
});

test("a site that another one has taken over from sends no entries, and its exits go on", async () => {
  const { connector, settle, around, pass, blobs } = await connectToVenue();
  connector.market.follow([BTC]);
  await pass(1_000);
  await settle(connector.site.look());
  expect(connector.site.trouble()).toBeUndefined();
  expect(await settle(connector.desk.submit(order({})))).toMatchObject({ status: "FILLED" });
  await blobs.put(SITE_REPLACED, new TextEncoder().encode("generation 2"));
  await settle(connector.site.look());
  expect(around.raised).toContain("SITE_REPLACED");
  const entry = await settle(connector.desk.submit(order({ client_order_id: "more" }))).catch(asProblem);
  expect(entry).toMatchObject({ code: "FORBIDDEN", message: "Another site has taken over: generation 2" });
  const exit = order({ client_order_id: "x", side: "SELL", entry: false, reduce_only: true });
  expect(await settle(connector.desk.submit(exit))).toMatchObject({ status: "FILLED" });
});

test("paper: nothing is asked", async () => {
  const { connector, requests } = await connectToVenue();
  const sent = requests.length;
  await connector.key.check();
  expect(requests.length).toBe(sent);
  expect(connector.key.trouble()).toBeUndefined();
});

test("live: an entry on its way when somebody disarms does not leave any more, and its id may be tried again", async () => {
  const settings = { mode: "live", apiKey: A_KEY, liveFirstDayUsdtMax: 10_000 } as const;
  const { connector, faulty, settle, venue, pass } = await connectToVenue(settings);
  const rights = JSON.stringify({ ipRestrict: true, enableWithdrawals: false });
  let isDisarming = false;
  faulty.fetch = (request) => {
    if (request.url.includes("/apiRestrictions")) return Promise.resolve({ status: 200, headers: {}, body: rights });
    // What is asked before the order itself takes its time.
    if (isDisarming && request.method === "POST" && !request.url.endsWith("/order")) {
      isDisarming = false;
      void connector.live.disarm("bob", "stop");
    }
    return undefined;
  };
  await settle(connector.key.check());
  await settle(connector.live.arm("ann", "test"));
  connector.market.follow([BTC]);
  await pass(1_000);
  isDisarming = true;
  const entry = () => settle(connector.desk.submit(order({ leverage: 7 }))).catch(asProblem);
  expect(await entry()).toMatchObject({ code: "WRONG_STATE" });
  expect(isDisarming).toBe(false);
  expect(venue.orders()).toHaveLength(0);
  await settle(connector.live.arm("ann", "test"));
  expect(await entry()).toMatchObject({ status: "FILLED" });
});
