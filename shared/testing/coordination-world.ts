/** What the contracts of cache, lock, quota, rate limit and schedule need of the adapter under test. */

/** A port over data that lasts, and a clock that the contract moves. */
export interface Timed<P> {
  port: P;
  /** Lets this many milliseconds pass; adapters on a real clock wait. */
  pass(ms: number): Promise<void>;
  /** Ends the port and opens another over the same data. */
  reopen(): Promise<P>;
  end(): Promise<void>;
}

export type Begin<P> = () => Promise<Timed<P>>;

/** Names and ids that mean something to one language or another. */
export const hostileNames = ["a:b/c", "x'; --", "ünï-鍵-🔑", "*?[a]", "{x}", "line\nbreak", "__proto__", " "];
