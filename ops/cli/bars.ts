/** Shares and counts as bars of blocks, for a terminal. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** `share` of `width` cells, to the eighth of one; anything above nothing shows. */
export function bar(share: number, width: number): string {
  const part = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * width;
  const full = Math.floor(part);
  const eighth = Math.round((part - full) * 8);
  const text = eighth === 8 ? "█".repeat(full + 1) : "█".repeat(full) + EIGHTHS[eighth];
  return text === "" && share > 0 ? "▏" : text;
}
