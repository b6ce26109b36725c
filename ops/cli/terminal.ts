/** What the terminal shows: plain lines, colour only where it is one, a progress bar on one line. */

const isTerminal = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const paint = (code: number) => (text: string) => (isTerminal ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
/** To standard error, so that --json stays clean. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);
export const fail = (text: string): void => void process.stderr.write(`${red("chimera:")} ${text}\n`);

const WIDTH = 28;
/** A bar on standard error, drawn at most ten times a second and only on a terminal. */
export function progressBar(label: string): { at(share: number, detail: string): void; end(): void } {
  const shows = process.stderr.isTTY === true;
  let last = 0;
  return {
    at(share, detail) {
      const now = Date.now();
      if (!shows || now - last < 100) return;
      last = now;
      const full = Math.round(Math.min(1, share) * WIDTH);
      const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
      process.stderr.write(`\r${label} ${bar} ${String(Math.round(share * 100)).padStart(3)} % ${detail}\u001b[K`);
    },
    end() {
      if (shows) process.stderr.write("\r\u001b[K");
    },
  };
}
