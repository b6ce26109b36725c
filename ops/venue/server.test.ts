import { afterAll, beforeAll, expect, test } from "bun:test";
import binanceSpot from "../../node_modules/ccxt/js/src/pro/binance.js";
import binanceUsdm from "../../node_modules/ccxt/js/src/pro/binanceusdm.js";
import { wallClock } from "../../shared/adapters/clock.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { quietMarket } from "./quiet.ts";
import { type ServedVenue, serveVenue } from "./server.ts";
import { type Answer, type Fields, hmac, MAKER, query } from "./test-client.ts";
import { createVenue, DEFAULT_ACCOUNTS, type Venue } from "./venue.ts";

let venue: Venue;
let served: ServedVenue;

beforeAll(async () => {
  const clock = wallClock();
  const market = quietMarket(defaultListings(), clock);
  const accounts = [...DEFAULT_ACCOUNTS, MAKER];
  venue = createVenue({ clock, random: systemRandom(), market, accounts, adminToken: "secret-token" });
  await venue.start();
  served = serveVenue(venue, { ports: { spot: 0, um: 0, admin: 0 } });
});
afterAll(async () => {
  await served.stop();
  await venue.stop();
});

async function signed(request: string, fields: Fields): Promise<Answer> {
  const [method = "", path = ""] = request.split(" ");
  const text = query({ ...fields, timestamp: Date.now() });
  const url = `http://127.0.0.1:${served.ports.um}${path}?${text}&signature=${hmac("paper-secret", text)}`;
  return (await fetch(url, { method, headers: { "X-MBX-APIKEY": "paper-key" } })).json();
}

function connected(url: string): Promise<{ socket: WebSocket; next: () => Promise<Answer> }> {
  const socket = new WebSocket(url);
  const waiting: ((value: Answer) => void)[] = [];
  const here: Answer[] = [];
  socket.onmessage = ({ data }) => {
    const value = JSON.parse(String(data));
    const taker = waiting.shift();
    if (taker) taker(value);
    else here.push(value);
  };
  const next = () =>
    here.length > 0 ? Promise.resolve(here.shift()) : new Promise<Answer>((resolve) => waiting.push(resolve));
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve({ socket, next });
    socket.onerror = reject;
  });
}

test("orders and account events go over real sockets", async () => {
  const { listenKey } = await signed("POST /fapi/v1/listenKey", {});
  const account = await connected(`ws://127.0.0.1:${served.ports.um}/private/ws?listenKey=${listenKey}`);
  const book = await connected(`ws://127.0.0.1:${served.ports.spot}/public/stream?streams=btcusdt@depth@100ms`);
  const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" };
  const placed = await signed("POST /fapi/v1/order", order);
  expect(placed).toMatchObject({ status: "NEW", origQty: "0.010" });
  expect((await account.next()).o).toMatchObject({ x: "NEW", i: placed.orderId });
  expect((await book.next()).data.b).toEqual([["50000.0", "0.010"]]);
  await signed("DELETE /fapi/v1/order", { symbol: "BTCUSDT", orderId: placed.orderId });
  expect((await account.next()).o).toMatchObject({ x: "CANCELED" });
  account.socket.close();
  book.socket.close();
});

test("an oversized body gets Binance's error, an unknown stream path is closed", async () => {
  const url = `http://127.0.0.1:${served.ports.spot}/api/v3/order`;
  const answer = await fetch(url, { method: "POST", body: "x".repeat(100_000) });
  expect([answer.status, ((await answer.json()) as Answer).code]).toEqual([413, -1101]);
  const socket = new WebSocket(`ws://127.0.0.1:${served.ports.spot}/nowhere`);
  const closed = await new Promise<CloseEvent>((resolve) => {
    socket.onclose = resolve;
  });
  expect(closed.code).toBe(1008);
});

