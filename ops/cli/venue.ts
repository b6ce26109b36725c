/** `venue verify`: the paper venue's journal, read from its first entry to its last and lived through again. */
import { join, resolve } from "node:path";
import { defaultListings } from "../../shared/engine/listing.ts";
import { verifyJournal } from "../venue/verify-journal.ts";
import type { Command } from "./command.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { bold, green, print, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera venue verify [options]

Reads the paper venue's journal while nobody writes it: every line must continue the hash chain, the entries must make
the state that the checkpoint says, and the ledger must sum to zero. Tells the state's hash; the same as a running
venue's GET /state. Exits with 1 and names file and line where something is wrong.

  --data DIR      of an installation (default ${DEFAULT_DATA})
  --journal FILE  a journal elsewhere
  --json          one JSON object`;

async function run([name, ...args]: string[]): Promise<number> {
  if (name !== "verify") throw new Error(`${usage}\n\nThere is no venue command ${JSON.stringify(name ?? "")}.`);
  const { values } = readOptions(args, {
    data: { type: "string", default: DEFAULT_DATA },
    journal: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const path = values.journal ?? join(resolve(values.data), "venue", "journal.jsonl");
  const found = verifyJournal(path, defaultListings());
  if (values.json) {
    print(JSON.stringify(found));
    return 0;
  }
  const { from, entries, files, bytes, checkpoint, torn } = found;
  print(
    `${green("●")} ${bold(`${entries} entries`)}, ${entries - from + 1} of them kept in ${files} files, ${bytes} bytes`,
  );
  if (checkpoint) {
    const how = checkpoint.proven ? "proven by the entries before it" : "taken from it: older entries are gone";
    print(`  checkpoint  after entry ${checkpoint.n}, ${how}`);
  }
  if (torn > 0) print(`  ${yellow("torn")}        ${torn} characters after the last entry; the next start drops them`);
  print(`  orders      ${found.orders}\n  trades      ${found.trades}`);
  print(`  head        ${found.head}\n  state       ${found.state_hash}`);
  return 0;
}

export const command: Command = { usage, run };
