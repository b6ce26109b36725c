/** An equity curve: what an account was worth over time, read, checked and cut into equal periods. */
import { type Amount, dec, div, isDecimal, sub, toNumber } from "../../domain/money.ts";
import { refuse } from "../../errors.ts";

/** What all was worth at `ts` (epoch ms), marked to market; it stays so until the next point. */
export interface EquityPoint {
  readonly ts: number;
  readonly equity_usdt: string;
}

export interface Worth {
  readonly ts: number;
  readonly equity: Amount;
}

export interface Curve {
  /** At least one, in order of time. */
  readonly points: readonly Worth[];
  /** When equity first was zero or less; the curve ends there, since no return has a base after it. */
  readonly ruined_at: number | null;
}

export const DAY_MS = 86_400_000;
/** Markets never close: a year is 365 days of 24 hours, in every figure that is annualised. */
export const YEAR_MS = 365 * DAY_MS;

/** Refuses with INVALID: no points, times that do not rise, what is no amount, a beginning not above zero. */
export function readCurve(given: readonly EquityPoint[]): Curve {
  const points: Worth[] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const [i, { ts, equity_usdt }] of given.entries()) {
    if (!(Number.isFinite(ts) && ts > before))
      refuse("INVALID", `Equity point ${i + 1}: its time is not after the last.`);
    if (!isDecimal(equity_usdt)) refuse("INVALID", `Equity point ${i + 1} is no amount: ${equity_usdt.slice(0, 40)}`);
    before = ts;
    const equity = dec(equity_usdt);
    if (i === 0 && equity <= 0n) refuse("INVALID", `An account begins with more than ${equity_usdt} USDT.`);
    points.push({ ts, equity });
    if (equity <= 0n) return { points, ruined_at: ts };
  }
  if (points.length === 0) refuse("INVALID", "An equity curve has at least one point.");
  return { points, ruined_at: null };
}

export const first = ({ points }: Curve): Worth => points[0]!;
export const last = ({ points }: Curve): Worth => points.at(-1)!;

export const SAMPLES_MAX = 1_000_000;

/**
 * The worth at the beginning and after each whole period: the last point at or before then. What is left at the end is
 * no period, so that all are equally long and annualising is exact; but a ruin ends its period at once. Refuses
 * periods so short that there would be more than `SAMPLES_MAX` with INVALID.
 */
export function sampled(curve: Curve, periodMs: number): Worth[] {
  const from = first(curve);
  const periods = Math.floor((last(curve).ts - from.ts) / periodMs);
  if (!(periodMs > 0 && periods <= SAMPLES_MAX))
    refuse("INVALID", `At most ${SAMPLES_MAX} periods: ${periodMs} ms is short.`);
  const samples = [from];
  let at = 0;
  for (let period = 1; period <= periods; period++) {
    const ts = from.ts + period * periodMs;
    while (at + 1 < curve.points.length && curve.points[at + 1]!.ts <= ts) at++;
    samples.push({ ts, equity: curve.points[at]!.equity });
  }
  const end = last(curve);
  if (curve.ruined_at !== null && samples.at(-1)!.ts < end.ts) samples.push(end);
  return samples;
}

/** b/a − 1; −1 and below when b is zero or less. `a` is above zero. */
export const changeOf = (a: Amount, b: Amount): number => toNumber(div(sub(b, a), a, "nearest"));

/** Simple returns, Eᵢ/Eᵢ₋₁ − 1: one fewer than there are samples. */
export const returnsOf = (samples: readonly Worth[]): number[] =>
  samples.slice(1).map(({ equity }, i) => changeOf(samples[i]!.equity, equity));

/** The mean of the equity over time, in USDT; of a single point, that point. */
export function meanEquity({ points }: Curve): number {
  const from = points[0]!;
  const to = points.at(-1)!;
  if (points.length === 1) return toNumber(from.equity);
  let sum = 0;
  for (const [i, { ts, equity }] of points.entries()) {
    const next = points[i + 1];
    if (next) sum += toNumber(equity) * (next.ts - ts);
  }
  return sum / (to.ts - from.ts);
}
