/** The data folder: where everything durable of one installation lies, and what it is bound to. */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { systemRandom } from "../../shared/adapters/random.ts";
import { assert } from "../../shared/errors.ts";
import { TAG_CHARACTERS } from "../../shared/keys.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { SHARDS_MAX } from "../../shared/kit/shard.ts";
import { type GrantKeyFiles, openGrantKeys } from "./grant-keys.ts";

export interface Origin {
  mode: "paper" | "testnet" | "live";
  venue: string;
  account: string;
}
export interface DataFolder {
  path: string;
  origin: Origin;
  /** True when it was made by this call. */
  isNew: boolean;
  serviceKey: Uint8Array;
  /** Files of the pair that funds are moved by. */
  grantKeys: GrantKeyFiles;
  /** Four characters at the head of every client order id of this installation. */
  tag: string;
  /** How many stores the services in shards have here. */
  shards: number;
  stores: string;
  busFile: string;
  coordinationFile: string;
  blobs: string;
  journal: string;
  /** Where the simulated market stood last. */
  prices: string;
  /** Where the clock stood last. */
  time: string;
  /** The first user's password, from when it is made until it has been shown. */
  firstPassword: string;
  /** The built web page. */
  web: string;
  log: string;
  pid: string;
}

const SERVICE_KEY_BYTES = 32;
const TAG_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** What a folder keeps of where it comes from. Folders made before there were shards name no number of them. */
interface Kept extends Origin {
  tag: string;
  shards?: number;
}

/**
 * Opens or makes the folder; throws when it belongs to another mode, venue or account, or was made with another number
 * of shards. Without a number it is the folder's own, 1 where it is new.
 */
export function openFolder(given: string, origin: Origin, options: { shards?: number } = {}): DataFolder {
  const path = resolve(given);
  const isNew = !existsSync(join(path, "origin.json"));
  checkShards(options.shards);
  makeParts(path, ["", "stores", "blobs", "keys", "venue", "logs"]);
  const kept = bind(join(path, "origin.json"), origin, options);
  return {
    path,
    origin,
    isNew,
    serviceKey: keyIn(join(path, "keys", "service.key")),
    grantKeys: openGrantKeys(path),
    tag: kept.tag,
    shards: kept.shards ?? 1,
    stores: join(path, "stores"),
    busFile: join(path, "stores", "bus.sqlite"),
    coordinationFile: join(path, "stores", "coordination.sqlite"),
    blobs: join(path, "blobs"),
    journal: join(path, "venue", "journal.jsonl"),
    prices: join(path, "venue", "prices.json"),
    time: join(path, "venue", "clock"),
    firstPassword: join(path, "keys", "first-password"),
    web: join(path, "web"),
    log: join(path, "logs", "chimera.log"),
    pid: join(path, "chimera.pid"),
  };
}

/** What of a folder is used where secrets and the installation's tag come from elsewhere. */
export type Places = Pick<DataFolder, "path" | "stores" | "blobs" | "shards">;

/**
 * Makes room for documents and blobs, and no secrets; throws when the folder belongs to another installation, mode,
 * venue or account, or has another number of shards.
 */
export function openPlaces(given: string, origin: Origin, installed: { shards: number; tag: string }): Places {
  const path = resolve(given);
  checkShards(installed.shards);
  makeParts(path, ["", "stores", "blobs"]);
  const file = join(path, "origin.json");
  const { tag } = bind(file, origin, installed);
  if (tag !== installed.tag) {
    throw new Error(`${file} says that this data folder belongs to the installation ${tag}, not ${installed.tag}.`);
  }
  return { path, stores: join(path, "stores"), blobs: join(path, "blobs"), shards: installed.shards };
}

function makeParts(path: string, parts: readonly string[]): void {
  try {
    // Password hashes and signed-in sessions are for nobody else on this machine, whoever made the folder itself.
    for (const part of parts) mkdirSync(join(path, part), { recursive: true, mode: 0o700 });
    for (const part of ["", "stores", "keys"]) {
      if (part === "" || parts.includes(part)) accessSync(join(path, part), constants.W_OK);
    }
  } catch (error) {
    throw new Error(`${path} cannot be a data folder: ${(error as Error).message}`);
  }
}

function checkShards(shards: number | undefined): void {
  if (shards === undefined || (Number.isInteger(shards) && shards >= 1 && shards <= SHARDS_MAX)) return;
  throw new Error(`The number of shards is a whole number from 1 to ${SHARDS_MAX}, not ${shards}.`);
}

/** Four letters and digits by chance. */
export function newTag(): string {
  const random = systemRandom();
  return Array.from({ length: TAG_CHARACTERS }, () => TAG_LETTERS[random.int(TAG_LETTERS.length)]).join("");
}

