/** Binance over REST: signed requests, the exchange's clock, its rate limits, and what each failure means. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { Problem, refuse } from "../../../shared/errors.ts";
import { NetError, type NetResponse } from "../../../shared/kit/ports.ts";
import type { Surroundings } from "../types.ts";
import { parseExact } from "./exact-json.ts";
import { OrderCounts, type OrderLimit } from "./order-counts.ts";
import { signerOf } from "./signature.ts";
import { weightOf } from "./weights.ts";

export type Params = Readonly<Record<string, string | number | boolean | undefined>>;
type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Ask {
  /** `none`: public; `key`: the key alone (listen keys); `signed`: key and signature. */
  auth: "none" | "key" | "signed";
  /** Changes something: when the answer stays away, its outcome is unknown. */
  changes?: boolean;
  /** Cancels and reduce-only orders go on when the weight left is kept for them. */
  urgent?: boolean;
  /** Brings books and exchange together, without which nothing is entered: goes on where what is only read has to wait. */
  reconciles?: boolean;
  /** Precedes an entry, and goes on as long as that. */
  enters?: boolean;
  /** Places an order, of which an account may send so many. */
  places?: boolean;
  timeoutMs?: number;
  /** Runs right before each sending, a repeated one included; what it throws stops the call unsent. */
  before?: () => void;
}

const MINUTE_MS = 60_000;
/**
 * Up to how much of the exchange's weight per minute each may go, in hundredths: what is only read (bars, order books,
 * people's questions), then reconciliation, then entries, which weigh next to nothing, so that no storm of questions
 * keeps them out till the next minute. What is left after these is for exits.
 */
const SHARES = { reads: 70, reconciles: 80, enters: 85 } as const;
const KEPT_FROM = {
  reads: "reconciliation, entries and exits",
  reconciles: "entries and exits",
  enters: "exits",
} as const;
const WEIGHT_LIMIT: Record<Market, number> = { SPOT: 6_000, FUT: 2_400 };
const RETRY_MS_WHEN_UNSAID = 5_000;
const BAN_MS_WHEN_UNSAID = 120_000;

export const CODE = {
  unknownOutcome: [-1006, -1007],
  clock: -1021,
  tooMany: [-1003, -1008, -1015],
  tooManyOrders: -1015,
  keyRefused: [-1022, -2008, -2014, -2015],
  /** Revoked, deleted, switched off, run out, or for another address. */
  keyGone: [-2008, -2014, -2015],
  noSuchOrder: -2013,
  cancelRefused: -2011,
  listenKeyGone: -1125,
  marginTypeAlready: -4046,
} as const;

export class Rest {
  private readonly around: Surroundings;
  private readonly market: Market;
  private readonly url: string;
  /** Exchange time minus ours. */
  private offsetMs = 0;
  private measured: Promise<void> | undefined;
  private silentUntil = 0;
  /** No new orders until then; anything else may be asked. */
  private orderlessUntil = 0;
  private readonly orderCounts: OrderCounts;
  private readonly signature: (query: string) => string;
  private weight = 0;
  private weightMinute = 0;
  /** Of what is sent and not answered yet, which the exchange's last word cannot contain. */
  private weightAsked = 0;
  private weightLimit: number;
  /** Monotonic time of the last answer. */
  answeredAt = Number.NEGATIVE_INFINITY;

  constructor(around: Surroundings, market: Market, url: string) {
    this.around = around;
    this.market = market;
    this.url = url;
    this.weightLimit = WEIGHT_LIMIT[market];
    this.orderCounts = new OrderCounts(around.clock);
    this.signature = signerOf(around.settings.apiSecret);
  }

  get clockOffsetMs(): number {
    return this.offsetMs;
  }

  setWeightLimit(limit: number): void {
    if (Number.isSafeInteger(limit) && limit > 0) this.weightLimit = limit;
  }

  setOrderLimits(limits: readonly OrderLimit[]): void {
    this.orderCounts.setLimits(limits);
  }

  /** Throws Problem EXCHANGE_REFUSED, EXCHANGE_UNKNOWN (only if `changes`), RATE_LIMITED or UNAVAILABLE. */
  async call<T>(method: Method, path: string, params: Params, ask: Ask): Promise<T> {
    this.hasRoom(ask, weightOf(path, params));
    try {
      return (await this.once(method, path, params, ask)) as T;
    } catch (error) {
      // What bears no time cannot be late; the question for the time would wait here for its own answer.
      if (ask.auth !== "signed" || exchangeCode(error) !== CODE.clock) throw error;
      await this.measureClock();
      return (await this.once(method, path, params, ask)) as T;
    }
  }

