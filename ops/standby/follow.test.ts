import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { labelMarks } from "../../shared/collections/labels.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { type Installed, installedIn } from "../backup/installed.ts";
import { makeBackup } from "../backup/make.ts";
import { openTarget } from "../backup/open-target.ts";
import { verifyBackup } from "../backup/restore.ts";
import { createVault, Damaged, vaultBy } from "../backup/vault.ts";
import { openFolder } from "../run/folder.ts";
import { followOnce } from "./follow.ts";
import { HealedMirror } from "./healed-mirror.ts";
import { mirrorOf, notYetASite } from "./promote.ts";
import { keepState, lagMs, standbyFolder, stateOf } from "./standby-folder.ts";

const BUILD = { version: "1", git_commit: "abc", built_at: "now" };
let root: string;
let env: Record<string, string>;
let clock: VirtualClock;
let installed: Installed;
beforeEach(() => {
  root = newFolder();
  const key = join(root, "backup.key");
  writeFileSync(key, "ab".repeat(32), { mode: 0o600 });
  env = { CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(root, "backups") };
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  openFolder(join(root, "data"), { mode: "paper", venue: "paper-agents", account: "main" });
  installed = installedIn(join(root, "data"), env, clock);
});
afterEach(() => removeFolder(root));

const folder = () => standbyFolder(join(root, "standby-site"));
const from = () => openTarget(undefined, env, clock).target;
const mirror = () => mirrorOf(folder(), vaultBy(env.CHIMERA_BACKUP_KEY_FILE), clock);
const follow = () => followOnce(from(), mirror(), () => clock.now());
const backup = () => makeBackup({ installed, target: from(), clock, build: BUILD });

async function write(count: number): Promise<void> {
  const marks = Array.from({ length: count }, (_, at) => ({ id: `mark-${at}-${clock.now()}`, ts: clock.now() }));
  await installed.stores.open("s07").commit(marks.map((mark) => put(labelMarks, mark as never)));
}

describe("a standby", () => {
  test("takes what the newest backup has and it lacks, and nothing where it lacks nothing", async () => {
    expect(follow()).rejects.toThrow("There is no backup to follow yet");
    await write(10);
    const first = await backup();
    const round = await follow();
    expect(round).toMatchObject({ backup_id: first.id, as_of: clock.now() });
    expect(round.pieces).toBeGreaterThan(0);
    expect(await follow()).toMatchObject({ backup_id: first.id, pieces: 0 });
    await clock.run(clock.now() + 60_000);
    await write(1);
    const second = await backup();
    const next = await follow();
    // One store has changed: one piece, and those of the keys are here.
    expect([next.backup_id, next.pieces]).toEqual([second.id, 1]);
    await verifyBackup(mirror(), await mirror().manifest(second.id));
    expect(await mirror().ids()).toEqual([second.id]);
  });

  test("a piece that was altered on its way is not taken, and what was here stays", async () => {
    await write(10);
    const first = await backup();
    await follow();
    await clock.run(clock.now() + 60_000);
    await write(5);
    await backup();
    const pieces = join(root, "backups", "pieces");
    const here = await mirror().pieces();
    for (const part of readdirSync(pieces)) {
      for (const name of readdirSync(join(pieces, part))) {
        if (here.has(name)) continue;
        const file = join(pieces, part, name);
        const bytes = readFileSync(file);
        bytes[bytes.length - 1]! ^= 1;
        writeFileSync(file, bytes);
      }
    }
    expect(await follow().catch((error: unknown) => error)).toBeInstanceOf(Damaged);
    expect(await mirror().ids()).toEqual([first.id]);
    const other = mirrorOf(folder(), createVault(new Uint8Array(32)), clock);
    expect(await followOnce(from(), other, () => 0).catch((error: unknown) => error)).toBeInstanceOf(Damaged);
  });

  test("what its disk has lost of the newest backup is brought again, and at a promotion taken from where the backups lie", async () => {
    await write(10);
    const { id } = await backup();
    await follow();
    const manifest = await mirror().manifest(id);
    const name = manifest.files[0]!.pieces[0]!;
    const file = join(folder().mirror, "pieces", name.slice(0, 2), name);
    writeFileSync(file, "torn");
    const healed = new HealedMirror(folder(), from(), { vault: vaultBy(env.CHIMERA_BACKUP_KEY_FILE), clock });
    expect(await healed.piece(name)).toEqual(await from().piece(name));
    rmSync(file);
    expect(await follow()).toMatchObject({ backup_id: id, pieces: 1 });
    await verifyBackup(mirror(), manifest);
    writeFileSync(file, "torn");
    rmSync(join(root, "backups", "pieces"), { recursive: true });
    await expect(healed.piece(name)).rejects.toThrow("no sealed part");
  });

  test("it says how far behind it is, and may not be started before it is promoted", () => {
    expect(notYetASite(folder().data)).toBeUndefined();
    keepState(folder(), { status: "following", from: "there", backup_id: "x", as_of: 1_000 });
    expect(lagMs(stateOf(folder())!, 61_000)).toBe(60_000);
    expect(notYetASite(folder().data)).toContain("trades nothing before ./chimera promote-site");
    keepState(folder(), { status: "promoted", from: "there" });
    expect(notYetASite(folder().data)).toBeUndefined();
    rmSync(folder().data, { recursive: true });
  });
});
