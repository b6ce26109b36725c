/** How a recomputation is cut: the same bars lie in the same part whoever asks, so that they get the same values. */
import type { FeatureJob, FeatureWindow } from "../../shared/collections/features.ts";
import { TIMEFRAME_MS } from "../../shared/domain/market.ts";

type Asked = Pick<FeatureJob, "symbols" | "windows" | "from_ts" | "to_ts">;

/** Bars of a whole part. Parts begin at multiples of so many bars since the epoch, and each is computed from its begin. */
const PART_BARS = 500;

export interface Part {
  readonly instrument: string;
  readonly window: FeatureWindow;
  /** Where the whole part begins: before it comes the warm-up. */
  readonly cellTs: number;
  /** What was asked for of it: bars that begin from `fromTs` on and end at `toTs` or before. */
  readonly fromTs: number;
  readonly toTs: number;
  readonly bars: number;
}

/** The first bar's begin and the last one's end; `toTs ≤ fromTs` when there is none. */
function span({ from_ts, to_ts }: Asked, window: FeatureWindow): { ms: number; fromTs: number; toTs: number } {
  const ms = TIMEFRAME_MS[window];
  return { ms, fromTs: (Math.ceil(from_ts / ms) - 1) * ms, toTs: Math.floor(to_ts / ms) * ms };
}

function partsOfWindow(asked: Asked, window: FeatureWindow): number {
  const { ms, fromTs, toTs } = span(asked, window);
  if (toTs <= fromTs) return 0;
  const cell = PART_BARS * ms;
  return Math.ceil(toTs / cell) - Math.floor(fromTs / cell);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

export const partsOf = (asked: Asked): number =>
  asked.symbols.length * sum(asked.windows.map((window) => partsOfWindow(asked, window)));

export const barsOf = (asked: Asked): number =>
  asked.symbols.length *
  sum(
    asked.windows.map((window) => {
      const { ms, fromTs, toTs } = span(asked, window);
      return Math.max(0, (toTs - fromTs) / ms);
    }),
  );

/** The parts in order: by instrument, by window, by time. */
export function partAt(asked: Asked, index: number): Part {
  const perSymbol = asked.windows.map((window) => partsOfWindow(asked, window));
  const instrument = asked.symbols[Math.floor(index / sum(perSymbol))]!;
  let rest = index % sum(perSymbol);
  const at = perSymbol.findIndex((parts) => {
    if (rest < parts) return true;
    rest -= parts;
    return false;
  });
  const window = asked.windows[at]!;
  const all = span(asked, window);
  const cell = PART_BARS * all.ms;
  const cellTs = (Math.floor(all.fromTs / cell) + rest) * cell;
  const [fromTs, toTs] = [Math.max(all.fromTs, cellTs), Math.min(all.toTs, cellTs + cell)];
  return { instrument, window, cellTs, fromTs, toTs, bars: (toTs - fromTs) / all.ms };
}
