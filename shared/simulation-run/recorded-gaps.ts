/** Of which parts of a window a tape of recorded lines holds nothing: nobody can trade there, and people should know. */
import type { Tape } from "../backtest/tape.ts";
import type { TestWindow } from "../domain/experiment.ts";
import { moment } from "../market-data/rows.ts";

/** A followed market says something every few seconds. */
const GAP_MS = 60_000;
const GAPS_SHOWN = 5;

/** `FUT:BTCUSDT: nothing recorded from … to …`, the first few of each instrument, and how many more there are. */
export function recordedGaps({ head, at, who, count }: Tape["columns"], { from, to }: TestWindow): string[] {
  const last = head.listings.map(() => from);
  const gaps: string[][] = head.listings.map(() => []);
  const note = (one: number, until: number): void => {
    if (until - last[one]! > GAP_MS) gaps[one]!.push(`from ${moment(last[one]!)} to ${moment(until)}`);
    last[one] = Math.max(last[one]!, until);
  };
  for (let i = 0; i < count; i++) note(who[i]!, Math.min(at[i]!, to));
  for (const one of last.keys()) note(one, to);
  return head.listings.flatMap(({ instrument }, one) => {
    const more = gaps[one]!.length - GAPS_SHOWN;
    const shown = gaps[one]!.slice(0, GAPS_SHOWN).map((gap) => `${instrument}: nothing recorded ${gap}`);
    return more > 0 ? [...shown, `${instrument}: ${more} more such gaps`] : shown;
  });
}
