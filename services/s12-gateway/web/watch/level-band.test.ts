import { expect, test } from "bun:test";
import { bandOf } from "./level-band.ts";

const change = (ts: number, from: "GREEN" | "RED", to: "GREEN" | "RED") => ({
  id: String(ts),
  ts,
  from,
  to,
  reasons: [],
});

test("a day without a change is of one level", () => {
  expect(bandOf([], { from: 0, to: 10, level: "GREEN" })).toEqual([{ level: "GREEN", from: 0, to: 10 }]);
});

test("it begins with what the first change came from, whatever the order", () => {
  const changes = [change(7, "RED", "GREEN"), change(3, "GREEN", "RED"), change(-5, "RED", "GREEN")];
  expect(bandOf(changes, { from: 0, to: 10, level: "GREEN" })).toEqual([
    { level: "GREEN", from: 0, to: 3 },
    { level: "RED", from: 3, to: 7 },
    { level: "GREEN", from: 7, to: 10 },
  ]);
});
