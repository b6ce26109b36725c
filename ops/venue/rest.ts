/** Answers REST requests: finds the endpoint, counts it, checks who asks, runs it, and puts failures into Binance's form. */
import { type InstrumentId, instrumentOf, type Market } from "../../shared/domain/instrument.ts";
import { Refusal } from "../../shared/engine/checks.ts";
import type { Desk, Route } from "./binance/desk.ts";
import { BinanceError, errorBody, errors, refused } from "./binance/errors.ts";
import { checkPermission } from "./binance/keys.ts";
import { LimitError, type Scope } from "./binance/limits.ts";
import { isCancelling, isPlacing, ordersIn } from "./binance/order-counts.ts";
import { type Params, parseRequest, type RestRequest } from "./binance/request.ts";
import { ROUTES } from "./binance/routes.ts";
import type { AnswerFault, Faults, OrderFault } from "./faults.ts";

export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Who asks for what, from where. */
export interface Asked {
  readonly params: Params;
  /** Empty for public endpoints. */
  readonly account: string;
  readonly apiKey?: string | undefined;
  /** Whole epoch ms. */
  readonly now: number;
}

/** Requests without an address, such as those of the simulator, count as one. */
export const LOCAL_IP = "127.0.0.1";

export class Rest {
  private readonly desk: Desk;
  private readonly faults: Faults;
  /** Called with an unexpected failure, which the client sees as −1001. */
  private readonly onBug: (error: unknown) => void;
  /** The fingerprint of the key whose request is at work. */
  private at: string | undefined;

  constructor(desk: Desk, faults: Faults, onBug: (error: unknown) => void) {
    this.desk = desk;
    this.faults = faults;
    this.onBug = onBug;
  }

  /** `holdMs`: an injected fault wants the answer that late. */
  answer(request: RestRequest, now: number): { answer: RestAnswer; holdMs: number } {
    const headers: Record<string, string> = { "content-type": "application/json;charset=UTF-8" };
    const holds = { ms: this.faults.takeDelayMs(request, "after") };
    const instead = this.faults.takeAnswer(request);
    if (instead) return { answer: replaced(instead, headers), holdMs: 0 };
    const ip = request.ip ?? LOCAL_IP;
    try {
      const parsed = parseRequest(request);
      const route = this.charge(parsed.route, { params: parsed.params, ip, now });
      this.tellWeight(headers, { scope: scopeOf(parsed.route), ip, now });
      const account = this.whoAsks(route, parsed, now);
      const { params, apiKey } = parsed;
      const result = this.call(parsed.route, { params, account, apiKey, now }, holds);
      if (ordersIn(parsed.route) > 0) this.tellOrders(headers, { route: parsed.route, account, now });
      const body = typeof result === "string" ? result : JSON.stringify(result);
      return { answer: { status: 200, headers, body }, holdMs: holds.ms };
    } catch (error) {
      const said = this.asBinanceError(error, marketOfPath(request.path));
      if (said instanceof LimitError) headers["retry-after"] = String(said.retryAfterS);
      return { answer: { status: said.status, headers, body: errorBody(said) }, holdMs: holds.ms };
    }
  }

  /** Spends what the endpoint costs; throws BinanceErrors for an unknown one and for who has used up the limit. */
  charge(name: string, { params, ip, now }: { params: Params; ip: string; now: number }): Route {
    const route = ROUTES[name];
    const weight = !route ? 1 : typeof route.weight === "number" ? route.weight : route.weight(params);
    this.desk.limits.weigh(scopeOf(name), ip, { weight, now });
    if (!route) throw unknownRoute(name);
    return route;
  }

  private whoAsks(route: Route, parsed: ReturnType<typeof parseRequest>, now: number): string {
    const { keys } = this.desk;
    if (route.security === "public") return "";
    const account = route.security === "key" ? keys.ofKey(parsed.apiKey) : keys.signed(parsed, now);
    checkPermission(account, parsed.route);
    return account.account;
  }

  /** Runs an endpoint for an account that is known to ask, faults included. Throws BinanceErrors and Refusals. */
  call(name: string, asked: Asked, holds: { ms: number }): unknown {
    const route = ROUTES[name];
    if (!route) throw unknownRoute(name);
    this.desk.catchUp();
    const market = marketOfRoute(name);
    const count = ordersIn(name);
    if (count > 0) this.desk.limits.checkOrders(market, asked.account, { count, now: asked.now });
    const act = isPlacing(name) ? "place" : isCancelling(name) ? "cancel" : undefined;
    const symbol = act && asked.params.symbol();
    const fault = act && this.faults.take(act, market, symbol);
    if (fault) this.before(fault, holds);
    if (act === "place" && symbol !== undefined) this.checkOpen(instrumentOf(market, symbol), market, asked);
    const result = this.counted({ market, count, asked }, () =>
      this.askedBy(asked, () => route.run({ desk: this.desk, ...asked })),
    );
    if (fault) throw unknownOutcome(fault);
    if (!name.endsWith("/exchangeInfo")) return result;
    return this.faults.filters.shown(market, result, (of) => this.closed(of, asked.now) !== undefined);
  }

