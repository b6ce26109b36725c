/** What a backtest refuses to run with: costs that would be gifts, times that lie nowhere, amounts that are none. */
import { dec, isDecimal } from "../domain/money.ts";
import { refuse } from "../errors.ts";
import type { BacktestOptions } from "./backtest-options.ts";

/** Throws a Problem INVALID that names the first of them. */
export function checkOptions({ tape, from_ts, to_ts, ...options }: BacktestOptions): void {
  const { latency, stress, fill, wallets, sample_ms } = options;
  const delays = Object.entries(latency).flatMap(([way, { baseMs, jitterMs }]) => [
    [`latency ${way}`, baseMs] as const,
    [`jitter of latency ${way}`, jitterMs] as const,
  ]);
  const { path: _, ...prices } = fill;
  for (const [name, value] of [...Object.entries(stress), ...Object.entries(prices), ...delays]) {
    if (!(value >= 0 && Number.isFinite(value))) refuse("INVALID", `${name} is at least 0, not ${value}`);
  }
  for (const [name, amount] of Object.entries(wallets)) {
    if (!isDecimal(amount) || dec(amount) < 0n) refuse("INVALID", `${name} is an amount of at least 0, not ${amount}`);
  }
  if (!(sample_ms >= 1)) refuse("INVALID", `sample_ms is at least 1, not ${sample_ms}`);
  const { head, count } = tape;
  const [from, to] = [from_ts ?? head.from_ts, to_ts ?? Number.POSITIVE_INFINITY];
  if (Number.isNaN(from) || Number.isNaN(to)) refuse("INVALID", "A window is from a number to a number");
  if (from >= to) refuse("INVALID", "The window ends before it begins");
  if (count > 0 && (from > head.to_ts || to <= head.from_ts)) {
    refuse("INVALID", "The window holds nothing of the market: it lies before or after what is on the tape");
  }
}
