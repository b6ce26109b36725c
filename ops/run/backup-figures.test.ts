import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { idAt, placeOfManifest } from "../backup/manifest.ts";
import { newestIn } from "../backup/newest.ts";
import { tellBackups, wantedBackups } from "./backup-figures.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 23);
const lines = async (registry: Registry, head = "chimera_backup") =>
  (await registry.metrics()).split("\n").filter((line) => line.startsWith(head));
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the newest backup is told from what the place holds, without a key; 0 where there is none", async () => {
  const place = mkdtempSync(join(tmpdir(), "chimera-newest-"));
  const clock = new VirtualClock(START_MS);
  const env = { CHIMERA_BACKUP_TO: place };
  try {
    expect(await newestIn(env, clock)).toBe(0);
    const blobs = new FolderBlobs(place);
    for (const hour of [3, 1, 2])
      await blobs.put(placeOfManifest(idAt(START_MS + hour * HOUR_MS, "00ff")), new Uint8Array([1]));
    await blobs.put(placeOfManifest("no backup"), new Uint8Array([1]));
    expect(await newestIn(env, clock)).toBe(START_MS + 3 * HOUR_MS);
  } finally {
    rmSync(place, { recursive: true });
  }
});

test("the place is asked now and then, not at every scrape; what was known stays when it does not answer", async () => {
  const clock = new VirtualClock(START_MS);
  const answers: (number | Error)[] = [2_000, new Error("away"), 5_000];
  let asked = 0;
  const registry = new Registry();
  const newest = async () => {
    const answer = answers[asked++];
    if (typeof answer !== "number") throw answer;
    return answer;
  };
  tellBackups(registry, clock, { newest });
  const seen: string[][] = [];
  for (let minute = 0; minute <= 12; minute += 2) {
    await lines(registry);
    await settled();
    seen.push(await lines(registry, "chimera_backup_newest"));
    await clock.run(clock.now() + 120_000);
  }
  expect(asked).toBe(3);
  expect(seen.flat().map((line) => line.split(" ")[1])).toEqual(["2", "2", "2", "2", "2", "2", "5"]);
});

test("where one is made each minute the place is asked each minute", async () => {
  const clock = new VirtualClock(START_MS);
  let asked = 0;
  const registry = new Registry();
  tellBackups(registry, clock, { newest: async () => ++asked, everyMs: 60_000 });
  for (let minute = 0; minute < 4; minute++) {
    await lines(registry);
    await lines(registry);
    await clock.run(clock.now() + 60_000);
  }
  expect(asked).toBe(4);
});

test("where no backups are wanted nothing is told", async () => {
  const registry = new Registry();
  const clock = new VirtualClock(START_MS);
  tellBackups(registry, clock, wantedBackups({}, clock));
  expect(await lines(registry)).toEqual([]);
});

test("how old the newest may become follows the schedule, and is three hours where none is known", async () => {
  const clock = new VirtualClock(START_MS);
  const told = async (more: Record<string, string>) => {
    const registry = new Registry();
    tellBackups(registry, clock, wantedBackups({ CHIMERA_BACKUP_TO: "/nowhere", ...more }, clock));
    return (await lines(registry)).map((line) => Number(line.split(" ")[1]));
  };
  expect(await told({ CHIMERA_BACKUP_EVERY_MS: "86400000" })).toEqual([259_200, START_MS / 1_000]);
  expect(await told({})).toEqual([10_800, START_MS / 1_000]);
});
