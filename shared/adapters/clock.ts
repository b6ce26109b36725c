/** The wall clock: real time, or real time running at another speed from the moment it is made. */
import { assert } from "../errors.ts";
import type { Cancel, Clock } from "../kit/ports.ts";

/** The longest wait the runtime's timers take; longer ones are armed again. */
const TIMER_MS_MAX = 2 ** 31 - 1;

type OnError = (error: unknown) => void;
/** A callback that fails with nobody told must not pass unseen: it ends the process. */
const crash: OnError = (error) => {
  queueMicrotask(() => {
    throw error;
  });
};

/**
 * At `speed` 1 it is the machine's clock, steps of that clock included; at other speeds `now` and `mono` both run that
 * many times as fast. It begins `aheadMs` ahead. What callbacks throw or reject with goes to `onError`.
 */
export function wallClock(speed = 1, onError: OnError = crash, aheadMs = 0): Clock {
  assert(speed > 0 && Number.isFinite(speed), `a clock's speed is above zero, not ${speed}`);
  const start = Date.now() + aheadMs;
  const startMono = performance.now();
  const mono = () => (performance.now() - startMono) * speed;
  const now = speed === 1 ? () => Date.now() + aheadMs : () => start + mono();

  /** One run; the promise is there only when the callback is asynchronous. */
  const call = (run: () => unknown): Promise<unknown> | undefined => {
    try {
      const result = run();
      return result instanceof Promise ? result.catch(onError) : undefined;
    } catch (error) {
      onError(error);
    }
  };

  const after = (ms: number, run: () => unknown): Cancel => {
    assert(!Number.isNaN(ms), "a wait is a number of milliseconds");
    if (ms <= 0) {
      // At the end of this turn: the runtime's shortest timer takes a whole millisecond.
      const soon = setImmediate(() => call(run));
      return () => clearImmediate(soon);
    }
    const due = performance.now() + ms / speed;
    let timer: ReturnType<typeof setTimeout>;
    const arm = () => {
      // Rounded up: the runtime cuts fractions off and would wake too early.
      const wait = Math.max(1, Math.ceil(due - performance.now()));
      timer = wait > TIMER_MS_MAX ? setTimeout(arm, TIMER_MS_MAX) : setTimeout(() => call(run), wait);
    };
    arm();
    return () => clearTimeout(timer);
  };

  return {
    now,
    mono,
    after,
    every: (ms, run) => everyMultiple({ now, after }, ms, () => call(run)),
    sleep(ms, signal) {
      return new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
    hold: (work) => work,
  };
}

/** Fires once in each slot of `ms` since the epoch, also when the clock is set back and when a timer wakes early. */
function everyMultiple(clock: Pick<Clock, "now" | "after">, ms: number, run: () => unknown): Cancel {
  assert(ms > 0 && Number.isFinite(ms), "a period is above zero");
  let slot = Math.floor(clock.now() / ms);
  let cancel: Cancel = () => {};
  let stopped = false;
  const wake = async () => {
    const current = Math.floor(clock.now() / ms);
    if (current !== slot) {
      slot = current;
      await run();
    }
    arm();
  };
  const arm = () => {
    if (!stopped) cancel = clock.after((Math.floor(clock.now() / ms) + 1) * ms - clock.now(), wake);
  };
  arm();
  return () => {
    stopped = true;
    cancel();
  };
}
