import { afterAll, beforeAll, expect, test } from "bun:test";
import binanceSpot from "../../../node_modules/ccxt/js/src/pro/binance.js";
import { BINANCE_LIMITS } from "../binance/limits.ts";
import type { Answer } from "../test-client.ts";
import { ccxtClient, ccxtUrls, refusal } from "./ccxt-client.fixture.ts";
import { type ClientVenue, ED25519, openClientVenue, RSA, until } from "./served.fixture.ts";

const BTC = "BTC/USDT";
let venue: ClientVenue;
let client: Answer;

beforeAll(async () => {
  venue = await openClientVenue();
  client = await ccxtClient("spot", venue);
});
afterAll(async () => {
  await client.close();
  await venue.stop();
});

test("markets, time, status, fees and public data", async () => {
  expect(client.markets[BTC]).toMatchObject({ spot: true, active: true, limits: { cost: { min: 5 } } });
  expect(Math.abs((await client.fetchTime()) - Date.now())).toBeLessThan(5_000);
  expect((await client.fetchStatus()).status).toBe("ok");
  expect(await client.fetchTradingFee(BTC)).toMatchObject({ maker: 0.001, taker: 0.001 });
  await venue.trade("BUY");
  expect((await client.fetchOrderBook(BTC, 5)).bids).toEqual([[59990, 9]]);
  expect((await client.fetchTrades(BTC)).at(-1)).toMatchObject({ side: "buy", price: 60000, amount: 0.002 });
  expect((await client.fetchTicker(BTC)).last).toBe(60000);
  expect(Object.keys(await client.fetchTickers([BTC]))).toEqual([BTC]);
  expect((await client.fetchBidsAsks([BTC]))[BTC]).toMatchObject({ bid: 59990, ask: 60000 });
  expect((await client.fetchLastPrices([BTC]))[BTC].price).toBe(60000);
  for (const frame of ["1s", "1m", "3m", "1h", "6h", "1d", "3d", "1w", "1M"]) {
    expect([frame, (await client.fetchOHLCV(BTC, frame, undefined, 5)).at(-1)[4]]).toEqual([frame, 60000]);
  }
  expect(Object.keys(client.last_response_headers)).toContain("X-Mbx-Used-Weight-1m");
});

