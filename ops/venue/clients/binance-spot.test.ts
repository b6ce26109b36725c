import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Answer } from "../test-client.ts";
import { CLIENT_LIMITS, type ClientVenue, ED25519, openClientVenue, RSA, until } from "./served.fixture.ts";

const symbol = "BTCUSDT";
const PAPER = { apiKey: "paper-key", apiSecret: "paper-secret" };
let venue: ClientVenue;
let Spot: Answer;
let rest: Answer;
let api: Answer;
let streams: Answer;

function clientOf(at: ClientVenue, credentials: Record<string, string> = PAPER): Answer {
  return new Spot({
    configurationRestAPI: { ...credentials, basePath: `http://${at.spot}`, retries: 0, timeout: 30_000 },
    configurationWebsocketAPI: { ...credentials, wsURL: `ws://${at.spot}/ws-api/v3`, timeout: 30_000 },
    configurationWebsocketStreams: { wsURL: `ws://${at.spot}` },
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
  ({ Spot } = await import("@binance/spot"));
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
  expect(await data(rest.ping())).toEqual({});
  expect((await data(rest.time())).serverTime).toBeGreaterThan(0);
  const info = await data(rest.exchangeInfo({ symbol }));
  expect(info.symbols[0].filters.map((filter: Answer) => filter.filterType)).toContain("PRICE_FILTER");
  const { rateLimits, data: body } = await rest.depth({ symbol, limit: 5 });
  expect((await body()).bids).toEqual([["59990.00000000", "9.00000000"]]);
  expect(rateLimits[0]).toMatchObject({ rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1 });
  expect((await data(rest.getTrades({ symbol })))[0]).toMatchObject({ price: "60000.00000000", isBuyerMaker: false });
  expect((await data(rest.historicalTrades({ symbol, fromId: 1 })))[0].id).toBe(1);
  expect((await data(rest.aggTrades({ symbol })))[0]).toMatchObject({ a: 1, f: 1, l: 1, p: "60000.00000000" });
  expect((await data(rest.klines({ symbol, interval: "1m" }))).at(-1)[4]).toBe("60000.00000000");
  expect((await data(rest.uiKlines({ symbol, interval: "1d", timeZone: "8" }))).at(-1)[4]).toBe("60000.00000000");
  expect((await data(rest.avgPrice({ symbol }))).price).toBe("60000.00000000");
  expect((await data(rest.ticker24hr({ symbol }))).lastPrice).toBe("60000.00000000");
  expect((await data(rest.ticker24hr({ symbols: [symbol, "ETHUSDT"], type: "MINI" }))).length).toBe(2);
  expect((await data(rest.ticker({ symbol, windowSize: "2h" }))).count).toBe(1);
  expect((await data(rest.tickerTradingDay({ symbol }))).lastPrice).toBe("60000.00000000");
  expect((await data(rest.tickerPrice({ symbols: [symbol] })))[0].price).toBe("60000.00000000");
  expect((await data(rest.tickerBookTicker({ symbol }))).askPrice).toBe("60000.00000000");
});

const LIMIT = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: 50_000 };
const STOPS = [
  { type: "STOP_LOSS", stopPrice: 50_000 },
  { type: "STOP_LOSS_LIMIT", stopPrice: 50_000, price: 49_000, timeInForce: "GTC" },
  { type: "TAKE_PROFIT", stopPrice: 70_000 },
  { type: "TAKE_PROFIT_LIMIT", stopPrice: 70_000, price: 71_000, timeInForce: "GTC" },
  { type: "STOP_LOSS_LIMIT", trailingDelta: 500, price: 49_000, timeInForce: "GTC" },
  { type: "LIMIT_MAKER", price: 70_000 },
];

