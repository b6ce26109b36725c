/** Answers REST requests: finds the endpoint, checks who asks, runs it, and puts failures into Binance's form. */
import type { Market } from "../../shared/domain/instrument.ts";
import { Refusal } from "../../shared/engine/checks.ts";
import type { Desk } from "./binance/desk.ts";
import { BinanceError, errorBody, errors, refused } from "./binance/errors.ts";
import { type Params, parseRequest, type RestRequest } from "./binance/request.ts";
import { ROUTES } from "./binance/routes.ts";
import type { AnswerFault, Faults, OrderFault } from "./faults.ts";

export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const PLACING = new Set([
  "POST /api/v3/order",
  "POST /api/v3/orderList/oco",
  "POST /fapi/v1/order",
  "POST /fapi/v1/algoOrder",
]);
const MINUTE_MS = 60_000;

export class Rest {
  private readonly desk: Desk;
  private readonly faults: Faults;
  /** Called with an unexpected failure, which the client sees as −1001. */
  private readonly onBug: (error: unknown) => void;
  private weight = { minute: 0, used: 0 };

  constructor(desk: Desk, faults: Faults, onBug: (error: unknown) => void) {
    this.desk = desk;
    this.faults = faults;
    this.onBug = onBug;
  }

  /** `holdMs`: an injected fault wants the answer that late. */
  answer(request: RestRequest, now: number): { answer: RestAnswer; holdMs: number } {
    const headers: Record<string, string> = { "content-type": "application/json;charset=UTF-8" };
    const holds = { ms: 0 };
    const instead = this.faults.takeAnswer(request.path);
    if (instead) return { answer: replaced(instead, headers), holdMs: 0 };
    try {
      const parsed = parseRequest(request);
      const route = ROUTES[parsed.route];
      if (!route) throw unknownRoute(parsed.route);
      headers["x-mbx-used-weight-1m"] = String(this.spend(route.weight, now));
      let account = "";
      if (route.security === "key") account = this.desk.keys.ofKey(parsed.apiKey).account;
      if (route.security === "signed") account = this.desk.keys.signed(parsed, now).account;
      const result = this.call(parsed.route, { params: parsed.params, account, now }, holds);
      const body = typeof result === "string" ? result : JSON.stringify(result);
      return { answer: { status: 200, headers, body }, holdMs: holds.ms };
    } catch (error) {
      const said = this.asBinanceError(error, marketOfPath(request.path));
      return { answer: { status: said.status, headers, body: errorBody(said) }, holdMs: holds.ms };
    }
  }

  /** Runs an endpoint for an account that is known to ask, faults included. Throws BinanceErrors and Refusals. */
  call(name: string, asked: { params: Params; account: string; now: number }, holds: { ms: number }): unknown {
    const route = ROUTES[name];
    if (!route) throw unknownRoute(name);
    const market = name.includes(" /fapi/") ? "FUT" : "SPOT";
    const fault = PLACING.has(name) ? this.faults.take(market, asked.params.text("symbol")) : undefined;
    if (fault) this.before(fault, holds);
    const result = route.run({ desk: this.desk, ...asked });
    if (fault) throw errors.timeout();
    return result;
  }

  private before(fault: OrderFault, holds: { ms: number }): void {
    if (fault.kind === "reject") throw new BinanceError(fault.code, "Refused by an injected fault.");
    holds.ms = fault.hold_ms;
    if (fault.kind === "timeout_before_accept") throw errors.timeout();
  }

  /** Any failure in Binance's form; what we do not know is −1001 with 503: the outcome is unknown. */
  asBinanceError(error: unknown, market: Market): BinanceError {
    if (error instanceof BinanceError) return error;
    if (error instanceof Refusal) return refused(error.why, market);
    this.onBug(error);
    return errors.disconnected();
  }

  private spend(weight: number, now: number): number {
    const minute = Math.floor(now / MINUTE_MS);
    if (this.weight.minute !== minute) this.weight = { minute, used: 0 };
    this.weight.used += weight;
    return this.weight.used;
  }
}

function replaced(fault: AnswerFault, headers: Record<string, string>): RestAnswer {
  if (fault.retry_after_s !== undefined) headers["retry-after"] = String(fault.retry_after_s);
  const body = errorBody({ code: fault.code, message: "Replaced by an injected fault." });
  return { status: fault.status, headers, body };
}

const marketOfPath = (path: string): Market => (path.startsWith("/fapi") ? "FUT" : "SPOT");

function unknownRoute(name: string): BinanceError {
  const [method = "", path = ""] = name.split(" ", 2);
  return errors.path(method, path);
}
