/** Rate limits in memory, by the generic cell rate algorithm. */
import { assert } from "../errors.ts";
import type { Clock, RateLimit, RateVerdict } from "../kit/ports.ts";

/** Below this many keys it is not worth looking for those that are back at rest. */
const SWEEP_MIN = 10_000;

/**
 * GCRA (ITU-T I.371): each unit costs T = window / limit. A key remembers one time, `full`, at which all it has used
 * will have drained. `cost` units fit when max(now, full) + cost × T ≤ now + window. So a key at rest may use its whole
 * limit at once, and after that one unit per T.
 */
export class MemoryRateLimit implements RateLimit {
  readonly #clock: Pick<Clock, "mono">;
  readonly #full = new Map<string, number>();
  #sweepAt = SWEEP_MIN;

  constructor(clock: Pick<Clock, "mono">) {
    this.#clock = clock;
  }

  async take(key: string, rule: { limit: number; windowMs: number }, cost = 1): Promise<RateVerdict> {
    const { limit, windowMs } = rule;
    assert(limit > 0 && windowMs > 0 && cost > 0, "limit, window and cost are above zero");
    const now = this.#clock.mono();
    const unitMs = windowMs / limit;
    const full = Math.max(now, this.#full.get(key) ?? 0);
    const room = (from: number) => Math.floor((now + windowMs - from) / unitMs + ROUNDING);
    const fits = room(full) >= cost;
    const after = fits ? full + cost * unitMs : full;
    if (fits) this.#remember(key, after, now);
    const wanted = fits ? 1 : Math.min(cost, limit);
    const resetMs = Math.max(0, Math.ceil(after + wanted * unitMs - windowMs - now - ROUNDING));
    return { allowed: fits, remaining: Math.max(0, room(after)), resetMs };
  }

  async giveBack(key: string, rule: { limit: number; windowMs: number }, cost = 1): Promise<void> {
    const { limit, windowMs } = rule;
    assert(limit > 0 && windowMs > 0 && cost > 0, "limit, window and cost are above zero");
    const full = this.#full.get(key);
    if (full !== undefined) this.#full.set(key, full - (cost * windowMs) / limit);
  }

  #remember(key: string, full: number, now: number): void {
    this.#full.set(key, full);
    if (this.#full.size < this.#sweepAt) return;
    for (const [other, drained] of this.#full) if (drained <= now) this.#full.delete(other);
    this.#sweepAt = Math.max(SWEEP_MIN, 2 * this.#full.size);
  }
}

/** Sums of T are off by less; without it the last unit of a limit would be lost now and then. */
const ROUNDING = 1e-6;