test("every type of order by REST: placed, asked for, replaced, amended, cancelled", async () => {
  expect(await data(rest.orderTest(LIMIT))).toEqual({});
  const limit = await data(rest.newOrder(LIMIT));
  expect(limit).toMatchObject({ status: "NEW", fills: [] });
  expect(await data(rest.getOrder({ symbol, orderId: limit.orderId }))).toMatchObject({ status: "NEW" });
  const amended = await data(rest.orderAmendKeepPriority({ symbol, orderId: limit.orderId, newQty: 0.005 }));
  expect(amended.amendedOrder).toMatchObject({ orderId: limit.orderId, qty: "0.00500000" });
  expect((await data(rest.orderAmendments({ symbol, orderId: limit.orderId }))).length).toBe(1);
  const replaced = await data(
    rest.orderCancelReplace({ ...LIMIT, cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: limit.orderId }),
  );
  expect(replaced).toMatchObject({ cancelResult: "SUCCESS", newOrderResult: "SUCCESS" });
  const market = await data(rest.newOrder({ symbol, side: "BUY", type: "MARKET", quoteOrderQty: 600 }));
  expect(market).toMatchObject({ status: "FILLED", executedQty: "0.01000000" });
  const iceberg = await data(rest.newOrder({ ...LIMIT, quantity: 0.1, icebergQty: 0.01 }));
  expect(iceberg.status).toBe("NEW");
  for (const stop of STOPS) {
    const placed = await data(
      rest.newOrder({ symbol, side: "SELL", quantity: 0.001, newOrderRespType: "RESULT", ...stop }),
    );
    expect([stop.type, placed.status]).toEqual([stop.type, "NEW"]);
  }
  expect((await data(rest.getOpenOrders({ symbol }))).length).toBe(8);
  const first = { symbol, orderId: replaced.newOrderResponse.orderId };
  expect(await data(rest.deleteOrder(first))).toMatchObject({ status: "CANCELED" });
  expect((await data(rest.deleteOpenOrders({ symbol }))).length).toBe(7);
  expect((await data(rest.allOrders({ symbol }))).length).toBe(10);
  expect((await data(rest.myTrades({ symbol })))[0]).toMatchObject({ price: "60000.00000000", isBuyer: true });
  expect((await data(rest.getAccount({ omitZeroBalances: true }))).balances.length).toBe(2);
  expect((await data(rest.accountCommission({ symbol }))).standardCommission.maker).toBe("0.00100000");
  expect((await data(rest.rateLimitOrder()))[0]).toMatchObject({ rateLimitType: "ORDERS", interval: "SECOND" });
  expect(await data(rest.myPreventedMatches({ symbol, orderId: limit.orderId }))).toEqual([]);
  expect(await data(rest.myAllocations({ symbol }))).toEqual([]);
});

test("order lists of every kind", async () => {
  const oco = await data(
    rest.orderListOco({
      ...{ symbol, side: "SELL", quantity: 0.01, aboveType: "LIMIT_MAKER", abovePrice: 70_000 },
      ...{ belowType: "STOP_LOSS", belowStopPrice: 50_000 },
    }),
  );
  expect(oco).toMatchObject({ contingencyType: "OCO", listOrderStatus: "EXECUTING" });
  const working = {
    workingType: "LIMIT",
    workingSide: "BUY",
    workingPrice: 50_000,
    workingQuantity: 0.01,
    workingTimeInForce: "GTC",
  };
  const oto = await data(
    rest.orderListOto({
      symbol,
      ...working,
      pendingType: "LIMIT_MAKER",
      pendingSide: "SELL",
      pendingPrice: 60_500,
      pendingQuantity: 0.005,
    }),
  );
  expect(oto.contingencyType).toBe("OTO");
  const otoco = await data(
    rest.orderListOtoco({
      ...{ symbol, ...working, pendingSide: "SELL", pendingQuantity: 0.005, pendingAboveType: "LIMIT_MAKER" },
      ...{ pendingAbovePrice: 60_500, pendingBelowType: "STOP_LOSS", pendingBelowStopPrice: 48_000 },
    }),
  );
  expect(otoco.orders.length).toBe(3);
  expect((await data(rest.openOrderList())).length).toBe(3);
  const listed = await data(rest.getOrderList({ orderListId: oto.orderListId }));
  expect(listed).toMatchObject({ orderListId: oto.orderListId, listStatusType: "EXEC_STARTED" });
  for (const { orderListId } of [oco, oto, otoco]) {
    expect(await data(rest.deleteOrderList({ symbol, orderListId }))).toMatchObject({ listOrderStatus: "ALL_DONE" });
  }
  expect((await data(rest.allOrderList())).length).toBe(3);
});

