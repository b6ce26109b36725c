/** Which arms of what is in force a revision is. */
import type { ActiveConfig } from "../api/shapes.ts";

export const ARMS = ["stable", "canary"] as const;
export type Arm = (typeof ARMS)[number];

export function armsOf(rev: number, active: ActiveConfig | undefined): Arm[] {
  const is: Record<Arm, boolean> = { stable: active?.rev === rev, canary: active?.canary?.rev === rev };
  return ARMS.filter((arm) => is[arm]);
}
