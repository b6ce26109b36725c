/** The breaker: when too many exchange calls fail, no new entries for a while. */

export interface BreakerRules {
  /** Above this share of failures it opens. */
  readonly failShare: number;
  readonly windowMs: number;
  readonly openMs: number;
  /** Fewer calls in the window than this prove nothing. */
  readonly callsMin: number;
}

interface Outcome {
  readonly at: number;
  readonly failed: boolean;
}

const OUTCOMES_MAX = 10_000;

/** Counts calls over a sliding window. Times are passed in, in milliseconds that never go back. */
export class Breaker {
  private outcomes: Outcome[] = [];
  private failures = 0;
  private openUntil = Number.NEGATIVE_INFINITY;

  /** True when this outcome opened it. */
  record(failed: boolean, now: number, rules: BreakerRules): boolean {
    this.forget(now - rules.windowMs);
    this.outcomes.push({ at: now, failed });
    if (failed) this.failures += 1;
    const tooMany = this.outcomes.length >= rules.callsMin && this.failures / this.outcomes.length > rules.failShare;
    if (!tooMany || this.isOpen(now)) return false;
    this.openUntil = now + rules.openMs;
    return true;
  }

  isOpen(now: number): boolean {
    return now < this.openUntil;
  }

  /** Milliseconds until it closes, 0 when closed. */
  opensIn(now: number): number {
    return Math.max(0, this.openUntil - now);
  }

  private forget(before: number): void {
    const kept = this.outcomes.filter((outcome) => outcome.at > before).slice(-OUTCOMES_MAX);
    this.outcomes = kept;
    this.failures = kept.filter((outcome) => outcome.failed).length;
  }
}
