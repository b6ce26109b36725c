/** How the time of an experiment is split: walk-forward windows, or folds with what touches their test left out. */
import type { ExperimentDesign, TestWindow } from "../domain/experiment.ts";
import { type FieldError, refuse } from "../errors.ts";
import { purgedFolds } from "../trading/stats/purged-folds.ts";
import { type Window, walkForward } from "../trading/stats/walk-forward.ts";

/** Searched on `train` (of a fold in the middle two windows), judged on `test`. */
export interface TimeFold {
  readonly fold: number;
  readonly train: readonly TestWindow[];
  readonly test: TestWindow;
}

/** Where no lengths are given, training is so many times as long as a test. */
const TRAIN_TESTS = 3;
/** Each fold is cut into so many slices of time; what is left out is whole slices. */
const SLICES = 200;
/** Shorter tests say nothing. */
const TEST_MS_MIN = 60_000;
const FOLDS_MAX = 100;

type Split = Pick<ExperimentDesign, "method" | "window" | "folds">;

/** Empty for a method without folds. Refuses with INVALID, by field, what leaves no room for them. */
export function foldsOf({ method, window, folds }: Split): TimeFold[] {
  if (method === "WALK_FORWARD") return walked(window, folds);
  return method === "PURGED_KFOLD" ? purged(window, folds) : [];
}

function walked({ from, to }: TestWindow, rules: Split["folds"]): TimeFold[] {
  const { train_ms, test_ms } = lengths(to - from, rules);
  const steps = walkForward({ from_ts: from, to_ts: to, train_ms, test_ms, anchored: rules.anchored });
  if (steps.length === 0) {
    wrong("folds.train_ms", `${train_ms} ms of training and ${test_ms} ms of test do not fit into the window`);
  }
  if (steps.length > FOLDS_MAX) wrong("folds.test_ms", `makes ${steps.length} windows, at most ${FOLDS_MAX}`);
  if (test_ms < TEST_MS_MIN) wrong("folds.test_ms", `tests of ${test_ms} ms are shorter than a minute`);
  return steps.map(({ train, test }, fold) => ({ fold, train: [told(train)], test: told(test) }));
}

/** So that `count` tests fit, with `TRAIN_TESTS` times as much training before the first. */
function lengths(span: number, { count, train_ms, test_ms }: Split["folds"]): { train_ms: number; test_ms: number } {
  if (train_ms !== undefined && test_ms !== undefined) return { train_ms, test_ms };
  if (test_ms !== undefined) return { train_ms: TRAIN_TESTS * test_ms, test_ms };
  if (train_ms === undefined) {
    const each = Math.floor(span / (count + TRAIN_TESTS));
    return { train_ms: TRAIN_TESTS * each, test_ms: each };
  }
  if (train_ms >= span) wrong("folds.train_ms", "is as long as the window: nothing is left to test on");
  return { train_ms, test_ms: Math.max(1, Math.floor((span - train_ms) / count)) };
}

/** Slices of equal length are the samples that purging leaves out: those that begin within the embargo after a test. */
function purged({ from, to }: TestWindow, { count, embargo_ms }: Split["folds"]): TimeFold[] {
  const pieces = count * SLICES;
  const edge = (piece: number): number => from + Math.floor(((to - from) * piece) / pieces);
  if ((to - from) / count < TEST_MS_MIN) wrong("folds.count", "makes tests shorter than a minute");
  const spans = Array.from({ length: pieces }, (_, i) => ({ from_ts: edge(i), to_ts: edge(i + 1) - 1 }));
  return purgedFolds(spans, { folds: count, embargo_ms }).map(({ train, test }, fold) => {
    if (train.length === 0) wrong("folds.embargo_ms", `leaves nothing to train fold ${fold + 1} on`);
    return { fold, train: runs(train).map(between), test: between([test[0]!, test.at(-1)!]) };
  });

  function between([first, last]: readonly [number, number]): TestWindow {
    return { from: edge(first), to: edge(last + 1) };
  }
}

/** Neighbours put together. */
function runs(slices: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const slice of slices) {
    const open = found.at(-1);
    if (open && open[1] === slice - 1) open[1] = slice;
    else found.push([slice, slice]);
  }
  return found;
}

const told = ({ from_ts, to_ts }: Window): TestWindow => ({ from: from_ts, to: to_ts });

function wrong(field: FieldError["field"], message: string): never {
  refuse("INVALID", "The window cannot be split so.", { errors: [{ field, message }] });
}
