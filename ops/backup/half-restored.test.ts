import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { put } from "../../shared/changes.ts";
import { labelMarks } from "../../shared/collections/labels.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openFolder } from "../run/folder.ts";
import { mustMayStart } from "../standby/may-start.ts";
import { mustBeEmpty } from "./half-restored.ts";
import { installedIn } from "./installed.ts";
import { makeBackup } from "./make.ts";
import type { Manifest } from "./manifest.ts";
import { openTarget } from "./open-target.ts";
import { restoreBackup } from "./restore.ts";

const BUILD = { version: "1", git_commit: "abc", built_at: "now" };
const clock = wallClock();
let root: string;
let env: Record<string, string>;
let manifest: Manifest;
beforeEach(async () => {
  root = newFolder();
  const key = join(root, "backup.key");
  writeFileSync(key, "ab".repeat(32), { mode: 0o600 });
  env = { CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(root, "backups") };
  openFolder(join(root, "data"), { mode: "paper", venue: "paper-agents", account: "main" });
  manifest = await backup();
});
afterEach(() => removeFolder(root));

const target = () => openTarget(undefined, env, clock).target;
const to = () => join(root, "new");
async function backup(): Promise<Manifest> {
  const installed = installedIn(join(root, "data"), env, clock);
  await installed.stores.open("s07").commit([put(labelMarks, { id: `mark ${clock.now()}` } as never)]);
  await installed.blobs.put("reports/one.html", Buffer.from("<p>"));
  const made = await makeBackup({ installed, target: target(), clock, build: BUILD });
  await installed.stores.close();
  return made;
}
const restore = (of = manifest, progress?: (what: string) => void) =>
  restoreBackup({ target: target(), manifest: of, data: to(), env, clock, ...(progress && { progress }) });
/** As if it were killed when it comes to this layer: what it has done so far stays, and it tidies nothing up. */
const killedAt = (layer: string) =>
  expect(
    restore(manifest, (what) => {
      if (what === layer) throw new Error("killed");
    }),
  ).rejects.toThrow("killed");
const layers = () => ["keys", ...manifest.stores.map(({ owner }) => owner), "blobs"];

describe("a restore that was killed", () => {
  test("leaves no folder that can be started, at whichever layer, and the next try puts all of it back", async () => {
    for (const layer of layers()) {
      await killedAt(layer);
      await expect(mustMayStart(to(), {}, clock)).rejects.toThrow(
        `The restore of ${manifest.id} did not come to its end`,
      );
      expect((await restore()).layers.map((done) => done.layer)).toEqual(layers());
      await mustMayStart(to(), {}, clock);
      const { stores, blobs } = installedIn(to(), env, clock);
      expect(await stores.open("s07").count(labelMarks)).toBe(1);
      expect(await blobs.get("reports/one.html")).toBeDefined();
      await stores.close();
      rmSync(to(), { recursive: true });
    }
  }, 300_000);

  test("is gone on with by the same backup alone", async () => {
    await killedAt("s04");
    await expect(restore(await backup())).rejects.toThrow(`The restore of ${manifest.id} was begun there`);
    expect((await restore()).id).toBe(manifest.id);
  });
});

test("stores and blobs that hold something are told before anything is written", async () => {
  const { stores, blobs } = installedIn(join(root, "data"), env, clock);
  await expect(mustBeEmpty({ manifest, stores, blobs })).rejects.toThrow("The store of s07 holds something already");
  const none = { ...manifest, stores: [] };
  await expect(mustBeEmpty({ manifest: none, stores, blobs })).rejects.toThrow("The blob reports/one.html is there");
  await stores.close();
});

test("a file among the keys that no backup may name is in none", async () => {
  mkdirSync(join(root, "data", "keys", "old"));
  writeFileSync(join(root, "data", "keys", ".service.key.swp"), "x");
  writeFileSync(join(root, "data", "keys", "a key"), "x");
  const { id } = await backup();
  const paths = (await target().manifest(id)).files.map(({ key }) => key);
  expect(paths).toContain("keys/a key");
  expect(paths.filter((path) => /old|swp/.test(path))).toEqual([]);
});

test("a manifest that names a file outside the data folder is none", async () => {
  for (const key of [
    "../out",
    "keys/../../out",
    "/etc/passwd",
    "keys/a/b",
    "keys/.a",
    "keys/..",
    "stores/s04.sqlite",
  ]) {
    const [file] = manifest.files as [Manifest["files"][number]];
    const hostile = { ...manifest, id: "20990101T000000Z-0000", files: [{ ...file, key }] };
    await target().write(hostile);
    await expect(target().manifest(hostile.id)).rejects.toThrow("files");
  }
  expect(existsSync(join(root, "out"))).toBe(false);
});