  /** The exchange's time against ours, by the middle of a round trip. */
  async measureClock(): Promise<void> {
    this.measured ??= this.measure().finally(() => {
      this.measured = undefined;
    });
    return this.measured;
  }

  private async measure(): Promise<void> {
    const { clock } = this.around;
    const sent = clock.now();
    const startedAt = clock.mono();
    const path = this.market === "SPOT" ? "/api/v3/time" : "/fapi/v1/time";
    const { serverTime } = await this.call<{ serverTime: number }>("GET", path, {}, { auth: "none", urgent: true });
    if (typeof serverTime !== "number") refuse("UNAVAILABLE", "The exchange told no time.");
    this.offsetMs = serverTime - (sent + (clock.mono() - startedAt) / 2);
    this.around.meters.clockOffsetMs.set(this.offsetMs, { market: this.market });
  }

  /** `k=v&…` with the signature last; used over REST in this order and by the WebSocket API sorted. */
  sign(query: string): string {
    return this.signature(query);
  }

  timestamp(): number {
    return Math.round(this.around.clock.now() + this.offsetMs);
  }

  private async once(method: Method, path: string, params: Params, ask: Ask): Promise<unknown> {
    const { settings } = this.around;
    let query = encode(params);
    if (ask.auth === "signed") {
      const stamp = `recvWindow=${settings.recvWindowMs}&timestamp=${this.timestamp()}`;
      query = query === "" ? stamp : `${query}&${stamp}`;
      query += `&signature=${encodeURIComponent(this.sign(query))}`;
    }
    const inBody = method === "POST" || method === "PUT";
    const headers: Record<string, string> = {};
    if (ask.auth !== "none") headers["x-mbx-apikey"] = settings.apiKey;
    if (inBody) headers["content-type"] = "application/x-www-form-urlencoded";
    ask.before?.();
    const weight = weightOf(path, params);
    const minute = this.minute();
    let response: NetResponse;
    this.weightAsked += weight;
    try {
      response = await this.around.net.fetch({
        method,
        url: `${this.url}${path}${query === "" || inBody ? "" : `?${query}`}`,
        headers,
        ...(inBody && query !== "" ? { body: query } : {}),
        timeoutMs: ask.timeoutMs ?? settings.callTimeoutMs,
      });
    } catch (error) {
      throw netProblem(error, ask);
    } finally {
      this.weightAsked -= weight;
    }
    this.answeredAt = this.around.clock.mono();
    this.readLimits(response, ask, minute);
    return this.judge(response, ask, path);
  }

  private judge(response: NetResponse, ask: Ask, path: string): unknown {
    const { status } = response;
    if (status === 429 || status === 418 || status === 403) throw this.limited(ask);
    let body: unknown;
    try {
      body = parseExact(response.body);
    } catch (cause) {
      throw lost(ask, `The exchange answered ${status} with no JSON.`, cause);
    }
    if (status >= 500) throw lost(ask, `The exchange answered ${status}: ${said(body)}`);
    if (status >= 200 && status < 300) {
      if (ask.auth === "signed") this.around.keyAnswered?.(this.market, true);
      return body;
    }
    const code = codeOf(body);
    if (isOneOf(CODE.unknownOutcome, code)) throw lost(ask, `The exchange answered ${said(body)}`);
    if (isOneOf(CODE.tooMany, code)) {
      throw new Problem("RATE_LIMITED", `The exchange answered ${said(body)}`, { retryAfterMs: RETRY_MS_WHEN_UNSAID });
    }
    if (isOneOf(CODE.keyRefused, code)) this.keyRefused(path, code, said(body));
    throw new Problem("EXCHANGE_REFUSED", `The exchange refused: ${said(body)}`, {
      errors: [{ field: "exchange_code", message: String(code ?? status) }],
    });
  }

  /** Wallets want a permission of their own, so that theirs tells nothing of trading. */
  private keyRefused(path: string, code: number | undefined, words: string): void {
    const isGone = isOneOf(CODE.keyGone, code) && !path.startsWith("/sapi/");
    const message = `The exchange refused our key (${this.market}): ${words}`;
    if (isGone) {
      this.around.keyAnswered?.(this.market, false);
      this.around.raise("FATAL", "KEY_REFUSED", message, "No entries are sent");
    } else this.around.raise("ERROR", "KEY_REFUSED", message);
  }

  /** The exchange's, by which it counts. */
  private minute(): number {
    return Math.floor(this.timestamp() / MINUTE_MS);
  }

