/** The WebSocket APIs: the REST endpoints as methods, and spot's subscription to account events by signature. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { BinanceError, errors } from "./errors.ts";
import { checkTiming, isSignedBy, type Keys, Params, type VenueAccount } from "./request.ts";

/** Method → endpoint, for what both interfaces share in meaning. */
export const WS_METHODS: Readonly<Record<Market, Readonly<Record<string, string>>>> = {
  SPOT: {
    ping: "GET /api/v3/ping",
    time: "GET /api/v3/time",
    exchangeInfo: "GET /api/v3/exchangeInfo",
    depth: "GET /api/v3/depth",
    klines: "GET /api/v3/klines",
    "ticker.book": "GET /api/v3/ticker/bookTicker",
    "order.place": "POST /api/v3/order",
    "order.cancel": "DELETE /api/v3/order",
    "order.status": "GET /api/v3/order",
    "openOrders.status": "GET /api/v3/openOrders",
    "openOrders.cancelAll": "DELETE /api/v3/openOrders",
    "orderList.place.oco": "POST /api/v3/orderList/oco",
    "orderList.cancel": "DELETE /api/v3/orderList",
    "orderList.status": "GET /api/v3/orderList",
    "account.status": "GET /api/v3/account",
    allOrders: "GET /api/v3/allOrders",
    myTrades: "GET /api/v3/myTrades",
  },
  FUT: {
    depth: "GET /fapi/v1/depth",
    "ticker.book": "GET /fapi/v1/ticker/bookTicker",
    "order.place": "POST /fapi/v1/order",
    "order.cancel": "DELETE /fapi/v1/order",
    "order.status": "GET /fapi/v1/order",
    "algoOrder.place": "POST /fapi/v1/algoOrder",
    "algoOrder.cancel": "DELETE /fapi/v1/algoOrder",
    "v2/account.status": "GET /fapi/v3/account",
    "v2/account.position": "GET /fapi/v3/positionRisk",
  },
};

export interface WsRequest {
  readonly id: number | string | null;
  readonly method: string;
  readonly params: Params;
  /** What a signature is taken over: all but the signature, sorted by name, not percent-encoded. */
  readonly payload: string;
  readonly signature: string | undefined;
  readonly apiKey: string | undefined;
}

/** Nothing for text that is no request at all. */
export function readWsRequest(text: string): WsRequest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const { id, method, params } = value as Record<string, unknown>;
    if (typeof method !== "string") return undefined;
    const known = typeof id === "number" || (typeof id === "string" && id.length <= 36) ? id : null;
    const given = typeof params === "object" && params !== null ? Object.entries(params) : [];
    const values = new Map(given.map(([name, entry]) => [name, plain(entry)]));
    const signature = values.get("signature");
    values.delete("signature");
    const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
    const payload = sorted.map(([name, entry]) => `${name}=${entry}`).join("&");
    return { id: known, method, params: new Params(values), payload, signature, apiKey: values.get("apiKey") };
  } catch {
    return undefined;
  }
}

const plain = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");

/** Throws Binance's errors for key, timing and signature. */
export function signedWs(keys: Keys, request: WsRequest, now: number): VenueAccount {
  const account = keys.ofKey(request.apiKey);
  checkTiming(request.params, now);
  if (request.signature === undefined) throw errors.mandatory("signature");
  if (!isSignedBy(account, request.payload, request.signature)) throw errors.signature();
  return account;
}

export function wsAnswer(id: WsRequest["id"], result: unknown): string {
  return JSON.stringify({ id, status: 200, result, rateLimits: [] });
}

export function wsError(id: WsRequest["id"], error: BinanceError): string {
  return JSON.stringify({ id, status: error.status, error: { code: error.code, msg: error.message }, rateLimits: [] });
}

export const malformed = (): BinanceError => new BinanceError(-1135, "Invalid JSON Request");
export const unknownMethod = (): BinanceError => new BinanceError(-1000, "Unknown method.");
