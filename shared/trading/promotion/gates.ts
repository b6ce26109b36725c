/** What stands between a revision and its promotion, as far as it needs no more than what is passed in. */
import type { GateResult, Promotion, PromotionMode } from "../../domain/promotion.ts";

type Level = "GREEN" | "YELLOW" | "ORANGE" | "RED";

/** Better than ORANGE; who cannot be asked counts as ORANGE. */
export function healthGate(standing: { level: Level; reasons: readonly string[] } | undefined): GateResult {
  const level = standing?.level ?? "ORANGE";
  const passed = level === "GREEN" || level === "YELLOW";
  const why = standing ? standing.reasons.slice(0, 3).join("; ") : "the health service does not answer";
  const detail = `health is ${level}${why && !passed ? ` (${why})` : ""}; it must be better than ORANGE`;
  return { name: "health", state: passed ? "PASSED" : "FAILED", value: level, limit: "YELLOW", detail };
}

/** What a mode comes after, where steps are required. */
const BEFORE: Partial<Record<PromotionMode, PromotionMode>> = { RAMP: "CANARY", FULL: "RAMP" };

/** `earlier`: promotions of the same content. */
export function stepsGate(
  mode: PromotionMode,
  earlier: readonly Pick<Promotion, "mode" | "status">[],
  areRequired: boolean,
): GateResult {
  const before = BEFORE[mode];
  const said = { name: "steps", limit: before ?? null } as const;
  if (before === undefined) return { ...said, state: "PASSED", value: null, detail: `${mode} needs no step before it` };
  const stood = earlier.some((one) => one.mode === before && one.status === "DONE");
  const value = stood ? before : null;
  if (stood) return { ...said, state: "PASSED", value, detail: `a ${before} of the same content stood to its end` };
  if (!areRequired) {
    return { ...said, state: "PASSED", value, detail: "steps are not required by what is in force (steps_required)" };
  }
  return {
    ...said,
    state: "FAILED",
    value,
    detail: `${mode} needs a ${before} of the same content that stood to its end`,
  };
}

export const failedIn = (gates: readonly GateResult[]): GateResult[] => gates.filter(({ state }) => state === "FAILED");
