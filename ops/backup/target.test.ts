import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { type Room, Target } from "./target.ts";
import { createVault } from "./vault.ts";

const MINUTE_MS = 60_000;
const vault = createVault(Buffer.alloc(32, 1));
let root: string;
let now: number;
beforeEach(() => {
  root = newFolder();
  now = 1_700_000_000_000;
});
afterEach(() => removeFolder(root));

const clock = { now: () => now };
const target = (room: Room = new FolderBlobs(root)) => new Target(room, vault, clock);
const marks = () => (existsSync(join(root, "running")) ? readdirSync(join(root, "running")) : []);
/** What a machine whose clock is our own would have left so long ago. */
async function leftBehind(ageMs: number): Promise<void> {
  const name = "running/backup-dead";
  await new FolderBlobs(root).put(name, Buffer.from("0"));
  const at = (Date.now() - ageMs) / 1_000;
  utimesSync(join(root, name), at, at);
}

test("what a run that was killed has left is believed for a quarter of an hour, however the clocks stand", async () => {
  await leftBehind(14 * MINUTE_MS);
  await expect(target().alone("prune", async () => 1)).rejects.toMatchObject({ code: "STILL_RUNNING" });
  expect(marks()).toEqual(["backup-dead"]);
  for (const age of [16 * MINUTE_MS, -16 * MINUTE_MS]) {
    await leftBehind(age);
    expect(await target().alone("prune", async () => 1)).toBe(1);
  }
});

test("a run that goes on for hours is believed all the while", async () => {
  const puts: string[] = [];
  const inner = new FolderBlobs(root);
  const room: Room = {
    put: (key, body) => {
      puts.push(key);
      return inner.put(key, body);
    },
    get: (key) => inner.get(key),
    list: (prefix, options) => inner.list(prefix, options),
    delete: (key) => inner.delete(key),
  };
  const one = target(room);
  await one.alone("backup", async () => {
    for (let at = 0; at < 30; at++) {
      now += 10 * MINUTE_MS;
      await one.keep(Buffer.from(`piece ${at % 2}`));
    }
  });
  expect(puts.filter((key) => key.startsWith("running/")).length).toBe(31);
  expect(marks()).toEqual([]);
});

test("a run that stood still for too long goes on with nothing, since another may have begun", async () => {
  const one = target();
  await one.keep(Buffer.from("a"));
  const { name } = await one.keep(Buffer.from("b"));
  const collecting = one.alone("prune", async () => {
    now += 16 * MINUTE_MS;
    await one.drop(name);
  });
  await expect(collecting).rejects.toMatchObject({ code: "STILL_RUNNING" });
  expect(Buffer.from(await target().piece(name)).toString()).toBe("b");
});

test("a run that is asked to stop does so before its next piece, and the next one need not wait", async () => {
  const one = target();
  const stopped = one.alone("backup", async () => {
    await one.keep(Buffer.from("a"));
    one.stop("asked to");
    await one.keep(Buffer.from("b"));
  });
  await expect(stopped).rejects.toThrow("asked to");
  expect(marks()).toEqual([]);
  expect((await target().listed()).size).toBe(1);
});

test("two runs of one name are two, and what a run came to is told though its mark cannot be taken away", async () => {
  await target().alone("backup", async () => {
    await expect(target().alone("backup", async () => 1)).rejects.toMatchObject({ code: "STILL_RUNNING" });
    expect(marks().length).toBe(1);
  });
  const inner = new FolderBlobs(root);
  const room: Room = {
    put: (key, body) => inner.put(key, body),
    get: (key) => inner.get(key),
    list: (prefix, options) => inner.list(prefix, options),
    delete: () => Promise.reject(new Error("403")),
  };
  expect(await target(room).alone("backup", async () => "done")).toBe("done");
});
