/** `audit`: proves that the audit log is whole and as it was written, and exports it. */
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type AuditProof, auditRows, proveAudit } from "../../services/s12-gateway/audit-proof.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { countedIn } from "../../shared/adapters/sqlite/counted.ts";
import { AUDIT_COLUMNS } from "../../shared/collections/audit.ts";
import type { ChainFault, Made } from "../../shared/domain/audit-chain.ts";
import { csvText } from "../../shared/kit/csv.ts";
import type { Query, ServiceId, Store, StoreRecord } from "../../shared/kit/ports.ts";
import { type OpsEvent, opsEvents } from "../../shared/streams.ts";
import { openBlobs } from "../run/blobs.ts";
import { shardsOf, storedIn, storeFile } from "../run/folder.ts";
import { readStoreSettings } from "../run/store-settings.ts";
import { openStores } from "../run/stores.ts";
import { loadServices } from "../services.ts";
import type { Command } from "./command.ts";
import { timeOption } from "./data-library.ts";
import { choiceOption, DEFAULT_DATA, readOptions } from "./options.ts";
import { bold, dim, green, note, print, red, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera audit verify [--data DIR] [--json]
       ./chimera audit export [--from DAY] [--to DAY] [--format jsonl|csv] [--out FILE] [--data DIR]

verify  reads the whole audit log, running or not, and changes nothing: every entry must be what its hash says and
        continue the one before it, the heads kept in Blobs must lie on the chain, and every service's numbered entries
        must all be there. Exits with 1 and says what and where when something is wrong.
export  writes entries, oldest first, to standard output or a file

  --from DAY    such as 2026-08-01 (UTC), or epoch ms
  --to DAY      the day after the last
  --format F    jsonl, with all fields as they are hashed, or csv for spreadsheets (default jsonl)
  --out FILE    instead of standard output
  --data DIR    of an installation (default ${DEFAULT_DATA})
  --json        one JSON object`;

type Stored = NonNullable<ReturnType<typeof storedIn>>;

async function run([name, ...args]: string[]): Promise<number> {
  if (name === "verify") return verify(args);
  if (name === "export") return exportRows(args);
  throw new Error(`${usage}\n\nThere is no audit command ${JSON.stringify(name ?? "")}.`);
}

async function verify(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    data: { type: "string", default: DEFAULT_DATA },
    json: { type: "boolean", default: false },
  });
  const proof = await proofOf(values.data);
  if (values.json) print(JSON.stringify(proof));
  else for (const line of report(proof)) print(line);
  return proof.ok ? 0 : 1;
}

/** The audit log of the installation in a folder, proved from its files alone. */
export async function proofOf(data: string): Promise<AuditProof> {
  const folder = mustBeStored(data);
  const owners = (await loadServices()).map(({ id }) => id);
  const blobs = openBlobs(placeOf(folder));
  return reading(folder, (store) => proveAudit(store, blobs, () => madeBy(folder, owners)));
}

function mustBeStored(data: string): Stored {
  const folder = storedIn(data);
  if (!folder) throw new Error(`${resolve(data)} holds no installation. Name its folder with --data DIR.`);
  return folder;
}

const placeOf = (folder: Stored) => ({ folder, env: process.env, clock: wallClock() });

async function reading<T>(folder: Stored, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStores(placeOf(folder)).openReader("s12");
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** What each store says of the entries it has made, under the name by which it numbers them. */
async function madeBy(folder: Stored, owners: readonly ServiceId[]): Promise<Map<string, Made>> {
  const made = new Map<string, Made>();
  const isInFiles = readStoreSettings(process.env, folder.path).store === "sqlite";
  for (const owner of owners) {
    const count = shardsOf(folder, owner);
    for (let shard = 0; shard < count; shard++) {
      const counted = isInFiles
        ? countedIn(storeFile(folder, owner, shard), opsEvents.family)
        : await countedOf(openStores(placeOf(folder)).dump(owner, shard));
      if (counted) made.set(count === 1 ? owner : `${owner}.${shard}`, counted);
    }
  }
  return made;
}

/** As `countedIn` tells of a file, by all that another kind of store holds. */
async function countedOf(records: AsyncIterable<StoreRecord>): Promise<Made | undefined> {
  let made: Made | undefined;
  let kept_from: number | undefined;
  for await (const record of records) {
    if (record.kind === "count" && record.family === opsEvents.family) made = { count: record.count };
    if (record.kind !== "outbox" || record.entry.family !== opsEvents.family) continue;
    const { owner_seq } = record.entry.event as OpsEvent;
    if (owner_seq !== undefined) kept_from = Math.min(kept_from ?? owner_seq, owner_seq);
  }
  return made && { ...made, ...(kept_from !== undefined && { kept_from }) };
}

/** What was found, as lines for a terminal. */
export function report(proof: AuditProof): string[] {
  const { ok, entries, old_entries, unnumbered, head, anchors, anchored_seq, unreadable, pending, faults } = proof;
  const light = ok ? green("●") : red("●");
  const lines = [`${light} ${bold(`${entries} entries`)} ${ok ? "whole, in their order, as they were written" : ""}`];
  if (head) lines.push(`  head      ${head.seq}  ${dim(head.hash)}`);
  lines.push(`  in Blobs  ${anchors} heads, the newest at ${anchored_seq}`);
  if (old_entries > 0) {
    lines.push(`  before    ${old_entries} entries from before there was a chain; it begins with what they amount to`);
  }
  if (unnumbered > 0)
    lines.push(`  ${yellow("note")}      ${unnumbered} chained entries carry no number of their owner`);
  if (unreadable > 0)
    lines.push(`  ${yellow("note")}      ${unreadable} unreadable lines among the heads: a crash leaves one`);
  for (const { owner, from, to } of pending) {
    lines.push(`  ${yellow("on its way")}  ${owner}'s ${span(from, to)}, which it still holds`);
  }
  if (faults.length > 0) lines.push("", ...faults.map(faultLine));
  return lines.map((line) => line.trimEnd());
}

