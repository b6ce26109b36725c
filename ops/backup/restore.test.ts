import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { emit, put } from "../../shared/changes.ts";
import { labelMarks } from "../../shared/collections/labels.ts";
import { routerKillCopy, routerMarks } from "../../shared/collections/orders.ts";
import { type Approval, approvals, auditLog, killState, sessions } from "../../shared/collections/people.ts";
import { BEGUN_MARK, RESTORED_MARK } from "../../shared/restored.ts";
import { opsEvents } from "../../shared/streams.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openFolder } from "../run/folder.ts";
import { installedIn } from "./installed.ts";
import { makeBackup } from "./make.ts";
import { openTarget } from "./open-target.ts";
import { namesIn, prune, readKeep, tooOld } from "./prune.ts";
import { restoreBackup, verifyBackup } from "./restore.ts";
import { createVault, vaultBy } from "./vault.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const BUILD = { version: "1", git_commit: "abc", built_at: "now" };
const clock = wallClock();
const ALL = { allMs: 0, dailyMs: 0 };

let root: string;
let env: Record<string, string>;
beforeEach(async () => {
  root = newFolder();
  const key = join(root, "backup.key");
  writeFileSync(key, "ab".repeat(32), { mode: 0o600 });
  env = { CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(root, "backups") };
  openFolder(data(), ORIGIN);
});
afterEach(() => removeFolder(root));

const data = () => join(root, "data");
const target = () => openTarget(undefined, env, clock).target;
const backup = async (progress?: (what: string) => void) => {
  const installed = installedIn(data(), env, clock);
  const parts = { installed, target: target(), clock, build: BUILD };
  try {
    return await makeBackup(progress ? { ...parts, progress } : parts);
  } finally {
    await installed.stores.close();
  }
};
const restore = async (to: string, more: { only?: string[]; env?: Record<string, string> } = {}) => {
  const from = target();
  const manifest = await from.manifest((await from.ids()).at(-1)!);
  const { only = [] } = more;
  return restoreBackup({ target: from, manifest, data: to, env: { ...env, ...more.env }, clock, only });
};
const files = (path: string) =>
  existsSync(path) ? (readdirSync(path, { recursive: true, withFileTypes: true }) as import("node:fs").Dirent[]) : [];
const pieces = () =>
  files(join(root, "backups", "pieces"))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

async function fill(): Promise<void> {
  const { stores, blobs } = installedIn(data(), env, clock);
  const marks = Array.from({ length: 4_000 }, (_, at) =>
    put(labelMarks, { id: `mark ${at}`, text: "x".repeat(at % 700) } as never),
  );
  await stores.open("s07").commit(marks);
  const pending = { approval_id: "a1", state: "PENDING", created_at: 1, updated_at: 1 } as Approval;
  await stores
    .open("s12")
    .commit([
      put(approvals, pending),
      put(approvals, { ...pending, approval_id: "a2", state: "DONE" }),
      put(sessions, { id: "one" } as never),
    ]);
  const event = { ts: 1, actor: "a", what: "b", ref: "c", outcome: "d", source: "s04" } as never;
  const kept = [
    { id: "health", value: "GREEN", ts: 1 },
    { id: BEGUN_MARK, value: "1767225600000", ts: 1 },
  ];
  await stores.open("s04").commit([...kept.map((mark) => put(routerMarks, mark)), emit(opsEvents, event)]);
  await blobs.put("reports/one.html", Buffer.from("<p>"));
  await blobs.put("big", Buffer.alloc(9_000_000, 7));
  await stores.close();
}

