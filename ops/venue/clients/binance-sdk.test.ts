import { afterAll, beforeAll, expect, test } from "bun:test";
import { MainClient, USDMClient, WebsocketAPIClient, WebsocketClient } from "binance";
import type { Answer } from "../test-client.ts";
import { type ClientVenue, ED25519, openClientVenue, RSA, until } from "./served.fixture.ts";

const symbol = "BTCUSDT";
const quiet = { trace: () => {}, info: () => {}, error: () => {} };
const PAPER = { api_key: "paper-key", api_secret: "paper-secret" };
let venue: ClientVenue;
let spot: Answer;
let um: Answer;

const mainOf = (at: ClientVenue, keys: Answer = PAPER): Answer =>
  new MainClient({ ...keys, baseUrl: `http://${at.spot}`, disableTimeSync: true, beautifyResponses: true });
const usdmOf = (at: ClientVenue, keys: Answer = PAPER): Answer =>
  new USDMClient({ ...keys, baseUrl: `http://${at.um}`, disableTimeSync: true });
const refusal = (call: Promise<unknown>): Promise<number> =>
  call.then(
    () => 0,
    (error: Answer) => error.code,
  );

beforeAll(async () => {
  venue = await openClientVenue();
  spot = mainOf(venue);
  um = usdmOf(venue);
  await venue.trade("BUY");
});
afterAll(() => venue.stop());

test("spot: public data", async () => {
  expect((await spot.getExchangeInfo({ symbols: [symbol, "ETHUSDT"] })).symbols.length).toBe(2);
  expect((await spot.getOrderBook({ symbol, limit: 5 })).bids).toEqual([[59990, 9]]);
  expect((await spot.getRecentTrades({ symbol })).length).toBe(1);
  expect((await spot.getHistoricalTrades({ symbol })).length).toBe(1);
  expect((await spot.getAggregateTrades({ symbol })).length).toBe(1);
  expect(Number((await spot.getKlines({ symbol, interval: "3d" })).at(-1)[4])).toBe(60000);
  expect(Number((await spot.getUIKlines({ symbol, interval: "1w" })).at(-1)[4])).toBe(60000);
  expect((await spot.getAvgPrice({ symbol })).price).toBe(60000);
  expect((await spot.get24hrChangeStatistics({ symbols: [symbol] }))[0].lastPrice).toBe(60000);
  expect((await spot.getTradingDayTicker({ symbol })).lastPrice).toBe(60000);
  expect((await spot.getRollingWindowTicker({ symbol, windowSize: "15m" })).count).toBe(1);
  expect((await spot.getSymbolPriceTicker({ symbol })).price).toBe(60000);
  expect((await spot.getSymbolOrderBookTicker()).length).toBeGreaterThan(1);
});

test("spot: orders of every type, lists, account, transfers", async () => {
  const limit = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: 50_000 };
  expect(await spot.testNewOrder(limit)).toEqual({});
  const { orderId } = await spot.submitNewOrder(limit);
  expect(await spot.getOrder({ symbol, orderId })).toMatchObject({ status: "NEW", price: 50000 });
  const replace = { ...limit, cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: orderId };
  const replaced = await spot.replaceOrder(replace);
  expect(replaced).toMatchObject({ cancelResult: "SUCCESS", newOrderResult: "SUCCESS" });
  expect(await spot.submitNewOrder({ symbol, side: "BUY", type: "MARKET", quantity: 0.01 })).toMatchObject({
    status: "FILLED",
  });
  for (const [type, stopPrice, price] of [
    ["STOP_LOSS", 50_000, undefined],
    ["STOP_LOSS_LIMIT", 50_000, 49_000],
    ["TAKE_PROFIT", 70_000, undefined],
    ["TAKE_PROFIT_LIMIT", 70_000, 71_000],
  ] as const) {
    const priced = price === undefined ? {} : { price, timeInForce: "GTC" };
    const stop = await spot.submitNewOrder({ symbol, side: "SELL", type, stopPrice, quantity: 0.001, ...priced });
    expect(stop.orderId).toBeGreaterThan(0);
  }
  expect((await spot.cancelAllSymbolOrders({ symbol })).length).toBe(5);
  const oco = { symbol, side: "SELL", quantity: 0.01, aboveType: "LIMIT_MAKER", abovePrice: 70_000 };
  const list = await spot.submitNewOrderList({ ...oco, belowType: "STOP_LOSS", belowStopPrice: 50_000 });
  expect((await spot.getOCO({ orderListId: list.orderListId })).contingencyType).toBe("OCO");
  expect((await spot.getAllOpenOCO()).length).toBe(1);
  await spot.cancelOCO({ symbol, orderListId: list.orderListId });
  expect((await spot.getAllOCO()).length).toBe(1);
  expect((await spot.getAllOrders({ symbol })).length).toBe(9);
  expect((await spot.getAccountTradeList({ symbol })).length).toBe(1);
  expect((await spot.getAccountInformation()).balances.length).toBeGreaterThan(1);
  expect((await spot.getOrderRateLimit()).length).toBe(2);
  expect((await spot.getCommissionRates({ symbol })).symbol).toBe(symbol);
  expect((await spot.getApiKeyPermissions()).enableFutures).toBe(true);
  expect((await spot.getSystemStatus()).status).toBe(0);
  expect((await spot.getBalances()).length).toBeGreaterThan(1);
  expect((await spot.getTradeFee({ symbol })).length).toBe(1);
  const move = { asset: "USDT", amount: 10, type: "MAIN_UMFUTURE" };
  expect((await spot.submitUniversalTransfer(move)).tranId).toBeGreaterThan(0);
  expect((await spot.getUniversalTransferHistory({ type: "MAIN_UMFUTURE" })).total).toBe(1);
});

