import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { put } from "../../changes.ts";
import type { StoreRecord } from "../../kit/ports.ts";
import { sumOf } from "../../store-digest.ts";
import { newFolder, removeFolder } from "../../testing/folder.ts";
import { portableContract } from "../../testing/store-portable.contract.ts";
import { COLLECTIONS, notes, tell } from "../../testing/store-world.ts";
import { openStore, type SqliteStore } from "../sqlite.ts";
import { dumpFile } from "./dump.ts";

function world(pathOf: (folder: string, nth: number) => string) {
  return async () => {
    const folder = newFolder();
    const stores: SqliteStore[] = [];
    return {
      isMemory: pathOf(folder, 0) === ":memory:",
      async empty() {
        const store = openStore({ path: pathOf(folder, stores.length), owner: "s04", collections: COLLECTIONS });
        stores.push(store);
        return store;
      },
      async end() {
        for (const store of stores) await store.close();
        expect(readdirSync(folder).filter((name) => name.includes(".dump-"))).toEqual([]);
        removeFolder(folder);
      },
    };
  };
}

portableContract(
  "SQLite in files is carried away whole",
  world((folder, nth) => join(folder, `s04-${nth}`)),
);
portableContract(
  "SQLite in memory is carried away whole",
  world(() => ":memory:"),
);

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => removeFolder(folder));
const of = (path: string) => ({ path, owner: "s04", collections: COLLECTIONS }) as const;

test("a file is dumped beside its owner, who goes on; what a killed dump has left is removed", async () => {
  const path = join(folder, "s04.sqlite");
  const store = openStore({ ...of(path), shard: 2 });
  await store.commit([put(notes, { id: "n1" }), tell({ id: "e1" })]);
  writeFileSync(`${path}.dump-999999999-1`, "left");
  const records: StoreRecord[] = [];
  for await (const record of dumpFile({ ...of(path), shard: 2 })) {
    if (records.length === 0) await store.commit([put(notes, { id: "n2" })]);
    records.push(record);
  }
  expect(records.map(({ kind }) => kind)).toEqual(["document", "outbox"]);
  expect(records[1]).toMatchObject({ told: false, entry: { id: expect.stringMatching(/^s04\.2-\d+$/) } });
  expect(readdirSync(folder).filter((name) => name.includes(".dump-"))).toEqual([]);
  await store.close();
});

test("of a file that is not there nothing is dumped, and a dump that is not read to its end leaves nothing", async () => {
  expect(await sumOf(dumpFile(of(join(folder, "gone"))))).toMatchObject({ records: 0 });
  const path = join(folder, "s04.sqlite");
  const store = openStore(of(path));
  await store.commit([put(notes, { id: "n1" }), put(notes, { id: "n2" })]);
  for await (const _first of dumpFile(of(path))) break;
  expect(readdirSync(folder).filter((name) => name.includes(".dump-"))).toEqual([]);
  await store.close();
});

test("messages of another shard are refused", async () => {
  const first = openStore({ ...of(join(folder, "a")), shard: 0 });
  await first.commit([tell({ id: "e1" })]);
  const second = openStore({ ...of(join(folder, "b")), shard: 1 });
  await expect(second.load(first.dump())).rejects.toMatchObject({ code: "INVALID" });
  await first.close();
  await second.close();
});

test("after a load the file opens as any, above all numbers it gave", async () => {
  const first = openStore({ ...of(join(folder, "a")), now: () => 2_000_000_000_000 });
  await first.commit([tell({ id: "e1" })]);
  const path = join(folder, "b");
  const second = openStore({ ...of(path), now: () => 1_700_000_000_000 });
  await second.load(first.dump());
  await second.commit([tell({ id: "e2" })]);
  await second.close();
  const again = openStore({ ...of(path), now: () => 1_700_000_000_001 });
  await again.commit([tell({ id: "e3" })]);
  const entries = await again.outbox.read(10);
  expect(entries.map(({ event }) => event)).toEqual([{ id: "e1" }, { id: "e2" }, { id: "e3" }]);
  await first.close();
  await again.close();
});
