import { expect, test } from "bun:test";
import type { Significance } from "../../domain/experiment.ts";
import { money, percent } from "../figures.ts";
import { madeExperiment } from "./facts.fixture.ts";
import type { ExperimentFacts } from "./facts.ts";
import { experimentPage } from "./page.ts";
import { significanceWords } from "./words.ts";

const IMPRINT = { version: "1", git_commit: "abc", made_at: Date.UTC(2026, 0, 1) };
const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'&amp;\u202e\ud800`;
const FACTS = madeExperiment();

function poisoned(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => poisoned(each, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [name === "params" ? `${key}${HOSTILE}` : key, poisoned(each, key)]),
    );
  }
  const isWord = /^(role|method|status|objective|form|path|source|on_problem|kind|scale|what)$/.test(name);
  return typeof value !== "string" || isWord || /^-?\d+(\.\d+)?$/.test(value) ? value : `${value}${HOSTILE}`;
}

test("whatever a design or its trials say, the page has no tag that is not the report's own, and needs nothing", () => {
  const plain = experimentPage(FACTS, IMPRINT);
  const page = experimentPage(poisoned(FACTS) as ExperimentFacts, { ...IMPRINT, version: HOSTILE });
  const tags = (text: string) => [...new Set(text.match(/<[a-z]+/g))].sort();
  expect(tags(page)).toEqual(tags(plain));
  expect(page.replaceAll(/<\/?[a-z]+\d?(?:\s[a-z0-9:-]+="[^"]*")*\/?>|<!doctype html>/gi, "")).not.toContain("<");
  expect(page.split("&lt;script&gt;").length).toBeGreaterThan(20);
  expect(plain).not.toMatch(/https?:\/\/|url\(|@import|<link|<script| on[a-z]+=|src=|NaN|Infinity|undefined/);
  expect(experimentPage(structuredClone(FACTS), IMPRINT)).toBe(plain);
});

test("figures, windows, checks and the map are the result's", () => {
  const page = experimentPage(FACTS, IMPRINT);
  const { summary, out_of_sample, benchmark, folds, sensitivity, hash } = FACTS.experiment.result;
  const said = [
    ...[summary, out_of_sample!.summary, benchmark!.summary].map(({ net_usdt }) => money(net_usdt, 2, true)),
    ...folds.map((fold) => percent(fold.out_of_sample.total_return, 2, true)),
    ...sensitivity.map((row) => money(row.summary.net_usdt, 2, true)),
    ...[hash, "a gain in 3 of 4 windows", "It loses with slippage + 2 bps", "does not see the future", "1 failed"],
  ];
  for (const words of said) expect([words, page.includes(words)]).toEqual([words, true]);
  expect(page.match(/<g class="heat">/g)?.length).toBe(6 * 7);
  expect(page.match(/ chosen"/g)?.length).toBe(1);
});

test("an experiment that failed, or was not searched, has a page too", () => {
  const { result: _, ...experiment } = FACTS.experiment;
  const page = experimentPage(
    { experiment: { ...experiment, status: "FAILED", message: "no data" }, trials: [] },
    IMPRINT,
  );
  expect(page).toContain("FAILED: no data");
  const bare = { ...FACTS.experiment.result, folds: [], sensitivity: [], params: {}, curve: [] };
  const { out_of_sample: _o, benchmark: _b, lookahead: _l, ...alone } = bare;
  expect(experimentPage({ experiment: { ...experiment, result: alone }, trials: [] }, IMPRINT)).not.toMatch(
    /NaN|undefined/,
  );
});

test("significance in words says what it is worth", () => {
  const sure: Significance = {
    ...{ trials: 10, periods: 500, sharpe: 2.2, deflated_sharpe: 0.98, mann_whitney_p: 0.0004, p_value: 0.02 },
    ...{ mean_return: { low: 0.0002, high: 0.0009, confidence: 0.95 }, sharpe_interval: null, notes: [] },
  };
  expect(significanceWords(sure)).toEqual([
    "Its Sharpe ratio is 2.20; the probability that the true one is above zero, 10 tries taken into account (deflated Sharpe ratio), is 98.0 %, which is convincing.",
    "Its 500 returns are better than the benchmark's (Mann-Whitney, p below 0.001).",
    "With 95 % confidence the mean return of a period lies between +0.0200 % and +0.0900 %, all above zero.",
  ]);
});
