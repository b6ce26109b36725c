import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Answer } from "../test-client.ts";
import { ccxtClient, refusal } from "./ccxt-client.fixture.ts";
import { type ClientVenue, ED25519, openClientVenue, RSA, until } from "./served.fixture.ts";

const BTC = "BTC/USDT:USDT";
let venue: ClientVenue;
let client: Answer;

beforeAll(async () => {
  venue = await openClientVenue();
  client = await ccxtClient("usdm", venue);
});
afterAll(async () => {
  await client.close();
  await venue.stop();
});

test("markets and public data", async () => {
  expect(client.markets[BTC]).toMatchObject({ swap: true, linear: true, contractSize: 1 });
  expect(Math.abs((await client.fetchTime()) - Date.now())).toBeLessThan(5_000);
  await venue.trade("BUY");
  expect((await client.fetchOrderBook(BTC, 5)).bids).toEqual([[59990, 9]]);
  expect((await client.fetchTrades(BTC)).at(-1)).toMatchObject({ side: "buy", price: 60000, amount: 0.002 });
  expect((await client.fetchTicker(BTC)).last).toBe(60000);
  expect(Object.keys(await client.fetchTickers())).toContain(BTC);
  expect((await client.fetchBidsAsks([BTC]))[BTC]).toMatchObject({ bid: 59990, ask: 60000 });
  expect((await client.fetchOHLCV(BTC, "1h")).at(-1)[4]).toBe(60000);
  expect((await client.fetchOHLCV(BTC, "1m", undefined, 5, { price: "mark" })).at(-1)[4]).toBe(60000);
  await until(() => venue.venue.exchange.mark("FUT:BTCUSDT"));
  expect((await client.fetchMarkPrice(BTC)).markPrice).toBe(59995);
  expect(await client.fetchFundingRate(BTC)).toMatchObject({ markPrice: 59995, fundingRate: 0 });
  expect(await client.fetchFundingRateHistory(BTC)).toEqual([]);
  expect(await client.fetchFundingIntervals()).toEqual({});
  expect((await client.fetchOpenInterest(BTC)).openInterestAmount).toBeGreaterThan(0);
});

test("settings: leverage, margin type, position mode, brackets, fees", async () => {
  expect(await client.setLeverage(10, BTC)).toMatchObject({ leverage: 10 });
  expect(await client.setMarginMode("isolated", BTC)).toMatchObject({ code: 200 });
  expect(await refusal(client.setMarginMode("isolated", BTC))).toStartWith("MarginModeAlreadySet");
  expect(await client.fetchLeverage(BTC)).toMatchObject({ marginMode: "isolated", longLeverage: 10 });
  expect(await client.fetchMarginMode(BTC)).toMatchObject({ marginMode: "isolated" });
  expect((await client.fetchPositionMode(BTC)).hedged).toBe(false);
  expect((await client.fetchLeverageTiers([BTC]))[BTC].length).toBeGreaterThan(2);
  expect(await client.fetchTradingFee(BTC)).toMatchObject({ maker: 0.0002, taker: 0.0005 });
});

test("orders of every type, changed, in batches, asked for and cancelled", async () => {
  const limit = await client.createOrder(BTC, "limit", "buy", 0.01, 50000);
  expect(limit).toMatchObject({ status: "open", price: 50000 });
  const edited = await client.editOrder(limit.id, BTC, "limit", "buy", 0.02, 51000);
  expect(edited).toMatchObject({ id: limit.id, price: 51000, amount: 0.02 });
  const posted = await client.createOrder(BTC, "limit", "buy", 0.01, 52000, { postOnly: true });
  expect(posted).toMatchObject({ timeInForce: "PO", postOnly: true });
  const ioc = await client.createOrder(BTC, "limit", "buy", 0.01, 59000, { timeInForce: "IOC" });
  expect(ioc.status).toBe("expired");
  expect((await client.createOrder(BTC, "limit", "buy", 0.01, 60000, { timeInForce: "FOK" })).status).toBe("closed");
  const batch = await client.createOrders([
    { symbol: BTC, type: "limit", side: "buy", amount: 0.01, price: 50000 },
    { symbol: BTC, type: "limit", side: "buy", amount: 0.01, price: 50100 },
  ]);
  const ids = batch.map((order: Answer) => order.id);
  expect((await client.cancelOrders(ids, BTC)).map((order: Answer) => order.id)).toEqual(ids);
  expect((await client.fetchOpenOrders(BTC)).map((order: Answer) => order.id)).toEqual([limit.id, posted.id]);
  expect(await client.fetchOrder(posted.id, BTC)).toMatchObject({ id: posted.id, status: "open" });
  expect(await client.cancelOrder(posted.id, BTC)).toMatchObject({ status: "canceled" });
  await client.cancelAllOrders(BTC);
  expect(await client.fetchOpenOrders(BTC)).toEqual([]);
  expect((await client.fetchOrders(BTC)).length).toBe(6);
});

