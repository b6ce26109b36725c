/** How far a guardrail's figure is from its limit, and the scale on which both are drawn. */
import type { GuardrailVerdict } from "../../../../shared/domain/promotion.ts";

export interface Scale {
  /** What the ends of the picture stand for. */
  readonly from: number;
  readonly to: number;
  /** Where the bar begins. */
  readonly zero: number;
  readonly limit: number;
  /** The figure must stay above its limit, not below. */
  readonly isLeast: boolean;
}

const LEAST: ReadonlySet<GuardrailVerdict["name"]> = new Set(["pnl", "auc"]);
/** Room beyond the limit, so that it does not stand at the very end. */
const BEYOND = 1.3;

export function scaleOf({ name, value, limit }: Pick<GuardrailVerdict, "name" | "value" | "limit">): Scale {
  const [at, stop] = [Number(value ?? 0), Number(limit)];
  const isLeast = LEAST.has(name);
  if (name === "pnl") {
    const reach = Math.max(Math.abs(stop) * BEYOND, Math.abs(at)) || 1;
    return { from: -reach, to: reach, zero: 0, limit: stop, isLeast };
  }
  // An area under a curve is at most one.
  const to = name === "auc" ? 1 : Math.max(stop * BEYOND, at) || 1;
  return { from: 0, to, zero: 0, limit: stop, isLeast };
}

/** Of the way from nothing to the limit, 1 at the limit; undefined where that says nothing. */
export function shareOfLimit({ name, value, limit, state }: GuardrailVerdict): number | undefined {
  const stop = Number(limit);
  if (value === null || state === "NOT_ENOUGH" || stop === 0 || name === "auc") return undefined;
  return Math.max(0, Number(value) / stop);
}
