/**
 * A small exchange that speaks Bybit's V5 words, on real sockets, for the contract suite.
 *
 * Nothing in it is recorded from Bybit: paths, field names and return codes are those of Bybit's V5 documentation, as
 * examples in ccxt's source (4.5.84, `bybit.js`, `pro/bybit.js`) show them; the figures are made here.
 */
import { createHmac } from "node:crypto";
import type { Server, ServerWebSocket } from "bun";
import type { TestExchange } from "../venue-bench.fixture.ts";

const SECRET = "paper-secret";
const KEY = "paper-key";
const SYMBOL = "BTCUSDT";
const FEE = 0.0005;
const MINUTE_MS = 60_000;
const LOST_MS = 30_000;

type Category = "spot" | "linear";
type Row = Record<string, string | number | boolean>;
interface Order extends Row {
  category: Category;
  orderId: string;
  orderLinkId: string;
  side: string;
  orderType: string;
  orderStatus: string;
  qty: string;
  price: string;
  triggerPrice: string;
  triggerDirection: number;
  cumExecQty: string;
  reduceOnly: boolean;
  timeInForce: string;
}
class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
interface Link {
  readonly path: string;
  readonly topics: Set<string>;
}

class BybitBook {
  readonly orders: Order[] = [];
  readonly executions: Row[] = [];
  bid = 59_990;
  ask = 60_000;
  position = 0;
  entry = 0;
  leverage = "10";
  private id = 100;
  private update = 1;
  /** Says something on a stream. */
  say: (path: string, topic: string, body: object) => void = () => {};

  get mark(): string {
    return ((this.bid + this.ask) / 2).toFixed(2);
  }

  create(given: Row): Order {
    const category = given.category as Category;
    const qty = Number(given.qty);
    if (given.symbol !== SYMBOL || !(qty > 0)) throw new Refusal(10_001, "params error: symbol invalid");
    if (this.orders.some((order) => order.orderLinkId === given.orderLinkId)) {
      throw new Refusal(category === "spot" ? 170_141 : 110_072, "OrderLinkedID is duplicate");
    }
    if (qty > 100) throw new Refusal(category === "spot" ? 170_131 : 110_007, "ab not enough for new order");
    const isStop = given.triggerPrice !== undefined;
    if (given.reduceOnly === true && !isStop && this.position === 0) {
      throw new Refusal(110_017, "current position is zero, cannot fix reduce-only order qty");
    }
    const now = String(Date.now());
    const order: Order = {
      ...{ category, symbol: SYMBOL, orderId: `0b-${++this.id}`, orderLinkId: String(given.orderLinkId ?? "") },
      ...{ side: String(given.side), orderType: String(given.orderType), qty: String(given.qty) },
      ...{ price: String(given.price ?? "0"), timeInForce: String(given.timeInForce ?? "GTC"), avgPrice: "" },
      ...{ orderStatus: isStop ? "Untriggered" : "New", cumExecQty: "0", cumExecValue: "0", cumExecFee: "0" },
      ...{ reduceOnly: given.reduceOnly === true, triggerPrice: String(given.triggerPrice ?? "0") },
      ...{ triggerDirection: Number(given.triggerDirection ?? 0), stopOrderType: isStop ? "Stop" : "" },
      ...{ tpslMode: "", marketUnit: String(given.marketUnit ?? "baseCoin"), createdTime: now, updatedTime: now },
    };
    if (category === "spot") delete (order as Partial<Order>).tpslMode;
    this.orders.push(order);
    if (isStop) this.tell(order);
    else this.match(order);
    return order;
  }

  cancel(given: Row): Order {
    const order = this.orders.find((each) => each.orderLinkId === given.orderLinkId || each.orderId === given.orderId);
    if (!order || !["New", "Untriggered"].includes(order.orderStatus)) {
      throw new Refusal(given.category === "spot" ? 170_213 : 110_001, "order not exists or too late to cancel");
    }
    this.end(order, order.orderStatus === "New" ? "Cancelled" : "Deactivated");
    return order;
  }

