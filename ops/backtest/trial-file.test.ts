import { afterAll, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrialAnswer } from "../../shared/experiment/trial-request.ts";
import { aSummary, aTrial } from "../../shared/report/experiment/facts.fixture.ts";
import { openTrialFile } from "./trial-file.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-trials-"));
afterAll(() => rmSync(folder, { recursive: true }));

const answer = (net: number): TrialAnswer => ({ summary: aSummary(net), hash: `h${net}`, assumed: ["a"], parts: [] });

test("what was kept is there again, by number, and a line that was cut off is not", () => {
  const path = join(folder, "search.trials");
  const first = openTrialFile(path, "key");
  expect(first.count).toBe(0);
  first.keep(aTrial({ trial: 3, summary: aSummary(5), hash: "h5" }), answer(5));
  first.keep(aTrial({ trial: 4, status: "FAILED", score: null, message: "no" }), undefined);
  appendFileSync(path, '{"trial":{"trial":9');
  const again = openTrialFile(path, "key");
  expect(again.count).toBe(2);
  expect(again.kept(3)).toEqual({
    trial: aTrial({ trial: 3, summary: aSummary(5), hash: "h5" }),
    detail: { assumed: ["a"], parts: [] },
  });
  expect(again.kept(4)?.trial.message).toBe("no");
  expect(again.kept(9)).toBeUndefined();
  again.keep(aTrial({ trial: 9, score: null }), undefined);
  expect(openTrialFile(path, "key").kept(9)?.trial.trial).toBe(9);
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(5);
});

test("a file of another search is refused, and stays as it was", () => {
  const path = join(folder, "other.trials");
  openTrialFile(path, "one").keep(aTrial({ trial: 0 }), undefined);
  const before = readFileSync(path, "utf8");
  expect(() => openTrialFile(path, "two")).toThrow("trials of another search");
  expect(readFileSync(path, "utf8")).toBe(before);
});
