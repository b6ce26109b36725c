/** Waiting to be asked to stop: Ctrl-C, `kill`, or the terminal's end. */

export const untilAsked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