  /** Somebody else's trade: told, and it sets off what it reaches. */
  trade(side: "BUY" | "SELL"): void {
    const price = side === "BUY" ? this.ask : this.bid;
    for (const category of ["spot", "linear"] as const) {
      const [T, i] = [Date.now(), `t-${category}-${++this.id}`];
      const data = [
        { T, s: SYMBOL, S: side === "BUY" ? "Buy" : "Sell", v: "0.002", p: String(price), L: "PlusTick", i, BT: false },
      ];
      this.say(`/v5/public/${category}`, `publicTrade.${SYMBOL}`, { type: "snapshot", ts: T, data });
    }
    for (const order of this.orders.filter((each) => each.orderStatus === "Untriggered")) {
      const trigger = Number(order.triggerPrice);
      if (order.triggerDirection === 1 ? price < trigger : price > trigger) continue;
      this.match(Object.assign(order, { orderStatus: "Triggered" }));
    }
  }

  book(): object {
    const data = {
      s: SYMBOL,
      b: [[String(this.bid), "9"]],
      a: [[String(this.ask), "9"]],
      u: ++this.update,
      seq: this.update,
    };
    return { type: "snapshot", ts: Date.now(), data };
  }

  private match(order: Order): void {
    const price = order.side === "Buy" ? this.ask : this.bid;
    const limit = Number(order.price);
    const crosses = order.orderType === "Market" || (order.side === "Buy" ? limit >= price : limit <= price);
    if (crosses && order.timeInForce !== "PostOnly") this.fill(order, price);
    else if (crosses || order.timeInForce === "IOC" || order.timeInForce === "FOK") this.end(order, "Cancelled");
    else this.tell(order);
  }

  private fill(order: Order, price: number): void {
    const now = String(Date.now());
    const qty = Number(order.qty);
    const execFee = (qty * price * FEE).toFixed(8);
    Object.assign(order, { orderStatus: "Filled", avgPrice: String(price), cumExecQty: order.qty, updatedTime: now });
    Object.assign(order, { cumExecValue: (qty * price).toFixed(4), cumExecFee: execFee });
    const { category, orderId, orderLinkId, side, orderType } = order;
    const execution: Row = {
      ...{
        category,
        symbol: SYMBOL,
        orderId,
        orderLinkId,
        side,
        orderType,
        execId: `e-${++this.id}`,
        execQty: order.qty,
      },
      ...{
        execPrice: String(price),
        execValue: (qty * price).toFixed(4),
        execFee,
        feeCurrency: "USDT",
        isMaker: false,
      },
      ...{ execType: "Trade", execTime: now, orderPrice: order.price, orderQty: order.qty, leavesQty: "0" },
    };
    this.executions.push(execution);
    this.tell(order);
    this.say("/v5/private", "execution", { id: "x", creationTime: Date.now(), data: [execution] });
    if (category === "linear") this.hold(side === "Buy" ? qty : -qty, price);
    this.say("/v5/private", "wallet", { id: "w", creationTime: Date.now(), data: [this.wallet()] });
  }

  private hold(change: number, price: number): void {
    const before = this.position;
    this.position = Number((before + change).toFixed(8));
    if (Math.abs(this.position) > Math.abs(before)) {
      this.entry = (this.entry * Math.abs(before) + price * Math.abs(change)) / Math.abs(this.position);
    }
    this.say("/v5/private", "position", { id: "p", creationTime: Date.now(), data: [this.held()] });
  }

  held(): Row {
    const size = Math.abs(this.position);
    return {
      ...{ category: "linear", symbol: SYMBOL, side: this.position === 0 ? "" : this.position > 0 ? "Buy" : "Sell" },
      ...{ size: String(size), avgPrice: String(this.entry), entryPrice: String(this.entry), markPrice: this.mark },
      ...{ leverage: this.leverage, positionValue: String(size * this.entry), unrealisedPnl: "0", liqPrice: "" },
      ...{
        positionIM: "85",
        positionMM: "3",
        positionIdx: 0,
        tradeMode: 1,
        updatedTime: String(Date.now()),
        createdTime: "1",
      },
    };
  }

  wallet(): object {
    const coin = { coin: "USDT", equity: "99999", walletBalance: "99999", locked: "10", availableToWithdraw: "99900" };
    return { accountType: "UNIFIED", totalEquity: "99999", coin: [{ ...coin, unrealisedPnl: "0", usdValue: "99999" }] };
  }

  private end(order: Order, orderStatus: string): void {
    Object.assign(order, { orderStatus, updatedTime: String(Date.now()) });
    this.tell(order);
  }

  private tell(order: Order): void {
    this.say("/v5/private", "order", { id: "o", creationTime: Date.now(), data: [order] });
  }
}

