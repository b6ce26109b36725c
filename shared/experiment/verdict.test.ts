/** Verdicts over a family: confirmed are those that stay below the rate after all of them were counted. */
import { expect, test } from "bun:test";
import type { Hypothesis } from "../domain/experiment.ts";
import { designOf } from "./runs.fixture.ts";
import { judgedFamily } from "./verdict.ts";

const hypothesis = (id: string, change: Partial<Hypothesis>): Hypothesis => ({
  ...{ hypothesis_id: id, title: id, statement: id, family: "f", design: designOf(), p_value: null, adjusted_p: null },
  ...{ status: "UNDECIDED", trials: 1, experiments: [], author: "ann", created_at: 0, updated_at: 0 },
  ...{ net_usdt: "10", lookahead_passed: true },
  ...change,
});
const statuses = (...family: Hypothesis[]) =>
  judgedFamily(family).map(({ status, adjusted_p }) => [status, adjusted_p]);

test("one alone is judged by its own p-value", () => {
  expect(statuses(hypothesis("a", { p_value: 0.04 }))).toEqual([["CONFIRMED", 0.04]]);
  expect(statuses(hypothesis("a", { p_value: 0.06 }))).toEqual([["REFUTED", 0.06]]);
});

test("with others it is adjusted, and one that was confirmed may not stay so", () => {
  const a = hypothesis("a", { p_value: 0.04, status: "CONFIRMED" });
  expect(statuses(a, hypothesis("b", { p_value: 0.8 }))).toEqual([
    ["REFUTED", 0.08],
    ["REFUTED", 0.8],
  ]);
});

test("losses and sight of the future confirm nothing; without a check nothing is decided", () => {
  expect(statuses(hypothesis("a", { p_value: 0.001, net_usdt: "-1" }))).toMatchObject([["REFUTED", 0.001]]);
  expect(statuses(hypothesis("a", { p_value: 0.001, lookahead_passed: false }))).toMatchObject([["REFUTED", 0.001]]);
  const { lookahead_passed: _unchecked, ...rest } = hypothesis("a", { p_value: 0.001 });
  expect(statuses(rest)).toMatchObject([["UNDECIDED", 0.001]]);
});

test("those that were never tested, or had too little data, do not count", () => {
  const family = [hypothesis("a", { p_value: 0.03 }), hypothesis("b", { status: "OPEN" }), hypothesis("c", {})];
  expect(statuses(...family)).toEqual([
    ["CONFIRMED", 0.03],
    ["OPEN", null],
    ["UNDECIDED", null],
  ]);
});
