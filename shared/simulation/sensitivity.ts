/**
 * How close to its edges a revision decides: what little changes of the factors it reads would have changed.
 *
 * A factor's spread is the distance between its 5th and 95th percentile among the sampled signals of the same
 * instrument. Where it is compared with another factor, that of their difference, if it is less: prices wander far
 * together, and a share of that way would put any one of them far from all others. The `topk` factors with the most
 * influence are looked at: half a spread up or down changes most decisions and sizes. Of each sampled signal each of
 * them is then moved by −ε and +ε of its spread alone, and all of them together by random shares of it. A flip:
 * opened or not, or the side, is another; so only those that are opened as they are or by a move can flip. Local
 * Lipschitz: the greatest |Δ size_mult| / ε of a signal that is opened before and after. Factors of a few whole
 * numbers (a regime, a direction) are never moved: by a little makes no sense there.
 */
import type { SensitivityAnalysis, SensitivityAsked } from "../domain/simulation.ts";
import type { CompiledBundle } from "../trading/decision/compiled.ts";
import { quantile } from "../trading/labels/distribution.ts";
import type { Chance } from "../trading/stats/chance.ts";
import type { InParts } from "../trading/stats/in-parts.ts";
import { type Spreads, spreadsOf } from "./spreads.ts";
import { factorsRead, type SeenSignal, type Weigher } from "./weigher.ts";

export interface SensitivityParts {
  readonly candidate: CompiledBundle;
  readonly weigh: Weigher;
  /** Signals that the candidate could weigh. */
  readonly sample: readonly SeenSignal[];
  readonly asked: SensitivityAsked;
}

/** Signals by which influence is told. */
const SCREENED_MAX = 200;
const SCREEN_SHIFT = 0.5;
/** Times that all factors are moved together. */
const DRAWS = 4;
/** Read by every sizing beside the strategy's own. */
const SIZING_READS = ["funding_rate", "minutes_to_funding"];
/** Signals of a part of some milliseconds. */
const PART_SIGNALS = 20;

interface Stance {
  /** The side, or none. */
  readonly side: string | undefined;
  readonly size_mult: number;
}
type Shifts = ReadonlyMap<string, number>;
interface Known {
  /** Factors by strategy that is on. */
  readonly reads: ReadonlyMap<string, ReadonlySet<string>>;
  /** By instrument, by factor. */
  readonly spreads: Spreads;
}

export function* sensitivityInParts(parts: SensitivityParts, chance: Chance): InParts<SensitivityAnalysis> {
  const { epsilon, topk } = parts.asked;
  const reads = readsOf(parts.candidate);
  const spreads = spreadsOf(
    parts.sample,
    parts.candidate.bundle,
    new Set([...reads.values()].flatMap((ids) => [...ids])),
  );
  const top = (yield* influences(parts, { reads, spreads })).slice(0, topk).map(({ factor }) => factor);
  const tallies = new Map(top.map((factor) => [factor, { flips: 0, slopes: [] as number[] }]));
  const slopes: number[] = [];
  let [opened, flipped] = [0, 0];
  for (const [i, seen] of parts.sample.entries()) {
    if (i % PART_SIGNALS === PART_SIGNALS - 1) yield;
    const mine = top.flatMap((factor) => movable(seen, factor, { reads, spreads }));
    const before = stanceOf(parts, seen);
    const all = new Moves(before, epsilon);
    for (const { factor, spread } of mine) {
      const alone = new Moves(before, epsilon);
      for (const sign of [-1, 1]) alone.see(stanceOf(parts, seen, new Map([[factor, sign * epsilon * spread]])));
      const tally = tallies.get(factor)!;
      if (alone.isFlipped) tally.flips++;
      if (alone.slope !== undefined) tally.slopes.push(alone.slope);
      all.add(alone);
    }
    for (let draw = 0; draw < DRAWS && mine.length > 1; draw++) {
      const drawn = mine.map(({ factor, spread }) => [factor, (2 * chance.next() - 1) * epsilon * spread] as const);
      all.see(stanceOf(parts, seen, new Map(drawn)));
    }
    if (before.side !== undefined || all.isFlipped) opened++;
    if (all.isFlipped) flipped++;
    if (all.slope !== undefined) slopes.push(all.slope);
  }
  const evaluated = parts.sample.length;
  const shareOf = (count: number) => (evaluated === 0 ? 0 : count / evaluated);
  return {
    ...{ epsilon, evaluated, opened },
    factors: [...tallies]
      .map(([factor, { flips, slopes: own }]) => ({ factor, flips: shareOf(flips), lipschitz: medianOf(own) }))
      // Half a spread chose them; what they turn at ε is what is told.
      .sort((a, b) => b.flips - a.flips || (b.lipschitz ?? 0) - (a.lipschitz ?? 0)),
    flip_share: shareOf(flipped),
    lipschitz_median: medianOf(slopes),
    robustness: 1 - shareOf(flipped),
  };
}

