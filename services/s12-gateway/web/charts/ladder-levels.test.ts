import { expect, test } from "bun:test";
import { dec } from "../../../../shared/domain/money.ts";
import { aTrade } from "../samples.ts";
import type { Rung } from "../state/stop-rungs.ts";
import { closedLinesOf, ladderLinesOf } from "./ladder-levels.ts";

const rung = (change: Partial<Rung>): Rung =>
  ({ kind: "lock", atRoe: 0.1, atPrice: dec("110"), stop: dec("105"), state: "later", ...change }) as Rung;
const names = { rung: (each: Rung) => each.kind, liquidation: "Liquidation", draft: "New stop" };
const rungs = [
  rung({ kind: "break_even", atRoe: 0.05, state: "done" }),
  rung({ atRoe: 0.1, state: "next" }),
  rung({ atRoe: 0.2, stop: dec("109") }),
  rung({ kind: "stage", atRoe: 0.06, atPrice: dec("106"), state: "next" }),
];

test("what is ahead has a line, what is next a label too; stops stand where they would be, stages where they leave", () => {
  const { levels } = ladderLinesOf({ trade: aTrade(), rungs, liquidation: undefined, draft: undefined }, names);
  expect(levels.map(({ kind, price, isQuiet }) => [kind, price, isQuiet])).toEqual([
    ["rung", 105, false],
    ["rung", 109, true],
    ["stage", 106, false],
  ]);
});
test("the chart keeps entry, stop, target, the next rungs and a dragged stop in sight, liquidation not", () => {
  const { levels, fit } = ladderLinesOf({ trade: aTrade(), rungs, liquidation: "57000.5", draft: 59_950 }, names);
  expect(levels.slice(-2).map((level) => [level.id, level.price])).toEqual([
    ["liquidation", 57_000.5],
    ["draft", 59_950],
  ]);
  expect(fit).toEqual([60_000, 59_900, 60_400, 105, 106, 59_950]);
});
test("a position without liquidation price has no such line", () => {
  const { levels } = ladderLinesOf({ trade: aTrade(), rungs: [], liquidation: "0", draft: undefined }, names);
  expect(levels).toEqual([]);
});
test("a closed trade shows where it came in and where it left, with all its stops in sight", () => {
  const closed = aTrade({ status: "CLOSED", avg_exit: "60100" });
  const { levels, fit } = closedLinesOf(closed, { entry: "Entry", exit: "Exit" });
  expect(levels.map((level) => [level.title, level.price])).toEqual([
    ["Entry", 60_000],
    ["Exit", 60_100],
  ]);
  expect(fit).toEqual([60_000, 60_100, 59_900]);
  expect(closedLinesOf(aTrade(), { entry: "Entry", exit: "Exit" }).levels).toHaveLength(1);
});
