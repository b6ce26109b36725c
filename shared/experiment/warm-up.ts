/** How much of the market must lie before a window, so that every factor has its value when trading begins. */
import type { Bundle } from "../domain/bundle.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import { TIMEFRAME_MS, type Timeframe } from "../domain/market.ts";
import { createFactorEngine } from "../trading/factors/engine.ts";
import { parseFactor } from "../trading/factors/registry.ts";
import type { Axis } from "./axis.ts";

/** So many times the bars that a factor asks for, after which even its last bits have forgotten the beginning. */
const WARM_UPS = 2.5;
const DAY_MS = 86_400_000;
/** Factors that look back further than this do without: playing months of short bars for them would cost too much. */
const SPAN_MS_MAX = 30 * DAY_MS;

interface Wish {
  readonly timeframe: Timeframe;
  /** What its factors ask for. */
  readonly ms: number;
}

/** Milliseconds; of factors that a search puts in place of others too. */
export function warmUpMs(bundle: Bundle, instruments: readonly InstrumentId[], axes: readonly Axis[] = []): number {
  const met = wishesOf(bundle, instruments, axes).filter(({ ms }) => ms <= SPAN_MS_MAX);
  return Math.max(0, ...met.map(({ ms }) => Math.min(SPAN_MS_MAX, Math.ceil(WARM_UPS * ms))));
}

/** What is to be known of factors that look back too far, in words. */
export const warmUpNotes = (bundle: Bundle, instruments: readonly InstrumentId[]): string[] => [
  ...new Set(
    wishesOf(bundle, instruments, []).flatMap(({ timeframe, ms }) =>
      ms <= SPAN_MS_MAX
        ? []
        : [`factors of ${timeframe} bars ask for ${Math.ceil(ms / DAY_MS)} days before the window, and may have fewer`],
    ),
  ),
];

function wishesOf(bundle: Bundle, instruments: readonly InstrumentId[], axes: readonly Axis[]): Wish[] {
  const tried = axes.flatMap((axis) => (axis.path.startsWith("factors.") && axis.kind === "points" ? axis.points : []));
  const ids = [...new Set([...bundle.factors, ...tried.map(String)])].filter((id) => parseFactor(id) !== undefined);
  return instruments.flatMap((instrument) => {
    const engine = createFactorEngine(ids, instrument);
    return engine.timeframes.map((timeframe) => {
      return { timeframe, ms: engine.barsNeeded(timeframe) * TIMEFRAME_MS[timeframe] };
    });
  });
}
