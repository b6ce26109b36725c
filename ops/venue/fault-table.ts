/** What the paper venue can be asked to do wrong, each as a simulation and a drill switch it on around orders. */
import { type InstrumentId, marketOf, symbolOf } from "../../shared/domain/instrument.ts";

/** Beside the phase's own order, what is sent in its stead. */
const ORDERS = 4;

/** Where orders are placed, and where what protects them is. */
const PLACING = {
  FUT: { plain: "/fapi/v1/order", protective: "/fapi/v1/algoOrder" },
  SPOT: { plain: "/api/v3/order", protective: "/api/v3/orderList/oco" },
} as const;

/** Where a fault strikes: the market, the symbol, the market's paths, and that of the orders in question. */
export interface FaultPlace {
  market: string;
  symbol: string;
  root: string;
  placing: string;
}
/** What is switched on there, as bodies of `POST /faults` of the venue's admin API. */
export type MakeFaults = (at: FaultPlace) => object[];

const order = (kind: string, more: object = {}): MakeFaults => {
  return ({ market, symbol }) => [{ kind, market, symbol, count: ORDERS, ...more }];
};
const answer = (status: number, code: number, more: object = {}): MakeFaults => {
  return ({ placing }) => [{ kind: "answer", path: placing, count: ORDERS, status, code, ...more }];
};
const everything = (status: number, code: number, more: object = {}): MakeFaults => {
  return ({ root }) => [{ kind: "answer", path: root, count: 1_000, status, code, ...more }];
};

/** By what happens, in words that follow "the exchange:". */
export const FAULTS: Readonly<Record<string, MakeFaults>> = {
  "taken, then -1007 at once": order("timeout_after_accept", { hold_ms: 0 }),
  "taken, then -1007 after 1 s": order("timeout_after_accept", { hold_ms: 1_000 }),
  "taken, then no answer": order("timeout_after_accept", { hold_ms: 30_000 }),
  "not taken, -1007 at once": order("timeout_before_accept", { hold_ms: 0 }),
  "not taken, no answer": order("timeout_before_accept", { hold_ms: 30_000 }),
  "taken, no answer, unknown for 20 s": (at) => [
    ...order("timeout_after_accept", { hold_ms: 2_000 })(at),
    { kind: "lagging_queries", lag_ms: 20_000 },
  ],
  refused: order("reject", { code: -2010 }),
  "refused as reduce-only": order("reject", { code: -2022 }),
  "refused as triggering at once": order("reject", { code: -2021 }),
  "503 to orders": answer(503, -1001),
  "-1007 to orders": answer(408, -1007),
  "-1021 to orders": answer(400, -1021),
  "-1021 to everything": everything(400, -1021),
  "503 to everything": everything(503, -1008),
  "429 with Retry-After 5": everything(429, -1003, { count: 2, retry_after_s: 5 }),
  "418 with Retry-After 10": everything(418, -1003, { count: 1, retry_after_s: 10 }),
  "streams down for 8 s": () => [{ kind: "drop_streams", for_ms: 8_000 }],
  "streams cut": () => [{ kind: "drop_streams", for_ms: 0 }],
  "streams down, orders unanswered": (at) => [
    { kind: "drop_streams", for_ms: 8_000 },
    ...order("timeout_after_accept", { hold_ms: 30_000 })(at),
  ],
  "orders under way for 8 s": ({ placing }) => [
    { kind: "delay", path: placing, when: "before", delay_ms: 8_000, count: ORDERS },
  ],
  "answers 3 s late": ({ root }) => [{ kind: "delay", path: root, delay_ms: 3_000, count: 20 }],
  "taken, then 503": order("timeout_after_accept", { hold_ms: 0, code: -1001 }),
  "taken, then -1006": order("timeout_after_accept", { hold_ms: 0, code: -1006 }),
  "cancels refused": order("reject", { on: "cancel", code: -2011 }),
  "cancels taken, no answer": order("timeout_after_accept", { on: "cancel", hold_ms: 30_000 }),
  "cancels not taken, no answer": order("timeout_before_accept", { on: "cancel", hold_ms: 30_000 }),
  "half-open streams": ({ market }) => [{ kind: "half_open", market }],
  "every message twice for 10 s": ({ market }) => [{ kind: "stream", does: "duplicate", market, for_ms: 10_000 }],
  "every message 2 s late": ({ market }) => [
    { kind: "stream", does: "delay", market, delay_ms: 2_000, for_ms: 10_000 },
  ],
  "messages in the wrong order": ({ market }) => [{ kind: "stream", does: "swap", market, count: 40 }],
  "gaps in the book": ({ market, symbol }) => [
    { kind: "stream", does: "drop", market, symbol, event: "depthUpdate", count: 5 },
  ],
  "a crossed book": ({ market, symbol }) => [
    { kind: "stream", does: "cross", market, symbol, event: "depthUpdate", count: 3 },
  ],
  "no message for 10 s": ({ market }) => [{ kind: "stream", does: "drop", market, for_ms: 10_000 }],
  "queries lag 10 s, streams down": () => [
    { kind: "lagging_queries", lag_ms: 10_000 },
    { kind: "drop_streams", for_ms: 8_000 },
  ],
};

export function faultPlace(instrument: InstrumentId, orders: "plain" | "protective"): FaultPlace {
  const market = marketOf(instrument);
  const root = market === "FUT" ? "/fapi" : "/api";
  return { market, symbol: symbolOf(instrument), root, placing: PLACING[market][orders] };
}
