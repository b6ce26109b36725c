import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { loadServices } from "../services.ts";
import { embeddedWorld } from "./embedded.ts";
import { openFolder, shardsOf, storeFile, storeFiles } from "./folder.ts";

const ORIGIN = { mode: "paper", venue: "paper-quiet", account: "main" } as const;

let path: string;
beforeEach(() => {
  path = newFolder();
});
afterEach(() => removeFolder(path));

test("a folder has one shard unless told, and remembers how many it was made with", () => {
  expect(openFolder(join(path, "one"), ORIGIN).shards).toBe(1);
  expect(openFolder(join(path, "four"), ORIGIN, { shards: 4 }).shards).toBe(4);
  expect(openFolder(join(path, "four"), ORIGIN).shards).toBe(4);
  expect(openFolder(join(path, "four"), ORIGIN, { shards: 4 }).isNew).toBe(false);
});

test("what others on this machine must not read lies where they cannot, also in a folder that was there before", () => {
  chmodSync(path, 0o755);
  openFolder(path, ORIGIN);
  for (const part of ["stores", "keys", "logs"])
    expect([part, statSync(join(path, part)).mode & 0o077]).toEqual([part, 0]);
});

test("another number of shards is refused, with what to do", () => {
  openFolder(path, ORIGIN, { shards: 4 });
  expect(() => openFolder(path, ORIGIN, { shards: 2 })).toThrow(
    /made with 4 shards.*Run it with 4.*--data DIR to have 2/,
  );
  expect(openFolder(path, ORIGIN).shards).toBe(4);
});

test("a folder made before there were shards has one", () => {
  openFolder(path, ORIGIN);
  const file = join(path, "origin.json");
  const { shards: _, ...older } = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify(older));
  expect(openFolder(path, ORIGIN).shards).toBe(1);
  expect(openFolder(path, ORIGIN, { shards: 1 }).isNew).toBe(false);
  expect(() => openFolder(path, ORIGIN, { shards: 4 })).toThrow("made with 1 shard,");
});

test("no number of shards that cannot be is taken, from a caller or a file", () => {
  for (const shards of [0, -1, 1.5, 65, Number.NaN]) {
    expect(() => openFolder(join(path, "never"), ORIGIN, { shards })).toThrow("from 1 to 64");
  }
  openFolder(path, ORIGIN);
  const file = join(path, "origin.json");
  writeFileSync(file, JSON.stringify({ ...ORIGIN, tag: "abcd", shards: 0 }));
  expect(() => openFolder(path, ORIGIN)).toThrow("origin.json is damaged");
});

test("of one shard the file has the owner's name alone, of more their number too", () => {
  const one = openFolder(join(path, "one"), ORIGIN);
  const four = openFolder(join(path, "four"), ORIGIN, { shards: 4 });
  expect(storeFile(one, "s04")).toBe(join(path, "one", "stores", "s04.sqlite"));
  expect(storeFile(four, "s04", 2)).toBe(join(path, "four", "stores", "s04-2.sqlite"));
  expect(storeFiles(one, "s04").map((file) => basename(file))).toEqual(["s04.sqlite"]);
  const names = ["s04-0.sqlite", "s04-1.sqlite", "s04-2.sqlite", "s04-3.sqlite"];
  expect(storeFiles(four, "s04").map((file) => basename(file))).toEqual(names);
  expect(storeFiles(four, "s06").map((file) => basename(file))).toEqual(["s06.sqlite"]);
  expect(() => storeFile(four, "s04", 4)).toThrow("Invariant");
  expect(() => storeFile(four, "s06", 1)).toThrow("Invariant");
});

test("what is in several stores is not run by one process, which would see but one of them", () => {
  const folder = openFolder(path, ORIGIN, { shards: 4 });
  const start = () => embeddedWorld({ clock: wallClock(), folder, env: {}, logLevel: "info" });
  expect(start).toThrow(/made with 4 shards.*--processes/);
});

test("every service declared sharded has a store for each shard, and no other has", async () => {
  const four = openFolder(path, ORIGIN, { shards: 4 });
  for (const { id, sharded } of await loadServices()) if (sharded) expect(shardsOf(four, id)).toBe(4);
});

test("of those who claim a folder at the same moment one has it, and the others are told who", async () => {
  const pid = join(path, "chimera.pid");
  const claiming = `
    const { claim } = await import(${JSON.stringify(join(import.meta.dir, "folder.ts"))});
    process.stdout.write("ready\\n");
    for await (const _ of Bun.stdin.stream()) break;
    try { claim(${JSON.stringify({ path, pid })}); console.log("has it"); }
    catch (error) { console.log(error.message); }
    setInterval(() => {}, 1_000);`;
  const command = [process.execPath, "-e", claiming, "ops/cli/main.ts"];
  const all = Array.from({ length: 4 }, () => Bun.spawn(command, { stdin: "pipe", stdout: "pipe" }));
  try {
    const said = all.map(({ stdout }) => stdout.getReader());
    const word = async (at: number) => new TextDecoder().decode((await said[at]?.read())?.value).trim();
    await Promise.all(all.map((_, at) => word(at)));
    for (const { stdin } of all) {
      stdin.write("now\n");
      stdin.flush();
    }
    const words = await Promise.all(all.map((_, at) => word(at)));
    const [first, ...others] = words.toSorted((a, b) => Number(b === "has it") - Number(a === "has it"));
    const holder = all[words.indexOf("has it")]?.pid;
    expect(first).toBe("has it");
    expect(others).toEqual(others.map(() => `It is running already on ${path} (process ${holder}).`));
  } finally {
    for (const child of all) child.kill("SIGKILL");
    await Promise.all(all.map(({ exited }) => exited));
  }
}, 120_000);
