/** Reads market amounts in units finer than the step, since books and trades hold what was placed under older steps. */
import { dec, isDecimal, stepDigits } from "../../../shared/domain/money.ts";
import { Scale } from "../../../shared/engine/scale.ts";

/** Digits beyond the step's own; more would leave too few for the quantities of very cheap assets. */
const EXTRA_DIGITS = 3;
const DIGITS_MAX = 8;
const ENDING_DIGITS_MAX = 3;

export class FineScale {
  private readonly fine: Scale;
  private readonly coarse: Scale;
  /** Units in one step. */
  private readonly unitsPerStep: number;
  private readonly endings: readonly string[] | undefined;
  /** Decimals of a unit. */
  readonly digits: number;

  constructor(step: string) {
    this.digits = Math.max(stepDigits(dec(step)), Math.min(DIGITS_MAX, stepDigits(dec(step)) + EXTRA_DIGITS));
    this.fine = new Scale(this.digits === 0 ? "1" : `0.${"1".padStart(this.digits, "0")}`);
    this.coarse = new Scale(step);
    this.unitsPerStep = this.fine.read(step);
    this.endings = endingsOf(step);
  }

  /** Whole units; what is finer is cut off. NaN for what is no unsigned plain decimal or is too large. */
  read(text: string): number {
    const units = this.fine.read(text);
    if (units >= 0 || typeof text !== "string" || !isDecimal(text)) return units;
    const cut = Math.floor(Number(text) * 10 ** this.digits);
    return cut >= 0 && Number.isSafeInteger(cut) ? cut : Number.NaN;
  }

  isOnStep(units: number): boolean {
    return Number.isInteger(units / this.unitsPerStep);
  }

  /** With the step's decimals, or all where it lies between steps. */
  show(units: number): string {
    const steps = units / this.unitsPerStep;
    if (!Number.isInteger(steps)) return this.fine.show(units);
    const { endings } = this;
    if (!endings) return this.coarse.show(steps);
    const whole = Math.floor(steps / endings.length);
    return `${whole}${endings[steps - whole * endings.length]}`;
  }
}

/** For steps of 0.1, 0.01 or 0.001, which most are: every ending a number of steps can have. */
function endingsOf(step: string): readonly string[] | undefined {
  const digits = stepDigits(dec(step));
  if (digits === 0 || digits > ENDING_DIGITS_MAX || dec(step) !== dec(`0.${"1".padStart(digits, "0")}`))
    return undefined;
  return Array.from({ length: 10 ** digits }, (_, part) => `.${String(part).padStart(digits, "0")}`);
}
