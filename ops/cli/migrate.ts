/** `migrate`: carries an installation's data from one kind of store to another, and switches it over. */
import { resolve } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { type Carried, forget, migrate, plan, type Side } from "../migrate/migration.ts";
import { mustStandStill } from "../migrate/standing-still.ts";
import { openBlobs } from "../run/blobs.ts";
import { claim, type DataFolder, openFolder, originOf } from "../run/folder.ts";
import {
  envOf,
  inWords,
  keepStores,
  keptStores,
  namesOf,
  rememberedEnv,
  type StoresNamed,
} from "../run/kept-stores.ts";
import { readStoreSettings } from "../run/store-settings.ts";
import { openStores } from "../run/stores.ts";
import type { Command } from "./command.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { bold, dim, green, note, print, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera migrate --to STORES [--data DIR] [--dry-run] [--json]
       ./chimera migrate --forget-source [--data DIR]

Carries all that an installation has to other stores, reads it back, compares counts and SHA-256 of every service's
documents and of every blob, and only then switches: the data folder remembers which stores hold its data. What it was
carried from is left as it is. Interrupted at any point it is still on its old stores, or wholly on the new ones; run it
again to go on. The installation must stand still meanwhile: ./chimera down.

  --to STORES      where to, with commas between: sqlite or arango for the documents, folder or s3 for the blobs
                   (arango,s3; sqlite,folder; s3 alone leaves the documents where they are)
  --data DIR       the installation's data folder (default ${DEFAULT_DATA})
  --dry-run        counts what there is and looks whether the target is empty; writes nothing
  --forget-source  deletes what the last migration was carried from
  --json           one JSON object on the last line

Where ArangoDB and the S3 store are, and who may write there, say CHIMERA_ARANGO_URL, CHIMERA_ARANGO_PASSWORD,
CHIMERA_S3_URL and so on: docs/reference/settings.md.`;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    to: { type: "string" },
    data: { type: "string", default: DEFAULT_DATA },
    "dry-run": { type: "boolean", default: false },
    "forget-source": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const path = resolve(values.data);
  const origin = originOf(path);
  if (!origin) throw new Error(`${path} holds no installation. ./chimera up makes one.`);
  const folder = openFolder(path, origin);
  if (values["forget-source"]) return forgetSource(folder);
  if (values.to === undefined) throw new Error("Say where to: --to arango,s3 or --to sqlite,folder.");
  const named = namesOf(readStoreSettings(rememberedEnv(path, process.env)));
  const wanted = wantedStores(values.to, named);
  await mustStandStill(folder, process.env);
  const release = claim(folder);
  const opened = [sideOf(folder, named), sideOf(folder, wanted)] as const;
  try {
    const told = values.json ? () => {} : (line: string) => note(dim(`  ${line}`));
    const migration = { folder, from: opened[0].side, to: opened[1].side, now: () => wallClock().now(), told };
    if (values["dry-run"]) return await showPlan(await plan(migration), values.json);
    if (!values.json) note(`From ${inWords(named)} to ${inWords(wanted)}:`);
    const carried = await migrate(migration);
    if (values.json) print(JSON.stringify({ migrated: true, ...carried }));
    else show(carried, folder);
    return 0;
  } finally {
    for (const { close } of opened) await close();
    release();
  }
}

/** Throws for words that name no stores, or two of one kind. */
export function wantedStores(text: string, now: StoresNamed): StoresNamed {
  const words = text.split(",").map((word) => word.trim());
  const stores = words.filter((word) => word === "sqlite" || word === "arango");
  const blobs = words.filter((word) => word === "folder" || word === "s3");
  const isKnown = stores.length + blobs.length === words.length && stores.length <= 1 && blobs.length <= 1;
  if (!isKnown) {
    throw new Error(`--to is sqlite or arango, folder or s3, or one of each, not ${JSON.stringify(text)}.`);
  }
  const settings = readStoreSettings(process.env);
  const [store = now.store] = stores;
  const [place = now.blobs] = blobs;
  const wanted = namesOf({ ...settings, store, blobs: place });
  return {
    ...wanted,
    // What stays is what it was.
    ...(stores.length === 0 && now.arango_database !== undefined && { arango_database: now.arango_database }),
    ...(blobs.length === 0 && now.s3_bucket !== undefined && { s3_bucket: now.s3_bucket }),
  };
}

function sideOf(folder: DataFolder, named: StoresNamed): { side: Side; close(): Promise<void> } {
  const env = { ...process.env, ...envOf(named) };
  const clock = wallClock();
  const stores = openStores({ folder, env, clock, asGiven: true });
  return {
    side: { named, stores, blobs: openBlobs({ folder, env, clock, asGiven: true }) },
    close: () => stores.close(),
  };
}

async function forgetSource(folder: DataFolder): Promise<number> {
  const kept = keptStores(folder.path);
  if (!kept?.source) throw new Error(`${folder.path} keeps nothing that it was carried from.`);
  const { source, ...now } = kept;
  const { until: _until, ...named } = source;
  const opened = [sideOf(folder, named), sideOf(folder, now)] as const;
  await forget({ folder, from: opened[0].side, to: opened[1].side });
  for (const { close } of opened) await close();
  keepStores(folder.path, now);
  const isGone = [named.store !== now.store && "the documents", named.blobs !== now.blobs && "the blobs"];
  print(`${green("●")} Deleted: ${isGone.filter(Boolean).join(" and ")} that were left in ${inWords(named)}.`);
  return 0;
}

async function showPlan({ hindrance, ...planned }: Awaited<ReturnType<typeof plan>>, json: boolean): Promise<number> {
  if (json) print(JSON.stringify({ dry_run: true, ...planned, ...(hindrance !== undefined && { hindrance }) }));
  else {
    print(`From ${inWords(planned.from)} to ${inWords(planned.to)} there ${bold("would be")} carried:`);
    lines(planned);
    if (hindrance !== undefined) print(`${yellow("●")} ${hindrance}`);
    else print(`${green("●")} The target is free for it. Nothing was written.`);
  }
  return hindrance === undefined ? 0 : 1;
}

function show(carried: Carried, folder: DataFolder): void {
  lines(carried);
  print(`${green("●")} ${bold("Carried over and the same, read back.")} From now on it is on ${inWords(carried.to)}.`);
  print(`  What it was carried from is as it was; ./chimera migrate --forget-source --data ${folder.path} deletes it.`);
}

function lines({ stores, blobs }: Carried): void {
  for (const { store, records, sha256 } of stores) {
    print(`  ${store.padEnd(8)} ${String(records).padStart(9)} records  ${dim(sha256.slice(0, 16))}`);
  }
  if (blobs)
    print(`  blobs    ${String(blobs.count).padStart(9)} of ${blobs.bytes} bytes  ${dim(blobs.sha256.slice(0, 16))}`);
}

export const command: Command = { usage, run };
