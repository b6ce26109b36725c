/** How far factors vary among signals of one instrument: by themselves, and from what they are compared with. */
import type { Bundle, Condition } from "../domain/bundle.ts";
import { quantile } from "../trading/labels/distribution.ts";
import type { SeenSignal } from "./weigher.ts";

/** By instrument, by factor; above zero. */
export type Spreads = ReadonlyMap<string, ReadonlyMap<string, number>>;

const LOW = 0.05;
const HIGH = 0.95;
/** So many whole numbers at most stand for kinds. */
const KINDS_MAX = 20;

type Read = (signal: SeenSignal["signal"]) => number;

/** Of the factors given; what does not vary, and what is of a kind, is not among them. */
export function spreadsOf(sample: readonly SeenSignal[], bundle: Bundle, factors: ReadonlySet<string>): Spreads {
  const pairs = comparedIn(bundle);
  const groups = Map.groupBy(sample, ({ signal }) => signal.instrument);
  return new Map([...groups].map(([instrument, group]) => [instrument, spreadsWithin(group, factors, pairs)]));
}

function spreadsWithin(
  sample: readonly SeenSignal[],
  factors: ReadonlySet<string>,
  pairs: readonly (readonly [string, string])[],
): Map<string, number> {
  const valueIn =
    (factor: string): Read =>
    ({ features }) =>
      features.values[factor] ?? Number.NaN;
  const spreads = new Map<string, number>();
  for (const factor of factors) {
    const values = sortedValues(sample, valueIn(factor));
    if (!areKinds(values)) spreads.set(factor, spreadOf(values));
  }
  for (const [one, other] of pairs) {
    const [left, right] = [valueIn(one), valueIn(other)];
    const between = spreadOf(sortedValues(sample, (signal) => left(signal) - right(signal)));
    for (const factor of [one, other]) {
      const own = spreads.get(factor);
      if (own !== undefined && between > 0) spreads.set(factor, Math.min(own, between));
    }
  }
  return new Map([...spreads].filter(([, spread]) => spread > 0));
}

/** A few whole numbers that stand for kinds, as those of a regime do. */
const areKinds = (values: readonly number[]): boolean =>
  values.every(Number.isInteger) && new Set(values).size <= KINDS_MAX;

const sortedValues = (sample: readonly SeenSignal[], read: Read): number[] =>
  sample
    .map(({ signal }) => read(signal))
    .filter((value) => Number.isFinite(value))
    .sort((a, b) => a - b);

const spreadOf = (sorted: readonly number[]): number =>
  sorted.length === 0 ? 0 : quantile(sorted, HIGH) - quantile(sorted, LOW);

/** Every two factors that a strategy or a rule that is on compares with each other. */
function comparedIn(bundle: Bundle): (readonly [string, string])[] {
  const strategies = bundle.strategies.filter(({ enabled }) => enabled);
  const rules = bundle.rules.filter(({ enabled }) => enabled);
  return [...strategies.flatMap(({ long, short }) => [long, short]), ...rules.map(({ when }) => when)].flatMap(pairsIn);
}

function pairsIn(condition: Condition | undefined): (readonly [string, string])[] {
  if (condition === undefined) return [];
  if ("allOf" in condition) return condition.allOf.flatMap(pairsIn);
  if ("anyOf" in condition) return condition.anyOf.flatMap(pairsIn);
  if ("not" in condition) return pairsIn(condition.not);
  return "vf" in condition ? [[condition.f, condition.vf]] : [];
}
