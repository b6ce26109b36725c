import { describe, expect, test } from "bun:test";
import { beliefOf, pText } from "./belief.ts";
import { anExperiment, aResult, aSummary } from "./samples.ts";

const keysOf = (...given: Parameters<typeof beliefOf>) => beliefOf(...given).told.map(({ key }) => key);
const { significance } = aResult();
const backtest = anExperiment({ design: { ...anExperiment().design, method: "BACKTEST", params: [] } });

describe("how far a result can be believed", () => {
  test("a gain on unseen data that is no luck, sees no future and stands changes is strong", () => {
    const belief = beliefOf(anExperiment(), aResult());
    expect(belief.verdict).toBe("strong");
    expect(belief.told.map(({ key }) => key)).toEqual([
      ...(["belief.made", "belief.unseen", "belief.above", "belief.deflated", "belief.beats"] as const),
      ...(["belief.no_future", "belief.sturdy", "belief.problems", "belief.assumed"] as const),
    ]);
  });
  test("whoever sees the future is not believed at all, and whoever lost or never traded has nothing to show", () => {
    const future = aResult({ lookahead: { cuts: [], passed: false, differences: ["one"] } });
    const losing = aResult({ out_of_sample: { summary: aSummary({ net_usdt: "-1" }), curve: [] } });
    const { out_of_sample: _, ...inside } = aResult({ summary: aSummary({ net_usdt: "0", trades: 0 }) });
    const verdicts = [future, losing, inside].map((result) => beliefOf(anExperiment(), result).verdict);
    expect(verdicts).toEqual(["none", "loss", "loss"]);
    expect(keysOf(anExperiment(), future)).toContain("belief.future");
  });
  test("the benchmark is held against what counts, not against the time that was searched on", () => {
    const better = aResult({ out_of_sample: { summary: aSummary({ net_usdt: "300" }), curve: [] } });
    expect(keysOf(anExperiment(), better)).toContain("belief.below");
    const { out_of_sample: _, ...whole } = better;
    expect(keysOf(anExperiment(), whole)).toContain("belief.above");
  });
  test("the best of a search judged where it was chosen is weak at most, and said so", () => {
    const { out_of_sample: _, ...result } = aResult({ folds: [] });
    const grid = anExperiment({ design: { ...anExperiment().design, method: "GRID" } });
    expect(beliefOf(grid, result).verdict).toBe("weak");
    expect(keysOf(grid, result)).toContain("belief.searched");
    expect(keysOf(backtest, result)).toContain("belief.one_run");
  });
  test("each doubt alone is enough to be weak", () => {
    const doubts = [
      { significance: { ...significance, deflated_sharpe: 0.8 } },
      { significance: { ...significance, deflated_sharpe: null } },
      { significance: { ...significance, mann_whitney_p: 0.2 } },
      { sensitivity: [{ what: "fees" as const, change: "× 2", summary: aSummary({ net_usdt: "-3" }) }] },
      { out_of_sample: { summary: aSummary({ trades: 12 }), curve: [] } },
      { lookahead: undefined },
    ];
    for (const doubt of doubts) expect(beliefOf(anExperiment(), aResult(doubt)).verdict).toBe("weak");
  });
  test("of a loss it is not asked whether it was luck, or what would make it one", () => {
    const loss = aSummary({ net_usdt: "-20" });
    const doubtful = { ...significance, deflated_sharpe: 0.01 };
    const keys = keysOf(backtest, aResult({ summary: loss, out_of_sample: undefined, significance: doubtful }));
    expect(keys).toContain("belief.deflated");
    expect(keys.some((key) => /deflated_low|fragile|sturdy/.test(key))).toBe(false);
  });
  test("a p-value is told in three digits", () => {
    expect([0.0213, 0.00001, null].map(pText)).toEqual(["0.021", "< 0.001", "–"]);
  });
});
