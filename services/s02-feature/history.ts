/** Fills the factors' past from S1's bars, in the background and again after failures with growing waits. */
import type { Timeframe } from "../../shared/domain/market.ts";
import { Problem } from "../../shared/errors.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { type Bar, barOfKline } from "../../shared/trading/factors/bars.ts";
import type { FactorEngine, HistoryWish } from "../../shared/trading/factors/engine.ts";
import { BARS_MAX, type GetHistory, isSound } from "./past-bars.ts";

const ASK_MS_MAX = 5_000;
/** The bar that is still open, and one that has closed since. */
const BARS_SPARE = 2;

export interface HistoryParts {
  clock: Clock;
  getHistory: GetHistory;
  /** Waits between two tries for the same bars: the first, and the longest. */
  retryMs: readonly [number, number];
  log: { info(message: string, fields?: object): void; warn(message: string, fields?: object): void };
}

interface Wait {
  dueAt: number;
  ms: number;
}

/** Asks for what the engines wish; a job calls `step`, which never throws. */
export class HistoryWarmer {
  #parts: HistoryParts;
  #waits = new Map<string, Wait>();

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /** Until the first event nobody knows where our own bars will begin, so nothing is asked for. */
  async step(engines: Iterable<FactorEngine>): Promise<void> {
    for (const engine of engines) {
      if (Number.isNaN(engine.exchTs)) continue;
      for (const wish of engine.historyWishes()) if (this.#isDue(engine, wish)) await this.#grant(engine, wish);
    }
  }

  /** Asks at the next step again for bars of this timeframe, however long it was going to wait. */
  hurry(timeframe: Timeframe): void {
    for (const slot of this.#waits.keys()) if (slot.endsWith(`/${timeframe}`)) this.#waits.delete(slot);
  }

  async #grant(engine: FactorEngine, { timeframe, bars }: HistoryWish): Promise<void> {
    const { instrument } = engine;
    const limit = Math.min(BARS_MAX, bars + BARS_SPARE);
    const slot = slotOf(engine, timeframe);
    try {
      const answer = await this.#parts.getHistory({ instrument, timeframe, limit }, { timeoutMs: ASK_MS_MAX });
      const closed = answer.bars.filter((kline) => kline.closed && kline.timeframe === timeframe);
      const known = closed.map(barOfKline).sort((a, b) => a.openTs - b.openTs);
      if (engine.warm(timeframe, sound(known))) {
        this.#waits.delete(slot);
        this.#parts.log.info("factors warmed from history", { instrument, timeframe, bars: known.length });
      } else this.#postpone(slot);
    } catch (error) {
      // Once for each; S1 may have no history at all, as in a replay.
      const level = error instanceof Problem && error.status < 500 ? "info" : "warn";
      if (!this.#waits.has(slot)) this.#parts.log[level]("no history", { instrument, timeframe, error: String(error) });
      this.#postpone(slot);
    }
  }

  #isDue(engine: FactorEngine, { timeframe }: HistoryWish): boolean {
    const wait = this.#waits.get(slotOf(engine, timeframe));
    return wait === undefined || wait.dueAt <= this.#parts.clock.now();
  }

  #postpone(slot: string): void {
    const [first, longest] = this.#parts.retryMs;
    const ms = Math.min(longest, 2 * (this.#waits.get(slot)?.ms ?? first / 2));
    this.#waits.set(slot, { ms, dueAt: this.#parts.clock.now() + ms });
  }
}

const slotOf = ({ instrument }: FactorEngine, timeframe: string): string => `${instrument}/${timeframe}`;

/** What comes after the last bar that is no bar. */
const sound = (bars: readonly Bar[]): readonly Bar[] => bars.slice(bars.findLastIndex((bar) => !isSound(bar)) + 1);
