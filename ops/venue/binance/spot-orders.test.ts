import { expect, test } from "bun:test";
import { type Answer, type Fields, hmac, START, TestVenue } from "../test-client.ts";

const balances = (account: Answer): Record<string, [string, string]> =>
  Object.fromEntries(account.balances.map((row: Answer) => [row.asset, [row.free, row.locked]]));

async function listenSpot(v: TestVenue) {
  const heard = await v.listen("ws://127.0.0.1:8093/ws-api/v3");
  const params = { apiKey: "paper-key", recvWindow: 5000, timestamp: START };
  const signature = hmac("paper-secret", `apiKey=paper-key&recvWindow=5000&timestamp=${START}`);
  const request = { id: "1", method: "userDataStream.subscribe.signature", params: { ...params, signature } };
  heard.socket.send(JSON.stringify(request));
  await v.settle();
  const reports = () => heard.messages.flatMap(({ event }) => (event?.e === "executionReport" ? [event] : []));
  return { ...heard, reports };
}

/** The maker trades with itself where a test only needs a price. */
const PRINT = { selfTradePreventionMode: "NONE" };
const place = (v: TestVenue, fields: Fields) => v.call("paper", "POST /api/v3/order", { symbol: "BTCUSDT", ...fields });

test("a spot order holds, trades, pays its fee and tells the account over the WebSocket API", async () => {
  const v = await TestVenue.open();
  const heard = await listenSpot(v);
  expect(heard.messages[0]).toMatchObject({ id: "1", status: 200, result: { subscriptionId: 0 } });
  const order = await v.spot("paper", "BTCUSDT BUY 0.01 60000", { newClientOrderId: "ch-1", strategyId: 7 });
  expect(order).toMatchObject({
    status: "NEW",
    clientOrderId: "ch-1",
    price: "60000.00000000",
    fills: [],
    strategyId: 7,
  });
  expect(balances(await v.call("paper", "GET /api/v3/account"))).toMatchObject({
    USDT: ["9400.00000000", "600.00000000"],
  });
  await v.spot("maker", "BTCUSDT SELL 0.004 MARKET");
  // Bought 0.004 less 0.1 %.
  expect(balances(await v.call("paper", "GET /api/v3/account"))).toMatchObject({
    BTC: ["0.00399600", "0.00000000"],
    USDT: ["9400.00000000", "360.00000000"],
  });
  const cancel = { symbol: "BTCUSDT", origClientOrderId: "ch-1", newClientOrderId: "my-cancel" };
  const gone = await v.call("paper", "DELETE /api/v3/order", cancel);
  expect(gone).toMatchObject({ origClientOrderId: "ch-1", status: "CANCELED", executedQty: "0.00400000" });
  expect(balances(await v.call("paper", "GET /api/v3/account")).USDT).toEqual(["9760.00000000", "0.00000000"]);
  expect(heard.reports().map(({ x, X, c, C, w, j }) => [x, X, c, C, w, j])).toEqual([
    ["NEW", "NEW", "ch-1", "", true, 7],
    ["TRADE", "PARTIALLY_FILLED", "ch-1", "", true, 7],
    ["CANCELED", "CANCELED", "my-cancel", "ch-1", false, 7],
  ]);
  const filled = { n: "0.00000400", N: "BTC", m: true, l: "0.00400000", L: "60000.00000000", V: "EXPIRE_MAKER" };
  expect(heard.reports()[1]).toMatchObject(filled);
  const trades = await v.call("paper", "GET /api/v3/myTrades", { symbol: "BTCUSDT" });
  expect(trades).toMatchObject([{ commission: "0.00000400", commissionAsset: "BTC", isBuyer: true, isMaker: true }]);
});

test("a market order asked for in quote spends at most that", async () => {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 0.01 60000");
  await v.spot("maker", "BTCUSDT SELL 0.01 61000");
  const bought = await place(v, { side: "BUY", type: "MARKET", quoteOrderQty: "1000" });
  // 0.01 × 60000 = 600, then ⌊400 ÷ 61000⌋ to the step = 0.00655 × 61000 = 399.55
  expect(bought).toMatchObject({ status: "FILLED", executedQty: "0.01655000", cummulativeQuoteQty: "999.55000000" });
  expect(bought.fills.map((fill: Answer) => [fill.price, fill.qty, fill.commissionAsset])).toEqual([
    ["60000.00000000", "0.01000000", "BTC"],
    ["61000.00000000", "0.00655000", "BTC"],
  ]);
});

