import { expect, test } from "bun:test";
import { type Answer, hmac, START, TestVenue } from "../test-client.ts";

const balances = (account: Answer): Record<string, [string, string]> =>
  Object.fromEntries(account.balances.map((row: Answer) => [row.asset, [row.free, row.locked]]));

async function listenSpot(v: TestVenue) {
  const heard = await v.listen("ws://127.0.0.1:8093/ws-api/v3");
  const params = { apiKey: "paper-key", recvWindow: 5000, timestamp: START };
  const signature = hmac("paper-secret", `apiKey=paper-key&recvWindow=5000&timestamp=${START}`);
  const request = { id: "1", method: "userDataStream.subscribe.signature", params: { ...params, signature } };
  heard.socket.send(JSON.stringify(request));
  await v.settle();
  return heard;
}

test("a spot order holds, trades, pays its fee and tells the account over the WebSocket API", async () => {
  const v = await TestVenue.open();
  const heard = await listenSpot(v);
  expect(heard.messages[0]).toMatchObject({ id: "1", status: 200, result: { subscriptionId: 0 } });
  const order = await v.spot("paper", "BTCUSDT BUY 0.01 60000", { newClientOrderId: "ch-1" });
  expect(order).toMatchObject({ status: "NEW", clientOrderId: "ch-1", price: "60000.00000000", fills: [] });
  expect(balances(await v.call("paper", "GET /api/v3/account"))).toMatchObject({
    USDT: ["9400.00000000", "600.00000000"],
  });
  await v.spot("maker", "BTCUSDT SELL 0.004 MARKET");
  // Bought 0.004 less 0.1 %.
  expect(balances(await v.call("paper", "GET /api/v3/account"))).toMatchObject({
    BTC: ["0.00399600", "0.00000000"],
    USDT: ["9400.00000000", "360.00000000"],
  });
  const gone = await v.call("paper", "DELETE /api/v3/order", { symbol: "BTCUSDT", origClientOrderId: "ch-1" });
  expect(gone).toMatchObject({ origClientOrderId: "ch-1", status: "CANCELED", executedQty: "0.00400000" });
  expect(balances(await v.call("paper", "GET /api/v3/account")).USDT).toEqual(["9760.00000000", "0.00000000"]);
  const events = heard.messages
    .slice(1)
    .map(({ subscriptionId, event }) => [subscriptionId, event.e, event.x, event.X]);
  expect(events.filter(([, e]) => e === "executionReport")).toEqual([
    [0, "executionReport", "NEW", "NEW"],
    [0, "executionReport", "TRADE", "PARTIALLY_FILLED"],
    [0, "executionReport", "CANCELED", "CANCELED"],
  ]);
  expect(heard.messages[3].event).toMatchObject({
    n: "0.00000400",
    N: "BTC",
    m: true,
    l: "0.00400000",
    L: "60000.00000000",
  });
  const trades = await v.call("paper", "GET /api/v3/myTrades", { symbol: "BTCUSDT" });
  expect(trades).toMatchObject([{ commission: "0.00000400", commissionAsset: "BTC", isBuyer: true, isMaker: true }]);
});

test("a market order asked for in quote spends at most that", async () => {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 0.01 60000");
  await v.spot("maker", "BTCUSDT SELL 0.01 61000");
  const fields = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quoteOrderQty: "1000" };
  const bought = await v.call("paper", "POST /api/v3/order", fields);
  // 0.01 × 60000 = 600, then ⌊400 ÷ 61000⌋ to the step = 0.00655 × 61000 = 399.55
  expect(bought).toMatchObject({ status: "FILLED", executedQty: "0.01655000", cummulativeQuoteQty: "999.55000000" });
  expect(bought.fills.map((fill: Answer) => [fill.price, fill.qty, fill.commissionAsset])).toEqual([
    ["60000.00000000", "0.01000000", "BTC"],
    ["61000.00000000", "0.00655000", "BTC"],
  ]);
});

test("an OCO's stop works when the last price reaches it, and ends the other leg", async () => {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  await v.spot("maker", "BTCUSDT BUY 1 59000");
  await v.spot("paper", "BTCUSDT BUY 0.01 MARKET");
  const heard = await listenSpot(v);
  const legs = { aboveType: "LIMIT_MAKER", abovePrice: "61000", belowType: "STOP_LOSS", belowStopPrice: "59500" };
  const ids = { listClientOrderId: "list", aboveClientOrderId: "tp", belowClientOrderId: "sl" };
  const fields = { symbol: "BTCUSDT", side: "SELL", quantity: "0.00999", ...legs, ...ids };
  const list = await v.call("paper", "POST /api/v3/orderList/oco", fields);
  expect(list).toMatchObject({
    contingencyType: "OCO",
    listOrderStatus: "EXECUTING",
    orders: [{ clientOrderId: "tp" }, { clientOrderId: "sl" }],
  });
  expect((await v.call("paper", "POST /api/v3/orderList/oco", { ...fields, belowStopPrice: "60500" })).code).toBe(
    -2010,
  );
  await v.spot("maker", "BTCUSDT SELL 0.1 MARKET");
  const states = await v.call("paper", "GET /api/v3/allOrders", { symbol: "BTCUSDT" });
  expect(states.map((order: Answer) => [order.clientOrderId, order.status]).slice(1)).toEqual([
    ["tp", "EXPIRED"],
    ["sl", "FILLED"],
  ]);
  expect(await v.call("paper", "GET /api/v3/orderList", { orderListId: list.orderListId })).toMatchObject({
    listOrderStatus: "ALL_DONE",
  });
  const statuses = heard.messages.filter((m) => m.event?.e === "listStatus").map((m) => m.event.L);
  expect(statuses).toEqual(["EXECUTING", "ALL_DONE"]);
});

const REFUSED: [string, object, number, string][] = [
  ["off step", { quantity: "0.000001" }, -1013, "Filter failure: LOT_SIZE"],
  ["off tick", { price: "60000.001" }, -1013, "Filter failure: PRICE_FILTER"],
  ["too small in value", { quantity: "0.00001" }, -1013, "Filter failure: NOTIONAL"],
  ["too many decimals", { quantity: "0.0000000001" }, -1111, "Precision is over the maximum defined for this asset."],
  ["no money", { quantity: "1" }, -2010, "Account has insufficient balance for requested action."],
  ["would take", { type: "LIMIT_MAKER", price: "60500" }, -2010, "Order would immediately match and take."],
  ["unknown symbol", { symbol: "DOGEUSDT" }, -1121, "Invalid symbol."],
];

test("a bad spot order gets Binance's code and message, and nothing is recorded", async () => {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  const before = v.venue.stateHash();
  const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "60000" };
  for (const [what, change, code, msg] of REFUSED) {
    expect([what, await v.call("paper", "POST /api/v3/order", { ...order, ...change })]).toEqual([what, { code, msg }]);
  }
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
