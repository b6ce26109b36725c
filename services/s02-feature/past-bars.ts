/** Asks S1 for bars of the past, page by page. */
import type { z } from "@hono/zod-openapi";
import type { History, HistoryAnswer } from "../../shared/contracts.ts";
import { TIMEFRAME_MS, type Timeframe } from "../../shared/domain/market.ts";
import { type Bar, barOfKline } from "../../shared/trading/factors/bars.ts";

export const BARS_MAX = 1_000;
const ASK_MS_MAX = 10_000;

export type GetHistory = (
  request: z.input<typeof History>,
  options: { timeoutMs: number },
) => Promise<z.output<typeof HistoryAnswer>>;

export interface PastAsked {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  /** The first bar begins here or later, the last one ends here or before, epoch ms. */
  readonly fromTs: number;
  readonly toTs: number;
}

/** Closed bars, oldest first; those that are no bars are holes. */
export async function pastBars(getHistory: GetHistory, { instrument, timeframe, ...asked }: PastAsked): Promise<Bar[]> {
  const ms = TIMEFRAME_MS[timeframe];
  const found: Bar[] = [];
  for (let from_ts = asked.fromTs; from_ts < asked.toTs; from_ts += BARS_MAX * ms) {
    const to_ts = Math.min(from_ts + BARS_MAX * ms, asked.toTs) - 1;
    const answer = await getHistory(
      { instrument, timeframe, from_ts, to_ts, limit: BARS_MAX },
      { timeoutMs: ASK_MS_MAX },
    );
    const closed = answer.bars.filter((kline) => kline.closed && kline.timeframe === timeframe);
    found.push(...closed.map(barOfKline).filter(isSound));
  }
  const inside = found.filter(({ openTs, endTs }) => openTs >= asked.fromTs && endTs <= asked.toTs);
  const byStart = new Map(inside.map((bar) => [bar.openTs, bar]));
  return [...byStart.values()].sort((a, b) => a.openTs - b.openTs);
}

/** A value that is no number would stay in an average for ever. */
export const isSound = ({ open, high, low, close, volume, quoteVolume }: Bar): boolean =>
  low > 0 &&
  low <= Math.min(open, close) &&
  high >= Math.max(open, close) &&
  Number.isFinite(high) &&
  Number.isFinite(volume) &&
  Number.isFinite(quoteVolume);
