/** The WebSocket APIs: which method is which REST endpoint, how requests are read and signed, how answers look. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { BinanceError, errors } from "./errors.ts";
import type { SignedRequest } from "./keys.ts";
import { LimitError, type Used } from "./limits.ts";
import { Params } from "./request.ts";

/** Method → endpoint, for what both interfaces share in meaning. */
export const WS_METHODS: Readonly<Record<Market, Readonly<Record<string, string>>>> = {
  SPOT: {
    ping: "GET /api/v3/ping",
    time: "GET /api/v3/time",
    exchangeInfo: "GET /api/v3/exchangeInfo",
    executionRules: "GET /api/v3/executionRules",
    depth: "GET /api/v3/depth",
    "trades.recent": "GET /api/v3/trades",
    "trades.historical": "GET /api/v3/historicalTrades",
    "trades.aggregate": "GET /api/v3/aggTrades",
    klines: "GET /api/v3/klines",
    uiKlines: "GET /api/v3/uiKlines",
    avgPrice: "GET /api/v3/avgPrice",
    ticker: "GET /api/v3/ticker",
    "ticker.24hr": "GET /api/v3/ticker/24hr",
    "ticker.tradingDay": "GET /api/v3/ticker/tradingDay",
    "ticker.price": "GET /api/v3/ticker/price",
    "ticker.book": "GET /api/v3/ticker/bookTicker",
    "order.place": "POST /api/v3/order",
    "order.test": "POST /api/v3/order/test",
    "order.status": "GET /api/v3/order",
    "order.cancel": "DELETE /api/v3/order",
    "order.cancelReplace": "POST /api/v3/order/cancelReplace",
    "order.amend.keepPriority": "PUT /api/v3/order/amend/keepPriority",
    "order.amendments": "GET /api/v3/order/amendments",
    "openOrders.status": "GET /api/v3/openOrders",
    "openOrders.cancelAll": "DELETE /api/v3/openOrders",
    "orderList.place": "POST /api/v3/order/oco",
    "orderList.place.oco": "POST /api/v3/orderList/oco",
    "orderList.place.oto": "POST /api/v3/orderList/oto",
    "orderList.place.otoco": "POST /api/v3/orderList/otoco",
    "orderList.place.opo": "POST /api/v3/orderList/opo",
    "orderList.place.opoco": "POST /api/v3/orderList/opoco",
    "orderList.status": "GET /api/v3/orderList",
    "orderList.cancel": "DELETE /api/v3/orderList",
    "openOrderLists.status": "GET /api/v3/openOrderList",
    "sor.order.place": "POST /api/v3/sor/order",
    "sor.order.test": "POST /api/v3/sor/order/test",
    "account.status": "GET /api/v3/account",
    "account.commission": "GET /api/v3/account/commission",
    "account.rateLimits.orders": "GET /api/v3/rateLimit/order",
    allOrders: "GET /api/v3/allOrders",
    allOrderLists: "GET /api/v3/allOrderList",
    myTrades: "GET /api/v3/myTrades",
    myPreventedMatches: "GET /api/v3/myPreventedMatches",
    myAllocations: "GET /api/v3/myAllocations",
    myFilters: "GET /api/v3/myFilters",
  },
  FUT: {
    ping: "GET /fapi/v1/ping",
    time: "GET /fapi/v1/time",
    depth: "GET /fapi/v1/depth",
    "ticker.price": "GET /fapi/v1/ticker/price",
    "ticker.book": "GET /fapi/v1/ticker/bookTicker",
    "order.place": "POST /fapi/v1/order",
    "order.modify": "PUT /fapi/v1/order",
    "order.cancel": "DELETE /fapi/v1/order",
    "order.status": "GET /fapi/v1/order",
    "algoOrder.place": "POST /fapi/v1/algoOrder",
    "algoOrder.cancel": "DELETE /fapi/v1/algoOrder",
    "account.balance": "GET /fapi/v2/balance",
    "v2/account.balance": "GET /fapi/v3/balance",
    "account.status": "GET /fapi/v2/account",
    "v2/account.status": "GET /fapi/v3/account",
    "account.position": "GET /fapi/v2/positionRisk",
    "v2/account.position": "GET /fapi/v3/positionRisk",
    "userDataStream.start": "POST /fapi/v1/listenKey",
    "userDataStream.ping": "PUT /fapi/v1/listenKey",
    "userDataStream.stop": "DELETE /fapi/v1/listenKey",
  },
};

export type WsId = number | string | null;

export interface WsRequest extends SignedRequest {
  readonly id: WsId;
  readonly method: string;
}

/** Throws −1135 for text that is no request at all; what is unsigned, over all parameters sorted by name, is signed. */
export function readWsRequest(text: string): WsRequest {
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw errors.json();
  const { id, method, params } = value as Record<string, unknown>;
  if (typeof method !== "string") throw errors.json();
  const given = typeof params === "object" && params !== null ? Object.entries(params) : [];
  const values = new Map(given.map(([name, entry]) => [name, plain(entry)]));
  const signature = values.get("signature");
  values.delete("signature");
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  const payload = sorted.map(([name, entry]) => `${name}=${entry}`).join("&");
  const apiKey = values.get("apiKey");
  return { id: readId(id), method, params: new Params(values), payload, signature, apiKey };
}

/** Whole numbers and short texts; anything else is answered as null. */
export const readId = (id: unknown): WsId =>
  Number.isSafeInteger(id) || (typeof id === "string" && id.length <= 36) ? (id as WsId) : null;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw errors.json();
  }
}

const plain = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");

/** The method's endpoint; spot takes a version before the name. */
export function endpointOf(market: Market, method: string): string | undefined {
  const name = market === "SPOT" && method.startsWith("v3/") ? method.slice("v3/".length) : method;
  const table = WS_METHODS[market];
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

export interface RateLimit extends Used {
  readonly rateLimitType: "ORDERS" | "REQUEST_WEIGHT";
}
/** Nothing: the client does not want to see them. */
export type RateLimits = readonly RateLimit[] | undefined;

const shown = (rateLimits: RateLimits) => (rateLimits === undefined ? {} : { rateLimits });

export function wsAnswer(id: WsId, result: unknown, rateLimits: RateLimits): string {
  const rest = JSON.stringify({ id, status: 200, ...shown(rateLimits) });
  // Endpoints may answer JSON text, which must not be quoted again.
  const text = typeof result === "string" ? result : JSON.stringify(result);
  return `${rest.slice(0, -1)},"result":${text}}`;
}

export function wsError(id: WsId, error: BinanceError, { now, rateLimits }: { now: number; rateLimits: RateLimits }) {
  const { code, message: msg } = error;
  const wait =
    error instanceof LimitError ? { serverTime: now, retryAfter: now + error.retryAfterS * 1_000 } : undefined;
  const data = wait ?? (error as { data?: unknown }).data;
  const said = { code, msg, ...(data === undefined ? {} : { data }) };
  return JSON.stringify({ id, status: error.status, error: said, ...shown(rateLimits) });
}

export const unknownMethod = (): BinanceError => new BinanceError(-1000, "Unknown method.");
export const wrongKeyKind = (): BinanceError => new BinanceError(-4056, "HMAC_SHA256 API key is not supported.");
