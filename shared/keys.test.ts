import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { digest } from "./keys.ts";

/** Strings of all UTF-16 units, halves of pairs among them, in both of the ways in which they lie in memory. */
const text = fc.oneof(
  fc.string(),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "é".repeat(300), "x\ud83d", "\ude00y", "\ud83d\ude00"),
);

test("an id stays what it is in databases: the SHA-256 of each part after its length", () => {
  expect(digest()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(digest("s1", "entry")).toBe(createHash("sha256").update("2:s15:entry").digest("hex"));
});

test("property: parts hashed at once give what they give one after another, whatever they hold", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (parts) => {
      const hash = createHash("sha256");
      for (const part of parts) hash.update(`${part.length}:${part}`);
      expect(digest(...parts)).toBe(hash.digest("hex"));
    }),
    { seed: 3, numRuns: 500 },
  );
});