describe("a backup", () => {
  test("is put back as it was, but for what must not be done a second time", async () => {
    await fill();
    const manifest = await backup();
    expect(manifest).toMatchObject({ installation: { ...ORIGIN, shards: 1 }, version: 1 });
    await verifyBackup(target(), manifest);
    const outcome = await restore(join(root, "new"));
    expect(outcome.layers.map(({ layer }) => layer)).toEqual([
      ...["keys", "s12", "s11", "s08", "s09", "s07", "s05", "s06", "s03", "s02", "s04", "s01", "s10", "blobs"],
    ]);
    expect(outcome.audit).toEqual({ ok: true, seq: 0 });
    const { about, stores, blobs } = installedIn(join(root, "new"), env, clock);
    expect(about).toEqual(manifest.installation);
    expect(await stores.open("s07").count(labelMarks)).toBe(4_000);
    expect(Buffer.from((await blobs.get("reports/one.html"))!).toString()).toBe("<p>");
    expect((await blobs.get("big"))?.length).toBe(9_000_000);
    const [s12, s04] = [stores.open("s12"), stores.open("s04")];
    expect((await s12.get(approvals, "a1"))?.value).toMatchObject({ state: "EXPIRED" });
    expect((await s12.get(approvals, "a2"))?.value).toMatchObject({ state: "DONE" });
    expect(await s12.count(sessions)).toBe(0);
    const on = { enabled: true, mode: "HALT", actor: "restore" };
    expect((await s12.get(killState, "kill"))?.value).toMatchObject(on);
    expect((await s04.get(routerKillCopy, "kill"))?.value).toEqual((await s12.get(killState, "kill"))!.value);
    const mark = (await s04.get(routerMarks, RESTORED_MARK))?.value;
    expect(mark?.value).toMatchObject({ backup_id: manifest.id, as_of: manifest.begun_at });
    // No journal of before goes on with these books.
    expect((await s04.get(routerMarks, BEGUN_MARK))?.value.value).toBe(`restore of ${manifest.id}`);
    expect((await s04.outbox.read(9)).length).toBe(1);
    const key = "keys/service.key";
    expect(readFileSync(join(root, "new", key), "utf8")).toBe(readFileSync(join(data(), key), "utf8"));
    await stores.close();
  });

  test("writes only what has changed since the one before, and nothing of it can be read without the key", async () => {
    await fill();
    const first = await backup();
    expect((await backup()).size).toEqual({ ...first.size, new_bytes: 0, new_pieces: 0 });
    const { stores } = installedIn(data(), env, clock);
    await stores.open("s07").commit([put(labelMarks, { id: "mark 17", text: "needle" } as never)]);
    await stores.close();
    const third = await backup();
    expect(third.size.new_pieces).toBe(1);
    expect(third.stores.find(({ owner }) => owner === "s07")!.pieces.length).toBeGreaterThan(2);
    const all = files(join(root, "backups")).filter((entry) => entry.isFile());
    for (const { parentPath, name } of all) {
      const bytes = readFileSync(join(parentPath, name)).toString("latin1");
      expect([name, /needle|labels|service\.key|xxxxxxxx/.test(bytes)]).toEqual([name, false]);
    }
    const other = createVault(Buffer.alloc(32, 1));
    expect(other.nameOf(Buffer.from("a"))).not.toBe(createVault(Buffer.alloc(32, 2)).nameOf(Buffer.from("a")));
  });

  test("is of one moment in each store, though it is written meanwhile", async () => {
    await fill();
    const { stores } = installedIn(data(), env, clock);
    const s07 = stores.open("s07");
    let at = 0;
    const manifest = await backup(() => void s07.commit([put(labelMarks, { id: `later ${at++}` } as never)]));
    await verifyBackup(target(), manifest);
    await stores.close();
    const sum = manifest.stores.find(({ owner }) => owner === "s07")!.sum;
    expect(sum.by.label_marks).toBeWithin(4_001, 4_000 + at + 1);
  });
});

