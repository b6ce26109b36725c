/** Rate limits as Binance counts them: request weight by IP, new orders by account, connections, and bans by IP. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { BinanceError } from "./errors.ts";

export type Scope = Market | "SAPI";

interface Rule {
  readonly interval: "SECOND" | "MINUTE" | "DAY";
  readonly intervalNum: number;
  readonly limit: number;
}

export interface LimitRules {
  /** Request weight an IP may spend a minute. */
  readonly weight: Readonly<Record<Scope, number>>;
  /** Requests of any weight an IP may send to spot in five minutes. */
  readonly requests: number;
  /** New orders an account may send. */
  readonly orders: Readonly<Record<Market, readonly Rule[]>>;
  /** WebSocket connections an IP may open in five minutes. */
  readonly connections: number;
  /** Messages a socket may send a second. */
  readonly messages: Readonly<Record<Market, number>>;
}

export const BINANCE_LIMITS: LimitRules = {
  weight: { SPOT: 6_000, FUT: 2_400, SAPI: 12_000 },
  requests: 300_000,
  orders: {
    SPOT: [
      { interval: "SECOND", intervalNum: 10, limit: 100 },
      { interval: "DAY", intervalNum: 1, limit: 200_000 },
    ],
    FUT: [
      { interval: "SECOND", intervalNum: 10, limit: 300 },
      { interval: "MINUTE", intervalNum: 1, limit: 1_200 },
    ],
  },
  connections: 300,
  messages: { SPOT: 5, FUT: 10 },
};

/** The same counters and headers, but nobody is ever refused: for load from one address. */
export const NO_LIMITS: LimitRules = {
  weight: { SPOT: 1e12, FUT: 1e12, SAPI: 1e12 },
  requests: 1e12,
  orders: {
    SPOT: BINANCE_LIMITS.orders.SPOT.map((rule) => ({ ...rule, limit: 1e12 })),
    FUT: BINANCE_LIMITS.orders.FUT.map((rule) => ({ ...rule, limit: 1e12 })),
  },
  connections: 1e12,
  messages: { SPOT: 1e12, FUT: 1e12 },
};

const MS = { SECOND: 1_000, MINUTE: 60_000, DAY: 86_400_000 } as const;
const FIVE_MINUTES_MS = 5 * MS.MINUTE;
/** Opening a connection to a WebSocket API costs as much as a request. */
const CONNECT_WEIGHT = 2;
/** Requests refused with 429 in one minute before the address is banned. */
const IGNORED_MAX = 10;
const BAN_FIRST_MS = 2 * MS.MINUTE;
const BAN_MAX_MS = 3 * MS.DAY;
/** Counters of windows that are over are dropped when there are so many. */
const COUNTERS_MAX = 10_000;

/** 429 or 418, with the seconds that `Retry-After` says. */
export class LimitError extends BinanceError {
  readonly retryAfterS: number;
  constructor(error: { code: number; message: string; status: number }, retryAfterMs: number) {
    super(error.code, error.message, error.status);
    this.retryAfterS = Math.max(1, Math.ceil(retryAfterMs / MS.SECOND));
  }
}

export interface Used extends Rule {
  readonly count: number;
}

interface Ban {
  until: number;
  /** How long the next one lasts. */
  nextMs: number;
}

/** Counts in windows that begin at multiples of their length, as Binance's do. All times are epoch ms. */
export class Limits {
  readonly rules: LimitRules;
  private readonly counters = new Map<string, { window: number; ms: number; count: number }>();
  private readonly bans = new Map<string, Ban>();

  constructor(rules: LimitRules) {
    this.rules = rules;
  }

  /** Spends request weight; throws −1003 with 429 when it is used up and with 418 once that went unheeded. */
  weigh(scope: Scope, ip: string, cost: { weight: number; now: number }): void {
    const { weight, now } = cost;
    this.refuseBanned(ip, now);
    const limit = this.rules.weight[scope];
    const used = this.counter(`weight|${scope}|${ip}`, MS.MINUTE, now);
    if (used.count + weight > limit) {
      this.refuse(ip, now, { current: `${limit} request weight per 1 MINUTE`, ms: MS.MINUTE });
    }
    used.count += weight;
    if (scope !== "SPOT") return;
    const raw = this.counter(`requests|${ip}`, FIVE_MINUTES_MS, now);
    raw.count += 1;
    const { requests } = this.rules;
    if (raw.count > requests) {
      this.refuse(ip, now, { current: `${requests} requests per 5 MINUTE`, ms: FIVE_MINUTES_MS });
    }
  }

