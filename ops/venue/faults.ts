/** Faults that can be switched on: orders and cancels lost or refused, answers replaced or late, lagging queries, false marks. */
import type { InstrumentId, Market } from "../../shared/domain/instrument.ts";
import type { Amount } from "../../shared/domain/money.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { FilterFaults } from "./filter-faults.ts";
import { StreamFaults } from "./stream-faults.ts";

export type OrderFaultKind = "timeout_after_accept" | "timeout_before_accept" | "reject";

/** What an order fault meets: new orders, or cancels. */
export type OrderAct = "place" | "cancel";

export interface OrderFault {
  readonly kind: OrderFaultKind;
  /** New orders where it is not said. */
  readonly on?: OrderAct;
  readonly market: Market;
  readonly symbol: string;
  /** How many requests of the symbol it still takes. */
  count: number;
  /** How long a timed-out request is held before it is answered. */
  readonly hold_ms: number;
  /** What is answered: with a time-out −1001, −1006, −1007 or −1008. */
  readonly code: number;
}

/** Requests whose path begins so are answered like this instead of being looked at. */
export interface AnswerFault {
  readonly kind: "answer";
  readonly path: string;
  /** Of all methods where none is said. */
  readonly method?: string | undefined;
  count: number;
  readonly status: number;
  readonly code: number;
  /** Becomes `Retry-After` where it is set. */
  readonly retry_after_s?: number | undefined;
}

/** Requests whose path begins so are late: on their way to the venue, or on the way back. */
export interface DelayFault {
  readonly kind: "delay";
  readonly path: string;
  readonly method?: string | undefined;
  readonly when: "before" | "after";
  readonly delay_ms: number;
  count: number;
}

interface Asked {
  readonly method: string;
  readonly path: string;
}
const meets = (fault: AnswerFault | DelayFault, { method, path }: Asked): boolean =>
  path.startsWith(fault.path) && (fault.method ?? method) === method;

export class Faults {
  readonly streams: StreamFaults;
  readonly filters = new FilterFaults();
  private orders: OrderFault[] = [];
  private answers: AnswerFault[] = [];
  private delays: DelayFault[] = [];
  private lagMs = 0;
  private readonly fundingHeld = new Map<InstrumentId, number>();
  private readonly halts = new Map<InstrumentId, number>();
  private readonly marks = new Map<InstrumentId, { price: Amount; until: number }>();
  private blackoutUntil = 0;

  constructor(clock: Clock) {
    this.streams = new StreamFaults(clock);
  }

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

  addDelay(fault: DelayFault): void {
    this.delays.push(fault);
  }

  /** What is on and waits for something to meet. */
  list(): readonly object[] {
    const lag = this.lagMs > 0 ? [{ kind: "lagging_queries" as const, lag_ms: this.lagMs }] : [];
    const halts = [...this.halts].map(([instrument, until]) => ({ kind: "halt" as const, instrument, until }));
    const open = [...this.orders, ...this.answers, ...this.delays, ...lag, ...halts];
    return [...open, ...this.streams.list(), ...this.filters.list()];
  }

  clear(): void {
    this.orders = [];
    this.answers = [];
    this.delays = [];
    this.lagMs = 0;
    this.fundingHeld.clear();
    this.halts.clear();
    this.streams.clear();
    this.filters.clear();
    this.marks.clear();
    this.blackoutUntil = 0;
  }

  /** The fault for the next order or cancel of a symbol, used up by one. */
  take(on: OrderAct, market: Market, symbol: string | undefined): OrderFault | undefined {
    const fault = this.orders.find(
      (each) => (each.on ?? "place") === on && each.market === market && each.symbol === symbol,
    );
    if (!fault) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.orders = this.orders.filter((each) => each !== fault);
    return fault;
  }

  /** The answer that replaces this request's, used up by one. */
  takeAnswer(asked: Asked): AnswerFault | undefined {
    const fault = this.answers.find((each) => meets(each, asked));
    if (!fault) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.answers = this.answers.filter((each) => each !== fault);
    return fault;
  }

  /** How late this request is on its way there, or back; used up by one. */
  takeDelayMs(asked: Asked, when: DelayFault["when"]): number {
    const fault = this.delays.find((each) => each.when === when && meets(each, asked));
    if (!fault) return 0;
    fault.count -= 1;
    if (fault.count <= 0) this.delays = this.delays.filter((each) => each !== fault);
    return fault.delay_ms;
  }

  /** The instrument takes no new orders until then (epoch ms). */
  halt(instrument: InstrumentId, until: number): void {
    this.halts.set(instrument, until);
  }

  isHalted(instrument: InstrumentId, now: number): boolean {
    return now < (this.halts.get(instrument) ?? 0);
  }

  /** Funding that comes due is paid no sooner than then (epoch ms). */
  holdFunding(instrument: InstrumentId, until: number): void {
    this.fundingHeld.set(instrument, until);
  }

  holdsFunding(instrument: InstrumentId, now: number): boolean {
    return now < (this.fundingHeld.get(instrument) ?? 0);
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