test("futures: data, orders, batches, conditional orders, position, settings", async () => {
  expect((await um.getExchangeInfo()).symbols.length).toBeGreaterThan(1);
  expect((await um.getOrderBook({ symbol, limit: 5 })).bids.length).toBe(1);
  expect((await um.getAggregateTrades({ symbol })).length).toBe(1);
  expect((await um.getKlines({ symbol, interval: "1m" })).length).toBeGreaterThan(0);
  expect((await um.get24hrChangeStatistics({ symbol })).symbol).toBe(symbol);
  expect((await um.getMarkPrice({ symbol })).symbol).toBe(symbol);
  expect((await um.setLeverage({ symbol, leverage: 5 })).leverage).toBe(5);
  expect((await um.setMarginType({ symbol, marginType: "ISOLATED" })).code).toBe(200);
  expect((await um.getCurrentPositionMode()).dualSidePosition).toBe(false);
  const limit = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: 50_000 };
  const { orderId } = await um.submitNewOrder(limit);
  expect((await um.modifyOrder({ symbol, orderId, side: "BUY", quantity: 0.02, price: 51_000 })).orderId).toBe(orderId);
  expect((await um.getOrder({ symbol, orderId })).status).toBe("NEW");
  expect((await um.cancelOrder({ symbol, orderId })).status).toBe("CANCELED");
  const texts = { ...limit, quantity: "0.01", price: "50000" };
  const [first] = await um.submitMultipleOrders([texts, texts]);
  expect((await um.cancelMultipleOrders({ symbol, orderIdList: [first.orderId] }))[0].status).toBe("CANCELED");
  expect((await um.cancelAllOpenOrders({ symbol })).code).toBe(200);
  const market = { symbol, type: "MARKET", quantity: 0.01, newOrderRespType: "RESULT" };
  expect((await um.submitNewOrder({ ...market, side: "BUY" })).status).toBe("FILLED");
  expect((await um.getPositionsV3({ symbol }))[0].positionAmt).toBe("0.010");
  expect((await um.setIsolatedPositionMargin({ symbol, amount: 5, type: "1" })).code).toBe(200);
  const stop = {
    algoType: "CONDITIONAL",
    symbol,
    side: "SELL",
    type: "STOP_MARKET",
    closePosition: "true",
    triggerPrice: "50000",
  };
  const algo = await um.submitNewAlgoOrder(stop);
  expect((await um.getOpenAlgoOrders({ symbol })).length).toBe(1);
  expect((await um.getAlgoOrder({ algoId: algo.algoId })).algoStatus).toBe("NEW");
  await um.cancelAlgoOrder({ algoId: algo.algoId });
  await um.submitNewOrder({ ...market, side: "SELL", reduceOnly: "true" });
  expect((await um.getAccountTrades({ symbol })).length).toBe(2);
  expect((await um.getIncomeHistory({ symbol })).length).toBeGreaterThan(2);
  expect((await um.getBalanceV3())[0].asset).toBe("USDT");
  expect((await um.getAccountInformationV3()).assets.length).toBe(1);
  expect((await um.getNotionalAndLeverageBrackets({ symbol })).length).toBe(1);
});

