import { expect, test } from "bun:test";
import { type Answer, START, TestVenue } from "../test-client.ts";

async function open(): Promise<TestVenue> {
  const v = await TestVenue.open();
  for (let i = 0; i < 5; i++) {
    await v.order("maker", `BTCUSDT SELL 0.1 ${60_000 + i}`);
    await v.order("maker", `BTCUSDT BUY 0.1 ${59_990 - i}`);
  }
  await v.settle(1_000);
  return v;
}

const sent = (v: TestVenue, more: object): Promise<Answer> =>
  v.call("paper", "POST /fapi/v1/order", {
    ...{ symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01" },
    ...more,
  });

test("a price comes from the book where priceMatch asks so", async () => {
  const v = await open();
  expect(await sent(v, { priceMatch: "QUEUE_5" })).toMatchObject({ price: "59986.0", priceMatch: "QUEUE_5" });
  expect(await sent(v, { priceMatch: "OPPONENT", newOrderRespType: "RESULT" })).toMatchObject({
    ...{ price: "60000.0", status: "FILLED" },
  });
  const codes = [
    (await sent(v, { priceMatch: "QUEUE_20" })).code,
    (await sent(v, { priceMatch: "BEST" })).code,
    (await sent(v, { priceMatch: "QUEUE", price: "59000" })).code,
    (await sent(v, { priceMatch: "QUEUE", type: "MARKET" })).code,
  ];
  expect(codes).toEqual([-5041, -5037, -1106, -5038]);
});

test("GTD orders name a date, end when it comes, and say so", async () => {
  const v = await open();
  const account = await v.listenAccount("paper");
  const dated = (goodTillDate?: number) =>
    sent(v, { price: "50000", timeInForce: "GTD", ...(goodTillDate && { goodTillDate }) });
  expect([(await dated()).code, (await dated(START + 600_000)).code]).toEqual([-1102, -5040]);
  expect((await sent(v, { price: "50000", goodTillDate: START + 700_000 })).code).toBe(-1106);
  const order = await dated(START + 700_500);
  expect(order).toMatchObject({ timeInForce: "GTD", goodTillDate: START + 700_000, status: "NEW" });
  await v.settle(700_000);
  expect(account.messages.at(-1).o).toMatchObject({ x: "EXPIRED", X: "EXPIRED", f: "GTD", gtd: START + 700_000 });
});

test("self-trade prevention ends the order that the taker's mode names", async () => {
  const v = await open();
  const account = await v.listenAccount("paper");
  const stp = (selfTradePreventionMode: string, more: object) => sent(v, { selfTradePreventionMode, ...more });
  expect((await stp("DECREMENT", { price: "59000" })).code).toBe(-5039);
  const maker = await stp("EXPIRE_TAKER", { price: "59999" });
  const taker = await stp("EXPIRE_MAKER", {
    side: "SELL",
    price: "59999",
    quantity: "0.02",
    newOrderRespType: "RESULT",
  });
  expect(taker).toMatchObject({ status: "NEW", executedQty: "0.000" });
  const asked = await v.call("paper", "GET /fapi/v1/order", { symbol: "BTCUSDT", orderId: maker.orderId });
  expect(asked).toMatchObject({ status: "EXPIRED_IN_MATCH", selfTradePreventionMode: "EXPIRE_TAKER" });
  const told = account.messages.find((m) => m.o?.X === "EXPIRED_IN_MATCH");
  expect(told.o).toMatchObject({ i: maker.orderId, x: "EXPIRED", er: "1", V: "EXPIRE_TAKER" });
});

test("a test order is checked and not placed; a trade is told in short first", async () => {
  const v = await open();
  const account = await v.listenAccount("paper");
  const tried = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.01" };
  expect(await v.call("paper", "POST /fapi/v1/order/test", tried)).toMatchObject({ orderId: 0, origQty: "0.010" });
  expect((await v.call("paper", "POST /fapi/v1/order/test", { ...tried, quantity: "0" })).code).toBe(-4003);
  expect(account.messages).toEqual([]);
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  expect(account.messages.map((m) => m.e)).toEqual([
    ...["ORDER_TRADE_UPDATE", "TRADE_LITE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"],
  ]);
  const [first, lite, , last] = account.messages;
  expect("n" in first.o).toBe(false);
  expect(lite).toMatchObject({ s: "BTCUSDT", q: "0.010", p: "0.0", m: false, S: "BUY", L: "60000.0", l: "0.010" });
  expect(last.o).toMatchObject({ i: lite.i, t: lite.t, n: "0.30000000", N: "USDT", ps: "BOTH", pm: "NONE", V: "NONE" });
});

test("a market order is refused while the other side is too far from the mark", async () => {
  const v = await open();
  const body = JSON.stringify({ kind: "mark", instrument: "FUT:BTCUSDT", price: "56000", for_ms: 60_000 });
  const headers = { authorization: "Bearer admin-token" };
  await v.venue.rest("admin", { method: "POST", path: "/faults", headers, body });
  await v.settle(1_000);
  expect((await v.order("paper", "BTCUSDT BUY 0.01 MARKET")).code).toBe(-4131);
  expect((await v.order("paper", "BTCUSDT SELL 0.01 MARKET")).status).toBe("FILLED");
});
