/** What promoting, rolling back and simulating ask for, and how what comes of it reads. */
import { expect, test } from "bun:test";
import type { Promotion } from "../../shared/domain/promotion.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import { bar } from "./bars.ts";
import { howOf } from "./config-promote.ts";
import { formerOf } from "./config-rollback.ts";
import { windowMs } from "./config-simulate.ts";
import { promotionLines } from "./promotion-summary.ts";
import { simulationLines } from "./simulation-summary.ts";

test("a promotion is asked for in the service's own words, with what its mode takes", () => {
  expect(howOf({ mode: "canary" })).toEqual({ mode: "CANARY", traffic_pct: 10, duration_h: 24 });
  expect(howOf({ mode: "canary", share: "25", hours: "48", afterwards: "full", note: "why" })).toEqual({
    ...{ mode: "CANARY", traffic_pct: 25, duration_h: 48, afterwards: "FULL", note: "why" },
  });
  expect(howOf({ mode: "ramp" })).toEqual({ mode: "RAMP", duration_h: 24 });
  expect(howOf({ mode: "full" })).toEqual({ mode: "FULL" });
  expect(() => howOf({ mode: "full", hours: "3" })).toThrow("--hours is of a canary or a ramp");
  expect(() => howOf({ mode: "ramp", share: "3" })).toThrow("leave --share out");
  expect(() => howOf({ mode: "canary", share: "60" })).toThrow("from 1 to 50");
  expect(() => howOf({ mode: "canary", afterwards: "later" })).toThrow("--then is one of hold, ramp, full");
});

test("what comes back is the newest that stood and says something else", () => {
  const row = (rev: number, status: string, hash: string) => ({ bundle_id: "mine", rev, status, hash }) as never;
  const active = { bundle_id: "mine", rev: 5, hash: "a" };
  const rows = [
    row(6, "DRAFT", "f"),
    row(5, "ACTIVE", "a"),
    row(4, "ROLLED_BACK", "b"),
    row(3, "RETIRED", "a"),
    row(2, "RETIRED", "c"),
  ];
  expect(formerOf(active, rows)).toMatchObject({ rev: 2 });
  expect(formerOf(active, rows.slice(0, 4))).toBeUndefined();
});

test("a window is minutes, hours or days", () => {
  expect([windowMs("90m"), windowMs("24h"), windowMs("7d")]).toEqual([5_400_000, 86_400_000, 604_800_000]);
  for (const text of ["", "24", "h", "-1h", "0h", "1w"]) expect(() => windowMs(text)).toThrow("--window is");
});

test("bars grow with their share, and show the least that is not nothing", () => {
  expect([bar(0, 8), bar(0.001, 8), bar(0.5, 8), bar(1, 8), bar(2, 8), bar(Number.NaN, 8)]).toEqual([
    ...["", "▏", "████", "████████", "████████", ""],
  ]);
  const lengths = Array.from({ length: 101 }, (_, i) => bar(i / 100, 10).length);
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
});

const plain = (lines: string[]): string => lines.join("\n");