test("an iceberg shows its slice, to the book and in its reports", async () => {
  const v = await TestVenue.open();
  const heard = await listenSpot(v);
  const limit = { side: "BUY", type: "LIMIT", timeInForce: "GTC", price: "50000" };
  const order = await place(v, { ...limit, quantity: "0.1", icebergQty: "0.02" });
  expect(order.icebergQty).toBe("0.02000000");
  expect((await v.call("paper", "GET /api/v3/depth", { symbol: "BTCUSDT" })).bids).toEqual([
    ["50000.00000000", "0.02000000"],
  ]);
  await v.spot("maker", "BTCUSDT SELL 0.05 50000");
  expect(heard.reports().map(({ x, F, z }) => [x, F, z])).toEqual([
    ["NEW", "0.02000000", "0.00000000"],
    ["TRADE", "0.02000000", "0.02000000"],
    ["TRADE", "0.02000000", "0.04000000"],
    ["TRADE", "0.02000000", "0.05000000"],
  ]);
});

test("self-trade prevention by default expires the maker, says so to both, and can be asked for later", async () => {
  const v = await TestVenue.open();
  const heard = await listenSpot(v);
  const limit = { type: "LIMIT", timeInForce: "GTC", price: "50000", quantity: "0.1" };
  await place(v, { ...limit, side: "BUY", newClientOrderId: "maker" });
  await v.spot("maker", "BTCUSDT SELL 1 51000");
  await place(v, { side: "BUY", type: "MARKET", quantity: "0.05" });
  const taker = await place(v, { ...limit, quantity: "0.04", side: "SELL", selfTradePreventionMode: "DECREMENT" });
  expect(taker).toMatchObject({
    status: "EXPIRED_IN_MATCH",
    preventedQuantity: "0.04000000",
    preventedMatches: [
      { preventedMatchId: 1, takerPreventedQuantity: "0.04000000", makerPreventedQuantity: "0.04000000" },
    ],
  });
  const said = heard.reports().filter(({ x }) => x === "TRADE_PREVENTION");
  expect(said.map(({ c, X, A, B, pl, pL, w }) => [c === "maker", X, A, B, pl, pL, w])).toEqual([
    [false, "EXPIRED_IN_MATCH", "0.04000000", "0.04000000", "0.04000000", "50000.00000000", false],
    [true, "NEW", "0.04000000", "0.04000000", "0.04000000", "50000.00000000", true],
  ]);
  const limitTaker = await place(v, { ...limit, quantity: "0.02", side: "SELL" });
  expect(limitTaker).toMatchObject({ status: "NEW", selfTradePreventionMode: "EXPIRE_MAKER" });
  const maker = await v.call("paper", "GET /api/v3/order", { symbol: "BTCUSDT", origClientOrderId: "maker" });
  expect(maker).toMatchObject({ status: "EXPIRED_IN_MATCH", preventedQuantity: "0.10000000" });
  const matches = await v.call("paper", "GET /api/v3/myPreventedMatches", {
    symbol: "BTCUSDT",
    orderId: maker.orderId,
  });
  expect(matches.map((match: Answer) => match.selfTradePreventionMode)).toEqual(["DECREMENT", "EXPIRE_MAKER"]);
});

test("a trailing stop follows from where it was placed and reports since when", async () => {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 0.1 60000");
  await v.spot("paper", "BTCUSDT BUY 0.1 MARKET");
  const heard = await listenSpot(v);
  const stop = { side: "SELL", type: "STOP_LOSS", quantity: "0.05", trailingDelta: 100, newClientOrderId: "trail" };
  expect(await place(v, { ...stop, newOrderRespType: "RESULT" })).toMatchObject({
    trailingDelta: 100,
    trailingTime: START,
  });
  const print = async (price: string) => {
    await v.spot("maker", `BTCUSDT BUY 1 ${price}`);
    await v.spot("maker", "BTCUSDT SELL 1 MARKET", PRINT);
  };
  await print("62000");
  await print("61400");
  await v.spot("maker", "BTCUSDT BUY 1 61000");
  expect((await v.call("paper", "GET /api/v3/openOrders")).length).toBe(1);
  // 62000 × 0.99
  await print("61380");
  expect(heard.reports().map(({ x, X, d, D, w }) => [x, X, d, D, w])).toEqual([
    ["NEW", "NEW", 100, undefined, false],
    ["NEW", "NEW", 100, START, true],
    ["TRADE", "FILLED", 100, START, true],
  ]);
});

