import { afterAll, beforeAll, expect, test } from "bun:test";
import { createRequire } from "node:module";
import type { Answer } from "../test-client.ts";
import { type ClientVenue, ED25519, openClientVenue, RSA, until } from "./served.fixture.ts";

const Binance: Answer = createRequire(import.meta.url)("binance-api-node").default;
const symbol = "BTCUSDT";
let venue: ClientVenue;
let client: Answer;

const clientOf = (at: ClientVenue, keys: Answer = { apiKey: "paper-key", apiSecret: "paper-secret" }): Answer =>
  Binance({
    ...keys,
    httpBase: `http://${at.spot}`,
    httpFutures: `http://${at.um}`,
    wsBase: `ws://${at.spot}/ws`,
    wsFutures: `ws://${at.um}/ws`,
    wsApi: `ws://${at.spot}/ws-api/v3`,
  });
const refusal = (call: Promise<unknown>): Promise<number> =>
  call.then(
    () => 0,
    (error: Answer) => error.code,
  );

beforeAll(async () => {
  venue = await openClientVenue();
  client = clientOf(venue);
  await venue.trade("BUY");
});
afterAll(() => venue.stop());

test("spot: data, orders of every type, lists, account, transfers", async () => {
  expect(await client.ping()).toBe(true);
  expect(await client.time()).toBeGreaterThan(0);
  expect((await client.exchangeInfo()).symbols.length).toBeGreaterThan(1);
  expect((await client.book({ symbol, limit: 5 })).bids[0].price).toBe("59990.00000000");
  expect((await client.candles({ symbol, interval: "1m" })).at(-1).close).toBe("60000.00000000");
  expect((await client.aggTrades({ symbol }))[0].price).toBe("60000.00000000");
  expect((await client.trades({ symbol })).length).toBe(1);
  expect((await client.dailyStats({ symbol })).lastPrice).toBe("60000.00000000");
  expect((await client.prices())[symbol]).toBe("60000.00000000");
  expect((await client.avgPrice({ symbol })).mins).toBe(5);
  expect((await client.allBookTickers())[symbol].askPrice).toBe("60000.00000000");
  const limit = { symbol, side: "BUY", type: "LIMIT", quantity: "0.01", price: "50000" };
  expect(await client.orderTest(limit)).toEqual({});
  const { orderId } = await client.order(limit);
  expect((await client.getOrder({ symbol, orderId })).status).toBe("NEW");
  expect((await client.openOrders({ symbol })).length).toBe(1);
  expect((await client.cancelOrder({ symbol, orderId })).status).toBe("CANCELED");
  expect((await client.order({ symbol, side: "BUY", type: "MARKET", quoteOrderQty: "600" })).status).toBe("FILLED");
  for (const [type, stopPrice, price] of [
    ["STOP_LOSS_LIMIT", "50000", "49000"],
    ["TAKE_PROFIT_LIMIT", "70000", "71000"],
    ["STOP_LOSS", "50000", undefined],
    ["TAKE_PROFIT", "70000", undefined],
    ["LIMIT_MAKER", undefined, "70000"],
  ]) {
    const asked = { symbol, side: "SELL", type, quantity: "0.001", ...(stopPrice ? { stopPrice } : {}) };
    expect((await client.order({ ...asked, ...(price ? { price } : {}) })).orderId).toBeGreaterThan(0);
  }
  expect((await client.cancelOpenOrders({ symbol })).length).toBe(5);
  const oco = { symbol, side: "SELL", quantity: "0.01", price: "70000", stopPrice: "50000", stopLimitPrice: "49000" };
  const list = await client.orderOco(oco);
  expect((await client.getOrderOco({ orderListId: list.orderListId })).contingencyType).toBe("OCO");
  await client.cancelOrderOco({ symbol, orderListId: list.orderListId });
  expect((await client.allOrders({ symbol })).length).toBe(9);
  expect((await client.myTrades({ symbol })).length).toBe(1);
  expect((await client.accountInfo()).canTrade).toBe(true);
  expect((await client.tradeFee()).length).toBeGreaterThan(1);
  expect((await client.capitalConfigs()).length).toBeGreaterThan(1);
  expect(
    (await client.universalTransfer({ type: "MAIN_UMFUTURE", asset: "USDT", amount: "10" })).tranId,
  ).toBeGreaterThan(0);
  expect((await client.universalTransferHistory({ type: "MAIN_UMFUTURE" })).total).toBe(1);
});