const filters = {
  ...{ priceFilter: { tickSize: "0.10", minPrice: "0.10", maxPrice: "1999999.80" } },
  lotSizeFilter: {
    ...{ qtyStep: "0.001", basePrecision: "0.000001", minOrderQty: "0.001", maxOrderQty: "1190", minOrderAmt: "5" },
    ...{ quotePrecision: "0.00000001", minNotionalValue: "5" },
  },
};
const listing = (category: Category): object => ({
  ...{ symbol: SYMBOL, baseCoin: "BTC", quoteCoin: "USDT", status: "Trading", ...filters },
  ...(category === "linear" && {
    ...{ contractType: "LinearPerpetual", settleCoin: "USDT", launchTime: "1584230400000", deliveryTime: "0" },
    ...{ leverageFilter: { minLeverage: "1", maxLeverage: "100.00" }, fundingInterval: 480 },
  }),
});
const ticker = (book: BybitBook): object => ({
  ...{
    symbol: SYMBOL,
    lastPrice: String(book.ask),
    indexPrice: book.mark,
    markPrice: book.mark,
    fundingRate: "0.0001",
  },
  ...{ nextFundingTime: String(Date.now() + 3_600_000), bid1Price: String(book.bid), ask1Price: String(book.ask) },
});
const bars = (book: BybitBook): string[][] =>
  [0, 1, 2, 3, 4].map((back) => {
    const start = Math.floor(Date.now() / MINUTE_MS - back) * MINUTE_MS;
    return [String(start), String(book.bid), String(book.ask), String(book.bid), String(book.ask), "1.5", "90000"];
  });

type Asked = (given: Row) => unknown;
function routesOf(book: BybitBook): Record<string, Asked> {
  const list = (rows: unknown[], given: Row) => ({
    category: given.category ?? "linear",
    list: rows,
    nextPageCursor: "",
  });
  const mine = (given: Row) => (row: Row) =>
    row.category === given.category &&
    (given.orderLinkId === undefined || row.orderLinkId === given.orderLinkId) &&
    (given.orderId === undefined || row.orderId === given.orderId);
  const isOpen = ({ orderStatus }: Row) => orderStatus === "New" || orderStatus === "Untriggered";
  return {
    "GET /v5/market/time": () => ({ timeSecond: "1", timeNano: "1" }),
    "GET /v5/market/instruments-info": (given) => list([listing(given.category as Category)], given),
    "GET /v5/market/kline": (given) => list(bars(book), given),
    "GET /v5/market/tickers": (given) => list([ticker(book)], given),
    "GET /v5/user/query-api": () => ({ unified: 0, uta: 1, permissions: { Wallet: [] }, ips: ["127.0.0.1"] }),
    "GET /v5/account/info": () => ({ unifiedMarginStatus: 6, marginMode: "ISOLATED_MARGIN" }),
    "GET /v5/account/wallet-balance": (given) => list([book.wallet()], given),
    "POST /v5/account/set-margin-mode": () => ({ reasons: [] }),
    "POST /v5/position/set-leverage": (given) => {
      if (book.leverage === given.buyLeverage) throw new Refusal(110_043, "leverage not modified");
      book.leverage = String(given.buyLeverage);
      return {};
    },
    "GET /v5/position/list": (given) => list(book.position === 0 ? [] : [book.held()], given),
    "POST /v5/order/create": (given) => {
      const { orderId, orderLinkId } = book.create(given);
      return { orderId, orderLinkId };
    },
    "POST /v5/order/cancel": (given) => {
      const { orderId, orderLinkId } = book.cancel(given);
      return { orderId, orderLinkId };
    },
    "GET /v5/order/realtime": (given) => {
      const named = given.orderLinkId !== undefined || given.orderId !== undefined;
      return list(
        book.orders.filter(mine(given)).filter((order) => named || isOpen(order)),
        given,
      );
    },
    "GET /v5/order/history": (given) =>
      list(
        book.orders.filter(mine(given)).filter((order) => !isOpen(order)),
        given,
      ),
    "GET /v5/execution/list": (given) => list(book.executions.filter(mine(given)).toReversed(), given),
  };
}

/** Refuses as Bybit does what is not signed: HMAC over time, key, window, and the query or the body. */
function checkSigned(request: Request, payload: string): void {
  const { headers } = request;
  const [time, window] = [headers.get("x-bapi-timestamp"), headers.get("x-bapi-recv-window")];
  if (headers.get("x-bapi-api-key") !== KEY) throw new Refusal(10_003, "API key is invalid.");
  const signature = createHmac("sha256", SECRET).update(`${time}${KEY}${window}${payload}`).digest("hex");
  if (headers.get("x-bapi-sign") !== signature) throw new Refusal(10_004, "error sign!");
}