test("a stop is not set off by a trade before it", async () => {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 1 61000");
  await v.spot("maker", "BTCUSDT BUY 1 59000");
  await place(v, { side: "BUY", type: "MARKET", quantity: "0.01" });
  await place(v, { side: "SELL", type: "STOP_LOSS", quantity: "0.001", stopPrice: "50000" });
  // All at once: 61000, then 59000, then a stop that only the first of them reaches.
  const send = (fields: Fields) => v.send("paper", "POST /api/v3/order", { symbol: "BTCUSDT", ...fields });
  const sent = [
    send({ side: "BUY", type: "MARKET", quantity: "0.001" }),
    send({ side: "SELL", type: "MARKET", quantity: "0.001" }),
    send({ side: "BUY", type: "STOP_LOSS", quantity: "0.001", stopPrice: "60500", newClientOrderId: "stop" }),
  ];
  await v.settle();
  expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200]);
  const stop = { symbol: "BTCUSDT", origClientOrderId: "stop" };
  expect(await v.call("paper", "GET /api/v3/order", stop)).toMatchObject({ status: "NEW", isWorking: false });
  await v.spot("paper", "BTCUSDT BUY 0.001 MARKET");
  expect(await v.call("paper", "GET /api/v3/order", stop)).toMatchObject({ status: "FILLED" });
});

test("cancel-replace does both, or stops, or goes on, and says which", async () => {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT_MAKER", price: "50000", quantity: "0.01" };
  await v.call("paper", "POST /api/v3/order", { ...order, newClientOrderId: "a" });
  const replace = (fields: Fields) => v.call("paper", "POST /api/v3/order/cancelReplace", { ...order, ...fields });
  const good = { cancelReplaceMode: "STOP_ON_FAILURE", cancelOrigClientOrderId: "a", newClientOrderId: "b" };
  expect(await replace(good)).toMatchObject({
    cancelResult: "SUCCESS",
    newOrderResult: "SUCCESS",
    cancelResponse: { status: "CANCELED", origClientOrderId: "a" },
    newOrderResponse: { clientOrderId: "b" },
  });
  const unknown = { code: -2011, msg: "Unknown order sent." };
  expect(await replace(good)).toEqual({
    code: -2022,
    msg: "Order cancel-replace failed.",
    data: {
      ...{ cancelResult: "FAILURE", newOrderResult: "NOT_ATTEMPTED" },
      ...{ cancelResponse: unknown, newOrderResponse: null },
    },
  });
  const taking = { cancelReplaceMode: "ALLOW_FAILURE", price: "60000" };
  expect(await replace({ ...taking, cancelOrigClientOrderId: "b" })).toMatchObject({
    code: -2021,
    data: { cancelResult: "SUCCESS", newOrderResult: "FAILURE", newOrderResponse: { code: -2010 } },
  });
  expect(await replace({ ...taking, cancelOrigClientOrderId: "b" })).toMatchObject({ code: -2022 });
  expect(await replace({ ...taking, cancelOrigClientOrderId: "b", price: "50000" })).toMatchObject({
    code: -2021,
    data: { cancelResult: "FAILURE", newOrderResult: "SUCCESS", cancelResponse: unknown },
  });
  // A new order that no filter lets through leaves the old one alone.
  const [left] = await v.call("paper", "GET /api/v3/openOrders");
  const filtered = { cancelReplaceMode: "ALLOW_FAILURE", cancelOrderId: left.orderId, quantity: "0.00001" };
  expect(await replace(filtered)).toEqual({ code: -1013, msg: "Filter failure: NOTIONAL" });
  expect((await v.call("paper", "GET /api/v3/openOrders")).length).toBe(1);
});

