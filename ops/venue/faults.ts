/** Faults that can be switched on: orders lost or refused, answers replaced, queries that lag, false marks, dropped streams. */
import type { InstrumentId, Market } from "../../shared/domain/instrument.ts";
import type { Amount } from "../../shared/domain/money.ts";

export type OrderFaultKind = "timeout_after_accept" | "timeout_before_accept" | "reject";

export interface OrderFault {
  readonly kind: OrderFaultKind;
  readonly market: Market;
  readonly symbol: string;
  /** How many orders of the symbol it still takes. */
  count: number;
  /** How long a timed-out request is held before −1007 is answered. */
  readonly hold_ms: number;
  /** With `reject`: the code that is answered. */
  readonly code: number;
}

/** Requests whose path begins so are answered like this instead of being looked at. */
export interface AnswerFault {
  readonly kind: "answer";
  readonly path: string;
  count: number;
  readonly status: number;
  readonly code: number;
  /** Becomes `Retry-After` where it is set. */
  readonly retry_after_s?: number | undefined;
}

export class Faults {
  private orders: OrderFault[] = [];
  private answers: AnswerFault[] = [];
  private lagMs = 0;
  private readonly marks = new Map<InstrumentId, { price: Amount; until: number }>();
  private blackoutUntil = 0;

  add(fault: OrderFault): void {
    this.orders.push(fault);
  }

  addAnswer(fault: AnswerFault): void {
    this.answers.push(fault);
  }

  /** Queries by id do not know orders younger than this. */
  lag(ms: number): void {
    this.lagMs = ms;
  }

  list(): readonly (OrderFault | AnswerFault | { kind: "lagging_queries"; lag_ms: number })[] {
    const lag = this.lagMs > 0 ? [{ kind: "lagging_queries" as const, lag_ms: this.lagMs }] : [];
    return [...this.orders, ...this.answers, ...lag];
  }

  clear(): void {
    this.orders = [];
    this.answers = [];
    this.lagMs = 0;
    this.marks.clear();
    this.blackoutUntil = 0;
  }

  /** The fault for the next order of a symbol, used up by one. */
  take(market: Market, symbol: string | undefined): OrderFault | undefined {
    const fault = this.orders.find((each) => each.market === market && each.symbol === symbol);
    if (!fault) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.orders = this.orders.filter((each) => each !== fault);
    return fault;
  }

  /** The answer that replaces this request's, used up by one. */
  takeAnswer(path: string): AnswerFault | undefined {
    const fault = this.answers.find((each) => path.startsWith(each.path));
    if (!fault) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.answers = this.answers.filter((each) => each !== fault);
    return fault;
  }

  /** Accounts are marked at `price` until then, whatever the market says. */
  setMark(instrument: InstrumentId, price: Amount, until: number): void {
    this.marks.set(instrument, { price, until });
  }

  markOf(instrument: InstrumentId, now: number): Amount | undefined {
    const mark = this.marks.get(instrument);
    return mark !== undefined && now < mark.until ? mark.price : undefined;
  }

  hides(createdAt: number, now: number): boolean {
    return now - createdAt < this.lagMs;
  }

  /** No stream opens before `until` (epoch ms). */
  blackout(until: number): void {
    this.blackoutUntil = until;
  }

  isBlackout(now: number): boolean {
    return now < this.blackoutUntil;
  }
}
