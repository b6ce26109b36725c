/** Where an installation's clock stood: time run faster with --speed is not taken back at the next start. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Cancel, Clock } from "../../shared/kit/ports.ts";

const EVERY_MS = 2_000;

/** How far the clock written in `file` is ahead of the machine's, ms; 0 when it is not. */
export function aheadMs(file: string, machineNow: number): number {
  const kept = existsSync(file) ? Number(readFileSync(file, "utf8")) : Number.NaN;
  return Number.isFinite(kept) ? Math.max(0, Math.ceil(kept - machineNow)) : 0;
}

export const keepTime = (file: string, clock: Clock): Cancel =>
  clock.every(EVERY_MS, () => writeFileSync(file, String(Math.ceil(clock.now()))));
