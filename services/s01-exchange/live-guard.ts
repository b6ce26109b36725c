/** In live mode no entry is sent before somebody has armed it, and on the first day only so much of them. */
import { put } from "../../shared/changes.ts";
import { exchangeMarks } from "../../shared/collections/exchange.ts";
import type { SubmitOrder } from "../../shared/contracts.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { type Amount, add, dec, max, mul, show, zero } from "../../shared/domain/money.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";
import type { Raise, Settings } from "./types.ts";

const ARMING = "live_arming";
const DAY_MS = 86_400_000;

/** `entered_usdt`: notional of all entries sent since it was armed, kept while the first day lasts. */
export interface Arming {
  armed_at: number;
  armed_by: string;
  entered_usdt: string;
  /** It is over. What it let through in its first day still counts where it is armed anew. */
  disarmed_at?: number;
}
type Entry = Pick<SubmitOrder, "instrument" | "side" | "qty" | "price" | "stop_price">;

export interface LivePorts {
  readonly settings: Pick<Settings, "mode" | "approvals" | "liveFirstDayUsdtMax">;
  readonly clock: Clock;
  readonly store: Store;
  readonly raise: Raise;
  audit(entry: { actor: string; what: string; ref: string; outcome: string; after?: unknown }): Op;
  /** What one unit costs now; undefined without a market. */
  price(order: Pick<SubmitOrder, "instrument" | "side">): string | undefined;
}

export class LiveGuard {
  private readonly ports: LivePorts;
  private arming: Arming | undefined;
  /** The store's last word: a disarming that it did not take is tried again. */
  private isStoredArmed = false;
  /** Armings and disarmings, one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(ports: LivePorts) {
    this.ports = ports;
  }

  async load(): Promise<void> {
    this.arming = (await this.ports.store.get(exchangeMarks, ARMING))?.value.value as Arming | undefined;
    this.isStoredArmed = this.armed !== undefined;
  }

  get armed(): Arming | undefined {
    return this.arming?.disarmed_at === undefined ? this.arming : undefined;
  }

  /** Until when entries are capped; undefined: they are not. */
  get cappedUntil(): number | undefined {
    const { clock, settings } = this.ports;
    if (settings.mode !== "live" || !this.armed) return undefined;
    const until = this.armed.armed_at + DAY_MS;
    return clock.now() < until ? until : undefined;
  }

  /** What forbids entries, in words; always nothing outside live mode. */
  trouble(): string | undefined {
    if (this.ports.settings.mode !== "live" || this.armed) return undefined;
    return "Live trading is not armed: ./chimera doctor --live, then ./chimera live arm.";
  }

  /** Throws Problem WRONG_STATE before it is armed: to be asked right before an entry's bytes leave. */
  refuseEntries(): void {
    const trouble = this.trouble();
    if (trouble !== undefined) refuse("WRONG_STATE", trouble);
  }

  /**
   * Throws Problem WRONG_STATE before it is armed, RULE where the first day's cap has no room. What is let through
   * counts, whatever becomes of it, and is stored before it is sent.
   */
  async admit(order: Entry): Promise<void> {
    this.refuseEntries();
    const until = this.cappedUntil;
    const { armed } = this;
    if (until === undefined || !armed) return;
    const next = add(dec(armed.entered_usdt), mul(dec(order.qty), this.dearest(order)));
    const cap = dec(String(this.ports.settings.liveFirstDayUsdtMax));
    if (next > cap) this.refuseOver(next, until);
    this.arming = { ...armed, entered_usdt: show(next) };
    await this.keep(this.arming);
  }

  /** The most that one unit may trade at: a sell fills at the bid or better, however low its limit is. */
  private dearest(order: Entry): Amount {
    const own = [order.price, order.stop_price].flatMap((price) => (price === undefined ? [] : [dec(price)]));
    if (order.side === "SELL" || own.length === 0) {
      const price = this.ports.price(order);
      if (price === undefined) refuse("UNAVAILABLE", `${order.instrument} has no price to hold against the cap.`);
      own.push(dec(price));
    }
    return own.reduce(max);
  }

  private refuseOver(next: Amount, until: number): never {
    const cap = this.ports.settings.liveFirstDayUsdtMax;
    const end = new Date(until).toISOString();
    this.ports.raise("WARN", "LIVE_CAP", `Entries of ${show(next)} USDT would pass the first day's ${cap}`, "Refused");
    return refuse("RULE", `The first day live takes entries of ${cap} USDT in all, until ${end}.`);
  }

  /**
   * `actor` has seen that every check holds, and `second` allows it. In force once it is stored; while it is armed,
   * nothing changes. Throws Problem SECOND_PERSON where two must agree and there is one.
   */
  arm(actor: string, reason: string, second = "single"): Promise<void> {
    return this.inTurn(async () => {
      if (this.armed) return;
      const isAgreed = this.ports.settings.approvals === "single" || (second !== "single" && second !== actor);
      if (!isAgreed) refuse("SECOND_PERSON", `Arm live trading: ${reason}`);
      const now = this.ports.clock.now();
      const last = this.arming;
      const isCapped = last !== undefined && now < last.armed_at + DAY_MS;
      const arming = { armed_at: now, armed_by: actor, entered_usdt: isCapped ? last.entered_usdt : show(zero) };
      const outcome = `entries go out (${second === "single" ? "one person is enough" : `${second} allows it`}): ${reason}`;
      await this.keep(arming, this.ports.audit({ actor, what: "live armed", ref: "live", outcome, after: arming }));
      this.arming = arming;
      this.isStoredArmed = true;
      this.ports.raise("WARN", "LIVE_ARMED", `${actor} armed live trading: ${reason}`, "The first day is capped");
    });
  }

  /** In force at once, also where it cannot be stored, which throws. Exits go on. */
  disarm(actor: string, reason: string): Promise<void> {
    this.stop();
    return this.inTurn(async () => {
      const arming = this.stop();
      if (!this.isStoredArmed || !arming) return;
      await this.keep(arming, this.ports.audit({ actor, what: "live disarmed", ref: "live", outcome: reason }));
      this.isStoredArmed = false;
      this.ports.raise("WARN", "LIVE_DISARMED", `${actor} disarmed live trading: ${reason}`, "No entries are sent");
    });
  }

  private stop(): Arming | undefined {
    if (this.armed) this.arming = { ...this.armed, disarmed_at: this.ports.clock.now() };
    return this.arming;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  private async keep(arming: Arming, ...ops: Op[]): Promise<void> {
    const mark = { id: ARMING, value: arming, ts: this.ports.clock.now() };
    await this.ports.store.commit([put(exchangeMarks, mark), ...ops], { sync: "full" });
  }
}

/** The last ask and bid of every instrument, for what an order at the market would cost. */
export class LastPrices {
  private readonly touches = new Map<InstrumentId, { bid: string; ask: string }>();

  hear({ instrument, bid, ask }: { instrument: InstrumentId; bid: string; ask: string }): void {
    this.touches.set(instrument, { bid, ask });
  }

  of({ instrument, side }: Pick<SubmitOrder, "instrument" | "side">): string | undefined {
    const touch = this.touches.get(instrument);
    return side === "BUY" ? touch?.ask : touch?.bid;
  }
}
