/** Run by the store's crash test: commits without end, printing each id once its commit is acknowledged. */
import { writeSync } from "node:fs";
import { emit, put } from "../changes.ts";
import { COLLECTIONS, counted, notes, tell } from "../testing/store-world.ts";
import { openStore } from "./sqlite.ts";

const store = openStore({ path: process.argv[2]!, owner: "s04", collections: COLLECTIONS });
const start = await store.count(notes);
for (let at = start; ; at++) {
  const id = `n${at}`;
  await store.commit([
    put(notes, { id, state: "open", rank: at, text: "x".repeat(at % 500) }, null),
    tell({ id }),
    emit(counted, { id }),
    { op: "done", stream: "test:told", group: "s04", id },
  ]);
  writeSync(1, `${id}\n`);
}
