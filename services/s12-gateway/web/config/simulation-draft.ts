/** The fields of a simulation's form as the service takes them, and what is wrong with them. */
import type { FieldProblem } from "../../../../shared/client/problem.ts";
import type { SimulationMethod } from "../../../../shared/domain/simulation.ts";
import { problemsAt, windowOf } from "../research/design.ts";
import { ACTIVE, readRevName } from "./place.ts";

export const METHODS = ["LABELS", "REPLAY"] as const satisfies readonly SimulationMethod[];

export interface SimulationDraft {
  /** The revision that is tried, as `revName` writes it. */
  readonly of: string;
  /** What it is held against: `ACTIVE` or a revision. */
  readonly against: string;
  readonly method: SimulationMethod;
  /** Local date and time. */
  readonly from: string;
  readonly to: string;
  readonly instruments: readonly string[];
  readonly sensitivity: boolean;
  readonly epsilon_pct: string;
  readonly topk: string;
  readonly n_eval: string;
}

export const newSimulation = (of: string, now: number): SimulationDraft => ({
  ...{ of, against: ACTIVE, method: "LABELS", ...windowOf("1d", now), instruments: [] },
  ...{ sensitivity: true, epsilon_pct: "5", topk: "5", n_eval: "1000" },
});

const SHOWN = [
  ...["bundle_id", "rev", "active_rev_ref", "method", "window", "instruments"],
  ...["sensitivity.epsilon", "sensitivity.topk", "sensitivity.n_eval"],
];
/** Whether the form shows it at a field. */
export const isShownInSimulation = (problem: FieldProblem): boolean =>
  SHOWN.some((field) => problemsAt([problem], field).length > 0);

export function simulationOf(draft: SimulationDraft): { asked: Record<string, unknown>; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const wrong = (field: string, message: string) => problems.push({ field, message });
  const number = (field: string, text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) wrong(field, "number");
    return value;
  };
  const time = (field: string, text: string): number => {
    const ts = new Date(text).getTime();
    if (!Number.isFinite(ts)) wrong(field, "time");
    return ts;
  };
  const ref = readRevName(draft.of);
  if (!ref) wrong("rev", "choose");
  const from_ts = time("window.from_ts", draft.from);
  const to_ts = time("window.to_ts", draft.to);
  if (from_ts >= to_ts) wrong("window.to_ts", "after");
  const sensitivity = draft.sensitivity && {
    epsilon: number("sensitivity.epsilon", draft.epsilon_pct) / 100,
    topk: number("sensitivity.topk", draft.topk),
    n_eval: number("sensitivity.n_eval", draft.n_eval),
  };
  const asked = {
    ...ref,
    active_rev_ref: readRevName(draft.against)?.rev ?? "CURRENT",
    method: draft.method,
    window: { from_ts, to_ts },
    ...(draft.instruments.length > 0 && { instruments: [...draft.instruments] }),
    ...(sensitivity && { sensitivity }),
  };
  return { asked, problems };
}