test("every type of order it offers, changed, asked for and cancelled", async () => {
  const limit = await client.createOrder(BTC, "limit", "buy", 0.01, 50000);
  expect(limit).toMatchObject({ status: "open", timeInForce: "GTC", price: 50000 });
  expect(await client.fetchOrder(limit.id, BTC)).toMatchObject({ id: limit.id, status: "open", remaining: 0.01 });
  const edited = await client.editOrder(limit.id, BTC, "limit", "buy", 0.02, 51000);
  expect(edited).toMatchObject({ status: "open", price: 51000, amount: 0.02 });
  expect(await client.fetchOpenOrders(BTC)).toMatchObject([{ id: edited.id }]);
  const market = await client.createOrder(BTC, "market", "buy", 0.01);
  expect(market).toMatchObject({ status: "closed", filled: 0.01, average: 60000 });
  const cost = await client.createOrder(BTC, "market", "buy", 0.01, undefined, { cost: 600 });
  expect(cost).toMatchObject({ status: "closed", cost: 600 });
  const maker = await client.createOrder(BTC, "limit", "sell", 0.01, 65000, { postOnly: true });
  expect(maker).toMatchObject({ status: "open" });
  const ioc = await client.createOrder(BTC, "limit", "buy", 0.01, 59000, { timeInForce: "IOC" });
  expect((await client.fetchOrder(ioc.id, BTC)).status).toBe("expired");
  const fok = await client.createOrder(BTC, "limit", "buy", 0.01, 60000, { timeInForce: "FOK" });
  expect(fok.status).toBe("closed");
  const stops = [
    ["limit", "sell", 50000, { stopLossPrice: 51000 }],
    ["market", "sell", undefined, { stopLossPrice: 51000 }],
    ["limit", "sell", 70000, { takeProfitPrice: 69000 }],
    ["market", "sell", undefined, { takeProfitPrice: 69000 }],
    ["limit", "buy", 71000, { triggerPrice: 70000 }],
  ] as const;
  for (const [type, side, price, params] of stops) {
    const stop = await client.createOrder(BTC, type, side, 0.001, price, params);
    expect((await client.fetchOrder(stop.id, BTC)).status).toBe("open");
    if (type === "market") await client.cancelOrder(stop.id, BTC);
  }
  const oco = await client.privatePostOrderListOco({
    ...{ symbol: "BTCUSDT", side: "SELL", quantity: "0.001", aboveType: "LIMIT_MAKER", abovePrice: "70000" },
    ...{ belowType: "STOP_LOSS_LIMIT", belowPrice: "49000", belowStopPrice: "50000", belowTimeInForce: "GTC" },
  });
  expect(oco.contingencyType).toBe("OCO");
  expect(await client.createOrder(BTC, "limit", "buy", 0.01, 50000, { test: true })).toBeDefined();
  expect((await client.cancelOrder(maker.id, BTC)).status).toBe("canceled");
  await client.cancelAllOrders(BTC);
  expect(await client.fetchOpenOrders(BTC)).toEqual([]);
  expect((await client.fetchOrders(BTC)).length).toBeGreaterThan(10);
  expect((await client.fetchClosedOrders(BTC)).length).toBe(3);
  expect(await client.fetchOrderTrades(market.id, BTC)).toMatchObject([{ order: market.id, price: 60000 }]);
  expect((await client.fetchMyTrades(BTC)).length).toBe(3);
  expect((await client.fetchBalance()).BTC.used).toBe(0);
});

