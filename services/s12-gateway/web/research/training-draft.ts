/** The fields of a training's form as the service takes them, and what is wrong with them. */
import type { FieldProblem } from "../../../../shared/client/problem.ts";
import type { TrainingAsked } from "./acts.ts";
import { problemsAt } from "./design.ts";

export interface TrainingDraft {
  readonly model_id: string;
  readonly label_horizon: "12" | "24" | "36";
  /** Factor ids, with commas or lines between; empty: the service chooses. */
  readonly features: string;
  readonly strategies: readonly string[];
  readonly instruments: readonly string[];
  /** Local date and time; empty: all that there is. */
  readonly from: string;
  readonly to: string;
  readonly tail_pct: string;
  readonly calibration: "platt" | "none";
  readonly folds: string;
  readonly embargo_h: string;
  readonly seed: string;
}
const SHOWN = [
  ...["model_id", "label_horizon", "features", "strategies", "instruments", "window.from_ts", "window.to_ts"],
  ...["tail_share", "folds", "embargo_h", "seed"],
];
/** Whether the form shows it at a field. */
export const isShownInTraining = (problem: FieldProblem): boolean =>
  SHOWN.some((field) => problemsAt([problem], field).length > 0);

export const newTraining = (): TrainingDraft => ({
  ...{ model_id: "", label_horizon: "12", features: "", strategies: [], instruments: [], from: "", to: "" },
  ...{ tail_pct: "25", calibration: "platt", folds: "5", embargo_h: "1", seed: "1" },
});

export function trainingOf(draft: TrainingDraft): { asked: TrainingAsked; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const number = (field: string, text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) problems.push({ field, message: "number" });
    return value;
  };
  const time = (field: string, text: string): number | undefined => {
    if (text === "") return undefined;
    const ts = new Date(text).getTime();
    if (!Number.isFinite(ts)) problems.push({ field, message: "time" });
    return ts;
  };
  const from_ts = time("window.from_ts", draft.from);
  const to_ts = time("window.to_ts", draft.to);
  if (from_ts !== undefined && to_ts !== undefined && from_ts >= to_ts) {
    problems.push({ field: "window.to_ts", message: "after" });
  }
  if (draft.model_id.trim() === "") problems.push({ field: "model_id", message: "name" });
  const features = draft.features.split(/[\s,]+/).filter(Boolean);
  const asked: TrainingAsked = {
    model_id: draft.model_id.trim(),
    label_horizon: Number(draft.label_horizon) as 12 | 24 | 36,
    window: { ...(from_ts !== undefined && { from_ts }), ...(to_ts !== undefined && { to_ts }) },
    tail_share: number("tail_share", draft.tail_pct) / 100,
    calibration: draft.calibration,
    folds: number("folds", draft.folds),
    embargo_h: number("embargo_h", draft.embargo_h),
    seed: number("seed", draft.seed),
    ...(features.length > 0 && { features }),
    ...(draft.strategies.length > 0 && { strategies: [...draft.strategies] }),
    ...(draft.instruments.length > 0 && { instruments: [...draft.instruments] }),
  };
  return { asked, problems };
}
