/** Waiting to be asked to stop: Ctrl-C, `kill`, or the terminal's end. */

export const untilAsked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });

/** Asks a process to ask whoever supervises it for another in its place, which is there before it goes. */
export const RELIEF_SIGNAL = "SIGUSR2";
