/** The look-ahead check: what was decided with less of the future in sight must be the same. */
import { expect, test } from "bun:test";
import { cutsOf, lookaheadCheck, markOf } from "./lookahead.ts";

const mark = (ts: number, hash = `h${ts}`) => ({ ts, what: `decision at ${ts}`, hash });
const whole = [10, 20, 30, 40].map((ts) => mark(ts));

test("cuts lie within the window", () => {
  expect(cutsOf({ from: 0, to: 1_000 })).toEqual([250, 500, 800]);
});

test("passes where all before each cut is the same, whatever comes after it", () => {
  const cuts = [
    { ts: 25, decided: [mark(10), mark(20)] },
    { ts: 35, decided: [mark(10), mark(20), mark(30), mark(36, "forced out at the end")] },
  ];
  expect(lookaheadCheck(whole, cuts)).toEqual({
    ...{ passed: true, differences: [] },
    cuts: [
      { ts: 25, decisions: 2, same: true },
      { ts: 35, decisions: 3, same: true },
    ],
  });
});

test("fails where one is missing, added or says something else, and says which", () => {
  const missing = lookaheadCheck(whole, [{ ts: 35, decided: [mark(10), mark(30)] }]);
  expect(missing.passed).toBe(false);
  expect(missing.differences[0]).toContain("decision 2: decision at 20");
  expect(lookaheadCheck(whole, [{ ts: 25, decided: [mark(10), mark(20, "x")] }]).cuts[0]?.same).toBe(false);
  expect(lookaheadCheck(whole, [{ ts: 15, decided: [mark(10), mark(12)] }]).passed).toBe(false);
});

test("a decision is all that it says but how long it took", () => {
  const decision = {
    ...{ signal_id: "s", account: "main", strategy_id: "lean", instrument: "FUT:BTCUSDT", intents: [], rules: [] },
    ...{ guards: [], features: { a: 1 }, config_rev: 1, ts: 5 },
    decision: { action: "skip", size_mult: 1, tp_mult: 1, sl_mult: 1, reason: "spread" },
    model: { model_id: "m", hash: "h", p: 0.5, size_mult: 1, ms: 3 },
  } as const;
  const marked = markOf({ ...decision, intents: [], rules: [], guards: [] } as never);
  expect(marked).toMatchObject({ ts: 5, what: "lean FUT:BTCUSDT spread" });
  expect(markOf({ ...decision, latency_us: 9, model: { ...decision.model, ms: 8 } } as never)).toEqual(marked);
  expect(markOf({ ...decision, features: { a: 2 } } as never)).not.toEqual(marked);
});

test("cuts lie within what there is data of", () => {
  expect(cutsOf({ from: 0, to: 1_000 }, { from: 900, to: 1_200 })).toEqual([925, 950, 980]);
});
