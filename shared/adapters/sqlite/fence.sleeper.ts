/** Run by the fence's test: commits by the first fence without end, printing each id once its commit is acknowledged. */
import { writeSync } from "node:fs";
import { put } from "../../changes.ts";
import { Problem } from "../../errors.ts";
import { COLLECTIONS, notes, tell } from "../../testing/store-world.ts";
import { openStore } from "../sqlite.ts";

const store = openStore({ path: process.argv[2]!, owner: "s04", collections: COLLECTIONS, fence: 1 });
for (let at = 0; ; at++) {
  const id = `old${at}`;
  try {
    await store.commit([put(notes, { id }, null), tell({ id })]);
    writeSync(1, `${id}\n`);
  } catch (error) {
    const code = error instanceof Problem ? error.code : String(error);
    // While another process writes, the file may be busy for a moment.
    if (code === "UNAVAILABLE") continue;
    writeSync(1, `${code}\n`);
    break;
  }
}
await store.close();
