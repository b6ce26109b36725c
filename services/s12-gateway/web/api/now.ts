/** The page's only clock, timers and frames. */

/** Epoch ms of this computer; `serverNow` in the feed corrects it by what the server said. */
export const now = (): number => Date.now();

export type Stop = () => void;

export function after(ms: number, run: () => void): Stop {
  const id = setTimeout(run, ms);
  return () => clearTimeout(id);
}

export function every(ms: number, run: () => void): Stop {
  const id = setInterval(run, ms);
  return () => clearInterval(id);
}

/** Runs once before the next paint; in a hidden tab, where frames stop, after a second, so that nothing piles up. */
export function beforePaint(run: () => void): Stop {
  if (document.hidden) return after(1_000, run);
  const id = requestAnimationFrame(run);
  return () => cancelAnimationFrame(id);
}

/** A key no other request has: 128 random bits. `crypto.randomUUID` is missing on plain http beyond localhost. */
export const freshKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
