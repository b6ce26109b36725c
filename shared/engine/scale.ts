/** Decimal text to whole ticks or lots and back, exact and without bigints: what every recorded or sent level passes. */
import { dec, show, stepDigits, toSteps } from "../domain/money.ts";

const ZERO = 48;
const NINE = 57;
const POINT = 46;

export class Scale {
  /** Decimals that a step really has: 1 for "0.10". */
  private readonly digits: number;
  /** A step in units of its last digit: 5 for "0.05". */
  private readonly stepUnits: number;
  private readonly shownDigits: number;

  /** `shownDigits` is what `show` prints, where an exchange prints more than the step has (8 on Binance spot). */
  constructor(step: string, shownDigits = 0) {
    const amount = dec(step);
    if (amount <= 0n) throw new RangeError(`A step must be above zero: ${step}`);
    this.digits = stepDigits(amount);
    this.stepUnits = toSteps(amount, dec(this.digits === 0 ? "1" : `0.${"1".padStart(this.digits, "0")}`));
    this.shownDigits = Math.max(shownDigits, this.digits);
  }

  /** Whole steps; NaN for what is no unsigned plain decimal, lies between two steps or is too large to count exactly. */
  read(text: string): number {
    return this.parse(text, false);
  }

  /** As `read`, but cut to whole steps: real books hold old quantities that are finer than today's step. */
  readDown(text: string): number {
    return this.parse(text, true);
  }

  private parse(text: string, cut: boolean): number {
    if (typeof text !== "string") return Number.NaN;
    const length = text.length;
    let units = 0;
    let decimals = -1;
    let seen = 0;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === POINT && decimals < 0) decimals = 0;
      else if (code < ZERO || code > NINE) return Number.NaN;
      else if (decimals < this.digits) {
        units = units * 10 + (code - ZERO);
        seen++;
        if (decimals >= 0) decimals++;
      } else if (code !== ZERO && !cut) return Number.NaN;
    }
    if (seen === 0) return Number.NaN;
    for (let missing = Math.max(decimals, 0); missing < this.digits; missing++) units *= 10;
    if (units > Number.MAX_SAFE_INTEGER) return Number.NaN;
    if (this.stepUnits === 1) return units;
    const rest = units % this.stepUnits;
    return rest === 0 || cut ? (units - rest) / this.stepUnits : Number.NaN;
  }

  /** The decimal text of whole, non-negative steps. */
  show(steps: number): string {
    const units = steps * this.stepUnits;
    if (!Number.isSafeInteger(units) || units < 0) throw new RangeError(`Invariant: ${steps} is no count of steps`);
    if (this.shownDigits === 0) return String(units);
    const text = String(units).padStart(this.digits + 1, "0");
    const point = text.length - this.digits;
    return `${text.slice(0, point)}.${text.slice(point).padEnd(this.shownDigits, "0")}`;
  }
}

/** A price between two ticks (a mid, a mark) as text with the tick's decimals and, where needed, two more. */
export function showBetween(ticks: number, tickSize: string): string {
  const step = dec(tickSize);
  const hundredths = Math.round(ticks * 100);
  return show(((BigInt(hundredths) * step) / 100n) as typeof step);
}
