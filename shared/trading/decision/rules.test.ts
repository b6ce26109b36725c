/** Rules by the table of the language: priority, products, clamps, skips, overrides, unknowns. */
import { describe, expect, test } from "bun:test";
import type { Condition, RuleEffect } from "../../domain/bundle.ts";
import { compileBundle } from "./compiled.ts";
import { viewWith } from "./decision.fixture.ts";
import { weigh } from "./rules.ts";

const YES: Condition = { f: "mid", op: ">", v: 0 };
const NO: Condition = { f: "mid", op: "<", v: 0 };
const UNKNOWN: Condition = { f: "missing", op: ">", v: 0 };
interface Draft {
  rule_id: string;
  when: Condition;
  effect: RuleEffect;
  priority?: number;
  strategies?: string[];
  enabled?: boolean;
}
const rule = (rule_id: string, effect: RuleEffect, more: Partial<Draft> = {}): Draft => ({
  rule_id,
  effect,
  when: YES,
  ...more,
});
const weighed = (...rules: Draft[]) => {
  const strategy = compileBundle(viewWith({ rules })).strategies.get("lean")!;
  return weigh(strategy.rules, { mid: 1 });
};

describe("rules", () => {
  test("none leave everything at 1", () => {
    expect(weighed()).toEqual({
      size_mult: 1,
      tp_mult: 1,
      sl_mult: 1,
      max_adds: undefined,
      skipped_by: undefined,
      results: [],
    });
  });

  test.each<[string, RuleEffect[], object]>([
    [
      "multiply",
      [{ size_mult: 0.8 }, { size_mult: 0.75, tp_mult: 1.2 }],
      { size_mult: 0.6000000000000001, tp_mult: 1.2 },
    ],
    ["clamp the size from below", [{ size_mult: 0.5 }, { size_mult: 0.5 }], { size_mult: 0.5 }],
    ["clamp the size from above", [{ size_mult: 1.2 }, { size_mult: 1.2 }], { size_mult: 1.2 }],
    [
      "clamp the product, not its parts",
      [{ size_mult: 1.2 }, { size_mult: 1.2 }, { size_mult: 0.5 }],
      { size_mult: 0.72 },
    ],
    ["clamp the target", [{ tp_mult: 0.5 }, { tp_mult: 0.6 }], { tp_mult: 0.5 }],
    ["clamp the stop", [{ sl_mult: 2.5 }, { sl_mult: 2 }], { sl_mult: 2.5 }],
    [
      "take the smallest override",
      [{ max_adds_override: 2 }, { max_adds_override: 0 }, { max_adds_override: 1 }],
      { max_adds: 0 },
    ],
    ["don't skip when they say so", [{ skip_entry: false }], { skipped_by: undefined }],
  ])("%s", (_name, effects, expected) => {
    const result = weighed(...effects.map((effect, i) => rule(`r${i}`, effect)));
    for (const [key, value] of Object.entries(expected)) {
      const got = result[key as keyof typeof result];
      if (typeof value === "number") expect(got).toBeCloseTo(value, 12);
      else expect(got).toBe(value);
    }
  });

  test("skip_entry ends it; what comes after isn't looked at", () => {
    const result = weighed(
      rule("late", { size_mult: 0.5 }, { priority: 30 }),
      rule("stop", { skip_entry: true }, { priority: 20 }),
      rule("early", { tp_mult: 1.1 }, { priority: 10 }),
    );
    expect(result.skipped_by).toBe("stop");
    expect(result.results.map((one) => one.rule_id)).toEqual(["early", "stop"]);
    expect(result.size_mult).toBe(1);
  });

  test("every outcome is recorded: fired, not fired, unknown", () => {
    const result = weighed(
      rule("fires", { size_mult: 0.9, sl_mult: 1.5, max_adds_override: 1 }),
      rule("rests", { tp_mult: 0.9 }, { when: NO }),
      rule("unsure", { skip_entry: true }, { when: UNKNOWN }),
      rule("empty", {}),
    );
    expect(result.results).toEqual([
      { rule_id: "fires", fired: true, effect: "size × 0.9, stop × 1.5, adds ≤ 1" },
      { rule_id: "rests", fired: false, effect: "target × 0.9" },
      { rule_id: "unsure", fired: null, effect: "skip the entry" },
      { rule_id: "empty", fired: true, effect: "nothing" },
    ]);
    expect(result.skipped_by).toBeUndefined();
    expect(result.tp_mult).toBe(1);
  });

  test("apply only to the strategies they name, and not when disabled", () => {
    const result = weighed(
      rule("other", { size_mult: 0.5 }, { strategies: ["another"] }),
      rule("off", { size_mult: 0.5 }, { enabled: false }),
      rule("mine", { size_mult: 0.9 }, { strategies: ["lean"] }),
    );
    expect(result.results.map((one) => one.rule_id)).toEqual(["mine"]);
    expect(result.size_mult).toBe(0.9);
  });

  test("equal priorities keep the bundle's order", () => {
    const result = weighed(rule("b", {}), rule("a", {}));
    expect(result.results.map((one) => one.rule_id)).toEqual(["b", "a"]);
  });
});
