import { expect, test } from "bun:test";
import { shardsText } from "./shards.ts";

test("shards read as numbers, long runs by their ends", () => {
  const rows = [[], [2], [0, 1], [3, 0, 2, 1], [0, 1, 4, 6, 7, 8]];
  expect(rows.map(shardsText)).toEqual(["", "2", "0, 1", "0–3", "0, 1, 4, 6–8"]);
});
