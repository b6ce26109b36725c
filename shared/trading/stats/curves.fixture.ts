/** Equity curves for tests: by day from numbers, and random ones from seeds. */
import { dec, show } from "../../domain/money.ts";
import { DAY_MS, type EquityPoint } from "./equity-curve.ts";

/** 2024-01-01, UTC. */
export const START = Date.UTC(2024, 0, 1);

export const daily = (worths: readonly (number | string)[], from = START): EquityPoint[] =>
  worths.map((worth, day) => ({ ts: from + day * DAY_MS, equity_usdt: show(dec(worth)) }));

/** Worth 10,000 and then whatever these returns make of it, to 8 decimals. */
export function fromReturns(returns: readonly number[], from = START): EquityPoint[] {
  let worth = 10_000;
  const worths = [worth.toFixed(8)];
  for (const r of returns) {
    worth *= 1 + r;
    worths.push(worth.toFixed(8));
  }
  return daily(worths, from);
}