test("public streams, and a book that is right", async () => {
  const heard: Record<string, Answer[]> = {};
  const listen = (name: string, stream: Answer) => {
    heard[name] = [];
    stream.on("message", (message: Answer) => heard[name]?.push(message));
  };
  listen("aggTrade", streams.aggTrade({ symbol: "btcusdt" }));
  listen("trade", streams.trade({ symbol: "btcusdt" }));
  listen("bookTicker", streams.bookTicker({ symbol: "btcusdt" }));
  listen("depth", streams.diffBookDepth({ symbol: "btcusdt", updateSpeed: "100ms" }));
  listen("slow", streams.diffBookDepth({ symbol: "btcusdt" }));
  listen("partial", streams.partialBookDepth({ symbol: "btcusdt", levels: 5, updateSpeed: "100ms" }));
  listen("kline", streams.kline({ symbol: "btcusdt", interval: "1m" }));
  listen("zone", streams.klineOffset({ symbol: "btcusdt", interval: "1d" }));
  listen("ticker", streams.ticker({ symbol: "btcusdt" }));
  listen("miniTicker", streams.miniTicker({ symbol: "btcusdt" }));
  listen("window", streams.rollingWindowTicker({ symbol: "btcusdt", windowSize: "1h" }));
  listen("allWindows", streams.allMarketRollingWindowTicker({ windowSize: "4h" }));
  listen("allMini", streams.allMiniTicker());
  listen("avgPrice", streams.avgPrice({ symbol: "btcusdt" }));
  await until(
    () => heard.trade?.length,
    () => venue.trade("BUY"),
  );
  const { lastUpdateId, bids, asks } = await data(rest.depth({ symbol }));
  await venue.quote(59_000, 59_010);
  await venue.quote(59_990, 60_000);
  const names = Object.keys(heard);
  await until(
    () => names.every((name) => (heard[name]?.length ?? 0) > 0),
    () => venue.trade("SELL"),
  );
  expect(heard.kline?.at(-1).k).toMatchObject({ i: "1m", s: symbol });
  expect(heard.allMini?.at(-1)[0].e).toBe("24hrMiniTicker");
  expect(heard.aggTrade?.[0]).toMatchObject({ e: "aggTrade", s: symbol });
  const book = { b: new Map<string, string>(bids), a: new Map<string, string>(asks) };
  let last = Number(lastUpdateId);
  for (const change of heard.depth ?? []) {
    if (Number(change.u) <= last) continue;
    expect(Number(change.U)).toBe(last + 1);
    last = Number(change.u);
    for (const side of ["b", "a"] as const) {
      for (const [price, qty] of change[side]) {
        if (Number(qty) === 0) book[side].delete(price);
        else book[side].set(price, qty);
      }
    }
  }
  const now = await data(rest.depth({ symbol }));
  expect(Number(now.lastUpdateId)).toBe(last);
  expect([...book.b].sort()).toEqual([...now.bids].sort());
  expect([...book.a].sort()).toEqual([...now.asks].sort());
});

test("the WebSocket API: data, orders, lists, account", async () => {
  expect((await sent(api.time())).serverTime).toBeGreaterThan(0);
  expect(await sent(api.ping())).toEqual({});
  expect((await sent(api.exchangeInfo({ symbol }))).symbols.length).toBe(1);
  expect((await sent(api.depth({ symbol, limit: 5 }))).bids.length).toBe(1);
  for (const call of ["tradesRecent", "tradesHistorical", "tradesAggregate"]) {
    expect((await sent(api[call]({ symbol }))).length).toBeGreaterThan(0);
  }
  expect((await sent(api.klines({ symbol, interval: "1m" }))).length).toBeGreaterThan(0);
  expect((await sent(api.uiKlines({ symbol, interval: "1m" }))).length).toBeGreaterThan(0);
  expect((await sent(api.avgPrice({ symbol }))).mins).toBe(5);
  for (const call of ["ticker24hr", "tickerPrice", "tickerBook", "tickerTradingDay", "ticker"]) {
    expect((await sent(api[call]({ symbol }))).symbol).toBe(symbol);
  }
  const { data: placed, rateLimits } = await api.orderPlace(LIMIT);
  expect(rateLimits.map((limit: Answer) => limit.rateLimitType)).toEqual(["ORDERS", "ORDERS", "REQUEST_WEIGHT"]);
  const { orderId } = placed;
  expect(await sent(api.orderStatus({ symbol, orderId }))).toMatchObject({ status: "NEW" });
  expect(await sent(api.orderTest(LIMIT))).toEqual({});
  const amended = await sent(api.orderAmendKeepPriority({ symbol, orderId, newQty: 0.005 }));
  expect(amended.amendedOrder.orderId).toBe(orderId);
  const cancelReplace = { ...LIMIT, cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: orderId };
  const replaced = await sent(api.orderCancelReplace(cancelReplace));
  expect(replaced.cancelResult).toBe("SUCCESS");
  expect((await sent(api.openOrdersStatus({ symbol }))).length).toBe(1);
  expect((await sent(api.orderCancel({ symbol, orderId: replaced.newOrderResponse.orderId }))).status).toBe("CANCELED");
  const oco = { symbol, side: "SELL", quantity: 0.01, aboveType: "LIMIT_MAKER", abovePrice: 70_000 };
  const list = await sent(api.orderListPlaceOco({ ...oco, belowType: "STOP_LOSS", belowStopPrice: 50_000 }));
  expect((await sent(api.orderListStatus({ orderListId: list.orderListId }))).contingencyType).toBe("OCO");
  expect((await sent(api.openOrderListsStatus())).length).toBe(1);
  await sent(api.orderListCancel({ symbol, orderListId: list.orderListId }));
  await sent(api.orderPlace(LIMIT));
  expect((await sent(api.openOrdersCancelAll({ symbol }))).length).toBe(1);
  expect((await sent(api.accountStatus())).canTrade).toBe(true);
  expect((await sent(api.accountCommission({ symbol }))).symbol).toBe(symbol);
  expect((await sent(api.accountRateLimitsOrders())).length).toBe(2);
  for (const call of ["allOrders", "myTrades"]) expect((await sent(api[call]({ symbol }))).length).toBeGreaterThan(0);
  expect(await refusal(api.orderCancel({ symbol, orderId: 999_999 }))).toEqual(["", -2011]);
});

