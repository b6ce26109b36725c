import { expect, test } from "bun:test";
import { asProblem } from "../../shared/errors.ts";
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
