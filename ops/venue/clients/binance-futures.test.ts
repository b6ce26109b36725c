import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Answer } from "../test-client.ts";
import { CLIENT_LIMITS, type ClientVenue, ED25519, openClientVenue, RSA, until } from "./served.fixture.ts";

const symbol = "BTCUSDT";
const PAPER = { apiKey: "paper-key", apiSecret: "paper-secret" };
let venue: ClientVenue;
let Futures: Answer;
let rest: Answer;
let api: Answer;
let streams: Answer;

function clientOf(at: ClientVenue, credentials: Record<string, string> = PAPER): Answer {
  return new Futures({
    configurationRestAPI: { ...credentials, basePath: `http://${at.um}`, retries: 0, timeout: 30_000 },
    configurationWebsocketAPI: { ...credentials, wsURL: `ws://${at.um}/ws-fapi/v1`, timeout: 30_000 },
    configurationWebsocketStreams: { wsURL: `ws://${at.um}` },
  });
}

/** What the answer says. */
const data = async (call: Promise<Answer>): Promise<Answer> => (await call).data();
const sent = async (call: Promise<Answer>): Promise<Answer> => (await call).data;
const refusal = (call: Promise<unknown>): Promise<[string, number]> =>
  call.then(
    () => ["nothing", 0],
    (error: Answer) => [error.name ?? "", error.code],
  );

beforeAll(async () => {
  process.env.LOG_LEVEL = "error";
  ({ DerivativesTradingUsdsFutures: Futures } = await import("@binance/derivatives-trading-usds-futures"));
  venue = await openClientVenue();
  const client = clientOf(venue);
  rest = client.restAPI;
  [api, streams] = await Promise.all([client.websocketAPI.connect(), client.websocketStreams.connect()]);
});
afterAll(async () => {
  // It waits whole seconds for requests that there are none of.
  api.disconnect();
  streams.disconnect();
  await venue.stop();
});

test("public data by REST", async () => {
  await venue.trade("BUY");
  await until(() => venue.venue.exchange.mark("FUT:BTCUSDT"));
  expect(await data(rest.testConnectivity())).toEqual({});
  expect((await data(rest.checkServerTime())).serverTime).toBeGreaterThan(0);
  expect((await data(rest.exchangeInformation())).symbols[0].contractType).toBe("PERPETUAL");
  expect((await data(rest.orderBook({ symbol, limit: 5 }))).bids).toEqual([["59990.0", "9.000"]]);
  expect((await data(rest.recentTradesList({ symbol })))[0]).toMatchObject({ price: "60000.0", isBuyerMaker: false });
  expect((await data(rest.oldTradesLookup({ symbol })))[0].id).toBe(1);
  expect((await data(rest.compressedAggregateTradesList({ symbol })))[0]).toMatchObject({ a: 1, p: "60000.0" });
  const interval = "1m";
  expect((await data(rest.klineCandlestickData({ symbol, interval }))).at(-1)[4]).toBe("60000.0");
  const pair = { pair: symbol, interval };
  const perpetual = { ...pair, contractType: "PERPETUAL" };
  expect((await data(rest.continuousContractKlineCandlestickData(perpetual))).at(-1)[4]).toBe("60000.0");
  expect((await data(rest.indexPriceKlineCandlestickData(pair))).at(-1)[4]).toBe("60000.0");
  expect((await data(rest.markPriceKlineCandlestickData({ symbol, interval }))).at(-1)[4]).toBe("60000.0");
  expect((await data(rest.markPrice({ symbol }))).markPrice).toBe("59995.00000000");
  expect(await data(rest.getFundingRateHistory({ symbol }))).toEqual([]);
  expect(await data(rest.getFundingRateInfo())).toEqual([]);
  expect((await data(rest.ticker24hrPriceChangeStatistics({ symbol }))).lastPrice).toBe("60000.0");
  expect((await data(rest.symbolPriceTicker({ symbol }))).price).toBe("60000.0");
  expect((await data(rest.symbolPriceTickerV2())).length).toBeGreaterThan(1);
  expect((await data(rest.symbolOrderBookTicker({ symbol }))).askPrice).toBe("60000.0");
  expect(Number((await data(rest.openInterest({ symbol }))).openInterest)).toBeGreaterThan(0);
});

const LIMIT = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: 50_000 };

