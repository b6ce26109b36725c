import { expect, test } from "bun:test";
import Big from "decimal.js";
import fc from "fast-check";
import { dec, show } from "../../domain/money.ts";
import { outcomeOf } from "./outcome.ts";

/** Gross, fees, funding, margin; then net, roi and class, with the arithmetic beside. */
const CASES: [string, string, string, string, string, string, string][] = [
  // 2 − 0.4 − 0.1 = 1.5; 1.5 / 20 = 7.5 %
  ["2", "0.4", "-0.1", "20", "1.5", "0.075", "pos"],
  // −1.2 − 0.4 = −1.6; −8 %
  ["-1.2", "0.4", "0", "20", "-1.6", "-0.08", "neg"],
  // 0.5 − 0.4 = 0.1: exactly +0.5 %
  ["0.5", "0.4", "0", "20", "0.1", "0.005", "pos"],
  ["0.499999999999999999", "0.4", "0", "20", "0.099999999999999999", "0.005", "neutral"],
  ["0.3", "0.4", "0", "20", "-0.1", "-0.005", "neg"],
  ["0.300000000000000001", "0.4", "0", "20", "-0.099999999999999999", "-0.005", "neutral"],
  // Funding received makes up for the fees.
  ["0", "0.4", "0.4", "20", "0", "0", "neutral"],
  ["1", "0", "0", "3", "1", "0.333333333333333333", "pos"],
  ["1", "0", "0", "0", "1", "0", "neutral"],
];
for (const [gross, fees, funding, margin, net, roi, name] of CASES) {
  test(`${gross} − ${fees} + ${funding} over ${margin} is ${roi}: ${name}`, () => {
    const found = outcomeOf({ gross: dec(gross), fees: dec(fees), funding: dec(funding), margin: dec(margin) });
    expect([show(found.net), show(found.roi), found.class]).toEqual([net, roi, name as never]);
  });
}

const money = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }).map((units) => show(units as never));
const above = fc.bigInt({ min: 1n, max: 10n ** 24n }).map((units) => show(units as never));
test("net, roi and class are those of decimal.js, whatever the amounts", () => {
  const Exact = Big.clone({ precision: 100 });
  fc.assert(
    fc.property(money, money, money, above, (gross, fees, funding, margin) => {
      const found = outcomeOf({ gross: dec(gross), fees: dec(fees), funding: dec(funding), margin: dec(margin) });
      const net = new Exact(gross).minus(fees).plus(funding);
      const ratio = net.div(margin);
      expect(show(found.net)).toBe(net.toFixed());
      expect(new Exact(show(found.roi)).minus(ratio).abs().lte("5e-19")).toBe(true);
      expect(found.class).toBe(ratio.gte("0.005") ? "pos" : ratio.lte("-0.005") ? "neg" : "neutral");
    }),
    { seed: 7, numRuns: 500 },
  );
});
