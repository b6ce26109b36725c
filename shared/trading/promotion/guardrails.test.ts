/** Every guardrail is driven over its edge and back, and says nothing while there is too little to say it from. */
import { expect, test } from "bun:test";
import { Bundle } from "../../domain/bundle.ts";
import { ArmTally } from "./arm-tally.ts";
import { breachesOf, judgeGuardrails, limitsOf, limitsOfWatch, scoresOf } from "./guardrails.ts";

const flags = Bundle.shape.flags.parse({}).promotion;
const limits = { ...flags, trades_min: 4, entries_min: 5, labels_min: 40, drawdown_usdt_max: "10" };

interface Did {
  pnl?: readonly number[];
  entries?: readonly boolean[];
  forecasts?: readonly (readonly [number, boolean])[];
}
function arm({ pnl = [], entries = [], forecasts = [] }: Did): ReturnType<ArmTally["evidence"]> {
  const tally = new ArmTally(7);
  for (const [at, one] of pnl.entries()) tally.closed({ closed_at: at, pnl_usdt: String(one), margin_usdt: "20" });
  for (const cameToNothing of entries) tally.entry({ cameToNothing });
  for (const [p, positive] of forecasts) tally.labelled({ p, positive });
  return tally.evidence();
}
const armsOf = (canary: Did, stable: Did = {}) =>
  ({ canary: arm(canary), stable: arm(stable), whole: arm(canary), whose: "the others'" }) as const;
const verdictOf = (name: string, canary: Did, stable: Did = {}) =>
  judgeGuardrails(armsOf(canary, stable), limits, "seed").find((one) => one.name === name);
const stateOf = (name: string, canary: Did, stable: Did = {}) => verdictOf(name, canary, stable)?.state;
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

test("drawdown: from the peak of the canary's own curve, to the last cent", () => {
  expect(stateOf("drawdown", { pnl: [4, -5, -5, 1] })).toBe("OK");
  expect(stateOf("drawdown", { pnl: [4, -5, -5.01, 1] })).toBe("BREACHED");
  expect(stateOf("drawdown", { pnl: [-3, -3, -4, 0] })).toBe("OK");
  expect(stateOf("drawdown", { pnl: [-3, -3, -4, -0.01] })).toBe("BREACHED");
  expect(verdictOf("drawdown", { pnl: [4, -5, -5.01, 1] })).toMatchObject({
    ...{ value: "10.01", limit: "10", sample: 4, sample_min: 1 },
    detail: "fell 10.01 USDT from its peak in 4 closed trades; at most 10",
  });
});

test("drawdown: lost money needs no sample: the first closed trade speaks", () => {
  expect(stateOf("drawdown", {})).toBe("NOT_ENOUGH");
  expect(stateOf("drawdown", { pnl: [-10] })).toBe("OK");
  expect(verdictOf("drawdown", { pnl: [-10.01] })).toMatchObject({
    state: "BREACHED",
    detail: "fell 10.01 USDT from its peak in 1 closed trade; at most 10",
  });
});

test("drawdown: of the whole that the revision realised, not of its newest step alone", () => {
  const whole = arm({ pnl: [3, -12, -1] });
  const verdicts = judgeGuardrails({ ...armsOf({ pnl: [-1] }), whole }, limits, "seed");
  expect(verdicts[0]).toMatchObject({ name: "drawdown", state: "BREACHED", value: "13", sample: 3 });
});

test("drawdown: one in force for all has a limit of its own, four times that of a share unless it is said", () => {
  expect(limitsOfWatch({ ...limits, drawdown_usdt_max: "2.5" })).toMatchObject({ drawdown_usdt_max: "10" });
  const said = limitsOfWatch({ ...limits, watch_drawdown_usdt_max: "12" });
  const fallen = (pnl: number) => judgeGuardrails(armsOf({ pnl: [pnl] }), said, "seed")[0]?.state;
  expect([fallen(-12), fallen(-12.01)]).toEqual(["OK", "BREACHED"]);
});

test("profit: only a canary that is surely worse than the others by more than allowed is breached", () => {
  const stable = { pnl: times(20, 0.02) };
  // 0.5 % of ROE on 20 USDT are 0.10 USDT a trade.
  expect(stateOf("pnl", { pnl: times(20, -0.07) }, stable)).toBe("OK");
  expect(stateOf("pnl", { pnl: times(20, -0.09) }, stable)).toBe("BREACHED");
  expect(stateOf("pnl", { pnl: times(20, 0.02) }, stable)).toBe("OK");
  const wild = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? 4 : -4.4));
  expect(stateOf("pnl", { pnl: wild }, stable)).toBe("OK");
});

