/** What keeps calls to a troubled callee from making it worse: a circuit breaker, and retries within a budget. */
import { Problem } from "../errors.ts";
import type { Clock, Random } from "./ports.ts";

/** Failures of the way there in a row that open the breaker. */
const FAILURES_MAX = 5;
const OPEN_MS = 500;
const OPEN_MS_MAX = 10_000;
/** Tries again at most this often, and only while the budget lasts: one retry per ten calls in the long run. */
const RETRIES_MAX = 2;
const RETRY_MS = 40;
const BUDGET_MAX = 10;
const BUDGET_PER_CALL = 0.1;

/** True when the callee was not reached or did not answer: what it refused itself is an answer. */
const isOnTheWay = (error: unknown): error is Problem =>
  error instanceof Problem && (error.code === "UNAVAILABLE" || error.code === "TIMEOUT");

/** Shards change hands within moments, or within a lease's term where their holder died. */
const HANDOVER_MS = 100;
const HANDOVER_MS_MAX = 1_000;

/** Asks again while nobody answers for what is asked about: it was not done, and somebody is about to take over. */
export async function untilOwned<T>(call: () => Promise<T>, clock: Clock, deadline: number): Promise<T> {
  for (let waitMs = HANDOVER_MS; ; waitMs = Math.min(waitMs * 2, HANDOVER_MS_MAX)) {
    try {
      return await call();
    } catch (error) {
      const isBetween = error instanceof Problem && error.code === "NOT_OWNER";
      if (!isBetween || clock.mono() + waitMs >= deadline) throw error;
      await clock.sleep(waitMs);
    }
  }
}

export interface Guard {
  /** Runs `call`; `mayRepeat` says that the same request twice has one effect. */
  run<T>(call: () => Promise<T>, mayRepeat: boolean, deadline: number): Promise<T>;
  state(): "closed" | "open" | "half-open";
}

/** One per callee. `deadline` of a run is on the clock's monotonic time: nothing is tried again past it. */
export function createGuard(callee: string, clock: Clock, random: Random): Guard {
  let failures = 0;
  let openings = 0;
  let openUntil = Number.NEGATIVE_INFINITY;
  let isProbing = false;
  let budget = BUDGET_MAX;

  function enter(): void {
    const now = clock.mono();
    if (failures < FAILURES_MAX) return;
    if (now < openUntil || isProbing) {
      const retryAfterMs = Math.max(1, openUntil - now);
      throw new Problem("UNAVAILABLE", `${callee} has not answered lately; it is left alone for a moment.`, {
        retryAfterMs,
      });
    }
    isProbing = true;
  }
  function answered(): void {
    failures = 0;
    openings = 0;
    isProbing = false;
  }
  function failed(): void {
    isProbing = false;
    failures++;
    if (failures < FAILURES_MAX) return;
    openUntil = clock.mono() + Math.min(OPEN_MS * 2 ** openings, OPEN_MS_MAX);
    openings++;
  }

  async function once<T>(call: () => Promise<T>): Promise<T> {
    enter();
    try {
      const answer = await call();
      answered();
      return answer;
    } catch (error) {
      if (isOnTheWay(error)) failed();
      else answered();
      throw error;
    }
  }

  return {
    async run(call, mayRepeat, deadline) {
      budget = Math.min(BUDGET_MAX, budget + BUDGET_PER_CALL);
      for (let tries = 0; ; tries++) {
        try {
          return await once(call);
        } catch (error) {
          // Spread over half to one and a half times the wait, so that many callers do not come back at once.
          const waitMs = RETRY_MS * 2 ** tries * (0.5 + random.next());
          const isLast = tries >= RETRIES_MAX || budget < 1 || clock.mono() + waitMs >= deadline;
          if (!mayRepeat || isLast || !isOnTheWay(error) || failures >= FAILURES_MAX) throw error;
          budget--;
          await clock.sleep(waitMs);
        }
      }
    },
    state: () => (failures < FAILURES_MAX ? "closed" : clock.mono() < openUntil ? "open" : "half-open"),
  };
}
