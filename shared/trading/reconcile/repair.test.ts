import { describe, expect, test } from "bun:test";
import { causeOf, type Evidence, strangerOf, typeOf } from "./cause.ts";
import type { Difference } from "./difference.ts";
import { decideRepair, rankOf, type Surroundings } from "./repair.ts";

const around = (over: Partial<Surroundings> = {}): Surroundings => ({
  policy: "CONSERVATIVE",
  tag: "chim",
  isPositionOpen: false,
  ...over,
});
const order = (kind: Difference["kind"], ref: string, over: Difference["order"]): Difference => ({
  ...{ kind, ref, instrument: "FUT:BTCUSDT", ours: "x", theirs: "y" },
  ...(over && { order: over }),
});
const qty = (ours: string, theirs: string, kind: Difference["kind"] = "POSITION_DIFFERS"): Difference => ({
  ...{ kind, ref: "FUT:BTCUSDT", instrument: "FUT:BTCUSDT", ours, theirs },
});
const plain = { conditional: false, reduce_only: false };
const stop = { conditional: true, reduce_only: true };

describe("what is done about a difference", () => {
  const rows: [string, Difference, Partial<Surroundings>, string][] = [
    ["ours, gone there", order("ORDER_GONE_THERE", "chim-1", plain), {}, "RESYNC"],
    ["ours by its tag, unknown here", order("ORDER_MISSING_HERE", "chim-9", plain), {}, "ADOPT"],
    ["a person's order", order("ORDER_MISSING_HERE", "web_x", plain), {}, "CANCEL"],
    [
      "a person's stop beside an open question",
      order("ORDER_MISSING_HERE", "web_x", stop),
      { isPositionOpen: true },
      "NONE",
    ],
    [
      "a person's entry beside an open question",
      order("ORDER_MISSING_HERE", "web_x", plain),
      { isPositionOpen: true },
      "CANCEL",
    ],
    ["the exchange's own", order("ORDER_MISSING_HERE", "autoclose-1", plain), {}, "NONE"],
    ["traded more there", order("ORDER_DIFFERS", "chim-1", { ...plain, why: "FILLS" }), {}, "RESYNC"],
    ["amended by somebody", order("ORDER_DIFFERS", "chim-1", { ...plain, why: "TERMS" }), {}, "CANCEL"],
    ["ended here, open there", order("ORDER_DIFFERS", "chim-1", { ...plain, why: "ENDED" }), {}, "CANCEL"],
    ["a position nobody knows", qty("0", "0.1"), {}, "CLOSE"],
    ["the same, to be kept where it is safe", qty("0", "0.1"), { policy: "RECLAIM_IF_SAFE" }, "KEEP"],
    ["larger than ours, short", qty("-0.1", "-0.2"), {}, "CLOSE"],
    ["turned round", qty("0.2", "-0.1"), {}, "CLOSE"],
    ["larger by our own fills", qty("0.1", "0.2"), { cause: "MISSED_FILLS" }, "BOOK"],
    ["reduced by a person", qty("0.2", "0.1"), { cause: "MANUAL_TRADE" }, "BOOK"],
    ["liquidated", qty("0.2", "0"), { cause: "LIQUIDATION" }, "BOOK"],
    ["sold by hand", qty("0.2", "0.1", "HOLDING_DIFFERS"), {}, "BOOK"],
    ["a trade without one of its fills", qty("0.2", "0.1", "TRADE_DIFFERS"), {}, "REBUILD"],
  ];
  for (const [name, difference, over, action] of rows) {
    test(`${name}: ${action}`, () => expect(decideRepair(difference, around(over)).action as string).toBe(action));
  }
});

test("orphans are kept only where the policy says so, whatever else is booked", () => {
  const asked = (over: Partial<Surroundings>) => decideRepair(qty("0.2", "0.1"), around(over));
  expect(asked({})).toMatchObject({ orphans: "CLOSE" });
  expect(asked({ policy: "RECLAIM_IF_SAFE" })).toMatchObject({ orphans: "KEEP" });
});

test("what could add risk goes before positions are settled, what protects goes after, trades come last", () => {
  const differences = [
    qty("1", "2", "TRADE_DIFFERS"),
    order("ORDER_MISSING_HERE", "web_stop", stop),
    qty("1", "2"),
    order("ORDER_MISSING_HERE", "web_entry", plain),
    order("ORDER_GONE_THERE", "chim-1", plain),
  ];
  const ranked = differences
    .map((each) => ({ ref: `${each.kind} ${each.ref}`, rank: rankOf(each, decideRepair(each, around())) }))
    .toSorted((a, b) => a.rank - b.rank);
  expect(ranked.map((each) => each.ref)).toEqual([
    "ORDER_GONE_THERE chim-1",
    "ORDER_MISSING_HERE web_entry",
    "POSITION_DIFFERS FUT:BTCUSDT",
    "ORDER_MISSING_HERE web_stop",
    "TRADE_DIFFERS FUT:BTCUSDT",
  ]);
});

describe("whose doing it was", () => {
  const ids: [string, string | undefined][] = [
    ["chim-abc", undefined],
    ["autoclose-123", "LIQUIDATION"],
    ["adl_autoclose", "AUTO_DELEVERAGING"],
    ["web_abc", "MANUAL_TRADE"],
    ["othr-abc", "MANUAL_TRADE"],
  ];
  for (const [id, stranger] of ids) test(id, () => expect(strangerOf(id, "chim") as string | undefined).toBe(stranger));

  const nothing: Evidence = { heard: [], hasLiquidationFee: false, missedFills: 0, strangeFills: 0 };
  const causes: [Partial<Evidence>, string][] = [
    [{}, "UNEXPLAINED"],
    [{ missedFills: 2 }, "MISSED_FILLS"],
    [{ missedFills: 2, strangeFills: 1 }, "MANUAL_TRADE"],
    [{ heard: ["MANUAL_TRADE", "AUTO_DELEVERAGING"] }, "AUTO_DELEVERAGING"],
    [{ heard: ["LIQUIDATION"], strangeFills: 1 }, "LIQUIDATION"],
    [{ hasLiquidationFee: true, strangeFills: 3 }, "LIQUIDATION"],
  ];
  for (const [over, cause] of causes) {
    test(`${JSON.stringify(over)} is ${cause}`, () => expect(causeOf({ ...nothing, ...over }) as string).toBe(cause));
  }

  test("a difference is called by its cause where there is one", () => {
    expect(typeOf(qty("1", "0"), "LIQUIDATION")).toBe("LIQUIDATION");
    expect(typeOf(qty("1", "0"), "UNEXPLAINED")).toBe("POSITION_DIFFERS");
  });
});