test("futures: data, orders, batches, conditional orders, position, settings", async () => {
  expect(await client.futuresPing()).toBe(true);
  expect((await client.futuresExchangeInfo()).symbols.length).toBeGreaterThan(1);
  expect((await client.futuresBook({ symbol, limit: 5 })).bids[0].price).toBe("59990.0");
  expect((await client.futuresCandles({ symbol, interval: "1m" })).at(-1).close).toBe("60000.0");
  expect((await client.futuresMarkPriceCandles({ symbol, interval: "1m" })).length).toBeGreaterThan(0);
  expect((await client.futuresAggTrades({ symbol })).length).toBe(1);
  expect((await client.futuresDailyStats({ symbol })).symbol).toBe(symbol);
  expect((await client.futuresPrices({ symbol }))[symbol]).toBe("60000.0");
  expect((await client.futuresLeverage({ symbol, leverage: 7 })).leverage).toBe(7);
  expect((await client.futuresMarginType({ symbol, marginType: "ISOLATED" })).code).toBe(200);
  expect((await client.futuresPositionMode()).dualSidePosition).toBe(false);
  const limit = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" };
  const { orderId } = await client.futuresOrder(limit);
  const changed = { symbol, side: "BUY", orderId, quantity: "0.02", price: "51000" };
  expect((await client.futuresUpdateOrder(changed)).price).toBe("51000.0");
  expect((await client.futuresGetOrder({ symbol, orderId })).status).toBe("NEW");
  expect((await client.futuresCancelOrder({ symbol, orderId })).status).toBe("CANCELED");
  const batch = await client.futuresBatchOrders({ batchOrders: JSON.stringify([limit, limit]) });
  expect(batch.map((order: Answer) => order.status)).toEqual(["NEW", "NEW"]);
  expect((await client.futuresOpenOrders({ symbol })).length).toBe(2);
  expect((await client.futuresCancelAllOpenOrders({ symbol })).code).toBe(200);
  const market = { symbol, type: "MARKET", quantity: "0.01", newOrderRespType: "RESULT" };
  expect((await client.futuresOrder({ ...market, side: "BUY" })).status).toBe("FILLED");
  expect((await client.futuresPositionMargin({ symbol, amount: "5", type: 1 })).code).toBe(200);
  const held = (await client.futuresPositionRisk({ symbol }))[0];
  expect([held.positionAmt, held.leverage]).toEqual(["0.010", "7"]);
  const stop = { symbol, side: "SELL", type: "STOP_MARKET", quantity: "0.01", triggerPrice: "50000" };
  const algo = await client.futuresCreateAlgoOrder(stop);
  expect((await client.futuresGetAlgoOrder({ algoId: algo.algoId })).algoStatus).toBe("NEW");
  expect((await client.futuresGetOpenAlgoOrders({ symbol })).length).toBe(1);
  await client.futuresCancelAlgoOrder({ algoId: algo.algoId });
  await client.futuresOrder({ ...market, side: "SELL", reduceOnly: "true" });
  expect((await client.futuresUserTrades({ symbol })).length).toBe(2);
  expect((await client.futuresIncome({ symbol })).length).toBeGreaterThan(2);
  expect((await client.futuresAccountBalance())[0].asset).toBe("USDT");
  expect((await client.futuresAccountInfo()).assets.length).toBe(1);
  expect((await client.futuresLeverageBracket()).length).toBeGreaterThan(1);
});

test("streams: market data of both markets, and both accounts", async () => {
  const heard: Record<string, number> = {};
  const count = (name: string) => () => {
    heard[name] = (heard[name] ?? 0) + 1;
  };
  const { ws } = client;
  const closes = [
    ws.depth(symbol, count("depth")),
    ws.partialDepth({ symbol, level: 5 }, count("partialDepth")),
    ws.candles(symbol, "1m", count("candles")),
    ws.trades(symbol, count("trades")),
    ws.aggTrades(symbol, count("aggTrades")),
    ws.bookTicker(symbol, count("bookTicker")),
    ws.ticker(symbol, count("ticker")),
    ws.miniTicker(symbol, count("miniTicker")),
    ws.allMiniTickers(count("allMiniTickers")),
    ws.futuresDepth(symbol, count("futuresDepth")),
    ws.futuresPartialDepth({ symbol, level: 5 }, count("futuresPartialDepth")),
    ws.futuresCandles(symbol, "1m", count("futuresCandles")),
    ws.futuresTicker(symbol, count("futuresTicker")),
    ws.futuresAggTrades(symbol, count("futuresAggTrades")),
    ws.futuresBookTicker(symbol, count("futuresBookTicker")),
    ws.futuresMarkPrice({ symbol, updateSpeed: "1s" }, count("futuresMarkPrice")),
    ws.futuresAllMarkPrices({ updateSpeed: "1s" }, count("futuresAllMarkPrices")),
    await ws.user(count("user")),
    await ws.futuresUser(count("futuresUser")),
  ];
  await until(
    () => Object.keys(heard).length === closes.length,
    async () => {
      await venue.trade("BUY");
      const limit = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" };
      await client.cancelOrder({ symbol, orderId: (await client.order(limit)).orderId });
      await client.futuresCancelOrder({ symbol, orderId: (await client.futuresOrder(limit)).orderId });
    },
  );
  for (const close of closes) close({ delay: 0, fastClose: true, keepClosed: true });
});

test("keys of every kind sign; errors come with Binance's codes", async () => {
  for (const { key, privateKey } of [ED25519, RSA]) {
    const signer = clientOf(venue, { apiKey: key, privateKey });
    expect((await signer.accountInfo()).canTrade).toBe(true);
    expect((await signer.futuresAccountBalance()).length).toBe(1);
  }
  expect(await refusal(client.book({ symbol: "NOPE" }))).toBe(-1121);
  expect(await refusal(client.cancelOrder({ symbol, orderId: 999_999 }))).toBe(-2011);
  expect(await refusal(client.futuresCancelOrder({ symbol, orderId: 999_999 }))).toBe(-2011);
  expect(await refusal(clientOf(venue, { apiKey: "paper-key", apiSecret: "wrong" }).accountInfo())).toBe(-1022);
  expect(await refusal(clientOf(venue, { apiKey: "nobody", apiSecret: "x" }).accountInfo())).toBe(-2015);
});
