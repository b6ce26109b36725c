import { expect, test } from "bun:test";
import { type Answer, START, TestVenue } from "../test-client.ts";

const BTC = { symbol: "BTCUSDT" };
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

async function open(): Promise<TestVenue> {
  const v = await TestVenue.open();
  await v.order("maker", "BTCUSDT SELL 5 60000");
  await v.order("maker", "BTCUSDT BUY 5 59990");
  return v;
}

async function fault(v: TestVenue, what: object): Promise<void> {
  const headers = { authorization: "Bearer admin-token" };
  const said = await v.venue.rest("admin", { method: "POST", path: "/faults", headers, body: JSON.stringify(what) });
  expect(said.status).toBe(200);
}

test("orders, trades and income come in pages, and in windows of at most a week", async () => {
  const v = await open();
  for (let i = 0; i < 3; i++) {
    await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
    await v.order("paper", "BTCUSDT SELL 0.01 MARKET");
    await v.settle(MINUTE_MS);
  }
  const get = (path: string, more: object): Promise<Answer> =>
    v.call("paper", `GET /fapi/v1/${path}`, { ...BTC, ...more });
  const times = { startTime: START + MINUTE_MS - 1, endTime: START + MINUTE_MS + 5_000 };
  expect((await get("userTrades", times)).map((row: Answer) => row.side)).toEqual(["BUY", "SELL"]);
  expect((await get("allOrders", times)).length).toBe(2);
  const all: Answer[] = await get("userTrades", {});
  expect((await get("userTrades", { fromId: all[4].id })).length).toBe(2);
  expect((await get("userTrades", { orderId: all[1].orderId })).map((row: Answer) => row.id)).toEqual([all[1].id]);
  const codes = [
    (await get("userTrades", { fromId: 1, startTime: START })).code,
    (await get("userTrades", { startTime: START, endTime: START + 8 * DAY_MS })).code,
    (await get("allOrders", { startTime: START + 1, endTime: START })).code,
    (await get("forceOrders", { autoCloseType: "NONE" })).code,
  ];
  expect(codes).toEqual([-1128, -4165, -1023, -1130]);
  const pages: Answer[] = [];
  for (let page = 1; page <= 4; page++) pages.push(...(await get("income", { startTime: START, limit: 4, page })));
  expect(pages.map((row) => row.incomeType)).toEqual(
    [0, 1, 2].flatMap(() => ["COMMISSION", "REALIZED_PNL", "COMMISSION"]),
  );
  expect(new Set(pages.map((row) => row.tranId)).size).toBe(9);
  expect((await v.call("paper", "GET /fapi/v1/income", { incomeType: "TRANSFER" })).length).toBe(1);
});

test("a liquidation is told to the account and to everybody, and stands in every history", async () => {
  const v = await open();
  const account = await v.listenAccount("paper");
  const everybody = await v.listen("ws://127.0.0.1:8094/market/ws/!forceOrder@arr");
  await v.call("paper", "POST /fapi/v1/marginType", { ...BTC, marginType: "ISOLATED" });
  await v.call("paper", "POST /fapi/v1/leverage", { ...BTC, leverage: 100 });
  await v.order("paper", "BTCUSDT BUY 0.1 MARKET");
  await v.settle(1_000);
  const markAt = (price: string) => fault(v, { kind: "mark", instrument: "FUT:BTCUSDT", price, for_ms: 60_000 });
  // 60 − 32 = 28 of equity, 23.87 needed: four fifths are gone
  await markAt("59680");
  await v.settle(1_000);
  const call = account.messages.find((m) => m.e === "MARGIN_CALL");
  expect(call.p).toMatchObject([{ s: "BTCUSDT", ps: "BOTH", pa: "0.100", mt: "ISOLATED", iw: "60.00000000" }]);
  expect("cw" in call).toBe(false);
  await v.settle(5_000);
  expect(account.messages.filter((m) => m.e === "MARGIN_CALL").length).toBe(1);
  await markAt("59600");
  await v.settle(1_000);
  const closing = account.messages.findLast((m) => m.e === "ORDER_TRADE_UPDATE").o;
  expect(closing).toMatchObject({ o: "LIQUIDATION", x: "CALCULATED", X: "FILLED", S: "SELL", f: "IOC" });
  expect(closing.c).toStartWith("autoclose-");
  expect(account.messages.at(-1).a).toMatchObject({ m: "INSURANCE_CLEAR", P: [{ pa: "0.000" }] });
  expect(everybody.messages.map((m) => [m.e, m.o.S, m.o.q, m.o.X])).toEqual([
    ["forceOrder", "SELL", "0.100", "FILLED"],
  ]);
  const [forced] = await v.call("paper", "GET /fapi/v1/forceOrders", { autoCloseType: "LIQUIDATION" });
  expect(forced).toMatchObject({ clientOrderId: closing.c, type: "LIMIT", timeInForce: "IOC", origType: "LIMIT" });
  expect(await v.call("paper", "GET /fapi/v1/forceOrders", { ...BTC, autoCloseType: "ADL" })).toEqual([]);
  const income: Answer[] = await v.call("paper", "GET /fapi/v1/income", { ...BTC, incomeType: "INSURANCE_CLEAR" });
  expect(income.length).toBe(1);
});

test("funding tells the balance, and the position only where it is isolated; the rate is kept", async () => {
  const v = await open();
  const account = await v.listenAccount("paper");
  await v.order("paper", "BTCUSDT BUY 0.1 MARKET");
  await v.settle(1_000);
  const pay = async (rate: string) => {
    await fault(v, { kind: "funding", instrument: "FUT:BTCUSDT", rate });
    return account.messages.at(-1).a;
  };
  // 0.1 × 59995 × 0.0002
  expect(await pay("0.0002")).toMatchObject({ m: "FUNDING_FEE", B: [{ bc: "-1.19990000" }], P: [] });
  const { json } = await v.raw("GET /fapi/v1/fundingRate?symbol=BTCUSDT");
  expect(json).toMatchObject([{ symbol: "BTCUSDT", fundingRate: "0.00020000", markPrice: "59995.00000000" }]);
});

test("without a fund the other side is deleveraged at the bankruptcy price, and told so", async () => {
  const v = await open();
  const maker = await v.listenAccount("maker");
  await fault(v, { kind: "insurance", qty: "-1000000" });
  await v.call("paper", "POST /fapi/v1/marginType", { ...BTC, marginType: "ISOLATED" });
  await v.call("paper", "POST /fapi/v1/leverage", { ...BTC, leverage: 100 });
  await v.order("paper", "BTCUSDT BUY 0.1 MARKET");
  await v.call("maker", "DELETE /fapi/v1/allOpenOrders", BTC);
  await fault(v, { kind: "mark", instrument: "FUT:BTCUSDT", price: "58000", for_ms: 60_000 });
  await v.settle(1_000);
  const closed = maker.messages.findLast((m) => m.e === "ORDER_TRADE_UPDATE").o;
  expect(closed).toMatchObject({ o: "LIQUIDATION", x: "CALCULATED", S: "BUY", L: "59400.0", rp: "60.00000000" });
  expect(closed.c).toStartWith("adl_autoclose");
  const [row] = await v.call("maker", "GET /fapi/v1/forceOrders", { autoCloseType: "ADL" });
  expect(row).toMatchObject({ clientOrderId: closed.c, executedQty: "0.100" });
  expect(await v.call("paper", "GET /fapi/v3/positionRisk")).toEqual([]);
});