test("orders by REST: placed, changed, in batches, cancelled", async () => {
  await data(rest.testOrder(LIMIT));
  const limit = await data(rest.newOrder(LIMIT));
  expect(limit).toMatchObject({ status: "NEW", positionSide: "BOTH" });
  const { orderId } = limit;
  expect(await data(rest.queryOrder({ symbol, orderId }))).toMatchObject({ status: "NEW" });
  expect(await data(rest.queryCurrentOpenOrder({ symbol, orderId }))).toMatchObject({ status: "NEW" });
  const modified = await data(rest.modifyOrder({ symbol, side: "BUY", orderId, quantity: 0.02, price: 51_000 }));
  expect(modified).toMatchObject({ orderId, price: "51000.0", origQty: "0.020" });
  expect((await data(rest.getOrderModifyHistory({ symbol, orderId }))).length).toBe(1);
  const gtx = await data(rest.newOrder({ ...LIMIT, timeInForce: "GTX" }));
  expect(gtx.timeInForce).toBe("GTX");
  const gtd = await data(rest.newOrder({ ...LIMIT, timeInForce: "GTD", goodTillDate: Date.now() + 3_600_000 }));
  expect(gtd.timeInForce).toBe("GTD");
  const order = { ...LIMIT, quantity: "0.01", price: "50000" };
  const batch = await data(rest.placeMultipleOrders({ batchOrders: [order, { ...order, price: "1" }] }));
  expect([batch[0].status, batch[1].code]).toEqual(["NEW", expect.any(Number)]);
  const cancelled = await data(rest.cancelMultipleOrders({ symbol, orderIdList: [Number(batch[0].orderId), 999_999] }));
  expect([cancelled[0].status, cancelled[1].code]).toEqual(["CANCELED", -2011]);
  expect((await data(rest.currentAllOpenOrders({ symbol }))).length).toBe(3);
  expect(await data(rest.cancelOrder({ symbol, orderId }))).toMatchObject({ status: "CANCELED" });
  expect(await data(rest.autoCancelAllOpenOrders({ symbol, countdownTime: 60_000 }))).toMatchObject({ symbol });
  await data(rest.autoCancelAllOpenOrders({ symbol, countdownTime: 0 }));
  expect(await data(rest.cancelAllOpenOrders({ symbol }))).toMatchObject({ code: 200 });
  expect((await data(rest.allOrders({ symbol }))).length).toBe(4);
});

const CONDITIONAL = { algoType: "CONDITIONAL", symbol, side: "SELL", quantity: 0.01, workingType: "MARK_PRICE" };
const STOPS = [
  { type: "STOP_MARKET", triggerPrice: 50_000 },
  { type: "STOP", triggerPrice: 50_000, price: 49_900, timeInForce: "GTC" },
  { type: "TAKE_PROFIT_MARKET", triggerPrice: 70_000 },
  { type: "TAKE_PROFIT", triggerPrice: 70_000, price: 70_100, timeInForce: "GTC" },
  { type: "TRAILING_STOP_MARKET", activatePrice: 65_000, callbackRate: 1 },
];

test("a position: settings, margin, conditional orders of every type, income, its end", async () => {
  expect(await data(rest.changeInitialLeverage({ symbol, leverage: 10 }))).toMatchObject({ leverage: 10 });
  expect(await data(rest.changeMarginType({ symbol, marginType: "ISOLATED" }))).toMatchObject({ code: 200 });
  expect((await data(rest.getCurrentPositionMode())).dualSidePosition).toBe(false);
  expect((await data(rest.symbolConfiguration({ symbol })))[0]).toMatchObject({ marginType: "ISOLATED", leverage: 10 });
  expect((await data(rest.notionalAndLeverageBrackets()))[0].brackets.length).toBeGreaterThan(2);
  expect((await data(rest.userCommissionRate({ symbol }))).takerCommissionRate).toBe("0.000500");
  const market = { symbol, type: "MARKET", quantity: 0.02, newOrderRespType: "RESULT" };
  expect(await data(rest.newOrder({ ...market, side: "BUY" }))).toMatchObject({
    status: "FILLED",
    avgPrice: "60000.00000",
  });
  expect((await data(rest.positionInformationV3({ symbol })))[0]).toMatchObject({ positionAmt: "0.020" });
  expect((await data(rest.positionInformationV2({ symbol })))[0]).toMatchObject({
    positionAmt: "0.020",
    leverage: "10",
  });
  expect(await data(rest.modifyIsolatedPositionMargin({ symbol, amount: 10, type: 1 }))).toMatchObject({ code: 200 });
  expect((await data(rest.getPositionMarginChangeHistory({ symbol }))).length).toBeGreaterThan(0);
  for (const stop of STOPS) {
    const algo = await data(rest.newAlgoOrder({ ...CONDITIONAL, ...stop, reduceOnly: "true" }));
    expect([stop.type, algo.algoStatus]).toEqual([stop.type, "NEW"]);
    expect((await data(rest.queryAlgoOrder({ algoId: algo.algoId }))).orderType).toBe(stop.type);
  }
  const open = await data(rest.currentAllAlgoOpenOrders({ symbol }));
  expect(open.length).toBe(5);
  expect(await data(rest.cancelAlgoOrder({ algoId: open[0].algoId }))).toMatchObject({ msg: "success" });
  expect(await data(rest.cancelAllAlgoOpenOrders({ symbol }))).toMatchObject({ code: 200 });
  expect((await data(rest.queryAllAlgoOrders({ symbol }))).length).toBe(5);
  await data(rest.newOrder({ ...market, side: "SELL", reduceOnly: "true" }));
  expect((await data(rest.accountTradeList({ symbol }))).length).toBe(2);
  expect((await data(rest.getIncomeHistory({ incomeType: "REALIZED_PNL" }))).length).toBe(1);
  expect((await data(rest.accountInformationV3())).assets[0].asset).toBe("USDT");
  expect((await data(rest.accountInformationV2())).assets[0].asset).toBe("USDT");
  expect((await data(rest.futuresAccountBalanceV3()))[0].asset).toBe("USDT");
  expect((await data(rest.futuresAccountBalanceV2()))[0].asset).toBe("USDT");
  expect((await data(rest.queryUserRateLimit())).length).toBe(2);
  expect((await data(rest.futuresAccountConfiguration())).canTrade).toBe(true);
  expect((await data(rest.getCurrentMultiAssetsMode())).multiAssetsMargin).toBe(false);
});

