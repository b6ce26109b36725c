import { expect, test } from "bun:test";
import type { Action, Decision } from "../../../../shared/domain/decision.ts";
import { aDecision } from "../samples.ts";
import { contributionBars, endedBy, guardBar, guardsInWords, stepsOf } from "./decision-steps.ts";

const passed = [{ name: "health", passed: true, value: "GREEN", limit: "ORANGE" }];
const skip = (reason: string, change: Partial<Action> = {}): Action => ({
  ...{ action: "skip", size_mult: 1, tp_mult: 1, sl_mult: 1, reason },
  ...change,
});
const after = (decision: Action, change: Partial<Decision> = {}) => aDecision({ guards: passed, decision, ...change });
const side = "BUY" as const;
const calm = [{ rule_id: "calm", fired: true, effect: "skip the entry" }];

test.each<[string, Decision, string | undefined]>([
  ["a guard that failed", aDecision(), "guards"],
  ["nothing that could be asked", aDecision({ guards: [] }), "guards"],
  ["no side", after(skip("no_entry")), "side"],
  ["a rule", after(skip("calm", { side }), { rules: calm }), "rules"],
  ["the model", after(skip("model", { side })), "model"],
  ["the size", after(skip("no_atr", { side }), { rules: calm }), "sizing"],
  ["nothing", after(skip("open", { action: "open", side })), undefined],
])("is ended by %s", (_what, decision, step) => expect(endedBy(decision)).toBe(step as never));

test("steps after the one that ended it were never reached, and a model that is not there is none", () => {
  const model = { model_id: "m", hash: "h", p: 0.4, size_mult: 1 };
  expect(stepsOf(after(skip("no_entry")))).toEqual({
    ...{ guards: "passed", side: "ended", rules: "unreached", model: "unreached", sizing: "unreached" },
  });
  expect(stepsOf(after(skip("open", { action: "open", side }))).model).toBe("none");
  expect(stepsOf(after(skip("open", { action: "open", side }), { model })).model).toBe("passed");
});

test("the guard that failed is told first", () => {
  expect(guardsInWords(aDecision().guards).map(({ name }) => name)).toEqual(["spread_bps", "health"]);
});

test("a guard's bar has its longest at four fifths, counts losses as sizes, and needs two numbers", () => {
  const bar = (value: number | string, limit: number | string) => guardBar({ name: "", passed: true, value, limit });
  expect(bar(1, 4)).toEqual({ value: 0.2, limit: 0.8 });
  expect(bar(8, 2)).toEqual({ value: 0.8, limit: 0.2 });
  expect(bar(-25, -100)).toEqual({ value: 0.2, limit: 0.8 });
  expect(bar(25, -100)).toEqual({ value: 0, limit: 0.8 });
  expect([bar(0, 0), bar("GREEN", 3), bar(3, "always")]).toEqual([undefined, undefined, undefined]);
});

test("contributions are shares of the greatest, with their sign", () => {
  const contributions = [
    { f: "a", value: 1, adds: -0.8 },
    { f: "b", value: 2, adds: 0.4 },
  ];
  expect(contributionBars({ contributions }).map(({ share }) => share)).toEqual([-1, 0.5]);
  expect(contributionBars({ contributions: [{ f: "a", value: 1, adds: 0 }] })[0]?.share).toBe(0);
  expect(contributionBars({})).toEqual([]);
});
