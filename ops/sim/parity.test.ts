import { describe, expect, test } from "bun:test";
import type { Decision, Signal } from "../../shared/domain/decision.ts";
import { parityOf, type Seen } from "./parity.ts";

const AT = Date.UTC(2026, 2, 5, 12);

const signal = (over: Partial<Signal["features"]> = {}, kind: "bar" | "cross" = "bar"): Signal => ({
  ...{ signal_id: "a", account: "main", strategy_id: "bars", instrument: "FUT:BTCUSDT", ts: AT + 7, config_rev: 1 },
  trigger: { kind, what: "1s", exch_ts: AT },
  features: {
    ...{ instrument: "FUT:BTCUSDT", ts: AT + 7, exch_ts: AT + 2, stale: false, quality: [], config_rev: 1 },
    values: { mid: 100, obi_5: null },
    ...over,
  },
});
const decision = (action: Partial<Decision["decision"]> = {}, health = "GREEN"): Decision => ({
  ...{ signal_id: "a", account: "main", strategy_id: "bars", instrument: "FUT:BTCUSDT", ts: AT + 9, config_rev: 1 },
  decision: { action: "skip", size_mult: 1, tp_mult: 1, sl_mult: 1, reason: "no_entry", ...action },
  guards: [{ name: "health", passed: true, value: health, limit: "ORANGE" }],
  ...{ intents: [], rules: [], features: {} },
});
const seen = (signals: Signal[], decisions: Decision[] = []): Seen => ({ signals, decisions });

describe("two runs", () => {
  test("agree when the market's moments, features and decisions are the same, whatever our clocks say", () => {
    const later = { ...signal({ ts: AT + 900 }), ts: AT + 900 };
    const parity = parityOf(seen([signal()], [decision()]), seen([later], [{ ...decision(), ts: AT + 950 }]));
    expect(parity).toEqual({ signals: 1, decisions: 1, opened: 0, account: 0, differences: [] });
  });

  const name = "bars FUT:BTCUSDT 1s 2026-03-05T12:00:00.000Z";
  const differing: [string, Seen, string[]][] = [
    ["a bar that closed in one only", seen([]), [`${name}: only in the first`]],
    ["another value of a factor", seen([signal({ values: { mid: 100.5, obi_5: null } })]), [`${name}: mid 100, 100.5`]],
    ["a factor that is missing", seen([signal({ values: { mid: 100 } })]), [`${name}: obi_5 null, undefined`]],
    ["another quote", seen([signal({ bid: "99.9" })]), [`${name}: bid undefined, 99.9`]],
  ];
  for (const [what, other, differences] of differing) {
    test(`differ by ${what}`, () => expect(parityOf(seen([signal()]), other).differences).toEqual(differences));
  }

  test("differ by another reason of a decision, and by one that only one has made", () => {
    const first = seen([signal()], [decision()]);
    const open = decision({ action: "open", reason: "open" });
    expect(parityOf(first, seen([signal()], [open])).differences).toEqual([
      `${name}: action skip, open`,
      `${name}: reason no_entry, open`,
    ]);
    expect(parityOf(first, seen([signal()])).differences).toEqual([`${name}: decided only in the first`]);
  });

  test("are not held to what the account or the machine ended, nor to sizes under another health", () => {
    const first = seen([signal()], [decision()]);
    for (const other of [decision({ reason: "position_open" }), decision({ size_mult: 0.8 }, "YELLOW")]) {
      expect(parityOf(first, seen([signal()], [other]))).toMatchObject({ decisions: 0, account: 1, differences: [] });
    }
  });

  test("are compared at the closes of bars only", () => {
    expect(parityOf(seen([signal({}, "cross")]), seen([]))).toMatchObject({ signals: 0, differences: [] });
  });
});