test("profit: needs trades of both arms", () => {
  const [bad, good] = [{ pnl: times(20, -5) }, { pnl: times(20, 1) }];
  expect(stateOf("pnl", bad, { pnl: times(3, 1) })).toBe("NOT_ENOUGH");
  expect(stateOf("pnl", { pnl: times(3, -5) }, good)).toBe("NOT_ENOUGH");
  expect(stateOf("pnl", { pnl: times(4, -5) }, { pnl: times(4, 1) })).toBe("BREACHED");
  expect(stateOf("pnl", {}, {})).toBe("NOT_ENOUGH");
});

test("reject rate: a fifth may come to nothing, and no more", () => {
  expect(stateOf("reject_rate", { entries: [true, false, false, false, false] })).toBe("OK");
  expect(stateOf("reject_rate", { entries: [true, true, false, false, false] })).toBe("BREACHED");
  expect(stateOf("reject_rate", { entries: [true, true, ...times(8, false)] })).toBe("OK");
  expect(stateOf("reject_rate", { entries: times(4, true) })).toBe("NOT_ENOUGH");
});

test("reject rate: what the others suffer too is not held against it, where enough is known of them", () => {
  const bad = { entries: [true, true, true, false, false] };
  expect(stateOf("reject_rate", bad, { entries: [true, true, false, false, false] })).toBe("OK");
  expect(stateOf("reject_rate", bad, { entries: [true, false, false, false, false] })).toBe("BREACHED");
  expect(stateOf("reject_rate", bad, { entries: times(4, true) })).toBe("BREACHED");
  expect(verdictOf("reject_rate", bad, { entries: [true, true, false, false, false] })).toMatchObject({
    value: 0.2,
    detail: "3 of 5 entries refused or come to nothing, of the others' 40 %; at most 20 % more",
  });
});

const told = (right: number, wrong: number): [number, boolean][] =>
  Array.from({ length: right + wrong }, (_, at) => {
    const positive = at % 2 === 0;
    return [at % (right + wrong) < right === positive ? 0.8 : 0.2, positive];
  });

test("AUC: a model that is surely worse than chance is breached, one that may be better is not", () => {
  expect(stateOf("auc", { forecasts: told(0, 60) })).toBe("BREACHED");
  expect(stateOf("auc", { forecasts: told(60, 0) })).toBe("OK");
  expect(stateOf("auc", { forecasts: told(30, 30) })).toBe("OK");
  expect(stateOf("auc", { forecasts: told(0, 39) })).toBe("NOT_ENOUGH");
  expect(stateOf("auc", { forecasts: times(60, [0.2, true] as const) })).toBe("NOT_ENOUGH");
});

test("Brier: a model whose probabilities are surely too far off is breached", () => {
  expect(stateOf("brier", { forecasts: told(0, 60) })).toBe("BREACHED");
  expect(stateOf("brier", { forecasts: told(60, 0) })).toBe("OK");
  expect(stateOf("brier", { forecasts: times(60, [0.5, true] as const) })).toBe("OK");
  expect(stateOf("brier", { forecasts: told(0, 39) })).toBe("NOT_ENOUGH");
});

test("an arm that did nothing is judged by nothing", () => {
  const verdicts = judgeGuardrails(armsOf({}), limits, "seed");
  expect(verdicts.map(({ name, state }) => `${name} ${state}`)).toEqual(
    ["drawdown", "pnl", "reject_rate", "auc", "brier"].map((name) => `${name} NOT_ENOUGH`),
  );
  expect(breachesOf(verdicts)).toEqual([]);
  expect(scoresOf(arm({}))).toEqual({ auc: null, brier: null });
});

test("the same evidence is judged the same each time, and the limits are those of the bundle", () => {
  const arms = armsOf({ pnl: [1, -2, 3, -1, 0.5] }, { pnl: [1, 1, -1, 2, 0] });
  expect(judgeGuardrails(arms, limits, "seed")).toEqual(judgeGuardrails(arms, limits, "seed"));
  expect(limitsOf(limits)).toEqual(expect.objectContaining({ drawdown_usdt_max: "10", trades_min: 4 }));
});
