/** The data folder: where everything durable of one installation lies, and what it is bound to. */
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemRandom } from "../../shared/adapters/random.ts";
import { TAG_CHARACTERS } from "../../shared/keys.ts";

export interface Origin {
  mode: "paper" | "testnet" | "live";
  venue: string;
  account: string;
}
export interface DataFolder {
  path: string;
  /** True when it was made by this call. */
  isNew: boolean;
  serviceKey: Uint8Array;
  /** Four characters at the head of every client order id of this installation. */
  tag: string;
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

/** Opens or makes the folder; throws when it belongs to another mode, venue or account. */
export function openFolder(given: string, origin: Origin): DataFolder {
  const path = resolve(given);
  const isNew = !existsSync(join(path, "origin.json"));
  makeParts(path);
  const kept = bind(join(path, "origin.json"), origin);
  return {
    path,
    isNew,
    serviceKey: keyIn(join(path, "keys", "service.key")),
    tag: kept.tag,
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

function makeParts(path: string): void {
  try {
    // Password hashes and signed-in sessions are for nobody else on this machine.
    mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const part of ["stores", "blobs", "keys", "venue", "logs"]) mkdirSync(join(path, part), { recursive: true });
    for (const part of ["", "stores", "keys"]) accessSync(join(path, part), constants.W_OK);
  } catch (error) {
    throw new Error(`${path} cannot be a data folder: ${(error as Error).message}`);
  }
}

function bind(file: string, origin: Origin): Origin & { tag: string } {
  if (!existsSync(file)) {
    const random = systemRandom();
    const tag = Array.from({ length: TAG_CHARACTERS }, () => TAG_LETTERS[random.int(TAG_LETTERS.length)]).join("");
    writeFileSync(file, `${JSON.stringify({ ...origin, tag }, null, 2)}\n`);
  }
  const kept = readOrigin(file);
  for (const part of ["mode", "venue", "account"] as const) {
    if (kept[part] === origin[part]) continue;
    throw new Error(
      `${file} says that this data folder belongs to ${part} ${JSON.stringify(kept[part])}, not ${JSON.stringify(origin[part])}. ` +
        "Name another folder with --data DIR.",
    );
  }
  return kept;
}

function readOrigin(file: string): Origin & { tag: string } {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Origin & { tag: string };
  } catch (error) {
    throw new Error(`${file} is damaged: it should say what this data folder belongs to. ${(error as Error).message}`);
  }
}

function keyIn(file: string): Uint8Array {
  if (!existsSync(file)) {
    writeFileSync(file, Buffer.from(systemRandom().bytes(SERVICE_KEY_BYTES)).toString("hex"), { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  const key = Buffer.from(readFileSync(file, "utf8").trim(), "hex");
  if (key.length < SERVICE_KEY_BYTES)
    throw new Error(`${file} is damaged: it should hold ${SERVICE_KEY_BYTES} bytes in hex.`);
  return new Uint8Array(key);
}

/** Writes this process down as the one that runs on the folder; the answer takes it back. Throws when another does. */
export function claim(folder: DataFolder): () => void {
  const running = runningPid(folder.pid);
  if (running !== undefined) throw new Error(`It is running already on ${folder.path} (process ${running}).`);
  writeFileSync(folder.pid, String(process.pid));
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