test("public streams: trades, a book that is right, best prices, tickers, bars", async () => {
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
  expect((await told(() => client.watchTrades(BTC))).at(-1)).toMatchObject({ price: 60000, amount: 0.002 });
  expect((await told(() => client.watchTicker(BTC))).last).toBe(60000);
  expect((await told(() => client.watchBidsAsks([BTC])))[BTC]).toMatchObject({ bid: 59990 });
  expect((await told(() => client.watchOHLCV(BTC, "1m"))).at(-1)[4]).toBe(60000);
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

test("account events over the WebSocket API: orders, trades, balances; orders by it", async () => {
  const heard: Record<string, Answer[]> = { orders: [], trades: [], balance: [] };
  const listen = async (name: string, watch: () => Promise<Answer>) => {
    for (;;) heard[name]?.push(structuredClone(await watch()));
  };
  const listeners = [
    listen("orders", () => client.watchOrders()),
    listen("trades", () => client.watchMyTrades()),
    listen("balance", () => client.watchBalance()),
  ].map((listener) => listener.catch(() => "closed"));
  await until(
    () => heard.orders?.length,
    async () => {
      const { id } = await client.createOrder(BTC, "limit", "buy", 0.01, 50000);
      await client.cancelOrder(id, BTC);
    },
  );
  const placed = await client.createOrderWs(BTC, "limit", "buy", 0.01, 50000);
  expect(await client.fetchOrderWs(placed.id, BTC)).toMatchObject({ status: "open" });
  const edited = await client.editOrderWs(placed.id, BTC, "limit", "buy", 0.02, 50500);
  await client.cancelOrderWs(edited.id, BTC);
  await client.createOrderWs(BTC, "market", "buy", 0.01);
  await until(() => heard.trades?.length && heard.balance?.length);
  const last = heard.orders?.flat().at(-1);
  expect(last.symbol).toBe(BTC);
  expect((await client.fetchBalanceWs()).info.canTrade).toBe(true);
  await client.close();
  expect(await Promise.all(listeners)).toEqual(["closed", "closed", "closed"]);
});

test("transfers between the wallets", async () => {
  const { id } = await client.transfer("USDT", 100, "spot", "swap");
  expect(Number(id)).toBeGreaterThan(0);
  await client.transfer("USDT", 40, "swap", "spot");
  const there = await client.fetchTransfers("USDT", undefined, undefined, { fromAccount: "spot", toAccount: "swap" });
  expect(there).toMatchObject([{ id, amount: 100, status: "ok" }]);
  expect(await refusal(client.transfer("USDT", 1e9, "spot", "swap"))).toContain("-5002");
});

test("errors come as the classes that real ones come as", async () => {
  const raw = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01" };
  const cases: [string, () => Promise<unknown>][] = [
    ["InsufficientFunds", () => client.createOrder(BTC, "limit", "buy", 100, 59000)],
    ["OrderNotFound", () => client.cancelOrder("999999", BTC)],
    ["OrderNotFound", () => client.fetchOrder("999999", BTC)],
    ["BadRequest", () => client.createOrder(BTC, "limit", "buy", 0.00001, 59000)],
    ["InvalidOrder", () => client.privatePostOrder({ ...raw, price: "59000.001" })],
    ["OrderImmediatelyFillable", () => client.createOrder(BTC, "limit", "buy", 0.01, 61000, { postOnly: true })],
    ["BadSymbol", () => client.publicGetDepth({ symbol: "NOPE" })],
    ["InvalidNonce", () => client.privateGetAccount({ timestamp: Date.now() - 60_000 })],
    ["InvalidNonce", () => client.privateGetAccount({ timestamp: Date.now() + 60_000 })],
    ["BadRequest", () => client.privateGetOrder({ symbol: "BTCUSDT" })],
  ];
  for (const [name, call] of cases) expect(await refusal(call())).toStartWith(`${name}: binance`);
  const stranger = await ccxtClient("spot", venue, { apiKey: "paper-key", secret: "wrong" });
  expect(await refusal(stranger.fetchBalance())).toContain("-1022");
  const unknown = await ccxtClient("spot", venue, { apiKey: "nobody", secret: "x" });
  expect(await refusal(unknown.fetchBalance())).toStartWith("AuthenticationError");
});

test("keys of every kind sign", async () => {
  for (const { key, privateKey } of [ED25519, RSA]) {
    const signer = await ccxtClient("spot", venue, { apiKey: key, secret: privateKey });
    expect((await signer.fetchBalance()).BTC.total).toBeGreaterThan(0);
    const order = await signer.createOrder(BTC, "limit", "buy", 0.01, 50000);
    await signer.cancelOrderWs(order.id, BTC);
    await signer.close();
  }
});

test("too many requests are refused as Binance refuses them, then banned", async () => {
  const narrow = await openClientVenue({ ...BINANCE_LIMITS, weight: { SPOT: 60, FUT: 60, SAPI: 60 } });
  const greedy = await ccxtClient("spot", narrow);
  const said: string[] = [];
  for (let i = 0; i < 40 && !said.at(-1)?.includes("418"); i++) said.push(await refusal(greedy.fetchOrderBook(BTC)));
  expect(said.find((text) => text !== "nothing")).toMatch(/^DDoSProtection: .*429.*-1003/);
  expect(said.at(-1)).toMatch(/^DDoSProtection: .*418.*banned until/);
  expect(greedy.last_response_headers["Retry-After"]).toBeDefined();
  await greedy.close();
  await narrow.stop();
});

test("its defaults work as well: every URL replaced, currencies and margin pairs asked for", async () => {
  const whole: Answer = new binanceSpot({ apiKey: "paper-key", secret: "paper-secret", enableRateLimit: false });
  whole.urls.api = { ...whole.urls.api, ...ccxtUrls(venue.spot) };
  await whole.loadMarkets();
  expect(whole.currencies.BTC.code).toBe("BTC");
  expect(whole.markets["BTC/USDT:USDT"].linear).toBe(true);
  expect((await whole.fetchBalance()).BTC.free).toBeGreaterThan(0);
  expect((await whole.fetchBalance({ type: "swap" })).USDT.total).toBeGreaterThan(0);
});
