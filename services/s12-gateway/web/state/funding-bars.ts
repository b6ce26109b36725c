/** Past funding rates as bars from a zero line, and how long it is to the next one. */

/** `rate` is a fraction, paid by longs to shorts where it is above zero. */
export interface PaidRate {
  readonly ts: number;
  readonly rate: number;
}
export interface FundingBar extends PaidRate {
  /** Shares of the picture: its left edge and width, top and height, from 0 to 1. */
  readonly x: number;
  readonly width: number;
  readonly y: number;
  readonly height: number;
}

const GAP = 0.25;
/** What is smaller than a pixel is drawn as one, so that none seems to be missing. */
const HEIGHT_MIN = 0.012;

/** Oldest first. The zero line is at half height; the largest reaches top or bottom. */
export function fundingBarsOf(rates: readonly PaidRate[]): FundingBar[] {
  const most = Math.max(...rates.map(({ rate }) => Math.abs(rate)), 0) || 1;
  const slot = 1 / Math.max(1, rates.length);
  return rates.map(({ ts, rate }, at) => {
    const height = Math.max(HEIGHT_MIN, Math.abs(rate) / most / 2);
    return { ts, rate, x: (at + GAP / 2) * slot, width: slot * (1 - GAP), y: rate < 0 ? 0.5 : 0.5 - height, height };
  });
}

const DAY_MS = 86_400_000;
const YEAR_DAYS = 365;
const HOURS_8_MS = 28_800_000;
/** What the rate is over a year, were it the same each time: by how long after the last one the next is due. */
export function yearlyOf(rate: number, { next, last }: { next: number; last: number | undefined }): number {
  const spacing = last !== undefined && next > last ? next - last : HOURS_8_MS;
  return (rate * YEAR_DAYS * DAY_MS) / spacing;
}

/** `5:03:09`; never below zero. */
export function countdownText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
