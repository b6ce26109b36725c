import { expect, test } from "bun:test";
import { type Answer, type Fields, TestVenue } from "../test-client.ts";

const BTC = { symbol: "BTCUSDT" };

async function open(): Promise<TestVenue> {
  const v = await TestVenue.open();
  await v.order("maker", "BTCUSDT SELL 5 60000");
  await v.order("maker", "BTCUSDT BUY 5 59990");
  await v.settle(1_000);
  return v;
}

const codes = async (v: TestVenue, asked: [request: string, fields: object][]): Promise<number[]> => {
  const said: number[] = [];
  for (const [request, fields] of asked) said.push((await v.call("paper", request, { ...fields })).code);
  return said;
};

test("hedge mode: the switch and what refuses it, positions side by side, closing orders by their side", async () => {
  const v = await open();
  const dual = (on: boolean) => v.call("paper", "POST /fapi/v1/positionSide/dual", { dualSidePosition: on });
  expect((await dual(false)).code).toBe(-4059);
  const resting = await v.order("paper", "BTCUSDT BUY 0.01 50000");
  expect(await dual(true)).toEqual({
    code: -4067,
    msg: "Position side cannot be changed if there exists open orders.",
  });
  await v.call("paper", "DELETE /fapi/v1/order", { ...BTC, orderId: resting.orderId });
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  expect(await dual(true)).toEqual({ code: -4068, msg: "Position side cannot be changed if there exists position." });
  await v.order("paper", "BTCUSDT SELL 0.01 MARKET");
  expect(await dual(true)).toEqual({ code: 200, msg: "success" });
  expect(await v.call("paper", "GET /fapi/v1/positionSide/dual")).toEqual({ dualSidePosition: true });
  const sent = async (text: string, more: object) => (await v.order("paper", text, { ...more })).code;
  expect([
    await sent("BTCUSDT BUY 0.01 MARKET", {}),
    await sent("BTCUSDT BUY 0.01 MARKET", { positionSide: "BOTH" }),
    await sent("BTCUSDT BUY 0.01 MARKET", { positionSide: "UP" }),
    await sent("BTCUSDT SELL 0.01 MARKET", { positionSide: "LONG" }),
    await sent("BTCUSDT BUY 0.01 MARKET", { positionSide: "LONG", reduceOnly: true }),
  ]).toEqual([-4061, -4061, -4060, -2022, -1106]);
  await v.order("paper", "BTCUSDT BUY 0.02 MARKET", { positionSide: "LONG" });
  await v.order("paper", "BTCUSDT SELL 0.03 MARKET", { positionSide: "SHORT" });
  const closing = await v.order("paper", "BTCUSDT SELL 0.02 61000", { positionSide: "LONG" });
  expect(closing).toMatchObject({ positionSide: "LONG", reduceOnly: true, status: "NEW" });
  const risks: Answer[] = await v.call("paper", "GET /fapi/v3/positionRisk");
  expect(risks.map((r) => [r.positionSide, r.positionAmt, r.entryPrice])).toEqual([
    ["LONG", "0.020", "60000.00000"],
    ["SHORT", "-0.030", "59990.00000"],
  ]);
  const { positions, ...account } = await v.call("paper", "GET /fapi/v2/account");
  expect(account).toMatchObject({ multiAssetsMargin: false, tradeGroupId: -1, canTrade: true });
  expect(positions.map((p: Answer) => [p.symbol, p.positionSide, p.leverage]).slice(0, 2)).toEqual([
    ["BTCUSDT", "LONG", "20"],
    ["BTCUSDT", "SHORT", "20"],
  ]);
  expect(await v.call("paper", "GET /fapi/v1/adlQuantile", BTC)).toMatchObject({ symbol: "BTCUSDT" });
});

test("leverage, margin type and multi-assets mode answer and refuse in Binance's words", async () => {
  const v = await open();
  const asked = "POST /fapi/v1/leverage";
  expect(await v.call("paper", asked, { ...BTC, leverage: 100 })).toEqual({
    ...{ leverage: 100, maxNotionalValue: "800000", symbol: "BTCUSDT" },
  });
  expect(await v.call("paper", asked, { ...BTC, leverage: 126 })).toEqual({
    ...{ code: -4028, msg: "Leverage 126 is not valid" },
  });
  const isolate = ["POST /fapi/v1/marginType", { ...BTC, marginType: "ISOLATED" }] as [string, object];
  const multi = (on: boolean) => ["POST /fapi/v1/multiAssetsMargin", { multiAssetsMargin: on }] as [string, object];
  expect(await codes(v, [[asked, { ...BTC, leverage: 0 }], isolate, isolate, multi(true), multi(false)])).toEqual([
    ...[-4028, 200, -4046, -4167, -4171],
  ]);
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  const cross = ["POST /fapi/v1/marginType", { ...BTC, marginType: "CROSSED" }] as [string, object];
  expect(await codes(v, [cross, [asked, { ...BTC, leverage: 99 }]])).toEqual([-4048, -4161]);
  await v.order("paper", "BTCUSDT SELL 0.01 MARKET");
  await v.order("paper", "BTCUSDT BUY 0.01 50000");
  expect(await codes(v, [cross])).toEqual([-4047]);
  await v.call("paper", "DELETE /fapi/v1/allOpenOrders", BTC);
  expect(await codes(v, [cross, multi(true), isolate, multi(true)])).toEqual([200, 200, -4168, -4171]);
  expect(await v.call("paper", "GET /fapi/v1/multiAssetsMargin")).toEqual({ multiAssetsMargin: true });
  expect(await v.call("paper", "GET /fapi/v1/accountConfig")).toMatchObject({ multiAssetsMargin: true });
});

test("position margin goes in and out of an isolated position, with its history and events", async () => {
  const v = await open();
  const account = await v.listenAccount("paper");
  const change = (type: number, amount: string | number, more = {}): [string, Fields] => [
    "POST /fapi/v1/positionMargin",
    { ...BTC, type, amount, ...more },
  ];
  expect(await codes(v, [change(1, 10)])).toEqual([-4049]);
  await v.call("paper", "POST /fapi/v1/marginType", { ...BTC, marginType: "ISOLATED" });
  expect(await codes(v, [change(1, 10), change(1, 0), change(3, 1)])).toEqual([-4054, -4055, -1130]);
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  expect(await v.call("paper", ...change(1, "10.5"))).toEqual({
    ...{ amount: 10.5, code: 200, msg: "Successfully modify position margin.", type: 1 },
  });
  expect(await codes(v, [change(1, 100_000), change(2, 11), change(1, 1, { positionSide: "LONG" })])).toEqual([
    ...[-4050, -4051, -4061],
  ]);
  const moved = account.messages.findLast((m) => m.e === "ACCOUNT_UPDATE").a;
  expect([moved.m, moved.P[0].iw, moved.P[0].mt]).toEqual(["MARGIN_TRANSFER", "40.50000000", "isolated"]);
  const rows: Answer[] = await v.call("paper", "GET /fapi/v1/positionMargin/history", { ...BTC, type: 1 });
  expect(rows.map((row) => [row.deltaType, row.amount, row.type, row.asset, row.positionSide])).toEqual([
    ["TRADE", "30.00000000", 1, "USDT", "BOTH"],
    ["USER_ADJUST", "10.50000000", 1, "USDT", "BOTH"],
  ]);
  const [risk] = await v.call("paper", "GET /fapi/v2/positionRisk", BTC);
  // (40.5 − 600) ÷ (0.00004 − 0.01) = 56174.69…
  expect(risk).toMatchObject({ marginType: "isolated", leverage: "20", liquidationPrice: "56174.7" });
});