const span = (from: number, to: number): string => (from === to ? `entry ${from}` : `entries ${from} to ${to}`);

function faultLine({ kind, from, to, audit_id, owner, detail }: ChainFault): string {
  const where = `${owner === undefined ? "" : `${owner}'s `}${span(from, to)}`;
  return `${red(kind)}  ${where}: ${detail}${audit_id === undefined ? "" : dim(` (${audit_id})`)}`;
}

async function exportRows(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    from: { type: "string" },
    to: { type: "string" },
    format: { type: "string", default: "jsonl" },
    out: { type: "string" },
    data: { type: "string", default: DEFAULT_DATA },
  });
  const format = choiceOption("format", values.format, ["jsonl", "csv"]);
  const [from, to] = [timeOption("from", values.from), timeOption("to", values.to)];
  const ts = { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lt: to }) };
  const query: Omit<Query, "limit"> = { where: { ts }, sort: { field: "ts", order: "asc" } };
  let rows = 0;
  const out = values.out === undefined ? process.stdout : createWriteStream(values.out);
  await reading(mustBeStored(values.data), async (store) => {
    const text = Readable.from(textOf(store, query, { format, onRow: () => rows++ }));
    await pipeline(text, out, { end: values.out !== undefined }).catch((error: NodeJS.ErrnoException) => {
      // Who reads, such as `head`, has enough.
      if (error.code !== "EPIPE") throw error;
    });
  });
  note(`${rows} entries`);
  return 0;
}

interface Format {
  format: "jsonl" | "csv";
  onRow(): void;
}
async function* textOf(store: Store, query: Omit<Query, "limit">, { format, onRow }: Format): AsyncGenerator<string> {
  const header = csvText(AUDIT_COLUMNS, []);
  if (format === "csv") yield header;
  for await (const { value } of auditRows(store, query)) {
    onRow();
    yield format === "csv" ? csvText(AUDIT_COLUMNS, [value]).slice(header.length) : `${JSON.stringify(value)}\n`;
  }
}

export const command: Command = { usage, run };
