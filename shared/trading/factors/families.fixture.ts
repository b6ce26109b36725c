/** For tests over all families: ids that become known within seconds, and two instruments' engines that see each other. */
import type { FeatureValues } from "../../domain/decision.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import type { MarketEvent } from "../../testing/market-events.ts";
import { createFactorEngine, type FactorEngine } from "./engine.ts";
import type { Family } from "./factor.ts";
import { FAMILIES } from "./registry.ts";

export const FUT: InstrumentId = "FUT:BTCUSDT";
export const SPOT: InstrumentId = "SPOT:BTCUSDT";

const NUMBERS = [3, 6, 2];

/** An id of the family with short windows on the shortest bars; its example where the family has no parameters. */
export function fastId({ pattern, pair }: Family): string {
  let at = 0;
  const id = pattern
    .replaceAll("{n}", () => String(NUMBERS[at++]))
    .replace("{tf}", "1s")
    .replace("{w}", "5s");
  return pair ? `${id}@${SPOT}` : id;
}
export const FAST_IDS = [...FAMILIES.map(fastId), `rv_3_1s@${SPOT}`];

export interface Pair {
  readonly own: FactorEngine;
  readonly peer: FactorEngine;
}

/** `peerIds`: what the second instrument computes besides what the first one's factors want of it. */
export function pairOf(ids: readonly string[], peerIds: readonly string[] = ["rv_3_1s", "log_ret_3_1s"]): Pair {
  const peer = createFactorEngine(peerIds, SPOT);
  const own = createFactorEngine(ids, FUT, {
    lookup: (instrument, id) => (instrument === SPOT ? peer.value(id) : Number.NaN),
    closes: (instrument, timeframe) => (instrument === SPOT ? peer.closes(timeframe) : undefined),
  });
  return { own, peer };
}

export function feed(engine: FactorEngine, { kind, event }: MarketEvent) {
  if (kind === "ticker") return engine.onTicker(event);
  if (kind === "depth") return engine.onDepth(event);
  return kind === "trade" ? engine.onTrade(event) : engine.onFunding(event);
}

/** Every third event belongs to the second instrument. */
export function feedPair({ own, peer }: Pair, events: readonly MarketEvent[], from = 0): void {
  for (const [at, event] of events.entries()) feed((from + at) % 3 === 2 ? peer : own, event);
}

/** The very bits of all values, so that 0 and −0 differ. */
export const bitsOf = (values: FeatureValues): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([id, value]) => [id, Object.is(value, -0) ? "-0" : String(value)]));