test("cancelling can be restricted to new or to partly filled orders", async () => {
  const v = await TestVenue.open();
  await v.spot("paper", "BTCUSDT BUY 0.01 60000", { newClientOrderId: "a" });
  const cancel = (only: string) =>
    v.call("paper", "DELETE /api/v3/order", { symbol: "BTCUSDT", origClientOrderId: "a", cancelRestrictions: only });
  expect(await cancel("NEW")).toEqual({ code: -1145, msg: "Invalid cancelRestrictions" });
  const no = { code: -2011, msg: "Order was not canceled due to cancel restrictions." };
  expect(await cancel("ONLY_PARTIALLY_FILLED")).toEqual(no);
  await v.spot("maker", "BTCUSDT SELL 0.004 MARKET");
  expect(await cancel("ONLY_NEW")).toEqual(no);
  expect(await cancel("ONLY_PARTIALLY_FILLED")).toMatchObject({ status: "CANCELED" });
});

test("an order is cut in its place, and its cuts can be asked for", async () => {
  const v = await TestVenue.open();
  const heard = await listenSpot(v);
  const { orderId } = await v.spot("paper", "BTCUSDT BUY 0.02 60000", { newClientOrderId: "a" });
  const amend = (newQty: string) =>
    v.call("paper", "PUT /api/v3/order/amend/keepPriority", {
      symbol: "BTCUSDT",
      orderId,
      newQty,
      newClientOrderId: "b",
    });
  expect(await amend("0.015")).toMatchObject({
    executionId: 1,
    amendedOrder: { origClientOrderId: "a", clientOrderId: "b", qty: "0.01500000", status: "NEW" },
  });
  expect(await amend("0.015")).toEqual({ code: -2038, msg: "The requested action would change no state; rejecting" });
  expect(await amend("0.02")).toEqual({ code: -2038, msg: "Order amend (quantity increase) is not supported." });
  expect((await amend("0.0000001")).code).toBe(-1013);
  expect(heard.reports().at(-1)).toMatchObject({ x: "REPLACED", X: "NEW", c: "b", C: "a", q: "0.01500000" });
  expect(await v.call("paper", "GET /api/v3/order/amendments", { symbol: "BTCUSDT", orderId })).toMatchObject([
    { executionId: 1, origQty: "0.02000000", newQty: "0.01500000" },
  ]);
  expect(balances(await v.call("paper", "GET /api/v3/account")).USDT).toEqual(["9100.00000000", "900.00000000"]);
});

test("an order can be tried without being sent, with the commission it would pay", async () => {
  const v = await TestVenue.open();
  const before = v.venue.stateHash();
  const fields = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "5", price: "60000" };
  expect(await v.call("paper", "POST /api/v3/order/test", fields)).toEqual({});
  const priced = await v.call("paper", "POST /api/v3/order/test", { ...fields, computeCommissionRates: true });
  expect(priced).toMatchObject({
    standardCommissionForOrder: { maker: "0.00100000", taker: "0.00100000" },
    discount: { enabledForAccount: false, discountAsset: "BNB", discount: "0.25000000" },
  });
  expect((await v.call("paper", "POST /api/v3/order/test", { ...fields, price: "1.001" })).code).toBe(-1013);
  expect(await v.call("paper", "GET /api/v3/account/commission", { symbol: "BTCUSDT" })).toMatchObject({
    standardCommission: { maker: "0.00100000" },
  });
  expect(v.venue.stateHash()).toBe(before);
});

test("the WebSocket API takes orders too, and refuses what it cannot read", async () => {
  const v = await TestVenue.open();
  const heard = await v.listen("ws://127.0.0.1:8093/ws-api/v3");
  const params = {
    apiKey: "paper-key",
    price: "60000",
    quantity: "0.01",
    side: "BUY",
    symbol: "BTCUSDT",
    timeInForce: "GTC",
    timestamp: START,
    type: "LIMIT",
  };
  const text = Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  heard.socket.send(
    JSON.stringify({ id: 2, method: "order.place", params: { ...params, signature: hmac("paper-secret", text) } }),
  );
  heard.socket.send(JSON.stringify({ id: 3, method: "order.place", params: { ...params, signature: "0".repeat(64) } }));
  heard.socket.send(JSON.stringify({ id: 4, method: "nothing" }));
  heard.socket.send("[");
  expect(heard.messages.map((m) => [m.id, m.status, m.result?.status ?? m.error?.code])).toEqual([
    [2, 200, "NEW"],
    [3, 400, -1022],
    [4, 400, -1000],
    [null, 400, -1135],
  ]);
});
