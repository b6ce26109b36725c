import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  amountText,
  asGiven,
  averageText,
  digitsOf,
  directionOf,
  grouped,
  MINUS,
  NOTHING,
  numberText,
  percentText,
  shortText,
  usdtText,
} from "./numbers.ts";

describe("money", () => {
  test("keeps every digit a float would lose", () => {
    expect(amountText("90071992547409931.123456789", { digits: 9 })).toBe("90,071,992,547,409,931.123456789");
  });
  test("signs and zero", () => {
    expect(usdtText("12.3", true)).toBe("+12.30");
    expect(usdtText("-1234.567", true)).toBe(`${MINUS}1,234.57`);
    expect(usdtText("-0.001", true)).toBe("0.00");
    expect(usdtText("0.001", true)).toBe("0.00");
  });
  test("an average keeps the digits a price has and loses those of its division", () => {
    const texts = ["60003.1", "2610.836666666666666667", "0.0421", undefined].map(averageText);
    expect(texts).toEqual(["60,003.1", "2,610.8367", "0.0421", NOTHING]);
  });
  test("what is no decimal shows as a dash", () => {
    for (const bad of [undefined, "", "NaN", "1e5", "abc"]) expect(usdtText(bad)).toBe(NOTHING);
    expect(asGiven("x")).toBe(NOTHING);
  });
  test("grouping only adds commas", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), (n) => {
        const text = grouped(`${n}.5`);
        expect(text.replaceAll(",", "")).toBe(`${n}.5`);
        expect(
          text
            .slice(0, -2)
            .split(",")
            .slice(1)
            .every((group) => group.length === 3),
        ).toBe(true);
      }),
      { seed: 3 },
    );
  });
});

describe("numbers that are no money", () => {
  test("percent", () => {
    expect(percentText(0.1234, 1, true)).toBe("+12.3\u00a0%");
    expect(percentText(-0.00001, 2, true)).toBe("0.00\u00a0%");
    expect(percentText(Number.NaN)).toBe(NOTHING);
  });
  test("floats, sizes, precision and direction", () => {
    expect(numberText(1234.5, 1)).toBe("1,234.5");
    expect(numberText(null)).toBe(NOTHING);
    expect([1_234_567, 45_600, 999, 12.3, 0.01234].map(shortText)).toEqual([
      "1.23M",
      "45.6k",
      "999",
      "12.30",
      "0.0123",
    ]);
    expect(digitsOf("0.10", 2)).toBe(1);
    expect(digitsOf(undefined, 2)).toBe(2);
    expect([directionOf("-0.1"), directionOf("0"), directionOf(3)]).toEqual(["down", "flat", "up"]);
  });
});