  private readLimits({ status, headers, body }: NetResponse, ask: Ask, minute: number): void {
    const { clock, meters, raise, log } = this.around;
    const used = Number(headers["x-mbx-used-weight-1m"]);
    // What was asked in the minute before tells of that one: taken for this one's it would keep all but exits back.
    if (used >= 0 && minute !== this.weightMinute - 1) {
      this.weight = used;
      this.weightMinute = minute;
      meters.usedWeight.set(used, { market: this.market });
    }
    if (ask.places) this.orderCounts.read(headers);
    if (status !== 429 && status !== 418) return;
    const said = Number(headers["retry-after"]) * 1_000;
    const wait = said > 0 ? said : status === 418 ? BAN_MS_WHEN_UNSAID : RETRY_MS_WHEN_UNSAID;
    const until = clock.mono() + wait;
    // Too many orders are no reason to keep a cancel back.
    if (ask.places && isTooManyOrders(body)) this.orderlessUntil = Math.max(this.orderlessUntil, until);
    else this.silentUntil = Math.max(this.silentUntil, until);
    log.warn("The exchange wants silence", { market: this.market, status, wait_ms: wait });
    const code = status === 418 ? "EXCHANGE_BAN" : "EXCHANGE_RATE_LIMIT";
    raise(status === 418 ? "FATAL" : "WARN", code, `${this.market} answered ${status}`, `Silent for ${wait} ms`);
  }

  private hasRoom(ask: Ask, weight: number): void {
    const { clock } = this.around;
    if (clock.mono() < this.silentUntil || (ask.places && clock.mono() < this.orderlessUntil)) throw this.limited(ask);
    const orderWait = ask.places && !ask.urgent ? this.orderCounts.waitMs() : 0;
    if (orderWait > 0) {
      const detail = `What is left of the orders that ${this.market} may be sent is kept for exits.`;
      refuse("RATE_LIMITED", detail, { retryAfterMs: orderWait });
    }
    const used = (this.minute() === this.weightMinute ? this.weight : 0) + this.weightAsked;
    const what = ask.places || ask.enters ? "enters" : ask.reconciles ? "reconciles" : "reads";
    if (ask.urgent || used + weight <= (this.weightLimit * SHARES[what]) / 100) return;
    refuse("RATE_LIMITED", `What is left of this minute's ${this.market} weight is kept for ${KEPT_FROM[what]}.`, {
      retryAfterMs: MINUTE_MS - (this.timestamp() % MINUTE_MS),
    });
  }

  private limited(ask: Ask): Problem {
    const until = ask.places ? Math.max(this.silentUntil, this.orderlessUntil) : this.silentUntil;
    const wait = Math.max(until - this.around.clock.mono(), 1_000);
    return new Problem("RATE_LIMITED", `The exchange wants silence (${this.market}).`, { retryAfterMs: wait });
  }
}

/** Binance's own error number in a Problem, where the exchange told one. */
export function exchangeCode(error: unknown): number | undefined {
  if (!(error instanceof Problem)) return undefined;
  const told = error.errors.find((entry) => entry.field === "exchange_code");
  return told && Number(told.message);
}

/** Percent-encoded before it is signed, as Binance demands. */
export function encode(params: Params): string {
  const pairs: string[] = [];
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined) pairs.push(`${key}=${encodeURIComponent(value)}`);
  }
  return pairs.join("&");
}

/** A read that failed simply failed; a change may have happened. */
const lost = (ask: Ask, detail: string, cause?: unknown): Problem =>
  new Problem(ask.changes ? "EXCHANGE_UNKNOWN" : "UNAVAILABLE", detail, { cause });

function netProblem(error: unknown, ask: Ask): Problem {
  if (error instanceof NetError && error.kind === "refused") {
    return new Problem("UNAVAILABLE", `The exchange was not reached: ${error.message}`, { cause: error });
  }
  return lost(ask, `No answer from the exchange: ${error instanceof Error ? error.message : "unknown"}`, error);
}

function codeOf(body: unknown): number | undefined {
  const code = (body as { code?: unknown } | null)?.code;
  return typeof code === "number" ? code : undefined;
}
function isTooManyOrders(text: string): boolean {
  try {
    return codeOf(JSON.parse(text)) === CODE.tooManyOrders;
  } catch {
    return false;
  }
}
const isOneOf = (codes: readonly number[], code: number | undefined) => code !== undefined && codes.includes(code);

const MESSAGE_CHARACTERS_MAX = 200;
function said(body: unknown): string {
  const { code, msg } = (body ?? {}) as { code?: unknown; msg?: unknown };
  return `${typeof code === "number" ? code : "no code"}: ${String(msg ?? "").slice(0, MESSAGE_CHARACTERS_MAX)}`;
}
