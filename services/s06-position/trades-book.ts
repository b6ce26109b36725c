/** The open trades in memory, changed only together with the store: one trade per instrument at a time. */
import { emit, put } from "../../shared/changes.ts";
import { trades as tradesKept } from "../../shared/collections/trades.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { type PositionEvent, positionEvents } from "../../shared/streams.ts";
import { isOpen } from "../../shared/trading/position/trade-params.ts";
import type { Ports } from "./types.ts";

export interface TradeChange {
  /** The trades that changed; an instrument's open one comes last. */
  trades: readonly Trade[];
  events?: readonly Omit<PositionEvent, "ts">[];
  /** Marks a message as done, so that it counts once. */
  ops?: readonly Op[];
}

type Make = (open: Trade | undefined) => TradeChange | undefined | Promise<TradeChange | undefined>;

const OPEN = ["PENDING_ENTRY", "ACTIVE", "PENDING_CLOSING"] as const;
const PAGE = 500;
const LOADED_WITHIN_MS = 500;

export class TradesBook {
  private readonly byInstrument = new Map<InstrumentId, Trade>();
  private readonly queues = new Map<InstrumentId, Promise<unknown>>();
  private readonly ports: Ports;
  /** By instrument, the trades of a commit that had no answer. */
  private readonly unanswered = new Map<InstrumentId, readonly Trade[]>();
  private isWhole = false;
  private tell: (trade: Trade, before: Trade | undefined) => void = () => {};

  constructor(ports: Ports) {
    this.ports = ports;
  }

  /** Throws Problem NOT_READY until all open trades are known: before that there seem to be none. */
  mustBeWhole(): void {
    if (!this.isWhole) refuse("NOT_READY", "the open trades are not loaded yet", { retryAfterMs: LOADED_WITHIN_MS });
  }

  async load(): Promise<void> {
    for (const status of OPEN) {
      const { items } = await this.ports.store.query(tradesKept, { where: { status }, limit: PAGE });
      for (const { value } of items) {
        if (value.account === this.ports.account) this.byInstrument.set(value.instrument, value);
      }
    }
    this.isWhole = true;
  }

  open(instrument: InstrumentId): Trade | undefined {
    return this.byInstrument.get(instrument);
  }
  all(): Trade[] {
    return [...this.byInstrument.values()];
  }

  /** Called after each commit with every open trade that it changed, or closed, as it is and as it was. */
  onTrade(tell: (trade: Trade, before: Trade | undefined) => void): void {
    this.tell = tell;
  }

  /** `make` sees the newest trade; what it returns is durable, then seen. Changes of one instrument queue up. */
  change(instrument: InstrumentId, make: Make): Promise<boolean> {
    const before = this.queues.get(instrument) ?? Promise.resolve();
    const work = before.then(
      () => this.apply(instrument, make),
      () => this.apply(instrument, make),
    );
    this.queues.set(instrument, work);
    return work;
  }

  private async apply(instrument: InstrumentId, make: Make) {
    if (this.unanswered.has(instrument)) await this.learn(instrument);
    const made = make(this.byInstrument.get(instrument));
    const change = made instanceof Promise ? await made : made;
    if (!change) return false;
    const ts = this.ports.clock.now();
    const ops: Op[] = [
      ...change.trades.map((trade) => put(tradesKept, trade)),
      ...(change.events ?? []).map((event) => emit(positionEvents, { ...event, ts }, instrument)),
      ...(change.ops ?? []),
    ];
    try {
      await this.ports.store.commit(ops);
    } catch (error) {
      if (asProblem(error).status >= 500) this.unanswered.set(instrument, change.trades);
      throw error;
    }
    this.show(instrument, change.trades);
    return true;
  }

  /** The store may have taken what it did not answer: what it has now counts, and nothing is changed before that. */
  private async learn(instrument: InstrumentId): Promise<void> {
    const tried = this.unanswered.get(instrument) ?? [];
    const rows = await Promise.all(tried.map(({ trade_id }) => this.ports.store.get(tradesKept, trade_id)));
    this.show(
      instrument,
      rows.flatMap((row) => row?.value ?? []),
    );
    this.unanswered.delete(instrument);
  }

  private show(instrument: InstrumentId, trades: readonly Trade[]): void {
    for (const trade of trades) {
      const known = this.byInstrument.get(instrument);
      const before = known?.trade_id === trade.trade_id ? known : undefined;
      if (before !== undefined || isOpen(trade)) this.tell(trade, before);
      if (isOpen(trade)) this.byInstrument.set(instrument, trade);
      else if (this.byInstrument.get(instrument)?.trade_id === trade.trade_id) this.byInstrument.delete(instrument);
    }
  }
}
