/** As many as are looked at are kept of each kind, in the order in which they came. */
import { expect, test } from "bun:test";
import { Newest } from "./newest.ts";

test("the newest of each kind are kept, newest first", () => {
  const newest = new Newest<string>(2);
  const put = (kind: string, id: string, one: string, isKnown = false) => newest.put(kind, id, { one, isKnown });
  for (const id of ["1", "2", "3"]) put("a", id, `a${id}`);
  put("b", "9", "b9");
  expect([newest.of("a"), newest.of("b"), newest.of("c")]).toEqual([["a3", "a2"], ["b9"], []]);
});

test("what is told anew stays in its place, and what is too old stays away", () => {
  const newest = new Newest<string>(2);
  for (const id of ["1", "2", "3"]) newest.put("a", id, { one: id, isKnown: false });
  newest.put("a", "2", { one: "2 filled", isKnown: true });
  newest.put("a", "1", { one: "1 filled", isKnown: true });
  expect(newest.of("a")).toEqual(["3", "2 filled"]);
});
