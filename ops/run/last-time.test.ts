import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { aheadMs, keepTime } from "./last-time.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-time-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a clock that ran ahead goes on from where it stood; one that did not begins now", async () => {
  const file = join(folder, "clock");
  expect(aheadMs(file, 1_000)).toBe(0);
  const clock = new VirtualClock(50_000);
  const stop = keepTime(file, clock);
  await clock.run(60_000);
  stop();
  expect(readFileSync(file, "utf8")).toBe("60000");
  expect([aheadMs(file, 55_000), aheadMs(file, 70_000)]).toEqual([5_000, 0]);
});
test("what cannot be read counts as nothing", () => {
  const file = join(folder, "torn");
  writeFileSync(file, "17x");
  expect(aheadMs(file, 1)).toBe(0);
});
