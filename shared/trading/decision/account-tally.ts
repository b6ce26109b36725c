/** What the account has open and how it has done, added up from trades and from the entries on their way to the router. */
import type { RiskFlags } from "../../domain/bundle.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { type Amount, dec, mul, show, sum, zero } from "../../domain/money.ts";
import { type Intent, isEntry, type OrderAnswer } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import type { OrderResult } from "../../streams.ts";
import type { AccountState, OpenExposure } from "./account.ts";

const DAY_MS = 86_400_000;
/** An entry that S4 never told about again is forgotten so long after its `valid_until`. */
const FORGET_ENTRY_MS = 60_000;
const UNDER_WAY: ReadonlySet<OrderAnswer["status"]> = new Set(["WORKING", "ACCEPTED", "UNKNOWN"]);

interface RunningEntry extends OpenExposure {
  readonly valid_until: number;
  filled: boolean;
}

interface Closed {
  readonly pnl_usdt: Amount;
  readonly closed_at: number;
  readonly updated_at: number;
  /** Nothing was traded: neither a loss nor the end of a row of losses. */
  readonly abandoned: boolean;
}

/** The part of the account's state that trades and entries tell. */
export type Results = Pick<AccountState, "open" | "cooldown_until" | "losses_in_row" | "day_pnl_usdt" | "equity">;

export class AccountTally {
  protected readonly clock: { now(): number };
  /** Whether this instance decides on the instrument. */
  protected readonly owns: (instrument: InstrumentId) => boolean;
  protected readonly openTrades = new Map<string, Trade>();
  protected readonly running = new Map<string, RunningEntry>();
  /** Trades closed since the last midnight UTC, by id. */
  private readonly closed = new Map<string, Closed>();
  private readonly stoppedAt = new Map<InstrumentId, number>();
  protected day = 0;
  private lossesInRow = 0;
  private dayPnl: Amount = zero;
  /** As it was last measured; undefined before that. */
  equity: { now_usdt: Amount; peak_usdt: Amount } | undefined;

  constructor(clock: { now(): number }, owns: (instrument: InstrumentId) => boolean) {
    this.clock = clock;
    this.owns = owns;
  }

  /** An entry goes to S4 now: it counts as open until S4 says that nothing came of it, or its trade is there. */
  begin(intent: Intent, notionalUsdt: string, filled = false): void {
    this.running.set(intent.intent_id, {
      instrument: intent.instrument,
      notional_usdt: dec(notionalUsdt),
      valid_until: intent.valid_until ?? this.clock.now(),
      filled,
    });
  }

  /** S4 did not take the entry. */
  refused(intentId: string): void {
    this.running.delete(intentId);
  }

  onResult({ intent, answer }: Pick<OrderResult, "intent" | "answer">): void {
    this.noteElsewhere(intent, answer);
    const entry = this.running.get(intent.intent_id);
    if (!entry) return;
    // Another shard's stays forgettable: its trade may have come and gone on its own stream before this word of it.
    if (dec(answer.filled_qty) > 0n && this.owns(entry.instrument)) entry.filled = true;
    const nothingCame = ["CANCELED", "REJECTED", "EXPIRED"].includes(answer.status) && !entry.filled;
    if (nothingCame) this.running.delete(intent.intent_id);
  }

  /**
   * An entry that another shard has begun is not known here until S4 tells of it. Until then the limits on open trades
   * and on exposure do not count it, so shards that decide in the same moment can exceed them together; the risk budget
   * holds all the same, since S4 reserves it before it stores an entry.
   */
  protected noteElsewhere(intent: Intent, answer: OrderAnswer): void {
    if (this.owns(intent.instrument) || this.running.has(intent.intent_id)) return;
    const isUnderWay = UNDER_WAY.has(answer.status) && dec(answer.filled_qty) === 0n;
    if (!isEntry(intent.kind) || !isUnderWay || this.holds(intent.instrument)) return;
    // A market entry names no price; its stop is near enough to count it by.
    const price = dec(intent.price ?? intent.stop_loss?.price ?? "0");
    this.begin(intent, intent.notional_usdt ?? show(mul(dec(intent.qty ?? "0"), price)));
  }

  /** News of a trade, in any order and any number of times. */
  onTrade(trade: Trade): void {
    this.take(trade);
    this.tally();
  }

  protected take(trade: Trade): void {
    if (this.isOldNews(trade)) return;
    for (const [id, entry] of this.running) if (entry.instrument === trade.instrument) this.running.delete(id);
    if (trade.status !== "CLOSED" && trade.status !== "ABANDONED") {
      this.openTrades.set(trade.trade_id, trade);
      return;
    }
    this.openTrades.delete(trade.trade_id);
    const closed_at = trade.closed_at ?? trade.updated_at;
    const pnl_usdt = dec(trade.pnl_usdt);
    const stopped = pnl_usdt < 0n && /^(SL|STOP)/i.test(trade.exit_reason ?? "");
    if (stopped) this.stoppedAt.set(trade.instrument, Math.max(closed_at, this.stoppedAt.get(trade.instrument) ?? 0));
    const abandoned = trade.status === "ABANDONED";
    this.closed.set(trade.trade_id, { pnl_usdt, closed_at, updated_at: trade.updated_at, abandoned });
  }

  /** A trade that is closed stays so; only its figures may still be corrected. */
  protected isOldNews({ trade_id, status, updated_at }: Trade): boolean {
    const closed = this.closed.get(trade_id);
    if (closed) return status !== "CLOSED" || updated_at <= closed.updated_at;
    return (this.openTrades.get(trade_id)?.updated_at ?? Number.NEGATIVE_INFINITY) > updated_at;
  }

  /** The state at `now` under these limits. */
  state(now: number, risk: RiskFlags): Results {
    if (dayOf(now) !== this.day) {
      this.day = dayOf(now);
      this.tally();
    }
    for (const [id, entry] of this.running) {
      if (!entry.filled && now > entry.valid_until + FORGET_ENTRY_MS) this.running.delete(id);
    }
    const wait = risk.cooldown_after_stop_ms;
    return {
      open: [...[...this.openTrades.values()].map(exposureOf), ...this.running.values()],
      cooldown_until: new Map([...this.stoppedAt].map(([instrument, at]) => [instrument, at + wait])),
      losses_in_row: this.lossesInRow,
      day_pnl_usdt: this.dayPnl,
      equity: this.equity,
    };
  }

  protected tally(): void {
    const since = this.day * DAY_MS;
    for (const [id, trade] of this.closed) if (trade.closed_at < since - DAY_MS) this.closed.delete(id);
    const today = [...this.closed.values()].filter((trade) => trade.closed_at >= since && !trade.abandoned);
    today.sort((a, b) => a.closed_at - b.closed_at);
    this.dayPnl = sum(today.map((trade) => trade.pnl_usdt));
    this.lossesInRow = today.length - 1 - today.findLastIndex((trade) => trade.pnl_usdt >= 0n);
  }

  protected holds(instrument: InstrumentId): boolean {
    return [...this.openTrades.values()].some((trade) => trade.instrument === instrument);
  }
}

export const dayOf = (ts: number): number => Math.floor(ts / DAY_MS);

const exposureOf = (trade: Trade): OpenExposure => ({
  instrument: trade.instrument,
  notional_usdt: mul(dec(trade.open_qty), dec(trade.avg_entry)),
});
