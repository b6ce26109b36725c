import { expect, test } from "bun:test";
import { performanceOf } from "../../trading/stats/performance.ts";
import { money, percent } from "../figures.ts";
import { madeFacts } from "./facts.fixture.ts";
import type { BacktestFacts } from "./facts.ts";
import { backtestPage } from "./page.ts";

const IMPRINT = { version: "1", git_commit: "abc", made_at: Date.UTC(2026, 0, 1) };
const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'&amp;\u202e\ud800`;
const FACTS = madeFacts({ days: 40 });

/** Ids, names, sources and reasons made hostile; figures and words of a list stay. */
function poisoned(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => poisoned(each, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [name === "skip" ? `${key}${HOSTILE}` : key, poisoned(each, key)]),
    );
  }
  if (typeof value !== "string" || /^-?\d+(\.\d+)?$/.test(value) || /^(side|kind|form|path)$/.test(name)) return value;
  return `${value}${HOSTILE}`;
}

test("whatever stands in a bundle, its data or its trades, the page has no tag that is not the report's own", () => {
  const problems = { count: 2, first: [{ source: "file", line: 7, problem: "no price" }] };
  const facts = { ...FACTS, data: { ...FACTS.data, problems } };
  const plain = backtestPage(facts, IMPRINT);
  const page = backtestPage(poisoned(facts) as BacktestFacts, { ...IMPRINT, git_commit: HOSTILE });
  const tags = (text: string) => [...new Set(text.match(/<[a-z]+/g))].sort();
  expect(tags(page)).toEqual(tags(plain));
  expect(tags(page)).not.toContain("<script");
  expect(page.replaceAll(/<\/?[a-z]+\d?(?:\s[a-z0-9:-]+="[^"]*")*\/?>|<!doctype html>/gi, "")).not.toContain("<");
  expect(page.split("&lt;script&gt;").length).toBeGreaterThan(30);
  expect(page).not.toContain("\u202e");
  expect(page.isWellFormed()).toBe(true);
});

test("it needs nothing from outside, runs nothing, and is the same for the same facts", () => {
  const page = backtestPage(FACTS, IMPRINT);
  expect(backtestPage(structuredClone(FACTS), IMPRINT)).toBe(page);
  expect(page).toContain(`http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;`);
  expect(page).not.toMatch(/https?:\/\/|url\(|@import|<link|<script| on[a-z]+=|src=/);
});

test("its figures are the result's", () => {
  const page = backtestPage(FACTS, IMPRINT);
  const { performance: p, costs, decisions } = FACTS.result;
  const said = [
    ...[money(p.net_usdt, 2, true), percent(p.total_return, 2, true), money(costs.fees_usdt), money(p.end_usdt)],
    ...[percent(p.deepest_drawdown?.depth ?? 0, 2), money(costs.notional_usdt, 0), String(decisions.open)],
    ...[...Object.keys(decisions.skip), FACTS.bundle.hash, FACTS.result.hash, ...FACTS.result.assumed],
  ];
  for (const words of said) expect([words, page.includes(words)]).toEqual([words, true]);
  expect(page.match(/class="way (up|down)"/g)?.length).toBe(FACTS.result.trades.length);
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});

test("a backtest that did nothing has a page that says so", () => {
  const equity = FACTS.result.equity.slice(0, 3).map(({ ts }) => ({ ts, equity_usdt: "10000" }));
  const result = {
    ...{ ...FACTS.result, equity, trades: [], fills: [], performance: performanceOf(equity, []) },
    ...{ to_ts: equity[2]!.ts, decisions: { open: 0, skip: { no_atr: 4 } }, signals: 4 },
    costs: { fees_usdt: "0", funding_usdt: "0", slippage_usdt: "0", notional_usdt: "0", maker_share: null },
  };
  const page = backtestPage({ ...FACTS, result, prices: [] }, IMPRINT);
  expect(page).toContain(
    "No trade was closed: of 4 signals 0 led to an entry, most often because of no_atr (4 times).",
  );
  expect(page).toContain("too short for a Sharpe ratio");
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});
