/** Every factor family there is, how ids are read, and which factors a bundle needs. */
import type { Bundle, Condition } from "../../domain/bundle.ts";
import { sizingOf } from "../../domain/bundle.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { agreement } from "./agreement.ts";
import { atr } from "./atr.ts";
import { bollingerMid, bollingerPercent, bollingerWidth } from "./bollinger.ts";
import { bookImbalance, depth, liquidity, microprice, mid, spread } from "./book.ts";
import { correlation } from "./correlation.ts";
import { adx, minusDi, plusDi } from "./directional.ts";
import { donchianHigh, donchianLow, donchianPosition } from "./donchian.ts";
import { elliott } from "./elliott.ts";
import { ema, macd, macdHistogram, macdSignal } from "./ema-macd.ts";
import { type FactorParams, type Family, patternReader } from "./factor.ts";
import { makerTaker, signedVolume, tradedVolume, tradeImbalance, tradeRate } from "./flow.ts";
import { basis, fundingRate, minutesToFunding } from "./funding.ts";
import { logReturn, trueRange } from "./log-return.ts";
import { realisedSpread } from "./realised-spread.ts";
import { regime, regimeOn, volatilityPercentile } from "./regime.ts";
import { last, midReturn } from "./returns.ts";
import { rsi } from "./rsi.ts";
import { basisOfBoth } from "./spot-basis.ts";
import { percentileRank, zScore } from "./standing.ts";
import { swingDirection, swingRetrace, swingTurn } from "./swings.ts";
import { realisedVolatility } from "./volatility.ts";
import { toxicity } from "./vpin.ts";
import { close, volume, vwap, vwapOfBar } from "./vwap.ts";

/** In the order in which people are shown them. A new family is a file of its own and a line here. */
export const FAMILIES: readonly Family[] = [
  ...[mid, spread, microprice, depth, bookImbalance, liquidity],
  ...[tradeImbalance, tradeRate, signedVolume, tradedVolume, makerTaker, toxicity, realisedSpread],
  ...[midReturn, last],
  ...[fundingRate, minutesToFunding, basis, basisOfBoth],
  ...[close, volume, vwapOfBar, vwap, logReturn, trueRange],
  ...[ema, macd, macdSignal, macdHistogram, rsi, atr, adx, plusDi, minusDi],
  ...[bollingerMid, bollingerWidth, bollingerPercent, donchianHigh, donchianLow, donchianPosition],
  ...[zScore, percentileRank, correlation],
  ...[realisedVolatility, volatilityPercentile, regime, regimeOn],
  ...[swingDirection, swingTurn, swingRetrace, elliott, agreement],
];

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const BAR_LAG = "until the bar closes";

/** A family in words and numbers, for people and for what is stored; an endless bound is null. */
export const describeFamily = (one: Family) => ({
  ...{ pattern: one.pattern, example: one.example, family: one.family, version: one.version },
  ...{ formula: one.formula, source: one.source, needs: [...one.needs] },
  range: [finite(one.range[0]), finite(one.range[1])] as [number | null, number | null],
  frequency: one.needs.includes("bar") ? ("bar" as const) : ("event" as const),
  lag: one.lag ?? (one.needs.includes("bar") ? BAR_LAG : "none"),
  owner: "s02" as const,
});

/** What a factor is made of: kinds of market data, other factors, and what it wants of another instrument. */
export function dependenciesOf({ of, pair, family: { needs, uses, usesOfPeer }, params }: Factor): string[] {
  const at = (other: InstrumentId | undefined) => (id: string) => (other === undefined ? id : `${id}@${other}`);
  return [...needs, ...(uses?.(params) ?? []).map(at(of)), ...(usesOfPeer?.(params) ?? []).map(at(pair))];
}

/** What guards, execution and sizing look at whatever a bundle's rules say. */
export const CORE_FACTORS: readonly string[] = [
  "mid",
  "spread_bps",
  "microprice",
  "depth_top1_usdt",
  "depth_top3_usdt",
  "funding_rate",
  "minutes_to_funding",
  "regime",
];

/** Stands in conditions like a factor but belongs to the decision: 1 while a long is weighed, −1 for a short. */
export const SIDE_FACTOR = "side";

export interface Factor {
  /** Without the instrument: `rv_20_1d`. */
  readonly id: string;
  /** Another instrument's factor, read at that one's last closed bar. */
  readonly of: InstrumentId | undefined;
  /** The second instrument of a factor that is made of two. */
  readonly pair: InstrumentId | undefined;
  readonly family: Family;
  readonly params: FactorParams;
}

const READERS = FAMILIES.map((family) => ({ family, read: patternReader(family.pattern) }));

/** Undefined when there is no such factor; another instrument's must be one of bars. */
export function parseFactor(text: string): Factor | undefined {
  const at = text.indexOf("@");
  const id = at < 0 ? text : text.slice(0, at);
  const other = at < 0 ? undefined : text.slice(at + 1);
  for (const { family, read } of READERS) {
    const said = read(id);
    if (said === undefined) continue;
    const params = family.fixed ?? said;
    if (family.accepts?.(params) === false) return undefined;
    if (family.pair) return other === undefined ? undefined : { id: text, of: undefined, pair: other, family, params };
    if (other !== undefined && params.timeframe === undefined) return undefined;
    return { id, of: other, pair: undefined, family, params };
  }
  return undefined;
}

/** Adds the ids a condition compares to `into`. */
export function factorsOfCondition(condition: Condition, into: Set<string>): void {
  if ("allOf" in condition) for (const part of condition.allOf) factorsOfCondition(part, into);
  else if ("anyOf" in condition) for (const part of condition.anyOf) factorsOfCondition(part, into);
  else if ("not" in condition) factorsOfCondition(condition.not, into);
  else {
    into.add(condition.f);
    if ("vf" in condition) into.add(condition.vf);
  }
}

/** Every factor id a bundle lists, compares, triggers on or sizes by, and the core ones; in order of appearance. */
export function factorsOfBundle(bundle: Bundle): string[] {
  const ids = new Set<string>([...CORE_FACTORS, ...bundle.factors]);
  for (const strategy of bundle.strategies) {
    if (strategy.long !== undefined) factorsOfCondition(strategy.long, ids);
    if (strategy.short !== undefined) factorsOfCondition(strategy.short, ids);
    for (const trigger of strategy.triggers) if (trigger.kind === "cross") ids.add(trigger.factor);
    ids.add(sizingOf(bundle, strategy).atr);
  }
  for (const rule of bundle.rules) factorsOfCondition(rule.when, ids);
  ids.delete(SIDE_FACTOR);
  return [...ids];
}
