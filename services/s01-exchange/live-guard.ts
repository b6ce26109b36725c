/** In live mode no entry is sent before somebody has armed it, and on the first day only so much of them. */
import { put, remove } from "../../shared/changes.ts";
import { exchangeMarks } from "../../shared/collections/exchange.ts";
import type { SubmitOrder } from "../../shared/contracts.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { type Amount, add, dec, mul, show, zero } from "../../shared/domain/money.ts";
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
}

export interface LivePorts {
  readonly settings: Pick<Settings, "mode" | "liveFirstDayUsdtMax">;
  readonly clock: Clock;
  readonly store: Store;
  readonly raise: Raise;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
  /** What one unit costs now; undefined without a market. */
  price(order: Pick<SubmitOrder, "instrument" | "side">): string | undefined;
}

export class LiveGuard {
  private readonly ports: LivePorts;
  private arming: Arming | undefined;

  constructor(ports: LivePorts) {
    this.ports = ports;
  }

  async load(): Promise<void> {
    this.arming = (await this.ports.store.get(exchangeMarks, ARMING))?.value.value as Arming | undefined;
  }

  get armed(): Arming | undefined {
    return this.arming;
  }

  /** Until when entries are capped; undefined: they are not. */
  get cappedUntil(): number | undefined {
    const { clock, settings } = this.ports;
    if (settings.mode !== "live" || !this.arming) return undefined;
    const until = this.arming.armed_at + DAY_MS;
    return clock.now() < until ? until : undefined;
  }

  /** What forbids entries, in words; always nothing outside live mode. */
  trouble(): string | undefined {
    if (this.ports.settings.mode !== "live" || this.arming) return undefined;
    return "Live trading is not armed: ./chimera doctor --live, then ./chimera live arm.";
  }

  /**
   * Throws Problem WRONG_STATE before it is armed, RULE where the first day's cap has no room. What is let through
   * counts, whatever becomes of it, and is stored before it is sent.
   */
  async admit(order: Pick<SubmitOrder, "instrument" | "side" | "qty" | "price">): Promise<void> {
    const trouble = this.trouble();
    if (trouble !== undefined) refuse("WRONG_STATE", trouble);
    const until = this.cappedUntil;
    const { arming } = this;
    if (until === undefined || !arming) return;
    const price = order.price ?? this.ports.price(order);
    if (price === undefined) refuse("UNAVAILABLE", `${order.instrument} has no price to hold against the cap.`);
    const next = add(dec(arming.entered_usdt), mul(dec(order.qty), dec(price)));
    const cap = dec(String(this.ports.settings.liveFirstDayUsdtMax));
    if (next > cap) this.refuseOver(next, until);
    await this.keep({ ...arming, entered_usdt: show(next) });
  }

  private refuseOver(next: Amount, until: number): never {
    const cap = this.ports.settings.liveFirstDayUsdtMax;
    const end = new Date(until).toISOString();
    this.ports.raise("WARN", "LIVE_CAP", `Entries of ${show(next)} USDT would pass the first day's ${cap}`, "Refused");
    return refuse("RULE", `The first day live takes entries of ${cap} USDT in all, until ${end}.`);
  }

  /** `actor` has seen that every check holds. */
  async arm(actor: string): Promise<Arming> {
    const arming = { armed_at: this.ports.clock.now(), armed_by: actor, entered_usdt: show(zero) };
    await this.keep(arming, this.ports.audit({ actor, what: "live armed", ref: "live", outcome: "entries go out" }));
    this.ports.raise("WARN", "LIVE_ARMED", `${actor} armed live trading`, "The first day is capped");
    return arming;
  }

  /** Exits go on. */
  async disarm(actor: string, reason: string): Promise<void> {
    const audit = this.ports.audit({ actor, what: "live disarmed", ref: "live", outcome: reason });
    this.arming = undefined;
    await this.ports.store.commit([remove(exchangeMarks, ARMING), audit]);
    this.ports.raise("WARN", "LIVE_DISARMED", `${actor} disarmed live trading: ${reason}`, "No entries are sent");
  }

  private async keep(arming: Arming, ...ops: Op[]): Promise<void> {
    this.arming = arming;
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
