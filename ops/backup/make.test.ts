import { afterEach, beforeEach, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openFolder } from "../run/folder.ts";
import { installedIn } from "./installed.ts";
import { makeBackup } from "./make.ts";
import { openTarget } from "./open-target.ts";
import { verifyBackup } from "./restore.ts";

const BUILD = { version: "1", git_commit: "abc", built_at: "now" };
const clock = wallClock();
let root: string;
let env: Record<string, string>;
beforeEach(() => {
  root = newFolder();
  const key = join(root, "backup.key");
  writeFileSync(key, "ab".repeat(32), { mode: 0o600 });
  env = { CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(root, "backups") };
  for (const name of ["one", "two"]) {
    openFolder(join(root, name), { mode: "paper", venue: "paper-agents", account: "main" });
  }
});
afterEach(() => removeFolder(root));

const target = () => openTarget(undefined, env, clock).target;
async function backup(name: string, progress?: (what: string) => void) {
  const installed = installedIn(join(root, name), env, clock);
  try {
    return await makeBackup({ installed, target: target(), clock, build: BUILD, ...(progress && { progress }) });
  } finally {
    await installed.stores.close();
  }
}

test("where one installation's backups lie no other one's are put: latest would be somebody else's", async () => {
  const first = await backup("one");
  await expect(backup("two")).rejects.toThrow(`are of another installation (${first.installation.tag}, paper`);
  expect(await target().ids()).toEqual([first.id]);
  expect((await backup("one")).installation).toEqual(first.installation);
});

test("nor any under another key, which nothing there would open; one that is damaged holds nothing up", async () => {
  const [first, second] = [await backup("one"), await backup("one")];
  writeFileSync(join(root, "backups", "manifests", second.id), "torn");
  const third = await backup("one");
  expect(await target().ids()).toEqual([first.id, second.id, third.id]);
  writeFileSync(env.CHIMERA_BACKUP_KEY_FILE!, "cd".repeat(32), { mode: 0o600 });
  await expect(backup("one")).rejects.toThrow("None of the backups there opens: they were sealed by another key");
});

test("a piece that was collected from under it is found missing, and a backup that is not whole is none", async () => {
  const { id, files } = await backup("one");
  const [gone] = files[0]!.pieces as [string];
  const lost = () => rmSync(join(root, "backups", "pieces", gone.slice(0, 2), gone), { force: true });
  const cut = backup("one", (what) => {
    // Once it has counted what is there.
    if (what.startsWith("store s10")) lost();
  });
  await expect(cut).rejects.toThrow("missing");
  expect(await target().ids()).toEqual([id]);
  const next = await backup("one");
  await verifyBackup(target(), next);
});