test("public streams by their routes, and a book that is right", async () => {
  const heard: Record<string, Answer[]> = {};
  const listen = (name: string, stream: Answer) => {
    heard[name] = [];
    stream.on("message", (message: Answer) => heard[name]?.push(message));
  };
  const one = { symbol: "btcusdt" };
  listen("aggTrade", streams.aggregateTradeStreams(one));
  listen("markPrice", streams.markPriceStream(one));
  listen("markPrice1s", streams.markPriceStream({ ...one, updateSpeed: "1s" }));
  listen("allMarks", streams.markPriceStreamForAllMarket({ updateSpeed: "1s" }));
  listen("kline", streams.klineCandlestickStreams({ ...one, interval: "1m" }));
  listen("longer", streams.klineCandlestickStreams({ ...one, interval: "6h" }));
  listen(
    "continuous",
    streams.continuousContractKlineCandlestickStreams({ pair: "btcusdt", contractType: "perpetual", interval: "1m" }),
  );
  listen("ticker", streams.individualSymbolTickerStreams(one));
  listen("miniTicker", streams.individualSymbolMiniTickerStream(one));
  listen("allMini", streams.allMarketMiniTickersStream());
  listen("allTickers", streams.allMarketTickersStreams());
  listen("bookTicker", streams.individualSymbolBookTickerStreams(one));
  listen("allBooks", streams.allBookTickersStream());
  listen("depth", streams.diffBookDepthStreams({ ...one, updateSpeed: "100ms" }));
  listen("slow", streams.diffBookDepthStreams({ ...one, updateSpeed: "500ms" }));
  listen("partial", streams.partialBookDepthStreams({ ...one, levels: 5, updateSpeed: "100ms" }));
  await until(
    () => heard.aggTrade?.length,
    () => venue.trade("BUY"),
  );
  const { lastUpdateId, bids, asks } = await data(rest.orderBook({ symbol }));
  await venue.quote(59_000, 59_010);
  await venue.quote(59_990, 60_000);
  const names = Object.keys(heard);
  await until(
    () => names.every((name) => (heard[name]?.length ?? 0) > 0),
    () => venue.trade("SELL"),
  );
  expect(heard.continuous?.at(-1)).toMatchObject({ e: "continuous_kline", ps: symbol, ct: "PERPETUAL" });
  expect(heard.allMarks?.at(-1)[0].e).toBe("markPriceUpdate");
  const book = { b: new Map<string, string>(bids), a: new Map<string, string>(asks) };
  let last = Number(lastUpdateId);
  for (const change of heard.depth ?? []) {
    if (Number(change.u) <= last) continue;
    expect(Number(change.pu)).toBe(last);
    last = Number(change.u);
    for (const side of ["b", "a"] as const) {
      for (const [price, qty] of change[side]) {
        if (Number(qty) === 0) book[side].delete(price);
        else book[side].set(price, qty);
      }
    }
  }
  const now = await data(rest.orderBook({ symbol }));
  expect(Number(now.lastUpdateId)).toBe(last);
  expect([...book.b].sort()).toEqual([...now.bids].sort());
  expect([...book.a].sort()).toEqual([...now.asks].sort());
});

