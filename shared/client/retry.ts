/** When a call that failed is made again, and how long after. */
import { type ApiProblem, isPassing } from "./problem.ts";

const WAIT_MS = 250;
const WAIT_MS_MAX = 4_000;
/** Who is told to wait longer than this is told so, and not kept waiting. */
const TOLD_MS_MAX = 15_000;

export interface Tried {
  problem: ApiProblem;
  /** The same request twice has one effect: a read, or one under an Idempotency-Key. */
  isRepeatable: boolean;
  /** How often it was made. */
  tries: number;
  triesMax: number;
  /** In [0, 1): spreads those who failed together. */
  chance: number;
}

/** Milliseconds to wait before the next try; undefined: there is none. */
export function decideRetry({ problem, isRepeatable, tries, triesMax, chance }: Tried): number | undefined {
  if (tries >= triesMax) return undefined;
  // Refused before anything was done, whatever was asked.
  const isUndone = problem.status === 429;
  // The first try has arrived and is not done yet: its answer is there soon.
  const isRunning = problem.code === "STILL_RUNNING" && tries > 1;
  if (!isUndone && !(isRepeatable && (isPassing(problem) || isRunning))) return undefined;
  const told = problem.retryAfterMs;
  if (told !== undefined) return told > TOLD_MS_MAX ? undefined : told;
  return Math.min(WAIT_MS * 2 ** (tries - 1), WAIT_MS_MAX) * (0.5 + chance / 2);
}