test("account events after logging on, and by signature", async () => {
  const heard: Answer[] = [];
  const signer = clientOf(venue, { apiKey: ED25519.key, privateKey: ED25519.privateKey });
  const session = await signer.websocketAPI.connect();
  const [logon] = await session.sessionLogon();
  expect(logon.data.apiKey).toBe(ED25519.key);
  const subscribed = await session.userDataStreamSubscribe();
  subscribed.stream.on("message", (event: Answer) => heard.push(event));
  const order = await sent(session.orderPlace(LIMIT));
  await sent(session.orderCancel({ symbol, orderId: order.orderId }));
  await until(() => heard.filter((event) => event.e === "executionReport").length === 2);
  expect(heard.map((event) => event.x ?? event.e)).toEqual([
    ...["NEW", "outboundAccountPosition", "CANCELED", "outboundAccountPosition"],
  ]);
  expect((await sent(session.sessionSubscriptions())).length).toBe(1);
  await session.userDataStreamUnsubscribe();
  await session.sessionLogout();
  const bySignature = await api.userDataStreamSubscribeSignature();
  bySignature.stream.on("message", (event: Answer) => heard.push(event));
  const again = await sent(api.orderPlace(LIMIT));
  await until(() => heard.some((event) => event.i === again.orderId));
  expect(await refusal(api.sessionLogon())).toEqual(["", -4056]);
  session.disconnect();
});

test("keys of every kind sign; errors and limits come as Binance's", async () => {
  for (const { key, privateKey } of [ED25519, RSA]) {
    const signer = clientOf(venue, { apiKey: key, privateKey });
    expect((await data(signer.restAPI.getAccount())).canTrade).toBe(true);
  }
  expect(await refusal(rest.depth({ symbol: "NOPE" }))).toEqual(["BadRequestError", -1121]);
  expect(await refusal(rest.newOrder({ ...LIMIT, quantity: 100 }))).toEqual(["BadRequestError", -2010]);
  expect(await refusal(rest.newOrder({ ...LIMIT, price: 50_000.001 }))).toEqual(["BadRequestError", -1013]);
  expect(await refusal(rest.getOrder({ symbol, orderId: 1, recvWindow: 70_000 }))).toEqual(["BadRequestError", -1131]);
  const wrong = clientOf(venue, { apiKey: "paper-key", apiSecret: "wrong" });
  expect(await refusal(wrong.restAPI.getAccount())).toEqual(["BadRequestError", -1022]);
  const stranger = clientOf(venue, { apiKey: "nobody", apiSecret: "wrong" });
  expect(await refusal(stranger.restAPI.getAccount())).toEqual(["UnauthorizedError", -2015]);
  const narrow = await openClientVenue({ ...CLIENT_LIMITS, weight: { SPOT: 100, FUT: 100, SAPI: 100 } });
  const greedy = clientOf(narrow).restAPI;
  const seen: string[] = [];
  for (let i = 0; i < 60; i++) seen.push((await refusal(greedy.depth({ symbol })))[0]);
  expect(new Set(seen)).toEqual(new Set(["nothing", "TooManyRequestsError", "RateLimitBanError"]));
  await narrow.stop();
});
