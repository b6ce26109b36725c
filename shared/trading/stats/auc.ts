/** How well scores tell positives from negatives: the area under the ROC curve, and how sure it is. */
import { refuse } from "../../errors.ts";
import {
  type BootstrapOptions,
  bootstrapInParts,
  bootstrapInterval,
  type Interval,
  type Resampling,
  stationaryRows,
} from "./bootstrap.ts";
import { atOnce, type InParts } from "./in-parts.ts";

/** A score, such as a probability, beside what came true. */
export interface Scored {
  readonly score: number;
  readonly positive: boolean;
}

/**
 * The chance that a random positive scores above a random negative, a tie counting half: U/(n₊·n₋) of Mann and Whitney
 * (Hanley and McNeil, Radiology 143, 1982). Null without both kinds; refuses a score that is no number with INVALID.
 */
export function auc(scored: readonly Scored[]): number | null {
  const counter = new LevelCounter(scored);
  return counter.auc(scored.keys());
}

/**
 * With an interval by drawing positives and negatives anew, each among themselves, so that every draw has both. Its
 * `low` is what a claim of skill is held to: above ½ or not.
 */
export function aucInterval(scored: readonly Scored[], options: BootstrapOptions): Interval {
  if (scored.length === 0) refuse("INVALID", "There is nothing scored.");
  const counter = new LevelCounter(scored);
  return bootstrapInterval(rowsByKind(scored), (rows) => counter.auc(rows), options);
}

/**
 * The same of rows in order of time whose neighbours hang together, as labels that overlap do: blocks of `block` rows
 * on average are drawn, whatever is in them. Drawn row by row the interval would be too narrow.
 */
export const aucIntervalOfBlocks = (scored: readonly Scored[], block: number, options: BootstrapOptions): Interval =>
  atOnce(aucIntervalOfBlocksInParts(scored, block, options));

export function* aucIntervalOfBlocksInParts(
  scored: readonly Scored[],
  block: number,
  options: BootstrapOptions,
): InParts<Interval> {
  if (scored.length === 0) refuse("INVALID", "There is nothing scored.");
  const counter = new LevelCounter(scored);
  return yield* bootstrapInParts(stationaryRows(scored.length, block), (rows) => counter.auc(rows), options);
}

/** As many positives and negatives as there are, each drawn from its own kind. */
function rowsByKind(scored: readonly Scored[]): Resampling {
  const kinds = [true, false].map((kind) => [...scored.keys()].filter((row) => scored[row]!.positive === kind));
  const draw: Resampling["draw"] = (chance, rows) => {
    let at = 0;
    for (const kind of kinds) {
      for (let i = 0; i < kind.length; i++) rows[at++] = kind[Math.floor(chance.next() * kind.length)]!;
    }
  };
  return { count: scored.length, block: 1, draw };
}

/** Sorts once, so that each draw only counts. */
class LevelCounter {
  readonly #isPositive: Uint8Array;
  /** Of each row: the place of its score among the different scores. */
  readonly #levels: Uint32Array;
  readonly #positives: Uint32Array;
  readonly #negatives: Uint32Array;

  constructor(scored: readonly Scored[]) {
    if (scored.some(({ score }) => Number.isNaN(score))) refuse("INVALID", "A score is no number.");
    const different = [...new Set(scored.map(({ score }) => score))].sort((a, b) => a - b);
    const place = new Map(different.map((score, i) => [score, i]));
    this.#isPositive = Uint8Array.from(scored, ({ positive }) => Number(positive));
    this.#levels = Uint32Array.from(scored, ({ score }) => place.get(score)!);
    this.#positives = new Uint32Array(different.length);
    this.#negatives = new Uint32Array(different.length);
  }

  auc(rows: Iterable<number>): number | null {
    this.#positives.fill(0);
    this.#negatives.fill(0);
    for (const row of rows) (this.#isPositive[row] === 1 ? this.#positives : this.#negatives)[this.#levels[row]!]! += 1;
    let [won, positives, negatives] = [0, 0, 0];
    for (let level = 0; level < this.#negatives.length; level++) {
      const here = this.#positives[level]!;
      const lost = this.#negatives[level]!;
      won += here * (negatives + lost / 2);
      positives += here;
      negatives += lost;
    }
    return positives === 0 || negatives === 0 ? null : won / (positives * negatives);
  }
}