export async function bybitExchange(): Promise<TestExchange> {
  const book = new BybitBook();
  const routes = routesOf(book);
  const links = new Set<ServerWebSocket<Link>>();
  let losing = false;
  book.say = (path, topic, body) => {
    for (const link of links) {
      if (link.data.path === path && link.data.topics.has(topic)) link.send(JSON.stringify({ topic, ...body }));
    }
  };
  const answer = async (request: Request, url: URL): Promise<Response> => {
    const name = `${request.method} ${url.pathname}`;
    const body = await request.text();
    const given = request.method === "POST" ? JSON.parse(body || "{}") : Object.fromEntries(url.searchParams);
    const told = { retMsg: "OK", retExtInfo: {}, time: Date.now() };
    try {
      if (!url.pathname.startsWith("/v5/market/")) checkSigned(request, body || url.search.slice(1));
      const route = routes[name];
      if (!route) return Response.json({ ...told, retCode: 10_001, retMsg: `no ${name} here`, result: {} });
      const result = route(given);
      if (losing && name.endsWith("/create") && given.category === "linear") {
        losing = false;
        await Bun.sleep(LOST_MS);
      }
      return Response.json({ ...told, retCode: 0, result });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return Response.json({ ...told, retCode: error.code, retMsg: error.message, result: {} });
    }
  };
  const server: Server<Link> = Bun.serve<Link>({
    ...{ hostname: "127.0.0.1", port: 0, idleTimeout: 120 },
    fetch(request, at) {
      const url = new URL(request.url);
      if (at.upgrade(request, { data: { path: url.pathname, topics: new Set() } })) return undefined;
      return answer(request, url);
    },
    websocket: {
      open: (link) => void links.add(link),
      close: (link) => void links.delete(link),
      message: (link, text) => hear(book, link, JSON.parse(String(text))),
    },
  });
  return handOf({ book, server, lose: () => (losing = true) });
}

function hear(
  book: BybitBook,
  link: ServerWebSocket<Link>,
  said: { op: string; args?: string[]; req_id?: string },
): void {
  const { op, args = [], req_id } = said;
  if (op === "ping") link.send(JSON.stringify({ success: true, ret_msg: "pong", op: "ping", req_id }));
  if (op === "auth") link.send(JSON.stringify({ success: true, ret_msg: "", op: "auth", conn_id: "c" }));
  if (op !== "subscribe") return;
  link.send(JSON.stringify({ success: true, ret_msg: "", op: "subscribe", req_id, conn_id: "c" }));
  for (const topic of args) {
    link.data.topics.add(topic);
    if (topic.startsWith("orderbook.")) link.send(JSON.stringify({ topic, ...book.book() }));
  }
}

function handOf(parts: { book: BybitBook; server: Server<Link>; lose: () => void }): TestExchange {
  const { book, server, lose } = parts;
  const [http, ws] = [`http://127.0.0.1:${server.port}`, `ws://127.0.0.1:${server.port}`];
  const urls = {
    ...{ spot: http, futures: http, v2: http, public: http, private: http },
    ws: {
      public: { spot: `${ws}/v5/public/spot`, linear: `${ws}/v5/public/linear` },
      private: { spot: { unified: `${ws}/v5/private` }, contract: `${ws}/v5/private` },
    },
  };
  const tellBook = () => {
    for (const category of ["spot", "linear"]) {
      for (const depth of [1, 50, 200]) book.say(`/v5/public/${category}`, `orderbook.${depth}.${SYMBOL}`, book.book());
    }
  };
  return {
    settings: {
      ...{ connector: "ccxt", ccxtExchange: "bybit", ccxtUrls: JSON.stringify(urls) },
      ...{ callTimeoutMs: 1_500, marketAgeMsMax: 3_000 },
    },
    async quote(bid, ask) {
      Object.assign(book, { bid, ask });
      tellBook();
    },
    async trade(side) {
      book.trade(side);
      tellBook();
    },
    loseAnswer: lose,
    received: (id) => book.orders.filter((order) => order.orderLinkId === id).map(({ qty, price }) => ({ qty, price })),
    stop: () => server.stop(true),
  };
}
