/** Asking services in a simulation as a client would: the clock runs on while the answer is awaited. */
import type { VirtualClock } from "../../shared/adapters/virtual-clock.ts";

const STEP_MS = 5;
const STEPS_MAX = 20_000;

/** Lets virtual time pass in small steps until the promise has settled. */
export async function whileRunning<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  work.then(mark, mark);
  for (let step = 0; !settled && step < STEPS_MAX; step++) {
    await clock.run(clock.now() + STEP_MS);
    // Streams of requests and answers settle in real turns, not in virtual time.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return work;
}
