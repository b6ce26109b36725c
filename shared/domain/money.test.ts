/** Money against an independent decimal library: read, shown, added, multiplied, divided, cut to steps, refused. */
import { describe, expect, test } from "bun:test";
import { Decimal } from "decimal.js";
import fc from "fast-check";
import * as money from "./money.ts";

const { dec, show, add, sub, mul, div, toStep, toSteps, fromSteps, toNumber } = money;
/** More digits than any product here has. */
const Exact = Decimal.clone({ precision: 120, toExpNeg: -60, toExpPos: 60 });
const MODES = { down: Decimal.ROUND_DOWN, up: Decimal.ROUND_UP, nearest: Decimal.ROUND_HALF_UP } as const;
const rounding = fc.constantFrom("down", "up", "nearest");

/** As exchanges write them, and as sums of many look: short and long, of either sign, with zeros in odd places. */
const text = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(0n, 10n ** 7n), fc.bigInt(0n, 10n ** 20n)),
    fc.oneof(
      fc.constant(""),
      fc.array(fc.constantFrom(..."0013579"), { minLength: 1, maxLength: 18 }).map((digits) => `.${digits.join("")}`),
    ),
  )
  .map((parts) => parts.join(""));
const plain = (value: Decimal): string => {
  const shown = value.toFixed();
  return shown === "-0" ? "0" : shown;
};
const cut = (value: Decimal, mode: money.Rounding) => plain(value.toDecimalPlaces(18, MODES[mode]));
const hold = <T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>) =>
  fc.assert(property, { seed: 20_241_108, numRuns: 2_000 });

describe("amounts", () => {
  test("are read and shown as the same decimal, and are that float", () => {
    hold(
      fc.property(text, (a) => {
        expect(show(dec(a))).toBe(plain(new Exact(a)));
        expect(toNumber(dec(a))).toBe(Number(a) + 0);
        expect(dec(show(dec(a)))).toBe(dec(a));
      }),
    );
  });

  test("add, multiply and divide exactly, with the rounding that is named", () => {
    hold(
      fc.property(text, text, rounding, (a, b, mode) => {
        const [x, y] = [new Exact(a), new Exact(b)];
        expect(show(add(dec(a), dec(b)))).toBe(plain(x.plus(y)));
        expect(show(sub(dec(a), dec(b)))).toBe(plain(x.minus(y)));
        expect(show(mul(dec(a), dec(b), mode))).toBe(cut(x.times(y), mode));
        if (y.isZero()) expect(() => div(dec(a), dec(b), mode)).toThrow("Division by zero");
        else expect(show(div(dec(a), dec(b), mode))).toBe(cut(x.dividedBy(y), mode));
      }),
    );
  });

  test("are cut to steps, and counted in them", () => {
    const step = fc.constantFrom("0.00000001", "0.001", "0.10", "0.5", "25");
    hold(
      fc.property(text, step, rounding, (a, by, mode) => {
        const whole = new Exact(a).dividedBy(by).toDecimalPlaces(0, MODES[mode]);
        const amount = toStep(dec(a), dec(by), mode);
        expect(show(amount)).toBe(plain(whole.times(by)));
        if (!Number.isSafeInteger(whole.toNumber())) return;
        expect(toSteps(amount, dec(by))).toBe(whole.toNumber() + 0);
        expect(fromSteps(whole.toNumber(), dec(by))).toBe(amount);
      }),
    );
  });

  test.each([
    ["1e5"],
    ["NaN"],
    ["Infinity"],
    [""],
    ["-"],
    ["."],
    ["-."],
    ["1.2.3"],
    ["--1"],
    [" 1"],
    ["1,5"],
    ["0x10"],
    ["0.0000000000000000001"],
    ["9".repeat(61)],
    ["１"],
  ])("%p is none", (given) => {
    expect(money.isDecimal(given)).toBe(false);
    expect(() => dec(given)).toThrow(RangeError);
  });

  test.each([
    ["+5", "5"],
    ["5.", "5"],
    [".5", "0.5"],
    ["-.5", "-0.5"],
    ["-0", "0"],
    ["007.10", "7.1"],
    ["0.1000000000000000000", "0.1"],
  ])("%p is %p", (given, shown) => expect(show(dec(given))).toBe(shown));
});
