/** Experiments as question and answer: what is asked, what is found, and that only the answers decide. */
import { describe, expect, test } from "bun:test";
import type { ParamSet } from "../domain/experiment.ts";
import { checkDesign } from "./check-design.ts";
import { type Ask, experimentOf, type Found, type PriorTrials } from "./experiment.ts";
import { DAY, designOf, HOUR, type Landscape, outcomeOf, START } from "./runs.fixture.ts";
import type { TrialOutcome, TrialRequest } from "./trial-request.ts";

const ROE = "strategies.rsi-dip.position.break_even_roe";
const params = [{ path: ROE, values: [0.01, 0.02, 0.03, 0.04, 0.05] }];
const at = (set: ParamSet) => Number(set[ROE] ?? 0.05);
/** Best at 0.03, by much. */
const peak: Landscape = (set) => 0.004 - 0.4 * Math.abs(at(set) - 0.03);

function play(
  change: object,
  { landscape = peak, prior, fail }: Play = {},
): { found: Found; asks: Ask[]; requests: TrialRequest[] } {
  const course = experimentOf(checkDesign(designOf(change)), { prior, resamples: 50 });
  const asks: Ask[] = [];
  let next = course.next();
  while (!next.done) {
    asks.push(next.value);
    next = course.next(next.value.requests.map((request) => fail?.(request) ?? outcomeOf(request, landscape)));
  }
  return { found: next.value, asks, requests: asks.flatMap(({ requests }) => requests) };
}
interface Play {
  landscape?: Landscape;
  prior?: PriorTrials;
  fail?(request: TrialRequest): TrialOutcome | undefined;
}
const roles = (requests: readonly TrialRequest[]) => {
  const counts: Record<string, number> = {};
  for (const { role } of requests) counts[role] = (counts[role] ?? 0) + 1;
  return counts;
};

describe("an experiment", () => {
  test("that is a backtest runs once, with its checks", () => {
    const { found, requests, asks } = play({});
    expect(roles(requests)).toEqual({ best: 1, check: 13 });
    expect(requests.map(({ trial }) => trial)).toEqual(requests.map((_, i) => i));
    expect(asks.at(-1)?.total).toBe(14);
    expect(found).toMatchObject({ params: {}, folds: [], lookahead: { passed: true }, assumed: ["made up"] });
    expect(found.out_of_sample).toBeUndefined();
    expect(found.benchmark).toBeUndefined();
    expect(found.sensitivity.map(({ what, change }) => `${what} ${change}`)).toEqual([
      ...["fees ×0", "fees ×0.5", "fees ×1.5", "fees ×2", "latency ×0", "latency ×2", "latency ×5"],
      ...["slippage +0.5 bps", "slippage +1 bps", "slippage +2 bps"],
    ]);
    const fees = found.sensitivity.slice(0, 4).map(({ summary }) => Number(summary.net_usdt));
    expect(fees).toEqual(fees.toSorted((a, b) => b - a));
    expect(found.significance).toMatchObject({ trials: 1, notes: ["The benchmark would be the run itself."] });
  });

  test("by grid finds the best, counts all that it tried and compares with the bundle unchanged", () => {
    const { found, requests } = play({ method: "GRID", params, benchmark: "unchanged" });
    expect(roles(requests)).toEqual({ search: 5, best: 1, benchmark: 1, check: 13 });
    expect(found.params).toEqual({ [ROE]: 0.03 });
    expect(found.benchmark?.what).toBe("the bundle unchanged");
    expect(found.significance.trials).toBe(5);
    expect(found.significance.mann_whitney_p).not.toBeNull();
    expect(found.significance.notes[0]).toContain("walk-forward would say more");
  });

  test.each(["RANDOM", "GENETIC"] as const)("by %s repeats itself", (method) => {
    const range = [{ path: ROE, min: 0.01, max: 0.1 }];
    const search = { trials_max: 40, population: 10, trades_min: 0 };
    const { found, requests } = play({ method, params: range, search, checks: false });
    expect(requests.filter(({ role }) => role === "search")).toHaveLength(40);
    expect(at(found.params)).toBeWithin(0.025, 0.035);
    expect(play({ method, params: range, search, checks: false }).found).toEqual(found);
    expect(found.lookahead).toBeUndefined();
  });

  test("that walks forward searches each window by itself and is judged on what followed", () => {
    const { found, requests, asks } = play({ method: "WALK_FORWARD", params, folds: { count: 4 }, benchmark: "hold" });
    expect(roles(requests)).toEqual({ train: 20, test: 4, best: 1, benchmark: 1, check: 13 });
    for (const { fold, role, windows } of requests) {
      if (role === "train") expect(windows[0]!.to).toBeLessThanOrEqual(found.folds[fold!]!.test.from);
    }
    expect(found.folds.map((each) => each.params)).toEqual(new Array(4).fill({ [ROE]: 0.03 }));
    const nets = found.folds.map((each) => Number(each.out_of_sample.net_usdt));
    expect(Number(found.out_of_sample?.summary.net_usdt)).toBeCloseTo(
      nets.reduce((a, b) => a + b, 0),
      4,
    );
    expect(requests.find(({ role }) => role === "benchmark")).toMatchObject({
      subject: "hold",
      windows: found.folds.map(({ test: window }) => window),
    });
    expect(found.significance.trials).toBe(1);
    expect(asks.map(({ total }) => total)).toEqual(new Array(asks.length).fill(39));
  });

  test("by purged folds trains on both sides of each test", () => {
    const folds = { count: 5, embargo_ms: HOUR };
    const { found, requests } = play({ method: "PURGED_KFOLD", params, folds, checks: false });
    const middle = requests.find(({ role, fold }) => role === "train" && fold === 2)!;
    expect(middle.windows).toHaveLength(2);
    expect(found.out_of_sample?.summary).toMatchObject({ from_ts: START, to_ts: START + 100 * DAY });
    expect(found.params).toEqual({ [ROE]: 0.03 });
  });

  test("whose search finds nothing stays with the bundle as it was given, and says so", () => {
    const fail = ({ role }: TrialRequest): TrialOutcome | undefined =>
      role === "search" ? { status: "FAILED", message: "broken" } : undefined;
    const { found } = play({ method: "GRID", params, checks: false }, { fail });
    expect(found.params).toEqual({});
    expect(found.significance.notes[0]).toContain("found nothing");
  });

  test("that needs a run which fails ends with why", () => {
    const fail = ({ role }: TrialRequest): TrialOutcome | undefined =>
      role === "best" ? { status: "FAILED", message: "no such factor" } : undefined;
    expect(() => play({}, { fail })).toThrow("A run that the result needs has failed: no such factor");
  });

  test("counts what was tried for its hypothesis before", () => {
    const alone = play({ method: "GRID", params, checks: false }).found.significance;
    const after = play({ method: "GRID", params, checks: false }, { prior: { count: 200, sharpes: [] } }).found
      .significance;
    expect(after.trials).toBe(205);
    expect(after.deflated_sharpe!).toBeLessThan(alone.deflated_sharpe!);
  });
});