  private refuse(ip: string, now: number, { current, ms }: { current: string; ms: number }): never {
    this.ignored(ip, now);
    const message =
      `Too much request weight used; current limit is ${current}. ` +
      "Please use WebSocket Streams for live updates to avoid polling the API.";
    throw new LimitError({ code: -1003, message, status: 429 }, left(now, ms));
  }

  /** A refused request is counted; the tenth in a minute bans the address, each time for longer. */
  private ignored(ip: string, now: number): void {
    const refused = this.counter(`refused|${ip}`, MS.MINUTE, now);
    refused.count += 1;
    if (refused.count < IGNORED_MAX) return;
    refused.count = 0;
    const ms = this.bans.get(ip)?.nextMs ?? BAN_FIRST_MS;
    this.bans.set(ip, { until: now + ms, nextMs: Math.min(2 * ms, BAN_MAX_MS) });
  }

  private refuseBanned(ip: string, now: number): void {
    const ban = this.bans.get(ip);
    if (!ban) return;
    if (now < ban.until) {
      const message =
        `Way too much request weight used; IP banned until ${ban.until}. ` +
        "Please use WebSocket Streams for live updates to avoid bans.";
      throw new LimitError({ code: -1003, message, status: 418 }, ban.until - now);
    }
    // Who behaves for as long as the next ban would last begins anew.
    if (now > ban.until + ban.nextMs) this.bans.delete(ip);
  }

  weightUsed(scope: Scope, ip: string, now: number): Used {
    const { count } = this.counter(`weight|${scope}|${ip}`, MS.MINUTE, now);
    return { interval: "MINUTE", intervalNum: 1, limit: this.rules.weight[scope], count };
  }

  /** Throws −1015 when `count` more orders would be too many for the account. */
  checkOrders(market: Market, account: string, { count, now }: { count: number; now: number }): void {
    for (const used of this.orders(market, account, now)) {
      if (used.count + count <= used.limit) continue;
      const per = `${used.intervalNum} ${used.interval}`;
      const message = `Too many new orders; current limit is ${used.limit} orders per ${per}.`;
      throw new LimitError({ code: -1015, message, status: 429 }, left(now, used.intervalNum * MS[used.interval]));
    }
  }

  /** More orders of an account, or fewer where spot orders found their first fill. */
  addOrders(market: Market, account: string, { count, now }: { count: number; now: number }): void {
    for (const rule of this.rules.orders[market]) {
      const used = this.orderCounter(market, account, { rule, now });
      used.count = Math.max(0, used.count + count);
    }
  }

  orders(market: Market, account: string, now: number): Used[] {
    return this.rules.orders[market].map((rule) => {
      const { count } = this.orderCounter(market, account, { rule, now });
      return { ...rule, count };
    });
  }

  private orderCounter(market: Market, account: string, { rule, now }: { rule: Rule; now: number }) {
    const ms = rule.intervalNum * MS[rule.interval];
    return this.counter(`orders|${market}|${account}|${ms}`, ms, now);
  }

  /** False: this address has opened too many, is banned, or cannot pay for a connection to a WebSocket API. */
  connect(ip: string, now: number, api?: Market): boolean {
    const opened = this.counter(`connections|${ip}`, FIVE_MINUTES_MS, now);
    if (opened.count >= this.rules.connections) return false;
    opened.count += 1;
    try {
      if (api === undefined) this.refuseBanned(ip, now);
      else this.weigh(api, ip, { weight: CONNECT_WEIGHT, now });
      return true;
    } catch (error) {
      if (error instanceof LimitError) return false;
      throw error;
    }
  }

  private counter(name: string, ms: number, now: number): { count: number } {
    const window = Math.floor(now / ms);
    const known = this.counters.get(name);
    if (known?.window === window) return known;
    if (this.counters.size >= COUNTERS_MAX) this.forget(now);
    const fresh = { window, ms, count: 0 };
    this.counters.set(name, fresh);
    return fresh;
  }

  private forget(now: number): void {
    for (const [name, { window, ms }] of this.counters) {
      if (window < Math.floor(now / ms)) this.counters.delete(name);
    }
    for (const [ip, { until, nextMs }] of this.bans) if (now > until + nextMs) this.bans.delete(ip);
  }
}

const left = (now: number, ms: number): number => (Math.floor(now / ms) + 1) * ms - now;
