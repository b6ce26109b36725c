import { describe, expect, test } from "bun:test";
import { BURN_RULES, budgetLeft, burnRate, type Events, judgeSlo, OBJECTIVES } from "./slo.ts";

const ORDERS = OBJECTIVES.find(({ slo_id }) => slo_id === "order_success")!;
const GATE = OBJECTIVES.find(({ slo_id }) => slo_id === "risk_gate")!;
const events = (bad: number, total: number): Events => ({ good: total - bad, total });

test("a burn rate of 1 uses up the budget exactly", () => {
  expect(burnRate(events(5, 1_000), 0.995)).toBeCloseTo(1);
  expect(budgetLeft(events(5, 1_000), 0.995)).toBeCloseTo(0);
  expect(burnRate(events(72, 1_000), 0.995)).toBeCloseTo(14.4);
  expect(budgetLeft(events(10, 1_000), 0.995)).toBeCloseTo(-1);
  expect([burnRate(events(0, 9), 0.995), budgetLeft(events(0, 9), 0.995)]).toEqual([0, 1]);
  expect([burnRate(events(0, 0), 0.995), budgetLeft(events(0, 0), 0.995)]).toEqual([null, null]);
});

describe("each rule alerts at its rate in both windows", () => {
  for (const rule of BURN_RULES) {
    const { rate, longMs, shortMs, alarm } = rule;
    /** Bad at this rate in the newest of it, and nothing bad before; other rules' windows are longer or have less. */
    const state = (long: number, short: number, total = 100_000) => {
      const share = (1 - ORDERS.objective) * 1.0001;
      const within = (ms: number) => {
        if (ms === longMs) return events(long * share * total, total);
        if (ms === shortMs) return events(short * share * total, total);
        return events(0, total);
      };
      return judgeSlo(ORDERS, within).state;
    };
    test(`${alarm} at ${rate} over ${longMs / 60_000} and ${shortMs / 60_000} min`, () => {
      expect(state(rate, rate)).toBe(alarm);
      expect(state(rate * 0.99, rate)).toBe("OK");
      expect(state(rate, rate * 0.99)).toBe("OK");
      expect(state(rate, rate, ORDERS.least - 1)).toBe("OK");
    });
  }
});

test("where none may be bad one is a page, as long as it is in the short window", () => {
  expect(judgeSlo(GATE, () => events(0, 5)).state).toBe("OK");
  expect(judgeSlo(GATE, () => events(1, 5)).state).toBe("PAGE");
  expect(judgeSlo(GATE, (ms) => (ms > 3_600_000 * 6 ? events(1, 5) : events(0, 5))).state).toBe("OK");
  expect(judgeSlo(GATE, () => events(1, 5)).budget_left).toBe(0);
});

test("without events there is nothing to say", () => {
  expect(judgeSlo(ORDERS, () => events(0, 0))).toMatchObject({ state: "NO_DATA", value: null, budget_left: null });
});
