import { expect, test } from "bun:test";
import { summaryOf } from "../words.ts";
import { FACTS } from "./facts.fixture.ts";
import { reportPage } from "./report-page.ts";

const IMPRINT = { version: "1", git_commit: "abc", report_id: "r", facts_hash: "f" };
const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'&amp;\u202e\ud800`;

/** Every text within, ids and reasons and names, made hostile; what must be a figure or a word of a list stays. */
function poisoned(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => poisoned(each, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [name === "values" ? `${key}${HOSTILE}` : key, poisoned(each, key)]),
    );
  }
  if (typeof value !== "string" || /^-?\d/.test(value) || /^(side|state|kind|change|what)$/.test(name)) return value;
  return `${value}${HOSTILE}`;
}

test("whatever anybody wrote into a trade, its page has no tag that is not the report's own", () => {
  const plain = reportPage(FACTS, IMPRINT);
  const page = reportPage(poisoned(FACTS) as typeof FACTS, { ...IMPRINT, git_commit: HOSTILE });
  const tags = (text: string) => new Set(text.match(/<[a-z]+/g));
  expect([...tags(page)].sort()).toEqual([...tags(plain)].sort());
  expect([...tags(page)]).not.toContain("<script");
  expect([...tags(page)]).not.toContain("<img");
  // Without the tags that are whole, no angle is left over: nothing broke out of an attribute.
  const attributes = (text: string) => new Set(text.match(/\s[a-z:-]+="/gi));
  expect([...attributes(page)].sort()).toEqual([...attributes(plain)].sort());
  expect(page.replaceAll(/<\/?[a-z]+\d?(?:\s[a-z0-9:-]+="[^"]*")*\/?>|<!doctype html>/gi, "")).not.toContain("<");
  expect(page).not.toContain("\u202e");
  expect(page.split("&lt;script&gt;").length).toBeGreaterThan(30);
  expect(page.isWellFormed()).toBe(true);
});

test("the same facts make the same text, with a policy for when it is opened from a disk", () => {
  const page = reportPage(FACTS, IMPRINT);
  expect(reportPage(structuredClone(FACTS), IMPRINT)).toBe(page);
  expect(page).toContain(`http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;`);
  expect(page).not.toMatch(/https?:\/\//);
});

test("it says in words what happened, and why", () => {
  const page = reportPage(FACTS, IMPRINT);
  for (const words of ["obi_5 above 0.6", "because quotes leaned", "calm-down", "kill_switch", "Left alone"]) {
    expect([words, page.includes(words)]).toEqual([words, true]);
  }
  expect(summaryOf(FACTS)).toBe(
    "Long FUT:BTCUSDT by lean, ended by its take-profit after 3 min 0 s: +27.00 USDT net (+27.00 % of margin); costs 3.00 USDT, 10 % of the gross result.",
  );
});

test("a trade by hand of which little is known has a page too", () => {
  const { signal: _s, decision: _d, curve: _c, ...rest } = FACTS;
  const { signal_id: _id, ...trade } = FACTS.trade;
  const bare = { ...rest, trade, fills: [], orders: [], slippage: [], roe: [], what_ifs: [], payments: [] };
  const page = reportPage({ ...bare, path: { ...bare.path, bars: [] } }, IMPRINT);
  expect(page).toContain("somebody wanted it so");
  expect(page).not.toContain("NaN");
  expect(page).not.toContain("Infinity");
});
