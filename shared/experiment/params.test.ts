/** Places in a bundle, found by id and put right; what leads nowhere or does not fit is told with its path. */
import { describe, expect, test } from "bun:test";
import { applyParams, tryParams } from "./params.ts";
import { bundle } from "./runs.fixture.ts";

describe("a param", () => {
  test("is put where its path leads: by id, by place, and into a field that had no value", () => {
    const next = applyParams(bundle, {
      "strategies.rsi-dip.position.break_even_roe": 0.08,
      "strategies.rsi-dip.position.add_roe": 0.5,
      "strategies.rsi-dip.long.allOf.1.v": 7,
      "rules.no-news.effect.size_mult": 0.75,
      "instruments.FUT:BTCUSDT.spread_bps_max": 9,
      "flags.risk.budget_usdt": "75",
    });
    expect(next.strategies[0]?.position).toEqual({ break_even_roe: 0.08, add_roe: 0.5 });
    expect(next.strategies[0]?.long).toEqual({
      allOf: [
        { f: "rsi_14_1m", op: "<", v: 30 },
        { f: "spread_bps", op: "<", v: 7 },
      ],
    });
    expect(next.rules[0]?.effect.size_mult).toBe(0.75);
    expect(next.instruments[0]?.spread_bps_max).toBe(9);
    expect(next.flags.risk.budget_usdt).toBe("75");
    expect(bundle.strategies[0]?.position).toEqual({ break_even_roe: 0.05 });
  });

  test("of a factor puts another in its place everywhere", () => {
    const next = applyParams(bundle, { "factors.rsi_14_1m": "rsi_7_1m" });
    expect(next.factors).toEqual(["rsi_7_1m", "atr_14_1m"]);
    expect(JSON.stringify(next)).not.toContain("rsi_14_1m");
    expect(next.strategies[0]?.triggers[0]).toMatchObject({ factor: "rsi_7_1m" });
    expect(applyParams(bundle, { "factors.atr_14_1m": "atr_7_1m" }).flags.sizing.atr).toBe("atr_7_1m");
  });

  test.each([
    ["strategies.nobody.position.break_even_roe", 1, "leads nowhere at strategies.nobody; there are rsi-dip"],
    ["strategies.rsi-dip.position.break_evn_roe", 1, "break_evn_roe"],
    ["strategies.rsi-dip.position.break_even_roe", -1, "Too small"],
    ["strategies.rsi-dip.position", 1, "is no single value"],
    ["strategies.rsi-dip.long.allOf.2.v", 1, "leads nowhere at strategies.rsi-dip.long.allOf.2; there are 0, 1"],
    ["strategies.rsi-dip.model.cutoffs.0.p_min", 0.6, "leads nowhere at strategies.rsi-dip.model"],
    ["factors.rsi_9_1m", "rsi_7_1m", "leads nowhere at factors.rsi_9_1m; there are rsi_14_1m, atr_14_1m"],
    ["factors.rsi_14_1m", 7, "takes the id of another factor"],
    ["flags.__proto__.polluted", 1, "is no path"],
    ["flags..x", 1, "is no path"],
  ])("%s = %p is refused, by its path", (path, value, words) => {
    const { next, errors } = tryParams(bundle, { [path]: value });
    expect(next).toBeUndefined();
    expect(errors[0]?.field).toBe(path);
    expect(errors[0]?.message).toContain(words);
    expect(() => applyParams(bundle, { [path]: value })).toThrow("does not fit the bundle");
  });
});
