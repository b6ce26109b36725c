/** How much of the market must lie before a window, so that every factor has its value when trading begins. */
import type { Bundle } from "../domain/bundle.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import { TIMEFRAME_MS } from "../domain/market.ts";
import { createFactorEngine } from "../trading/factors/engine.ts";
import { parseFactor } from "../trading/factors/registry.ts";
import type { Axis } from "./axis.ts";

/** So many times the bars that a factor asks for, after which even its last bits have forgotten the beginning. */
const WARM_UPS = 2.5;
const WARM_UP_BARS_MAX = 1_500;

/** Milliseconds; of factors that a search puts in place of others too. */
export function warmUpMs(bundle: Bundle, instruments: readonly InstrumentId[], axes: readonly Axis[] = []): number {
  const tried = axes.flatMap((axis) => (axis.path.startsWith("factors.") && axis.kind === "points" ? axis.points : []));
  const ids = [...new Set([...bundle.factors, ...tried.map(String)])].filter((id) => parseFactor(id) !== undefined);
  const spans = instruments.flatMap((instrument) => {
    const engine = createFactorEngine(ids, instrument);
    return engine.timeframes.map((timeframe) => {
      const bars = Math.min(WARM_UP_BARS_MAX, Math.ceil(WARM_UPS * engine.barsNeeded(timeframe)));
      return bars * TIMEFRAME_MS[timeframe];
    });
  });
  return Math.max(0, ...spans);
}
