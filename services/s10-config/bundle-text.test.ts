/** Text that means no good is refused soon, with its line: S10 reads it in its own thread. */
import { expect, test } from "bun:test";
import { openBundleText } from "./bundle-text.ts";

test("keys that stand twice are told by line, in every map, however many keys there are", () => {
  const { value, faults } = openBundleText("rev: 1\nflags:\n  risk: 1\n  risk: 2\nrev: 2\n");
  expect(value).toBeUndefined();
  expect(faults).toEqual([
    { line: 5, column: 1, message: "Map keys must be unique" },
    { line: 4, column: 3, message: "Map keys must be unique" },
  ]);
  expect(openBundleText('{"a": 1, "b": {"a": 1}}')).toMatchObject({ value: { a: 1, b: { a: 1 } }, faults: [] });
  const many = Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`);
  // Each with each this would be half a thousand million comparisons.
  expect(openBundleText([...many, "k7: 2"].join("\n")).faults).toMatchObject([{ line: 30_001 }]);
}, 300_000);

test("what is nested beyond all use is told as such, and not tried until the stack is full", () => {
  for (const deep of ["[".repeat(500_000), "{a: ".repeat(200_000), `[${"]".repeat(9)}${"[{".repeat(600)}`]) {
    expect(openBundleText(deep)).toMatchObject({
      value: undefined,
      faults: [{ message: expect.stringContaining("deep") }],
    });
  }
  const brackets = `title: "${"[".repeat(900)}"\nlist: [${"{}, ".repeat(5_000)}]`;
  expect(openBundleText(brackets).faults).toEqual([]);
});