test("account events by listen key on the private route", async () => {
  const { listenKey } = await data(rest.startUserDataStream());
  expect((await data(rest.keepaliveUserDataStream())).listenKey).toBe(listenKey);
  const heard: Answer[] = [];
  streams.userData(listenKey).on("message", (event: Answer) => heard.push(event));
  await until(
    () => heard.length,
    async () => {
      const { orderId } = await data(rest.newOrder(LIMIT));
      await data(rest.cancelOrder({ symbol, orderId }));
    },
  );
  const { orderId } = await data(rest.newOrder({ symbol, side: "BUY", type: "MARKET", quantity: 0.01 }));
  await data(rest.newOrder({ symbol, side: "SELL", type: "MARKET", quantity: 0.01, reduceOnly: "true" }));
  await until(() => heard.filter((event) => event.e === "ACCOUNT_UPDATE").length >= 2);
  expect(
    heard.some((event) => event.e === "ORDER_TRADE_UPDATE" && event.o.i === orderId && event.o.X === "FILLED"),
  ).toBe(true);
  expect(await data(rest.closeUserDataStream())).toEqual({});
});

test("the WebSocket API: data, orders, conditional orders, account, listen keys", async () => {
  expect((await sent(api.orderBook({ symbol, limit: 5 }))).bids.length).toBeGreaterThan(0);
  expect((await sent(api.symbolPriceTicker({ symbol }))).symbol).toBe(symbol);
  expect((await sent(api.symbolOrderBookTicker({ symbol }))).symbol).toBe(symbol);
  const { orderId } = await sent(api.newOrder(LIMIT));
  expect(await sent(api.queryOrder({ symbol, orderId }))).toMatchObject({ status: "NEW" });
  const modified = await sent(api.modifyOrder({ symbol, side: "BUY", orderId, quantity: 0.02, price: 51_000 }));
  expect(modified.price).toBe("51000.0");
  expect(await sent(api.cancelOrder({ symbol, orderId }))).toMatchObject({ status: "CANCELED" });
  const algo = await sent(api.newAlgoOrder({ ...CONDITIONAL, type: "STOP_MARKET", triggerPrice: 50_000 }));
  expect(await sent(api.cancelAlgoOrder({ algoId: algo.algoId }))).toMatchObject({ msg: "success" });
  for (const call of [
    "futuresAccountBalance",
    "futuresAccountBalanceV2",
    "accountInformation",
    "accountInformationV2",
  ]) {
    expect([call, await refusal(api[call]())]).toEqual([call, ["nothing", 0]]);
  }
  for (const call of ["positionInformation", "positionInformationV2"]) {
    expect(Array.isArray(await sent(api[call]()))).toBe(true);
  }
  const { listenKey } = await sent(api.startUserDataStream());
  expect((await sent(api.keepaliveUserDataStream({ listenKey }))).listenKey).toBe(listenKey);
  await sent(api.closeUserDataStream({ listenKey }));
  expect(await refusal(api.cancelOrder({ symbol, orderId: 999_999 }))).toEqual(["", -2011]);
});

test("keys of every kind sign; errors and limits come as Binance's", async () => {
  for (const { key, privateKey } of [ED25519, RSA]) {
    const signer = clientOf(venue, { apiKey: key, privateKey });
    expect((await data(signer.restAPI.accountInformationV3())).assets.length).toBe(1);
  }
  expect(await refusal(rest.orderBook({ symbol: "NOPE" }))).toEqual(["BadRequestError", -1121]);
  expect(await refusal(rest.newOrder({ ...LIMIT, quantity: 900 }))).toEqual(["BadRequestError", -2019]);
  expect(await refusal(rest.newOrder({ ...LIMIT, type: "STOP_MARKET" }))).toEqual(["BadRequestError", -4120]);
  const wrong = clientOf(venue, { apiKey: "paper-key", apiSecret: "wrong" });
  expect(await refusal(wrong.restAPI.accountInformationV3())).toEqual(["BadRequestError", -1022]);
  const stranger = clientOf(venue, { apiKey: "nobody", apiSecret: "wrong" });
  expect(await refusal(stranger.restAPI.accountInformationV3())).toEqual(["UnauthorizedError", -2015]);
  const narrow = await openClientVenue({ ...CLIENT_LIMITS, weight: { SPOT: 100, FUT: 100, SAPI: 100 } });
  const greedy = clientOf(narrow).restAPI;
  const seen: string[] = [];
  for (let i = 0; i < 60; i++) seen.push((await refusal(greedy.orderBook({ symbol })))[0]);
  expect(new Set(seen)).toEqual(new Set(["nothing", "TooManyRequestsError", "RateLimitBanError"]));
  await narrow.stop();
});