test("a position with stops of every type, its margin, and how it ends", async () => {
  const bought = await client.createOrder(BTC, "market", "buy", 0.01);
  expect(bought).toMatchObject({ status: "closed", average: 60000, filled: 0.01 });
  const [position] = await client.fetchPositions();
  expect(position).toMatchObject({ side: "long", contracts: 0.02, entryPrice: 60000, marginMode: "isolated" });
  expect((await client.addMargin(BTC, 20)).status).toBe("ok");
  expect((await client.reduceMargin(BTC, 10)).status).toBe("ok");
  const stops: [string, number | undefined, Answer][] = [
    ["market", undefined, { stopLossPrice: 59000, reduceOnly: true }],
    ["limit", 58900, { stopLossPrice: 59000, reduceOnly: true }],
    ["market", undefined, { takeProfitPrice: 63000, reduceOnly: true }],
    ["limit", 63100, { takeProfitPrice: 63000, reduceOnly: true }],
    ["market", undefined, { trailingPercent: 1, trailingTriggerPrice: 62000, reduceOnly: true }],
  ];
  const trigger = { trigger: true };
  for (const [type, price, params] of stops) {
    const stop = await client.createOrder(BTC, type, "sell", 0.01, price, params);
    expect((await client.fetchOrder(stop.id, BTC, trigger)).id).toBe(stop.id);
  }
  const open = await client.fetchOpenOrders(BTC, undefined, undefined, trigger);
  expect(open.length).toBe(5);
  await client.cancelOrder(open[0].id, BTC, trigger);
  await client.cancelAllOrders(BTC, trigger);
  expect(await client.fetchOpenOrders(BTC, undefined, undefined, trigger)).toEqual([]);
  expect((await client.fetchOrders(BTC, undefined, undefined, trigger)).length).toBe(5);
  await client.createOrder(BTC, "market", "sell", 0.02, undefined, { reduceOnly: true });
  expect(await client.fetchPositions()).toEqual([]);
  expect((await client.fetchMyTrades(BTC)).map((trade: Answer) => trade.side)).toEqual(["buy", "buy", "sell"]);
  const kinds = (await client.fetchLedger("USDT")).map((row: Answer) => row.info.incomeType);
  expect(new Set(kinds)).toEqual(new Set(["TRANSFER", "COMMISSION", "REALIZED_PNL"]));
  expect((await client.fetchBalance()).USDT.used).toBe(0);
});

test("hedge mode holds both sides", async () => {
  await client.setPositionMode(true, BTC);
  await client.createOrder(BTC, "market", "buy", 0.01, undefined, { hedged: true });
  await client.createOrder(BTC, "market", "sell", 0.01, undefined, { hedged: true });
  const sides = (await client.fetchPositions()).map((position: Answer) => position.side);
  expect(sides.sort()).toEqual(["long", "short"]);
  await client.createOrder(BTC, "market", "sell", 0.01, undefined, { hedged: true, reduceOnly: true });
  await client.createOrder(BTC, "market", "buy", 0.01, undefined, { hedged: true, reduceOnly: true });
  expect(await client.fetchPositions()).toEqual([]);
  await client.setPositionMode(false, BTC);
});

test("public streams: trades, a book that is right, best prices, tickers, marks, bars", async () => {
  const step = () => venue.trade("BUY");
  const told = async (watch: () => Promise<Answer>): Promise<Answer> => {
    const heard: Answer[] = [];
    watch().then(
      (value) => heard.push(value),
      (error) => heard.push(error),
    );
    const value = await until(() => heard[0], step);
    if (value instanceof Error) throw value;
    return value;
  };
  const all = await Promise.all([
    told(() => client.watchTrades(BTC)),
    told(() => client.watchTradesForSymbols([BTC], undefined, undefined, { name: "aggTrade" })),
    told(() => client.watchTicker(BTC)),
    told(() => client.watchBidsAsks([BTC])),
    told(() => client.watchMarkPrice(BTC)),
    told(() => client.watchOHLCV(BTC, "1m")),
    told(() => client.watchOHLCV(BTC, "3m")),
  ]);
  const [trades, aggregates, ticker, best, mark, bars, longer] = all;
  expect([trades.at(-1).price, aggregates.at(-1).price, ticker.last]).toEqual([60000, 60000, 60000]);
  expect([best[BTC].bid, mark.markPrice, bars.at(-1)[4], longer.at(-1)[4]]).toEqual([59990, 59995, 60000, 60000]);
  const books: Answer[] = [];
  const watchBook = async () => {
    for (;;) books.push(await client.watchOrderBook(BTC));
  };
  const ended = watchBook().catch((error: Error) => error.name);
  await until(() => books.length > 3, step);
  await venue.quote(58_000, 58_010);
  const real = await client.fetchOrderBook(BTC);
  await until(() => books.at(-1).asks[0]?.[0] === 58010 && books.at(-1).bids.length === real.bids.length);
  expect([books.at(-1).bids.slice(), books.at(-1).asks.slice()]).toEqual([real.bids, real.asks]);
  await venue.quote(59_990, 60_000);
  await client.close();
  expect(await ended).toBe("ExchangeClosedByUser");
});

