/** What the gates of a promotion or simulation come to. */
import type { GateResult } from "../../../../shared/domain/promotion.ts";

export interface GateCounts {
  readonly passed: number;
  readonly failed: number;
  /** Too little is known to say. */
  readonly open: number;
}

export function gateCounts(gates: readonly GateResult[]): GateCounts {
  const of = (wanted: GateResult["state"]) => gates.filter(({ state }) => state === wanted).length;
  return { passed: of("PASSED"), failed: of("FAILED"), open: of("NOT_ENOUGH") };
}