test("the admin host answers its token only", async () => {
  const admin = (path: string, token: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${served.ports.admin}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });
  const refused = await admin("/accounts", "guess");
  expect([refused.status, refused.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  const body = JSON.stringify({ market: "FUT", asset: "USDT", qty: "5" });
  expect(await (await admin("/accounts/main/moves", "secret-token", { method: "POST", body })).json()).toMatchObject({
    free: "10005",
  });
});

test("a taken port is named", () => {
  expect(() => serveVenue(venue, { ports: { ...served.ports } })).toThrow(String(served.ports.spot));
});

/** An unmodified ccxt.pro client that only got other base URLs. */
async function ccxtClient(Client: typeof binanceUsdm | typeof binanceSpot, who: string): Promise<Answer> {
  const at = `127.0.0.1:${served.ports.spot}`;
  const [spot, futures] = [`http://${at}/api/v3`, `http://${at}/fapi`];
  const api = {
    ...{
      public: spot,
      private: spot,
      sapi: `http://${at}/sapi/v1`,
      fapiPublic: `${futures}/v1`,
      fapiPrivate: `${futures}/v1`,
    },
    ...{
      fapiPublicV2: `${futures}/v2`,
      fapiPrivateV2: `${futures}/v2`,
      fapiPublicV3: `${futures}/v3`,
      fapiPrivateV3: `${futures}/v3`,
    },
    ws: {
      spot: `ws://${at}/stream/ws`,
      future: `ws://${at}/ws`,
      "ws-api": { spot: `ws://${at}/ws-api/v3`, future: `ws://${at}/ws-fapi/v1` },
    },
  };
  const types = [Client === binanceSpot ? "spot" : "linear"];
  const client: Answer = new Client({
    ...{ apiKey: `${who}-key`, secret: `${who}-secret`, enableRateLimit: false, urls: { test: api } },
    options: { fetchMarkets: { types }, fetchCurrencies: false, fetchMargins: false },
  });
  client.setSandboxMode(true);
  await client.loadHttpProxyAgent();
  await client.loadMarkets();
  return client;
}

/** Waits for an account event; orders are placed and cancelled until the stream, which opens in its own time, tells one. */
async function told(events: Promise<Answer>, client: Answer, symbol: string): Promise<Answer> {
  for (;;) {
    const { id } = await client.createOrder(symbol, "limit", "buy", 0.01, 50000);
    await client.cancelOrder(id, symbol);
    const first = await Promise.race([events, Bun.sleep(50)]);
    if (first !== undefined) return first;
  }
}

test("an unmodified ccxt trades futures here: book, position, stop, account stream", async () => {
  const symbol = "BTC/USDT:USDT";
  const [client, maker] = [await ccxtClient(binanceUsdm, "paper"), await ccxtClient(binanceUsdm, "maker")];
  await maker.createOrder(symbol, "limit", "sell", 1, 60000);
  await maker.createOrder(symbol, "limit", "buy", 1, 59990);
  const [orders, book] = [client.watchOrders(), client.watchOrderBook(symbol)];
  expect(await client.setMarginMode("isolated", symbol)).toMatchObject({ code: 200 });
  expect((await told(orders, client, symbol))[0]).toMatchObject({ symbol, price: 50000 });
  const bought = await client.createOrder(symbol, "market", "buy", 0.01);
  expect(bought).toMatchObject({ status: "closed", average: 60000, filled: 0.01 });
  expect((await book).bids).toContainEqual([59990, 1]);
  const [position] = await client.fetchPositions();
  expect(position).toMatchObject({ side: "long", contracts: 0.01, entryPrice: 60000, marginMode: "isolated" });
  const stop = await client.createOrder(symbol, "market", "sell", 0.01, undefined, {
    stopLossPrice: 59000,
    reduceOnly: true,
  });
  expect(await client.fetchOpenOrders(symbol, undefined, undefined, { trigger: true })).toMatchObject([
    { id: stop.id, triggerPrice: 59000 },
  ]);
  await client.cancelOrder(stop.id, symbol, { trigger: true });
  await client.createOrder(symbol, "market", "sell", 0.01, undefined, { reduceOnly: true });
  expect(await client.fetchPositions()).toEqual([]);
  expect((await client.fetchMyTrades(symbol)).map((trade: Answer) => trade.fee.cost)).toEqual([0.3, 0.29995]);
  await Promise.all([client.close(), maker.close()]);
});

test("an unmodified ccxt trades spot here: orders, balance, errors by their class", async () => {
  const symbol = "BTC/USDT";
  const [client, maker] = [await ccxtClient(binanceSpot, "paper"), await ccxtClient(binanceSpot, "maker")];
  await maker.createOrder(symbol, "limit", "sell", 1, 60000);
  const orders = client.watchOrders();
  expect((await told(orders, client, symbol))[0]).toMatchObject({ symbol, price: 50000 });
  const bought = await client.createOrder(symbol, "market", "buy", 0.01);
  expect(bought).toMatchObject({ status: "closed", filled: 0.01, fees: [{ currency: "BTC", cost: 0.00001 }] });
  const waiting = await client.createOrder(symbol, "limit", "sell", 0.005, 58000, { stopLossPrice: 59000 });
  expect(await client.fetchBalance()).toMatchObject({ BTC: { free: 0.00499, used: 0.005 } });
  await client.cancelOrder(waiting.id, symbol);
  expect(await client.createOrder(symbol, "limit", "buy", 1, 59000).catch((error: Error) => error.name)).toBe(
    "InsufficientFunds",
  );
  expect(await client.cancelOrder("999999", symbol).catch((error: Error) => error.name)).toBe("OrderNotFound");
  await Promise.all([client.close(), maker.close()]);
});