function bind(file: string, origin: Origin, { shards, tag }: { shards?: number; tag?: string }): Kept {
  if (!existsSync(file)) {
    const { mode, venue, account } = origin;
    const kept = { mode, venue, account, tag: tag ?? newTag(), shards: shards ?? 1 } satisfies Kept;
    writeOnce(file, `${JSON.stringify(kept, null, 2)}\n`);
  }
  const kept = readOrigin(file);
  for (const part of ["mode", "venue", "account"] as const) {
    if (kept[part] === origin[part]) continue;
    throw new Error(
      `${file} says that this data folder belongs to ${part} ${JSON.stringify(kept[part])}, not ${JSON.stringify(origin[part])}. ` +
        "Name another folder with --data DIR.",
    );
  }
  const made = kept.shards ?? 1;
  if (shards !== undefined && shards !== made) {
    throw new Error(
      `${file} says that this data folder was made with ${made} ${made === 1 ? "shard" : "shards"}, and documents are ` +
        `filed by that number. Run it with ${made}, or name another folder with --data DIR to have ${shards}.`,
    );
  }
  return kept;
}

/** Whole, or not at all: of processes that start together the first one's stays. False: another's is there. */
function writeOnce(file: string, text: string): boolean {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, text);
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(mine);
  }
}

/** What a folder belongs to; undefined where it holds no installation. */
export function originOf(path: string): Origin | undefined {
  const file = join(resolve(path), "origin.json");
  return existsSync(file) ? readOrigin(file) : undefined;
}

/** Where an installation keeps its documents and blobs, for whoever only reads; undefined where there is none. */
export function storedIn(given: string): Pick<DataFolder, "path" | "shards" | "stores" | "blobs"> | undefined {
  const path = resolve(given);
  const file = join(path, "origin.json");
  if (!existsSync(file)) return undefined;
  return { path, shards: readOrigin(file).shards ?? 1, stores: join(path, "stores"), blobs: join(path, "blobs") };
}

function readOrigin(file: string): Kept {
  try {
    const kept = JSON.parse(readFileSync(file, "utf8")) as Kept;
    checkShards(kept.shards);
    return kept;
  } catch (error) {
    throw new Error(`${file} is damaged: it should say what this data folder belongs to. ${(error as Error).message}`);
  }
}

/** The services that are declared `sharded`. */
const SHARDED: ReadonlySet<ServiceId> = new Set(["s03", "s04"]);

/** How many stores a service has in this folder. */
export const shardsOf = (folder: Pick<DataFolder, "shards">, owner: ServiceId): number =>
  SHARDED.has(owner) ? folder.shards : 1;

/** The file of one shard: `s04.sqlite` where there is but one, `s04-2.sqlite` for shard 2 of more. */
export function storeFile(folder: Pick<DataFolder, "shards" | "stores">, owner: ServiceId, shard = 0): string {
  const count = shardsOf(folder, owner);
  assert(Number.isInteger(shard) && shard >= 0 && shard < count, `${owner} has no shard ${shard} of ${count}`);
  return join(folder.stores, count === 1 ? `${owner}.sqlite` : `${owner}-${shard}.sqlite`);
}

/** The files of all shards, in their order. */
export const storeFiles = (folder: Pick<DataFolder, "shards" | "stores">, owner: ServiceId): string[] =>
  Array.from({ length: shardsOf(folder, owner) }, (_, shard) => storeFile(folder, owner, shard));

function keyIn(file: string): Uint8Array {
  if (!existsSync(file)) {
    writeFileSync(file, newServiceKey(), { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  return readServiceKey(readFileSync(file, "utf8"), file);
}

/** In hex. */
export const newServiceKey = (): string => Buffer.from(systemRandom().bytes(SERVICE_KEY_BYTES)).toString("hex");

/** `where`: what to name when it is none. */
export function readServiceKey(text: string, where: string): Uint8Array {
  const hex = text.trim();
  const key = Buffer.from(hex, "hex");
  if (key.length < SERVICE_KEY_BYTES || key.length * 2 !== hex.length)
    throw new Error(`${where} is damaged: it should hold ${SERVICE_KEY_BYTES} bytes in hex.`);
  return new Uint8Array(key);
}

/** Writes this process down as the one that runs on the folder; the answer takes it back. Throws when another does. */
export function claim(folder: Pick<DataFolder, "path" | "pid">): () => void {
  const running = runningPid(folder.pid);
  if (running !== undefined || !writeOnce(folder.pid, String(process.pid))) {
    throw new Error(`It is running already on ${folder.path} (process ${running ?? runningPid(folder.pid)}).`);
  }
  return () => rmSync(folder.pid, { force: true });
}

/** The process that runs on this folder, if it is alive. */
export function runningPid(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8").trim());
  if (Number.isInteger(pid) && pid > 0 && isAlive(pid)) return pid;
  rmSync(file, { force: true });
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that was killed but not collected yet still takes signals, and so does a stranger who has its number by now.
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return true;
  const isZombie = /^State:\s+Z/m.test(readFileSync(status, "utf8"));
  return !isZombie && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("ops/cli/main.ts");
}
