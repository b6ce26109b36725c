/** How long frames, orders and answers are under way: a constant plus a random tail, never overtaking each other. */

/** Milliseconds: every message takes `baseMs`, and `jitterMs` more on average. */
export interface Delay {
  baseMs: number;
  jitterMs: number;
}

/** `feed`: exchange to client; `order`: client to matching; `response`: matching to client. */
export interface Latency {
  feed: Delay;
  order: Delay;
  response: Delay;
}

/** A client in the exchange's region over the public internet: a declared assumption, not a measurement. */
export const ASSUMED_LATENCY: Latency = {
  feed: { baseMs: 4, jitterMs: 2 },
  order: { baseMs: 5, jitterMs: 3 },
  response: { baseMs: 4, jitterMs: 2 },
};
export const NO_LATENCY: Latency = {
  feed: { baseMs: 0, jitterMs: 0 },
  order: { baseMs: 0, jitterMs: 0 },
  response: { baseMs: 0, jitterMs: 0 },
};

/** Tails longer than this many times the jitter are cut, so that one draw cannot stop a simulation. */
const TAIL_MAX = 8;

/** One message's delay for a chance in [0, 1): base plus an exponential tail with mean `jitterMs`. */
export function delayMs({ baseMs, jitterMs }: Delay, chance: number): number {
  return baseMs + jitterMs * Math.min(TAIL_MAX, -Math.log(1 - chance));
}

/** One connection's direction: messages arrive in the order they were sent. */
export class Wire {
  private readonly delay: Delay;
  private last = 0;

  constructor(delay: Delay) {
    this.delay = delay;
  }

  /** When what is sent at `now` arrives; times are epoch ms. */
  arrival(now: number, chance: number): number {
    this.last = Math.max(this.last, now + delayMs(this.delay, chance));
    return this.last;
  }
}
