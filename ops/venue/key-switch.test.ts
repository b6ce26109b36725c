import { expect, test } from "bun:test";
import { fingerprint } from "./binance/keys.ts";
import type { VenueAccount } from "./binance/request.ts";
import { type Journal, memoryJournal } from "./journal.ts";
import { type Answer, hmac, MAKER, query, TestVenue } from "./test-client.ts";
import { DEFAULT_ACCOUNTS } from "./venue.ts";

/** Another key of the paper account. */
const SECOND: VenueAccount = { account: "main", key: "second-key", secret: "second-secret", balances: {} };
const REFUSED = { code: -2015, msg: "Invalid API-key, IP, or permissions for action." };

const open = (journal: Journal) => TestVenue.open({ journal, accounts: [...DEFAULT_ACCOUNTS, SECOND, MAKER] });

async function admin(v: TestVenue, request: string, body?: object): Promise<Answer> {
  const [method = "", path = ""] = request.split(" ");
  const headers = { authorization: "Bearer admin-token" };
  const said = await v.venue.rest("admin", {
    method,
    path,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: said.status, ...JSON.parse(said.body) };
}

const switchKey = (v: TestVenue, key: string, on: boolean): Promise<Answer> =>
  admin(v, `POST /keys/${key}/switch`, { on });

/** Spot account events by the WebSocket API. */
async function subscribed(v: TestVenue, who: string) {
  const heard = await v.listen("ws://127.0.0.1:8093/ws-api/v3");
  const params = { apiKey: `${who}-key`, timestamp: Math.floor(v.clock.now()) };
  const signature = hmac(`${who}-secret`, query(params));
  heard.socket.send(
    JSON.stringify({ id: 1, method: "userDataStream.subscribe.signature", params: { ...params, signature } }),
  );
  await v.settle();
  return heard;
}

test("a key that is switched off is refused everywhere, another key of its account is not, and on again it works", async () => {
  const v = await open(memoryJournal());
  expect((await v.order("paper", "BTCUSDT BUY 0.01 50000", { newClientOrderId: "before" })).status).toBe("NEW");
  expect(await switchKey(v, "paper-key", false)).toMatchObject({ status: 200, on: false, account: "main" });
  const timestamp = Math.floor(v.clock.now());
  for (const [request, fields] of [
    ["POST /fapi/v1/order", { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.01" }],
    ["POST /api/v3/order", { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.01" }],
    ["DELETE /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "before" }],
    ["GET /api/v3/account", {}],
    ["POST /fapi/v1/listenKey", {}],
  ] as const) {
    const text = query({ ...fields, timestamp });
    const { status, json } = await v.raw(`${request}?${text}&signature=${hmac("paper-secret", text)}`, "paper-key");
    expect([request, status, json]).toEqual([request, 401, REFUSED]);
  }
  expect(
    (await v.call("second", "GET /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "before" })).status,
  ).toBe("NEW");
  expect(await switchKey(v, fingerprint("paper-key"), true)).toMatchObject({ on: true });
  expect((await v.call("paper", "GET /api/v3/account")).accountType).toBe("SPOT");
  expect(await switchKey(v, "nobodys-key", false)).toMatchObject({ status: 404 });
});

test("what listens by a key that is switched off is told so and hears nothing more; another key's streams go on", async () => {
  const v = await open(memoryJournal());
  const [futures, others] = [await v.listenAccount("paper"), await v.listenAccount("second")];
  const [spot, othersSpot] = [await subscribed(v, "paper"), await subscribed(v, "second")];
  await switchKey(v, "paper-key", false);
  await v.settle();
  expect(futures.messages).toMatchObject([{ e: "listenKeyExpired" }]);
  expect(spot.messages.at(-1)).toMatchObject({ event: { e: "eventStreamTerminated" } });
  await v.order("second", "BTCUSDT BUY 0.01 50000");
  await v.spot("second", "BTCUSDT BUY 0.01 50000");
  await v.settle();
  expect([futures.messages.length, spot.messages.length]).toEqual([1, 2]);
  expect(others.messages.at(-1)).toMatchObject({ e: "ORDER_TRADE_UPDATE" });
  expect(othersSpot.messages.some(({ event }) => event?.e === "executionReport")).toBe(true);
});

test("the journal says which key asked for what and when one was switched, and both hold after a restart", async () => {
  const journal = memoryJournal();
  const v = await open(journal);
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  await switchKey(v, "paper-key", false);
  await v.order("second", "BTCUSDT SELL 0.01 MARKET", { reduceOnly: true });
  const entries = journal.read(1, 100);
  const asked = entries.filter(({ facts }) => facts.some(({ fact }) => fact === "accepted" || fact === "key_switched"));
  expect(asked.map(({ by }) => by)).toEqual(
    ["maker-key", "paper-key", undefined, "second-key"].map((key) => key && fingerprint(key)),
  );
  expect(JSON.stringify(entries)).not.toContain("paper-key");
  const again = await open({ ...memoryJournal(), restored: entries });
  expect(again.venue.stateHash()).toBe(v.venue.stateHash());
  expect(await again.call("paper", "GET /api/v3/account")).toEqual(REFUSED);
  expect((await admin(again, "GET /keys")).keys).toMatchObject([
    { fingerprint: fingerprint("paper-key"), account: "main", on: false },
    { fingerprint: fingerprint("second-key"), account: "main", on: true },
    { fingerprint: fingerprint("maker-key"), account: "maker", on: true },
  ]);
});
