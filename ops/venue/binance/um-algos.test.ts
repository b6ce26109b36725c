import { expect, test } from "bun:test";
import { type Answer, TestVenue } from "../test-client.ts";

async function open(): Promise<TestVenue> {
  const v = await TestVenue.open();
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  await v.order("paper", "BTCUSDT BUY 0.02 MARKET");
  await v.settle(1_000);
  return v;
}

/** The book falls or rises to `bid` and one ask ten above it; the mark follows within a second. */
async function moveTo(v: TestVenue, bid: number): Promise<void> {
  await v.call("maker", "DELETE /fapi/v1/allOpenOrders", { symbol: "BTCUSDT" });
  await v.order("maker", `BTCUSDT SELL 1 ${bid + 10}`);
  await v.order("maker", `BTCUSDT BUY 1 ${bid}`);
  await v.settle(1_000);
}

const STOP = { symbol: "BTCUSDT", side: "SELL", algoType: "CONDITIONAL", type: "STOP_MARKET", quantity: "0.02" };
const send = (v: TestVenue, more: object): Promise<Answer> =>
  v.call("paper", "POST /fapi/v1/algoOrder", { ...STOP, triggerPrice: "59000", workingType: "MARK_PRICE", ...more });

/** What is wrong with the order, and the code it gets. */
const REFUSED: [string, object, number][] = [
  ["other algorithm", { algoType: "TWAP" }, -1130],
  ["plain type", { type: "LIMIT" }, -1116],
  ["no trigger", { triggerPrice: "" }, -1102],
  ["no quantity", { quantity: "" }, -1102],
  ["trigger already passed", { triggerPrice: "60500" }, -2021],
  ["bad working type", { workingType: "LAST" }, -4031],
  ["limit type without a limit", { type: "STOP" }, -1102],
  ["callback out of bounds", { type: "TRAILING_STOP_MARKET", callbackRate: "11" }, -2007],
  ["no callback", { type: "TRAILING_STOP_MARKET" }, -1102],
  ["activation on the wrong side", { type: "TRAILING_STOP_MARKET", callbackRate: "1", activatePrice: "59000" }, -2021],
  ["close with a quantity", { closePosition: true }, -4137],
  ["close and reduce-only", { closePosition: true, quantity: "", reduceOnly: true }, -1106],
  ["close by limit", { type: "STOP", price: "58000", closePosition: true, quantity: "" }, -4136],
  ["hedge side", { positionSide: "LONG" }, -4061],
  ["off tick", { triggerPrice: "59000.05" }, -1111],
];

test("a bad conditional order gets Binance's own code", async () => {
  const v = await open();
  for (const [what, change, code] of REFUSED) expect([what, (await send(v, change)).code]).toEqual([what, code]);
  expect(await v.call("paper", "GET /fapi/v1/openAlgoOrders")).toEqual([]);
});

test("trailing stops follow the mark from their activation; both names of the price are taken", async () => {
  const v = await open();
  const account = await v.listenAccount("paper");
  const trailing = { type: "TRAILING_STOP_MARKET", triggerPrice: "", callbackRate: "0.5", reduceOnly: true };
  const algo = await send(v, { ...trailing, activationPrice: "60100", clientAlgoId: "trail-1" });
  expect(algo).toMatchObject({ orderType: "TRAILING_STOP_MARKET", activatePrice: "60100.0", callbackRate: "0.50" });
  await moveTo(v, 60_195);
  await moveTo(v, 59_910);
  const ask = () => v.call("paper", "GET /fapi/v1/algoOrder", { clientAlgoId: "trail-1" });
  expect((await ask()).algoStatus).toBe("NEW");
  // 60200 × 0.995 = 59899
  await moveTo(v, 59_894);
  expect(await ask()).toMatchObject({ algoStatus: "FINISHED", actualType: "MARKET", actualQty: "0.020" });
  const told = account.messages.filter((m) => m.e === "ALGO_UPDATE").map((m) => m.o.X);
  expect(told).toEqual(["NEW", "TRIGGERING", "TRIGGERED", "FINISHED"]);
  const order = account.messages.findLast((m) => m.e === "ORDER_TRADE_UPDATE").o;
  expect(order).toMatchObject({ c: "trail-1", ot: "TRAILING_STOP_MARKET", cr: "0.5", AP: "60100.0", R: true });
});

test("STOP and TAKE_PROFIT send limit orders; algo and order have their own lists", async () => {
  const v = await open();
  const stop = await send(v, { type: "STOP", price: "58990", timeInForce: "GTC", reduceOnly: true });
  const profit = await send(v, {
    type: "TAKE_PROFIT",
    triggerPrice: "60500",
    priceMatch: "OPPONENT",
    reduceOnly: true,
  });
  expect([stop.price, profit.priceMatch]).toEqual(["58990.0", "OPPONENT"]);
  expect((await v.call("paper", "GET /fapi/v1/openOrders")).length).toBe(0);
  await moveTo(v, 58_900);
  const [sent] = await v.call("paper", "GET /fapi/v1/openOrders");
  expect(sent).toMatchObject({
    type: "LIMIT",
    origType: "STOP",
    price: "58990.0",
    stopPrice: "59000.0",
    reduceOnly: true,
  });
  const asked = await v.call("paper", "GET /fapi/v1/algoOrder", { algoId: stop.algoId });
  expect(asked).toMatchObject({ algoStatus: "TRIGGERED", actualOrderId: String(sent.orderId) });
  const waiting: Answer[] = await v.call("paper", "GET /fapi/v1/openAlgoOrders", { symbol: "BTCUSDT" });
  expect(waiting.map((row) => row.algoId)).toEqual([profit.algoId]);
  expect(await v.call("paper", "DELETE /fapi/v1/algoOpenOrders", { symbol: "BTCUSDT" })).toMatchObject({ code: 200 });
  const all: Answer[] = await v.call("paper", "GET /fapi/v1/allAlgoOrders", { symbol: "BTCUSDT" });
  expect(all.map((row) => row.algoStatus)).toEqual(["TRIGGERED", "CANCELED"]);
  await v.call("paper", "DELETE /fapi/v1/allOpenOrders", { symbol: "BTCUSDT" });
  expect((await v.call("paper", "GET /fapi/v1/algoOrder", { algoId: stop.algoId })).algoStatus).toBe("FINISHED");
});