test("streams: market data of both markets, and a futures account", async () => {
  const client: Answer = new WebsocketClient(
    { ...PAPER, wsUrl: `ws://${venue.spot}`, beautify: false, restOptions: { baseUrl: `http://${venue.um}` } },
    quiet,
  );
  const heard: Answer[] = [];
  client.on("message", (message: Answer) => heard.push(message.data ?? message));
  client.on("exception", () => {});
  const names = ["aggTrade", "trade", "bookTicker", "miniTicker", "ticker", "kline_1m", "depth@100ms"];
  await client.subscribe(
    names.map((name) => `btcusdt@${name}`),
    "main",
  );
  await client.subscribe(["btcusdt@markPrice@1s", "btcusdt@aggTrade"], "usdmMarket");
  await client.subscribe(["btcusdt@depth@100ms", "btcusdt@bookTicker"], "usdmPublic");
  await client.subscribeUsdFuturesUserDataStream();
  const kinds = ["aggTrade", "trade", "24hrMiniTicker", "24hrTicker", "kline", "depthUpdate", "markPriceUpdate"];
  const limit = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: 50_000 };
  await until(
    () => [...kinds, "bookTicker", "ORDER_TRADE_UPDATE"].every((kind) => heard.some((event) => event.e === kind)),
    async () => {
      await venue.trade("BUY");
      await um.submitNewOrder(limit);
      await um.cancelAllOpenOrders({ symbol });
    },
  );
  client.closeAll(true);
});

test("the WebSocket API: logging on, orders on both markets, account events", async () => {
  const keys = { api_key: ED25519.key, api_secret: ED25519.privateKey };
  const events: Answer[] = [];
  const client: Answer = new WebsocketAPIClient({ ...keys, wsUrl: `ws://${venue.spot}`, beautify: false }, quiet);
  client.getWSClient().on("message", (message: Answer) => events.push(message));
  const order = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" };
  const timestamp = Date.now();
  const limit = { ...order, timestamp };
  await client.subscribeUserDataStream("mainWSAPI");
  expect((await client.getSpotSessionStatus()).result.apiKey).toBe(ED25519.key);
  const placed = (await client.submitNewSpotOrder(limit)).result;
  expect((await client.getSpotOrderStatus({ symbol, orderId: placed.orderId, timestamp })).result.status).toBe("NEW");
  expect((await client.cancelSpotOrder({ symbol, orderId: placed.orderId, timestamp })).result.status).toBe("CANCELED");
  await until(() => events.some((event) => JSON.stringify(event).includes('"CANCELED"')));
  const futures = (await client.submitNewFuturesOrder("usdm", limit)).result;
  expect(
    (await client.getFuturesOrderStatus("usdm", { symbol, orderId: futures.orderId, timestamp })).result.status,
  ).toBe("NEW");
  expect((await client.cancelFuturesOrder("usdm", { symbol, orderId: futures.orderId, timestamp })).result.status).toBe(
    "CANCELED",
  );
  expect((await client.getFuturesAccountBalanceV2({ timestamp })).result.length).toBe(1);
  expect((await client.getFuturesOrderBook({ symbol, limit: 5 })).result.bids.length).toBeGreaterThan(0);
  client.disconnectAll();
});

test("keys of every kind sign; errors come with Binance's codes", async () => {
  for (const { key, privateKey } of [ED25519, RSA]) {
    const keys = { api_key: key, api_secret: privateKey };
    expect((await mainOf(venue, keys).getAccountInformation()).canTrade).toBe(true);
    expect((await usdmOf(venue, keys).getBalanceV3()).length).toBe(1);
  }
  expect(await refusal(spot.getOrderBook({ symbol: "NOPE" }))).toBe(-1121);
  expect(await refusal(spot.cancelOrder({ symbol, orderId: 999_999 }))).toBe(-2011);
  expect(await refusal(um.cancelOrder({ symbol, orderId: 999_999 }))).toBe(-2011);
  expect(await refusal(mainOf(venue, { ...PAPER, api_secret: "wrong" }).getAccountInformation())).toBe(-1022);
  expect(await refusal(usdmOf(venue, { api_key: "nobody", api_secret: "x" }).getBalanceV3())).toBe(-2015);
});
