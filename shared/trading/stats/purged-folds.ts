/** Folds for cross-validation on labels that span time: what the test has seen of a training label's span is purged. */
import { refuse } from "../../errors.ts";

/** What a label was made from: [from_ts, to_ts], epoch ms, both included. */
export interface Span {
  readonly from_ts: number;
  readonly to_ts: number;
}

/** Places in the list given, in order of `from_ts`. */
export interface Fold {
  train: number[];
  test: number[];
  /** Neither: their labels overlap the test's, or begin within the embargo. */
  purged: number[];
}

export interface FoldOptions {
  /** At least 2, at most as many as there are samples. */
  readonly folds: number;
  /** After the end of the test's last label: training on what follows so closely would tell of it. */
  readonly embargo_ms?: number;
}

/**
 * In order of time, cut into runs of nearly equal size, each the test once. A sample trains unless its span touches
 * the test's, from its first `from_ts` to its last `to_ts`, or begins within the embargo after it. López de Prado,
 * Advances in Financial Machine Learning, 2018, ch. 7.4 (snippets 7.1 to 7.3). Refuses spans that end before they
 * begin and options out of range with INVALID; a fold's `train` may be empty.
 */
export function purgedFolds(spans: readonly Span[], { folds, embargo_ms = 0 }: FoldOptions): Fold[] {
  if (!(Number.isSafeInteger(folds) && folds >= 2 && folds <= spans.length)) {
    refuse("INVALID", `2 to ${spans.length} folds of ${spans.length} samples: ${folds}`);
  }
  if (!(embargo_ms >= 0)) refuse("INVALID", `An embargo is not negative: ${embargo_ms}`);
  if (spans.some(({ from_ts, to_ts }) => !(from_ts <= to_ts))) refuse("INVALID", "A label ends before it begins.");
  const order = spans.map((_, i) => i).sort((a, b) => spans[a]!.from_ts - spans[b]!.from_ts || a - b);
  return Array.from({ length: folds }, (_, fold) => {
    const from = Math.floor((fold * order.length) / folds);
    const to = Math.floor(((fold + 1) * order.length) / folds);
    return foldOf(spans, order, { from, to, embargo_ms });
  });
}

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly embargo_ms: number;
}

function foldOf(spans: readonly Span[], order: readonly number[], { from, to, embargo_ms }: Cut): Fold {
  const test = order.slice(from, to);
  const begins = spans[test[0]!]!.from_ts;
  const ends = test.reduce((latest, i) => Math.max(latest, spans[i]!.to_ts), begins);
  const fold: Fold = { train: [], test, purged: [] };
  for (const i of [...order.slice(0, from), ...order.slice(to)]) {
    const { from_ts, to_ts } = spans[i]!;
    const apart = to_ts < begins || from_ts > ends + embargo_ms;
    (apart ? fold.train : fold.purged).push(i);
  }
  return fold;
}