test("a simulation reads by counts, effects and gates", () => {
  const simulation: Simulation = {
    ...{ sim_id: "sim-1", bundle_id: "mine", rev: 3, hash: "h", active_rev: 2, active_hash: "g", status: "DONE" },
    ...{ progress: 1, author: "ann", created_at: 0 },
    request: {
      bundle_id: "mine",
      active_rev_ref: "CURRENT",
      method: "LABELS",
      window: { from_ts: 0, to_ts: 1 },
      horizons: ["12h"],
    },
    summary: {
      ...{
        signals: 1_000,
        not_weighed: 4,
        unweighable: [{ reason: "factor_not_kept", signals: 4 }],
        wanted: 300,
        both_open: 200,
        only_active: 10,
        only_candidate: 40,
        neither: 750,
      },
      ...{ changed: 50, changed_share: 0.05, similarity: 0.8, skipped_by_rules_share: 0.2, sized_up_share: 0.1 },
      rules: [{ rule_id: "calm", active: 3, candidate: 30 }],
      strategies: [],
      reasons: [{ reason: "open", active: 210, candidate: 240 }],
    },
    approx_effect: [
      {
        ...{ horizon: "12h", labelled: 80, unlabelled: 2, active_usdt: 10, candidate_usdt: 7.5, difference_usdt: -2.5 },
        interval_usdt: [-4, 1],
      },
    ],
    bounds_guard: [{ name: "dry_run", state: "FAILED", value: 0.7, limit: 0.6, detail: "70 % skipped" }],
  };
  const text = plain(simulationLines(simulation));
  expect(text).toContain("1,000 weighed, 4 could not be: factor not kept 4");
  expect(text).toMatch(/calm +3 → 30 +█{24}/);
  expect(text).toContain("+10.00 → +7.50: −2.50 USDT");
  expect(text).toContain("dry_run    failed  70 % skipped");
  expect(text).not.toContain("Not opened");
  expect(plain(simulationLines({ ...simulation, status: "FAILED", error: "no data" }))).toContain("no data");
});

test("a promotion reads by its arms, guardrails, services and story", () => {
  const arm = (rev: number, pnl_usdt: string) => ({
    ...{ rev, signals: 50, decisions: 50, opened: 5, entries: 5, rejected: 1, reject_rate: 0.2, trades_closed: 4 },
    ...{ trades_open: 1, pnl_usdt, roe_mean: null, drawdown_usdt: "3", labels: 0, auc: null, brier: null, curve: [] },
  });
  const promotion: Promotion = {
    ...{
      promotion_id: "p1",
      mode: "CANARY",
      status: "ACTIVE",
      bundle_id: "mine",
      from_rev: 2,
      to_rev: 3,
      rev: 3,
      hash: "h",
    },
    ...{
      traffic_pct: 10,
      duration_h: 24,
      afterwards: "FULL",
      author: "ann",
      gates: [],
      created_at: 0,
      until: 7_200_000,
    },
    guardrails: [
      { name: "drawdown", state: "OK", value: "3", limit: "25", sample: 20, sample_min: 20, detail: "fell 3" },
      { name: "auc", state: "NOT_ENOUGH", value: null, limit: 0.5, sample: 2, sample_min: 300, detail: "few" },
    ],
    ...{ stable: arm(2, "1.5"), canary: arm(3, "-2") },
    services: [
      { service: "s03", replica: "1", rev: 2, state: "HAS" },
      { service: "s04", replica: "1", rev: 1, state: "REFUSED", error: "no such factor" },
    ],
    timeline: [{ ts: 0, what: "GATES_PASSED", detail: "all of them" }],
  };
  const text = plain(promotionLines(promotion, 3_600_000));
  expect(text).toContain("1 h 0 min left, then full");
  expect(text).toMatch(/net USDT +\+1\.50 +−2\.00/);
  expect(text).toMatch(/drawdown +3 of 25 ██/);
  expect(text).toContain("2 of 300 to judge it");
  expect(text).toContain("s04 1: refused, no such factor");
  expect(text).toContain("gates passed   all of them");
  const watched: Promotion = {
    ...{ ...promotion, mode: "FULL", status: "DONE" },
    watch: { hours: 24, state: "WATCHING", until: 7_200_000 },
    realised: { since: 0, trades_closed: 12, pnl_usdt: "-3.5", drawdown_usdt: "4", curve: [] },
  };
  const told = plain(promotionLines(watched, 3_600_000));
  expect(told).toMatch(/Watch +1 h 0 min left/);
  expect(told).toMatch(/before 2 +revision 3/);
  expect(told).toContain("−3.50 USDT net in 12 closed trades through all its steps, drawdown 4.00 USDT");
  const stood = promotionLines({ ...watched, watch: { hours: 24, state: "STOOD", until: 1 } }, 3_600_000);
  expect(plain(stood)).toMatch(/Watch +.*stood/);
  const over = promotionLines({ ...promotion, status: "ABORTED" }, 3_600_000);
  expect(over.join("\n")).not.toContain("Until");
});
