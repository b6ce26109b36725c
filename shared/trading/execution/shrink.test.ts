import { expect, test } from "bun:test";
import fc from "fast-check";
import { dec, fromSteps, isOnStep, show } from "../../domain/money.ts";
import type { Order } from "../../domain/order.ts";
import { isShort, shrinkWaitMs, shrunkQty } from "./shrink.ts";

const rules = { triesMax: 5, waitMs: 200, step: dec("0.001"), least: dec("0.001") };

test.each([
  ["-2019 Margin is insufficient.", true],
  ["-2018 Balance is insufficient.", true],
  ["-2010 Account has insufficient balance for requested action.", true],
  ["-2010 Order would immediately match and take.", false],
  ["-2022 ReduceOnly Order is rejected.", false],
  [undefined, false],
])("%s: too little balance %p", (message, short) => {
  expect(isShort({ status: "REJECTED", message } as Order)).toBe(short);
  expect(isShort({ status: "FILLED", message } as Order)).toBe(false);
});

test("shrinks by the same ratio each time, the last try to the smallest, with waits that double", () => {
  const qtys = [1, 2, 3, 4, 5].map((nth) => show(shrunkQty(dec("0.032"), nth, rules)));
  expect(qtys).toEqual(["0.016", "0.008", "0.004", "0.002", "0.001"]);
  expect([1, 2, 3].map((nth) => shrinkWaitMs(nth, rules))).toEqual([200, 400, 800]);
});

test("property: always on the step, between the smallest and the wanted, never growing", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 500 }), (wanted, least) => {
      const some = { ...rules, least: fromSteps(least, rules.step) };
      let before = fromSteps(wanted, rules.step);
      for (let nth = 1; nth <= 6; nth++) {
        const qty = shrunkQty(fromSteps(wanted, rules.step), nth, some);
        expect(isOnStep(qty, rules.step)).toBe(true);
        expect(qty <= before).toBe(true);
        expect(qty >= some.least || least > wanted).toBe(true);
        before = qty;
      }
    }),
    { seed: 7 },
  );
});
