import { describe, expect, test } from "bun:test";
import { translator } from "../i18n/translate.ts";
import { aDecision } from "../samples.ts";
import {
  guardsSaid,
  modelSaid,
  ordersSaid,
  rulesSaid,
  sideSaid,
  sizingSaid,
  triggerSaid,
  wishSaid,
} from "./step-words.ts";
import { apart } from "./words.ts";

const t = translator("en");
const side = "BUY" as const;
const guard = (name: string, value: number | string | null, limit: number | string) =>
  aDecision({ guards: [{ name, passed: false, value, limit }] });

describe("steps in words", () => {
  test("the moment, or that nobody has it any more", () => {
    expect(triggerSaid(t, { kind: "bar", what: "5s", exch_ts: 1 })).toBe("A 5s bar closed.");
    expect(triggerSaid(t, undefined)).toContain("no longer kept");
  });
  test("a guard that failed, by which way its limit was passed", () => {
    expect(guardsSaid(t, aDecision())).toBe("“Spread (bps)” is 3.2, above its limit of 3.");
    expect(guardsSaid(t, guard("depth_top1_usdt", 300, 2_000))).toContain("is 300; at least 2,000 is needed.");
    expect(guardsSaid(t, guard("health", "RED", "ORANGE"))).toBe("“Health level” is RED; it must be ORANGE.");
    expect(guardsSaid(t, guard("funding_rate", null, 1))).toContain("not known");
  });
  test("the side, the rules and the size, each only where it ended there", () => {
    const guards = [{ name: "health", passed: true, value: "GREEN", limit: "ORANGE" }];
    const ended = (reason: string, change: object = {}) =>
      aDecision({ guards, decision: { ...aDecision().decision, reason, ...change } });
    expect(sideSaid(t, ended("no_entry"))).toBe("No side: no entry condition met.");
    expect(sideSaid(t, ended("no_atr", { side }))).toBe("It wanted to go long.");
    const rules = [{ rule_id: "calm", fired: true, effect: "skip the entry" }];
    expect(rulesSaid(t, { ...ended("calm", { side }), rules })).toBe("The rule calm ended it.");
    expect(rulesSaid(t, { ...ended("no_atr", { side }), rules })).toBe("1 of 1 rules fired.");
    expect(sizingSaid(t, ended("no_atr", { side }))).toBe("No size: no ATR to set the stop by.");
  });
  test("a model's and a program's say, or why they had none", () => {
    const model = { model_id: "m", hash: "h", p: 0.61, size_mult: 1.1 };
    expect(modelSaid(t, model)).toBe("The model gives it 61.0\u00a0%: size × 1.1.");
    expect(modelSaid(t, { ...model, size_mult: 0 })).toContain("no entry");
    expect(modelSaid(t, { ...model, p: null, trouble: "slow" })).toContain("longer than it may");
    const program = { program_id: "p", hash: "h", state: {} };
    const wish = { side, size_mult: 1, tp_mult: 1, sl_mult: 1, price: 60_000 };
    expect(wishSaid(t, { ...program, wish })).toBe("The program wished to go Long, resting at 60,000.");
    expect(wishSaid(t, program)).toBe("The program wished for nothing.");
    expect(wishSaid(t, { ...program, trouble: "broken" })).toContain("failed");
  });
  test("what the router was asked, and its newest word", () => {
    const intents = [{ ...aDecision().intents[0], intent_id: "s1:entry", side, qty: "0.01" }] as never;
    const order = { intent_id: "s1:entry", status: "FILLED", filled_qty: "0.01" } as never;
    expect(ordersSaid(t, { ...aDecision({ intents }), order })).toBe(
      "The router was asked to Buy 0.01. Its newest word: Filled, 0.01 filled.",
    );
  });
});

test("two numbers that differ never read alike", () => {
  expect(apart(59_850.71, 59_850.68)).toEqual(["59,850.71", "59,850.68"]);
  expect(apart(0.5, 0.25)).toEqual(["0.5", "0.25"]);
  expect(apart(2, 2)).toEqual(["2", "2"]);
  expect(apart(1 + 1e-12, 1)).toEqual(["1.000000000001", "1"]);
});