/** What moves of one signal did to its decision. */
class Moves {
  isFlipped = false;
  /** Undefined while no move left it opened, as it was. */
  slope: number | undefined;
  private readonly before: Stance;
  private readonly epsilon: number;

  constructor(before: Stance, epsilon: number) {
    this.before = before;
    this.epsilon = epsilon;
  }

  see(after: Stance): void {
    const { before } = this;
    if (after.side !== before.side) this.isFlipped = true;
    else if (after.side !== undefined) this.steeper(Math.abs(after.size_mult - before.size_mult) / this.epsilon);
  }

  add({ isFlipped, slope }: Moves): void {
    this.isFlipped ||= isFlipped;
    if (slope !== undefined) this.steeper(slope);
  }

  private steeper(slope: number): void {
    this.slope = Math.max(this.slope ?? 0, slope);
  }
}

/** By strategy that is on. */
function readsOf(candidate: CompiledBundle): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    [...candidate.strategies]
      .filter(([, { strategy }]) => strategy.enabled)
      .map(([id, each]) => [id, new Set([...factorsRead(candidate, each), ...SIZING_READS])]),
  );
}

/** The factor with its spread, where the signal's strategy reads it and it varies on that instrument; else nothing. */
function movable({ signal }: SeenSignal, factor: string, { reads, spreads }: Known) {
  const spread = spreads.get(signal.instrument)?.get(factor);
  return spread !== undefined && reads.get(signal.strategy_id)?.has(factor) ? [{ factor, spread }] : [];
}

/** Of every factor with a spread, greatest first; equal ones by name. */
function* influences(parts: SensitivityParts, known: Known): InParts<{ factor: string; influence: number }[]> {
  const every = Math.max(1, Math.ceil(parts.sample.length / SCREENED_MAX));
  const screened = parts.sample.filter((_, i) => i % every === 0);
  const found: { factor: string; influence: number }[] = [];
  for (const factor of new Set([...known.spreads.values()].flatMap((spreads) => [...spreads.keys()]))) {
    yield;
    let influence = 0;
    for (const seen of screened) {
      for (const { spread } of movable(seen, factor, known)) {
        const before = stanceOf(parts, seen);
        for (const shift of [-SCREEN_SHIFT, SCREEN_SHIFT]) {
          const after = stanceOf(parts, seen, new Map([[factor, shift * spread]]));
          influence += after.side === before.side ? Math.abs(after.size_mult - before.size_mult) : 1;
        }
      }
    }
    found.push({ factor, influence });
  }
  return found.sort((a, b) => b.influence - a.influence || (a.factor < b.factor ? -1 : 1));
}

const NOTHING_MOVED: Shifts = new Map();

function stanceOf({ weigh }: SensitivityParts, seen: SeenSignal, shifts: Shifts = NOTHING_MOVED): Stance {
  const weighing = weigh(shifts.size === 0 ? seen : moved(seen, shifts));
  const decision = weighing.unweighable === undefined ? weighing.decision?.decision : undefined;
  return decision?.action === "open"
    ? { side: decision.side, size_mult: decision.size_mult }
    : { side: undefined, size_mult: 0 };
}

function moved(seen: SeenSignal, shifts: Shifts): SeenSignal {
  const values = { ...seen.signal.features.values };
  for (const [factor, shift] of shifts) {
    const value = values[factor];
    if (typeof value === "number") values[factor] = value + shift;
  }
  return { ...seen, signal: { ...seen.signal, features: { ...seen.signal.features, values } } };
}

const medianOf = (values: readonly number[]): number | null =>
  values.length === 0
    ? null
    : quantile(
        values.toSorted((a, b) => a - b),
        0.5,
      );