describe("a restore refuses", () => {
  beforeEach(async () => {
    await fill();
    await backup();
  });

  test("a folder that is not empty, one that is in use, another mode or venue, and leaves them as they are", async () => {
    await expect(restore(data())).rejects.toThrow("is not empty");
    for (const [name, value] of [
      ["CHIMERA_MODE", "testnet"],
      ["CHIMERA_VENUE_KIND", "paper-replay"],
    ] as const) {
      await expect(restore(join(root, "new"), { env: { [name]: value } })).rejects.toThrow(value);
    }
    expect(existsSync(join(root, "new"))).toBe(false);
    await expect(restore(data(), { only: ["s04"] })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(restore(data(), { only: ["keys"] })).rejects.toThrow("is there already");
    await expect(restore(data(), { only: ["blobs"] })).rejects.toThrow("is there already");
    await expect(restore(data(), { only: ["cellar"] })).rejects.toThrow("no layer cellar");
  });

  test("another key, one that everybody can read, and one that is none", async () => {
    writeFileSync(env.CHIMERA_BACKUP_KEY_FILE!, "cd".repeat(32));
    await expect(restore(join(root, "new"))).rejects.toThrow("sealed by another key");
    chmodSync(env.CHIMERA_BACKUP_KEY_FILE!, 0o644);
    expect(() => target()).toThrow("chmod 600");
    writeFileSync(join(root, "short"), "abc", { mode: 0o600 });
    expect(() => vaultBy(join(root, "short"))).toThrow("64 digits");
    expect(() => vaultBy(join(root, "none"))).toThrow("is not there");
    expect(() => vaultBy(undefined)).toThrow("CHIMERA_BACKUP_KEY_FILE");
  });

  test("a piece that was altered, cut off, put elsewhere or is missing, and verify finds it too", async () => {
    const [one, two] = pieces() as [string, string];
    const whole = readFileSync(one);
    const altered = Buffer.from(whole);
    altered[40]! ^= 1;
    const manifest = await target().manifest((await target().ids())[0]!);
    let nth = 0;
    for (const bytes of [altered, whole.subarray(0, 20), readFileSync(two)]) {
      writeFileSync(one, bytes);
      await expect(verifyBackup(target(), manifest)).rejects.toThrow(/does not open|no sealed part/);
      await expect(restore(join(root, `new${nth++}`))).rejects.toThrow(/does not open|no sealed part/);
    }
    rmSync(one);
    await expect(verifyBackup(target(), manifest)).rejects.toThrow("missing");
  });
});

test("one store that was lost is put back beside the others, and gives no number again that S12 has", async () => {
  await fill();
  await backup();
  const newer = installedIn(data(), env, clock);
  await newer.stores.open("s12").commit([put(auditLog, { audit_id: "x", owner: "s04", owner_seq: 7 } as never)]);
  await newer.stores.close();
  const before = readFileSync(join(data(), "stores", "s07.sqlite"));
  for (const name of readdirSync(join(data(), "stores"))) {
    if (name.startsWith("s04")) rmSync(join(data(), "stores", name));
  }
  const outcome = await restore(data(), { only: ["s04"] });
  expect(outcome.layers.map(({ layer }) => layer)).toEqual(["s04"]);
  expect(readFileSync(join(data(), "stores", "s07.sqlite"))).toEqual(before);
  const { stores } = installedIn(data(), env, clock);
  const s04 = stores.open("s04");
  expect((await s04.get(routerMarks, "health"))?.value.value).toBe("GREEN");
  await s04.commit([emit(opsEvents, { ts: 1, actor: "a", what: "b", ref: "c", outcome: "d", source: "s04" } as never)]);
  expect((await s04.outbox.read(9)).at(-1)?.event).toMatchObject({ owner: "s04", owner_seq: 8 });
  // S12 has its own word for the kill switch, and tells it.
  expect(await s04.get(routerKillCopy, "kill")).toBeUndefined();
  expect(await s04.get(routerMarks, RESTORED_MARK)).toBeDefined();
  await stores.close();
});

describe("what is kept", () => {
  test("all of so many hours, then the last of each of so many days, and the newest whatever its age", () => {
    const at = (text: string) => `${text}Z-0a1b`;
    const ids = ["20260101T230000", "20260102T010000", "20260102T230000", "20260104T100000", "20260104T110000"].map(at);
    const now = Date.UTC(2026, 0, 4, 12);
    expect(tooOld(ids, readKeep("1h,3d"), now)).toEqual([ids[1]!, ids[3]!]);
    expect(tooOld(ids, readKeep("1h,2d"), now)).toEqual([ids[0]!, ids[1]!, ids[3]!]);
    expect(tooOld(ids, readKeep("2h"), now)).toEqual(ids.slice(0, 3));
    expect(tooOld(ids, readKeep("0h"), now + 1e12)).toEqual(ids.slice(0, 4));
    for (const text of ["", "2d", "1h,x", "-1h"]) expect(() => readKeep(text)).toThrow("48h,30d");
  });

  test("pieces that no backup names are collected, those of one that did not come to its end too, and no others", async () => {
    await fill();
    await backup();
    const { blobs } = installedIn(data(), env, clock);
    await blobs.delete("big");
    await blobs.put("reports/two.html", Buffer.from("two"));
    const second = await backup();
    // One that dies before its manifest leaves a piece and its mark, which is not believed for ever.
    await target().keep(Buffer.from("left behind"));
    const room = new FolderBlobs(join(root, "backups"));
    await room.put("running/backup-dead", Buffer.from("0"));
    await expect(prune(target(), ALL, clock.now())).rejects.toMatchObject({ code: "STILL_RUNNING" });
    const earlier = Date.now() / 1_000 - 3_600;
    utimesSync(join(root, "backups", "running", "backup-dead"), earlier, earlier);
    const done = await prune(target(), ALL, clock.now());
    expect(done).toMatchObject({ kept: [second.id], pieces: 3 });
    const left = pieces().map((path) => path.slice(path.lastIndexOf("/") + 1));
    expect(left.toSorted()).toEqual([...new Set(namesIn(second))].toSorted());
    await verifyBackup(target(), second);
    expect((await restore(join(root, "new"))).id).toBe(second.id);
  });

  test("while a backup is under way nothing is collected, and while something is collected none begins", async () => {
    await fill();
    let refused: unknown;
    await backup(async () => {
      refused ??= prune(target(), ALL, clock.now()).catch((error: unknown) => error);
      await refused;
    });
    expect(await refused).toMatchObject({ code: "STILL_RUNNING" });
    const room = new FolderBlobs(join(root, "backups"));
    await room.put("running/prune-1", Buffer.from("0"));
    await expect(backup()).rejects.toMatchObject({ code: "STILL_RUNNING" });
    mkdirSync(join(root, "elsewhere"));
    expect(() => installedIn(join(root, "elsewhere"), env, clock)).toThrow("holds no installation");
  });
});
