import { describe, expect, test } from "bun:test";
import type { GuardrailVerdict } from "../../../../shared/domain/promotion.ts";
import { scaleOf, shareOfLimit } from "./guardrail-scale.ts";

const verdict = (of: Partial<GuardrailVerdict>): GuardrailVerdict => ({
  ...{ name: "drawdown", state: "OK", value: "10", limit: "25", sample: 30, sample_min: 20, detail: "" },
  ...of,
});

describe("how far a guardrail is from its limit", () => {
  test("what must stay below begins at nothing, with room beyond the limit", () => {
    expect(scaleOf(verdict({}))).toEqual({ from: 0, to: 32.5, zero: 0, limit: 25, isLeast: false });
    expect(scaleOf(verdict({ value: "50" })).to).toBe(50);
    expect(scaleOf(verdict({ value: null })).to).toBe(32.5);
  });
  test("a difference of returns may lie on both sides of zero", () => {
    const scale = scaleOf(verdict({ name: "pnl", value: -0.002, limit: -0.005 }));
    expect(scale.from).toBeCloseTo(-0.0065);
    expect(scale).toMatchObject({ to: -scale.from, limit: -0.005, isLeast: true });
  });
  test("the share of the limit that is used up", () => {
    expect(shareOfLimit(verdict({}))).toBe(0.4);
    expect(shareOfLimit(verdict({ name: "pnl", value: -0.002, limit: -0.005 }))).toBeCloseTo(0.4);
    expect(shareOfLimit(verdict({ name: "pnl", value: 0.01, limit: -0.005 }))).toBe(0);
    expect(shareOfLimit(verdict({ state: "NOT_ENOUGH" }))).toBeUndefined();
    expect(shareOfLimit(verdict({ value: null }))).toBeUndefined();
    expect(shareOfLimit(verdict({ name: "auc", value: 0.6, limit: 0.5 }))).toBeUndefined();
  });
});