  /** The fingerprint of the key that asked for what the exchange does at this moment. */
  get asking(): string | undefined {
    return this.at;
  }

  private askedBy<T>({ apiKey }: Asked, run: () => T): T {
    this.at = apiKey === undefined ? undefined : this.desk.keys.fingerprintOf(apiKey);
    try {
      return run();
    } finally {
      this.at = undefined;
    }
  }

  /** For what the market does by itself, though it is a request that has set it off. */
  askedByNobody(run: () => void): void {
    const asking = this.at;
    this.at = undefined;
    try {
      run();
    } finally {
      this.at = asking;
    }
  }

  /** Why the instrument takes no orders now; nothing while it does. */
  private closed(instrument: InstrumentId, now: number): string | undefined {
    return this.faults.isHalted(instrument, now) ? "" : this.desk.market.halted?.(instrument);
  }

  /** Throws for an instrument that is closed, and for what its changed filters refuse. */
  private checkOpen(instrument: InstrumentId, market: Market, { params, now }: Asked): void {
    const why = this.closed(instrument, now);
    if (why !== undefined) throw errors.closed(market, why);
    this.faults.filters.check(instrument, market, params);
  }

  /** Counted before it runs, since a first fill takes it off again; a refused one was none. */
  private counted<T>({ market, count, asked }: { market: Market; count: number; asked: Asked }, run: () => T): T {
    if (count === 0) return run();
    const { limits } = this.desk;
    limits.addOrders(market, asked.account, { count, now: asked.now });
    try {
      return run();
    } catch (error) {
      limits.addOrders(market, asked.account, { count: -count, now: asked.now });
      throw error;
    }
  }

  private before(fault: OrderFault, holds: { ms: number }): void {
    if (fault.kind === "reject") throw new BinanceError(fault.code, "Refused by an injected fault.");
    holds.ms = fault.hold_ms;
    if (fault.kind === "timeout_before_accept") throw unknownOutcome(fault);
  }

  /** Any failure in Binance's form; what we do not know is −1001 with 503: the outcome is unknown. */
  asBinanceError(error: unknown, market: Market): BinanceError {
    if (error instanceof BinanceError) return error;
    if (error instanceof Refusal) return refused(error.why, market);
    this.onBug(error);
    return errors.disconnected();
  }

  private tellWeight(
    headers: Record<string, string>,
    { scope, ip, now }: { scope: Scope; ip: string; now: number },
  ): void {
    const used = String(this.desk.limits.weightUsed(scope, ip, now).count);
    if (scope === "SAPI") headers["x-sapi-used-ip-weight-1m"] = used;
    else headers["x-mbx-used-weight-1m"] = used;
    if (scope === "SPOT") headers["x-mbx-used-weight"] = used;
  }

  private tellOrders(
    headers: Record<string, string>,
    { route, account, now }: { route: string; account: string; now: number },
  ): void {
    for (const { interval, intervalNum, count } of this.desk.limits.orders(marketOfRoute(route), account, now)) {
      headers[`x-mbx-order-count-${intervalNum}${interval.charAt(0).toLowerCase()}`] = String(count);
    }
  }
}

/** Nobody can say what became of it: as the code that the fault names says it. */
function unknownOutcome({ code }: OrderFault): BinanceError {
  if (code === -1001) return errors.disconnected();
  if (code !== -1006 && code !== -1008) return errors.timeout();
  return new BinanceError(code, "An unexpected response was received; execution status unknown.", 503);
}

function replaced(fault: AnswerFault, headers: Record<string, string>): RestAnswer {
  if (fault.retry_after_s !== undefined) headers["retry-after"] = String(fault.retry_after_s);
  const body = errorBody({ code: fault.code, message: "Replaced by an injected fault." });
  return { status: fault.status, headers, body };
}

const marketOfPath = (path: string): Market => (path.startsWith("/fapi") ? "FUT" : "SPOT");
const marketOfRoute = (name: string): Market => (name.includes(" /fapi/") ? "FUT" : "SPOT");

export function scopeOf(name: string): Scope {
  if (name.includes(" /sapi/")) return "SAPI";
  return name.includes(" /fapi/") || name.includes(" /futures/") ? "FUT" : "SPOT";
}

function unknownRoute(name: string): BinanceError {
  const [method = "", path = ""] = name.split(" ", 2);
  return errors.path(method, path);
}
