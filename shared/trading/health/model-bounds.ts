/** How good a model is at best, by what it said and what came of it: the better end of AUC's and Brier's intervals. */
import { overlapOf } from "../model/measure.ts";
import { aucIntervalOfBlocksInParts } from "../stats/auc.ts";
import { bootstrapInParts, stationaryRows } from "../stats/bootstrap.ts";
import { brierScore, type Forecast } from "../stats/brier.ts";
import type { Chance } from "../stats/chance.ts";
import type { InParts } from "../stats/in-parts.ts";
import type { Span } from "../stats/purged-folds.ts";

/** What it said of one signal, whether the label is `pos`, and the label's span. */
export interface Said extends Forecast, Span {}
export interface ModelBounds {
  /** Null where there is only one kind of label. */
  readonly auc_high: number | null;
  readonly brier_low: number | null;
}
/** Enough for the ends of a 95 % interval that is looked at again every hour. */
const RESAMPLES = 500;

/** `said` in order of time: labels overlap, so neighbours are drawn together. */
export function* modelBounds(said: readonly Said[], chance: Chance): InParts<ModelBounds> {
  if (said.length === 0) return { auc_high: null, brier_low: null };
  const block = overlapOf(said);
  const options = { chance, resamples: RESAMPLES, method: "percentile" as const };
  const scored = said.map(({ p, positive }) => ({ score: p, positive }));
  const auc = yield* aucIntervalOfBlocksInParts(scored, block, options);
  const rows = stationaryRows(said.length, block);
  const brier = yield* bootstrapInParts(rows, (drawn) => brierScore([...drawn].map((row) => said[row]!)), options);
  return { auc_high: auc.high, brier_low: brier.low };
}
