import { afterEach, beforeEach, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openTarget } from "../backup/open-target.ts";
import { mustMayStart } from "./may-start.ts";
import { announceSite, FIRST_SITE, keepSite, newestSite, nextGeneration, siteOf } from "./site.ts";

const clock = wallClock();
let root: string;
let env: Record<string, string>;
beforeEach(() => {
  root = newFolder();
  const key = join(root, "backup.key");
  writeFileSync(key, "ab".repeat(32), { mode: 0o600 });
  env = { CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(root, "backups") };
});
afterEach(() => removeFolder(root));

const target = () => openTarget(undefined, env, clock).target;

test("a site that was replaced is not started, the one that replaced it is, and nobody is asked without backups", async () => {
  await mustMayStart(root, env, clock);
  expect(nextGeneration(await newestSite(target()), siteOf(root))).toBe(2);
  await announceSite(target(), { generation: 2, promoted_at: 0, tag: "abcd", site: "elsewhere", backup_id: "b" });
  await expect(mustMayStart(root, env, clock)).rejects.toThrow(
    "elsewhere is generation 2 since 1970-01-01T00:00:00.000Z, this one is generation 1.",
  );
  await mustMayStart(root, { ...env, CHIMERA_BACKUP_TO: undefined }, clock);
  keepSite(root, { generation: 2 });
  await mustMayStart(root, env, clock);
  expect(nextGeneration(await newestSite(target()), FIRST_SITE)).toBe(3);
});

test("a place of backups that cannot be read holds up no start", async () => {
  await announceSite(target(), { generation: 2, promoted_at: 0, tag: "abcd", site: "elsewhere", backup_id: "b" });
  writeFileSync(join(root, "backups", "notes", "site"), "torn");
  await mustMayStart(root, env, clock);
  rmSync(join(root, "backups"), { recursive: true });
  writeFileSync(join(root, "backups"), "no folder");
  await mustMayStart(root, env, clock);
});
