/** A clock whose process can be stopped for a while, as by SIGSTOP: what is due meanwhile comes all at once afterwards. */
import type { Clock } from "../kit/ports.ts";

export interface SleepyClock extends Clock {
  stop(): void;
  go(): void;
  /** What comes from outside is not seen while stopped. */
  awake<T>(work: Promise<T>): Promise<T>;
}

export function sleepyClock(clock: Clock): SleepyClock {
  let isStopped = false;
  const due: (() => unknown)[] = [];
  const unlessStopped = (run: () => unknown) => () => {
    if (!isStopped) return run();
    due.push(run);
  };
  const awake = async <T>(work: Promise<T>): Promise<T> => {
    const settled = await work.then(
      (value) => () => value,
      (error) => () => {
        throw error;
      },
    );
    while (isStopped) await new Promise<void>((resolve) => due.push(resolve));
    return settled();
  };
  return {
    now: () => clock.now(),
    mono: () => clock.mono(),
    after: (ms, run, order) => clock.after(ms, unlessStopped(run), order),
    every: (ms, run) => clock.every(ms, unlessStopped(run)),
    sleep: (ms, signal) => awake(clock.sleep(ms, signal)),
    hold: (work) => clock.hold(work),
    awake,
    stop() {
      isStopped = true;
    },
    go() {
      isStopped = false;
      for (const run of due.splice(0)) run();
    },
  };
}