test("account events by listen key: orders, trades, balance, positions; orders over the WebSocket API", async () => {
  const heard: Record<string, Answer[]> = { orders: [], trades: [], balance: [], positions: [] };
  const listen = async (name: string, watch: () => Promise<Answer>) => {
    for (;;) heard[name]?.push(structuredClone(await watch()));
  };
  const listeners = [
    listen("orders", () => client.watchOrders()),
    listen("trades", () => client.watchMyTrades()),
    listen("balance", () => client.watchBalance()),
    listen("positions", () => client.watchPositions()),
  ].map((listener) => listener.catch(() => "closed"));
  await until(
    () => heard.orders?.length,
    async () => {
      const { id } = await client.createOrder(BTC, "limit", "buy", 0.01, 50000);
      await client.cancelOrder(id, BTC);
    },
  );
  const placed = await client.createOrderWs(BTC, "limit", "buy", 0.01, 50000);
  await client.editOrderWs(placed.id, BTC, "limit", "buy", 0.02, 50500);
  await client.cancelOrderWs(placed.id, BTC);
  const stop = await client.createOrderWs(BTC, "market", "sell", 0.01, undefined, { stopLossPrice: 50000 });
  await client.cancelOrder(stop.id, BTC, { trigger: true });
  await client.createOrderWs(BTC, "market", "buy", 0.01);
  await until(() => heard.trades?.length && heard.balance?.length && heard.positions?.length);
  await client.createOrder(BTC, "market", "sell", 0.01, undefined, { reduceOnly: true });
  expect((await client.fetchBalanceWs()).USDT.total).toBe((await client.fetchBalance()).USDT.total);
  await client.close();
  expect(await Promise.all(listeners)).toEqual(["closed", "closed", "closed", "closed"]);
});

test("transfers, and errors as the classes that real ones come as off binance.com", async () => {
  expect(await client.transfer("USDT", 10, "spot", "swap")).toMatchObject({ currency: "USDT" });
  await venue.ask("DELETE /fapi/v1/allOpenOrders", { symbol: "BTCUSDT" }, "paper");
  const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01" };
  const cases: [string, () => Promise<unknown>][] = [
    ["-2019", () => client.createOrder(BTC, "limit", "buy", 100, 59000)],
    ["-2011", () => client.cancelOrder("999999", BTC)],
    ["-2013", () => client.fetchOrder("999999", BTC)],
    ["-4164", () => client.createOrder(BTC, "limit", "buy", 0.001, 4000)],
    ["-1111", () => client.fapiPrivatePostOrder({ ...order, price: "59000.01" })],
    ["-5022", () => client.createOrder(BTC, "limit", "buy", 0.01, 61000, { postOnly: true })],
    ["-2021", () => client.createOrder(BTC, "market", "sell", 0.01, undefined, { stopLossPrice: 61000 })],
    ["-2022", () => client.createOrder(BTC, "market", "sell", 0.01, undefined, { reduceOnly: true })],
    ["-4120", () => client.fapiPrivatePostOrder({ ...order, type: "STOP_MARKET", stopPrice: "50000" })],
    ["-1121", () => client.fapiPublicGetDepth({ symbol: "NOPE" })],
    ["-1021", () => client.fapiPrivateV3GetAccount({ timestamp: Date.now() - 60_000 })],
    ["-1125", () => client.fapiPrivateDeleteListenKey().then(() => client.fapiPrivatePutListenKey())],
  ];
  for (const [code, call] of cases) expect(await refusal(call())).toContain(`{"code":${code},`);
  const stranger = await ccxtClient("usdm", venue, { apiKey: "paper-key", secret: "wrong" });
  expect(await refusal(stranger.fetchBalance())).toContain("-1022");
  expect(await refusal((await ccxtClient("usdm", venue, { apiKey: "nobody", secret: "x" })).fetchBalance())).toContain(
    "-2015",
  );
});

test("keys of every kind sign", async () => {
  for (const { key, privateKey } of [ED25519, RSA]) {
    const signer = await ccxtClient("usdm", venue, { apiKey: key, secret: privateKey });
    const order = await signer.createOrder(BTC, "limit", "buy", 0.01, 50000);
    await signer.cancelOrderWs(order.id, BTC);
    await signer.close();
  }
});
