import { expect, test } from "bun:test";
import { ExperimentDesign } from "../../shared/domain/experiment.ts";
import { paramOf, searchOf } from "./search-options.ts";

test.each([
  ["a.b=1:3:0.5", { path: "a.b", min: 1, max: 3, step: 0.5, scale: "linear" }],
  ["a.b=-1:1e-2", { path: "a.b", min: -1, max: 0.01, scale: "linear" }],
  ["a.b=0.001:1:log", { path: "a.b", min: 0.001, max: 1, scale: "log" }],
  ["a.b=20, 25,30", { path: "a.b", values: [20, 25, 30] }],
  ['flags.risk.budget_usdt="50","100"', { path: "flags.risk.budget_usdt", values: ["50", "100"] }],
  ["factors.rsi_14_15m=rsi_7_15m,rsi_14_15m", { path: "factors.rsi_14_15m", values: ["rsi_7_15m", "rsi_14_15m"] }],
  ["strategies.x.enabled=true,false", { path: "strategies.x.enabled", values: [true, false] }],
] as const)("%s", (text, param) => {
  expect(paramOf(text)).toEqual(param as never);
});

test.each([
  ["a.b", "say PATH=from:to:step"],
  ["=1,2", "say PATH=from:to:step"],
  ["a.b=", "say PATH=from:to:step"],
  ["a.b=1:2:fast", "a range is from:to"],
  ["a.b=1:2:0.1:log", "a range is from:to"],
  ["a.b=3:1", "1 is below 3"],
  ["a.b=1:3:0", "a step is above zero"],
])("%s is refused", (text, message) => {
  expect(() => paramOf(text)).toThrow(message);
});

const PLAIN = { method: "grid", objective: "sharpe", benchmark: "unchanged", "no-checks": false };

test("what is said is a part of a design, and the rest is its defaults", () => {
  const said = searchOf({
    ...PLAIN,
    param: ["a.b=1,2"],
    method: "walk-forward",
    trials: "40",
    folds: "4",
    patience: "9",
  });
  const design = ExperimentDesign.parse({ bundle: "active", window: { from: 0, to: 1 }, ...said });
  expect(design).toMatchObject({
    ...{ method: "WALK_FORWARD", params: [{ path: "a.b", values: [1, 2] }], checks: true, objective: "sharpe" },
    ...{ search: { trials_max: 40, patience: 9, trades_min: 10, population: 24 }, folds: { count: 4 } },
  });
});

test.each([
  [{ param: [] }, "Say what to turn"],
  [{ method: "luck" }, "--method is one of grid, random, genetic, walk-forward, kfold"],
  [{ objective: "money" }, "--objective is one of sharpe"],
  [{ trials: "0" }, "--trials must be a number from 1 to 10000"],
])("%o is refused by name", (values, message) => {
  expect(() => searchOf({ ...PLAIN, param: ["a.b=1,2"], ...values })).toThrow(message);
});
