import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { designOf, readDocument } from "./design-file.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-design-"));
afterAll(() => rmSync(folder, { recursive: true }));
const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test("days become moments, and a bundle beside the design is taken in", () => {
  written("mine.yaml", "format: 1\nbundle_id: mine\n");
  const file = written(
    "design.yaml",
    "bundle: mine.yaml\nwindow: { from: 2025-05-04, to: '2025-06-03T12:00:00Z' }\nseed: 3\n",
  );
  expect(designOf(readDocument(file), file)).toEqual({
    bundle: { format: 1, bundle_id: "mine" },
    window: { from: Date.UTC(2025, 4, 4), to: Date.UTC(2025, 5, 3, 12) },
    seed: 3,
  });
});

test("what is said as the service says it stays so", () => {
  const design = { bundle: "active", window: { from: 1, to: 2 } };
  expect(designOf(design, "x.json")).toEqual(design);
});

test("a file that is none, or no document, is named", () => {
  expect(() => readDocument(join(folder, "none.yaml"))).toThrow("none.yaml cannot be read");
  expect(() => readDocument(written("broken.json", '{"a":'))).toThrow("broken.json cannot be read");
  expect(() => readDocument(written("list.yaml", "- a\n"))).toThrow("no document");
});
