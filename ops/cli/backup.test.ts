import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { labelMarks } from "../../shared/collections/labels.ts";
import { BACKUP_STATUS } from "../../shared/keys.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { installedIn } from "../backup/installed.ts";
import { leaveWord } from "../backup/status.ts";
import { ROOT } from "../build.ts";
import { openFolder } from "../run/folder.ts";

let root: string;
beforeEach(() => {
  root = newFolder();
  writeFileSync(join(root, "backup.key"), "ab".repeat(32), { mode: 0o600 });
});
afterEach(() => removeFolder(root));

const clock = new VirtualClock(1_767_225_600_000);
const env = (): Record<string, string | undefined> => ({
  ...process.env,
  CHIMERA_BACKUP_KEY_FILE: join(root, "backup.key"),
  CHIMERA_BACKUP_TO: join(root, "backups"),
});
async function chimera(...args: string[]) {
  const child = Bun.spawn([process.execPath, join(ROOT, "ops/cli/main.ts"), ...args], {
    ...{ cwd: root, env: env(), stdout: "pipe", stderr: "pipe" },
  });
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { out: out.trim(), errors: errors.trim(), code: await child.exited };
}
const told = async (...args: string[]) => {
  const { out, errors, code } = await chimera(...args, "--json");
  expect([code, errors]).toEqual([0, ""]);
  return JSON.parse(out);
};
const refused = async (...args: string[]) => {
  const { out, errors, code } = await chimera(...args);
  expect([code, out]).toEqual([1, ""]);
  return errors;
};

test("an installation goes into a backup and out of it by the commands, and what is there is never overwritten", async () => {
  openFolder(join(root, "data"), { mode: "paper", venue: "paper-agents", account: "main" });
  const made = installedIn(join(root, "data"), env(), clock);
  await made.stores.open("s07").commit([put(labelMarks, { id: "kept", text: "as it was" } as never)]);
  await made.blobs.put("reports/one.html", Buffer.from("<p>"));
  await made.stores.close();

  const backup = await told("backup");
  expect(backup).toMatchObject({ mode: "paper", venue: "paper-agents", shards: 1, blobs: 1 });
  expect((await told("backup", "list")).map(({ id }: { id: string }) => id)).toEqual([backup.id]);
  expect(await told("backup", "verify")).toMatchObject({ ok: true, id: backup.id, records: backup.records });
  expect(await told("backup", "prune")).toMatchObject({ kept: [backup.id], removed: [] });

  const outcome = await told("restore", backup.id, "--data", "new");
  expect(outcome).toMatchObject({ id: backup.id, audit: { ok: true } });
  const found = installedIn(join(root, "new"), env(), clock);
  expect(await found.stores.open("s07").get(labelMarks, "kept")).toMatchObject({ value: { text: "as it was" } });
  expect(Buffer.from((await found.blobs.get("reports/one.html"))!).toString()).toBe("<p>");
  await found.stores.close();
  expect(readFileSync(join(root, "new/keys/service.key"))).toEqual(readFileSync(join(root, "data/keys/service.key")));
  expect(await refused("restore", "--data", "new")).toContain("not empty");
}, 300_000);

test("what cannot be meant is refused in a line", async () => {
  expect(await refused("backup", "--data", "none")).toContain("none holds no installation");
  expect(await refused("backup", "list", "--to", "ftp://there")).toContain("in a folder or at s3://bucket/prefix");
  expect(await refused("restore", "--data", "new")).toBe("chimera: There is no backup.");
  mkdirSync(join(root, "backups/manifests"), { recursive: true });
  expect(await refused("backup", "verify", "20260101T000000Z-0000")).toContain("There is no backup 20260101T000000Z");
}, 300_000);

test("a backup by hand leaves the schedule in force: that none comes by it any more is still told", async () => {
  const blobs = new MemoryBlobs(clock);
  await leaveWord(blobs, { at: 1, every_ms: 60_000, by_up: false, ok: true });
  await leaveWord(blobs, { at: 2, every_ms: undefined, by_up: false, ok: true });
  const word = JSON.parse(Buffer.from((await blobs.get(BACKUP_STATUS))!).toString());
  expect(word).toEqual({ succeeded_at: 2, every_ms: 60_000 });
});
