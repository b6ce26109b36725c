/** Which stores hold an installation's documents and blobs, as its data folder remembers: saying otherwise is refused. */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "@hono/zod-openapi";

type Env = Readonly<Record<string, string | undefined>>;

const Stores = z.object({
  store: z.enum(["sqlite", "arango"]),
  /** Of ArangoDB alone. */
  arango_database: z.string().optional(),
  blobs: z.enum(["folder", "s3"]),
  /** Of an S3 store alone. */
  s3_bucket: z.string().optional(),
});
/** What they are, not where: an address may change, and is the environment's to say. */
export type StoresNamed = z.output<typeof Stores>;

const Kept = Stores.extend({
  format: z.literal(1),
  /** Epoch ms. */
  since: z.number(),
  /** What the data was carried away from: kept as it was then, until it is forgotten. */
  source: Stores.extend({ until: z.number() }).optional(),
});
export type StoresKept = z.output<typeof Kept>;

const FILE = "stores.json";
const VARIABLES = {
  store: "CHIMERA_STORE",
  arango_database: "CHIMERA_ARANGO_DATABASE",
  blobs: "CHIMERA_BLOBS",
  s3_bucket: "CHIMERA_S3_BUCKET",
} as const;
const NAMES = Object.keys(VARIABLES) as (keyof StoresNamed)[];

/** Undefined where nothing was written down yet. Throws an Error for a file that is damaged. */
export function keptStores(data: string): StoresKept | undefined {
  const file = join(resolve(data), FILE);
  if (!existsSync(file)) return undefined;
  try {
    return Kept.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new Error(`${file} is damaged: it should say which stores hold the data of this folder.`, { cause });
  }
}

/** Takes the place of what was written down before, whole or not at all, also when the power goes. */
export function keepStores(data: string, kept: StoresKept): void {
  const file = join(resolve(data), FILE);
  const unfinished = `${file}.${process.pid}`;
  const opened = openSync(unfinished, "w", 0o600);
  try {
    writeSync(opened, `${JSON.stringify(Kept.parse(kept), null, 2)}\n`);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  renameSync(unfinished, file);
  const folder = openSync(resolve(data), "r");
  fsyncSync(folder);
  closeSync(folder);
}

/**
 * The environment, with what the folder remembers where it says nothing. Throws an Error where it names another store,
 * database or bucket: trading would begin with empty books.
 */
export function settledEnv(data: string, env: Env): Env {
  const known: Partial<StoresNamed> = keptStores(data) ?? found(data);
  const settled: Record<string, string | undefined> = { ...env };
  for (const name of NAMES) {
    const variable = VARIABLES[name];
    const [kept, given] = [known[name], env[variable]];
    if (kept === undefined) continue;
    if (given !== undefined && given !== kept) throw new Error(contradiction(data, { variable, kept, given }));
    settled[variable] = kept;
  }
  return settled;
}

/** As `settledEnv`, but what the folder remembers holds whatever the environment says: of it may be the target's names. */
export const rememberedEnv = (data: string, env: Env): Env => ({ ...env, ...envOf(keptStores(data) ?? found(data)) });

/** Writes down, where nothing is yet, what an installation is started on. */
export function rememberStores(data: string, named: StoresNamed, now: number): void {
  if (keptStores(data) === undefined) keepStores(data, { format: 1, ...named, since: now });
}

/** Of what the settings say, what names the stores. */
export function namesOf(settings: {
  store: StoresNamed["store"];
  blobs: StoresNamed["blobs"];
  arangoDatabase: string;
  s3Bucket: string;
}): StoresNamed {
  const { store, blobs, arangoDatabase, s3Bucket } = settings;
  return {
    ...{ store, blobs },
    ...(store === "arango" && { arango_database: arangoDatabase }),
    ...(blobs === "s3" && { s3_bucket: s3Bucket }),
  };
}

/** What an environment says that names these. */
export const envOf = (named: Partial<StoresNamed>): Record<string, string> =>
  Object.fromEntries(NAMES.flatMap((name) => (named[name] === undefined ? [] : [[VARIABLES[name], named[name]]])));

/** For people: `SQLite and a folder`. */
export function inWords({ store, blobs, arango_database, s3_bucket }: StoresNamed): string {
  const documents = store === "sqlite" ? "SQLite" : `ArangoDB's ${arango_database}`;
  return `${documents} and ${blobs === "folder" ? "a folder" : `the bucket ${s3_bucket}`}`;
}

function contradiction(data: string, { variable, kept, given }: Record<"variable" | "kept" | "given", string>): string {
  const isKind = variable === VARIABLES.store || variable === VARIABLES.blobs;
  const advice = isKind ? ` ./chimera migrate --to ${given} --data ${data} carries it over.` : "";
  return `${variable} is ${given}, but the data of ${resolve(data)} is in ${kept}: unset it.${advice}`;
}

/** What lies in a folder that nothing was written down of. */
function found(data: string): Partial<StoresNamed> {
  const has = (part: string, is: (name: string) => boolean): boolean => {
    const folder = join(resolve(data), part);
    return existsSync(folder) && readdirSync(folder).some(is);
  };
  return {
    ...(has("stores", (name) => /^s\d\d(-\d+)?\.sqlite$/.test(name)) && { store: "sqlite" as const }),
    ...(has("blobs", (name) => !name.startsWith(".")) && { blobs: "folder" as const }),
  };
}
