/** Puts an installation back from a backup, checking every piece, count and hash on the way. */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { proveAudit } from "../../services/s12-gateway/audit-proof.ts";
import { auditLog } from "../../shared/collections/people.ts";
import type { Blobs, Clock, ServiceId, StoreRecord } from "../../shared/kit/ports.ts";
import { StoreDigest, type StoreSum, sumOf } from "../../shared/store-digest.ts";
import { runningPid, shardsOf } from "../run/folder.ts";
import { originBy } from "../run/origin.ts";
import type { Env } from "../run/process-settings.ts";
import type { Stores } from "../run/stores.ts";
import { amended, type Restored } from "./after-restore.ts";
import {
  clearRestored,
  type Filled,
  halfRestored,
  markRestoring,
  mustBeEmpty,
  unmarkRestoring,
} from "./half-restored.ts";
import { openedIn } from "./installed.ts";
import type { BlobPart, Manifest, StorePart } from "./manifest.ts";
import { recordsOf } from "./pieces.ts";
import type { Target } from "./target.ts";
import { Damaged } from "./vault.ts";

export interface Restoring {
  target: Target;
  manifest: Manifest;
  /** The data folder. */
  data: string;
  env: Env;
  clock: Clock;
  /** `stores`, `blobs`, `keys`, or an owner such as `s04`; all of it where nothing is named. */
  only?: readonly string[];
  progress?(what: string): void;
}
export interface LayerOutcome {
  layer: string;
  records: number;
  bytes: number;
  /** What happened later is lost, ms: from the moment of the backup to now. */
  rpo_ms: number;
  /** How long it took to put it back and to check it, ms. */
  rto_ms: number;
}
export interface RestoreOutcome {
  id: string;
  layers: LayerOutcome[];
  /** The audit log's chain, checked against the backup's head; absent where S12's store was not restored. */
  audit?: { ok: boolean; seq: number };
  took_ms: number;
}

/** Throws an Error that says why nothing was touched, or Damaged for a backup that is not whole. */
export async function restoreBackup(restoring: Restoring): Promise<RestoreOutcome> {
  const { manifest, clock, progress, target } = restoring;
  const path = resolve(restoring.data);
  const begun = clock.mono();
  const wants = chosen(manifest, restoring.only);
  mustBeFree(path, restoring);
  const layers: LayerOutcome[] = [];
  const timed = async (layer: string, as_of: number, work: () => Promise<{ records: number; bytes: number }>) => {
    progress?.(layer);
    const from = clock.mono();
    const done = await work();
    layers.push({ layer, ...done, rpo_ms: Math.round(clock.now() - as_of), rto_ms: Math.round(clock.mono() - from) });
  };
  const opened = openedIn(path, manifest.installation, restoring);
  try {
    if (isWhole(restoring)) await begin({ path, manifest, ...opened });
    if (wants.keys) await timed("keys", manifest.blobs_as_of, () => putFiles(target, path, manifest.files));
    mkdirSync(join(path, "stores"), { recursive: true, mode: 0o700 });
    const withGateway = wants.owners.has("s12");
    const restored = { id: manifest.id, as_of: manifest.begun_at, at: clock.now(), withGateway };
    for (const part of manifest.stores) {
      if (!wants.owners.has(part.owner)) continue;
      const name = nameOf(part, manifest);
      const chained = withGateway ? 0 : await chainedOf(opened.stores, name);
      const to = { target, stores: opened.stores, restored: { ...restored, chained } };
      await timed(name, part.as_of, () => putStore(to, part));
    }
    if (wants.blobs) {
      await timed("blobs", manifest.blobs_as_of, () => putBlobs(target, opened.blobs, manifest.blobs));
    }
    const audit = wants.owners.has("s12") ? await auditOf(opened, manifest) : undefined;
    if (isWhole(restoring)) unmarkRestoring(path);
    const took_ms = Math.round(clock.mono() - begun);
    return { id: manifest.id, layers, took_ms, ...(audit && { audit }) };
  } finally {
    await opened.stores.close();
  }
}

const isWhole = ({ only = [] }: Restoring): boolean => only.length === 0;

/** What a try before has left is cleared: everything was empty when it began. */
async function begin(filled: Filled): Promise<void> {
  const { path, manifest } = filled;
  if (halfRestored(path) === undefined) {
    await mustBeEmpty(filled);
    markRestoring(path, manifest.id);
  } else await clearRestored(filled);
}

function chosen({ stores }: Manifest, only: readonly string[] = []) {
  const owners = new Set(stores.map(({ owner }) => owner));
  const unknown = only.find((name) => !["stores", "blobs", "keys"].includes(name) && !owners.has(name));
  if (unknown !== undefined) {
    throw new Error(
      `There is no layer ${unknown}: it is stores, blobs, keys, or one of ${[...owners].sort().join(", ")}.`,
    );
  }
  const wants = (name: string) => only.length === 0 || only.includes(name);
  return {
    keys: wants("keys"),
    blobs: wants("blobs"),
    owners: wants("stores") ? owners : new Set([...owners].filter((owner) => only.includes(owner))),
  };
}

/** Nothing is overwritten: whoever restores over something has it moved away first. */
function mustBeFree(path: string, { manifest, env, only = [] }: Restoring): void {
  const { mode, venue, account } = manifest.installation;
  const wanted = originBy(env);
  for (const [what, theirs, ours] of [
    ["mode", mode, env.CHIMERA_MODE === undefined ? mode : wanted.mode],
    ["venue", venue, env.CHIMERA_VENUE_KIND === undefined ? venue : wanted.venue],
    ["account", account, wanted.account],
  ] as const) {
    if (theirs !== ours) throw new Error(`The backup is of ${what} ${theirs}, and the environment says ${ours}.`);
  }
  const pid = existsSync(path) ? runningPid(join(path, "chimera.pid")) : undefined;
  if (pid !== undefined && pid !== process.pid)
    throw new Error(`An installation is running on ${path} (process ${pid}): ./chimera down`);
  if (!existsSync(path)) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return;
  }
  const half = halfRestored(path);
  if (half !== undefined && half !== manifest.id) {
    throw new Error(`The restore of ${half} was begun there: name it to go on with it, or another folder.`);
  }
  if (half !== undefined && only.length > 0)
    throw new Error(`The restore of ${half} was begun there: finish it first.`);
  const isLeft = half !== undefined || readdirSync(path).length === 0;
  if (only.length === 0 && !isLeft) {
    throw new Error(`${path} is not empty: a restore goes into a new folder. Move the old one away, and keep it.`);
  }
}

const nameOf = ({ owner, shard }: StorePart, { installation }: Manifest): string =>
  shardsOf(installation, owner as ServiceId) > 1 ? `${owner}.${shard}` : owner;

/** What was loaded is read again and compared, record by record, with what the backup says. */
async function putStore(to: { target: Target; stores: Stores; restored: Restored }, part: StorePart) {
  const { target, stores, restored } = to;
  const owner = part.owner as ServiceId;
  const [read, written] = [new StoreDigest(), new StoreDigest()];
  const hash = createHash("sha256");
  async function* records(): AsyncGenerator<StoreRecord> {
    for (const name of part.pieces) {
      const bytes = await target.piece(name);
      hash.update(bytes);
      for (const record of recordsOf(bytes)) {
        read.add(record);
        yield record;
      }
    }
    mustBe(part.owner, read.sum(), part.sum);
    if (hash.digest("hex") !== part.sha256) throw new Damaged(`${part.owner}: its records are in another order.`);
  }
  async function* counted(): AsyncGenerator<StoreRecord> {
    for await (const record of amended(owner, records(), restored)) {
      written.add(record);
      yield record;
    }
  }
  await stores.load(owner, counted(), part.shard);
  mustBe(part.owner, await sumOf(stores.dump(owner, part.shard)), written.sum());
  return { records: part.sum.records, bytes: part.bytes };
}

function mustBe(owner: string, is: StoreSum, said: StoreSum): void {
  if (is.sha256 === said.sha256) return;
  const names = [...new Set([...Object.keys(is.by), ...Object.keys(said.by)])].filter(
    (name) => is.by[name] !== said.by[name],
  );
  const counts = names.map((name) => `${name}: ${is.by[name] ?? 0} of ${said.by[name] ?? 0}`).join(", ");
  throw new Damaged(`${owner} is not what was backed up${counts === "" ? "" : `: ${counts}`}.`);
}

async function putBlobs(target: Target, blobs: Blobs, parts: readonly BlobPart[]) {
  for (const part of parts) {
    if (await blobs.get(part.key)) throw new Error(`The blob ${part.key} is there already: nothing is overwritten.`);
    await blobs.write(part.key, checked(target, part));
  }
  return { records: parts.length, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function putFiles(target: Target, path: string, parts: readonly BlobPart[]) {
  for (const part of parts) {
    const file = join(path, part.key);
    if (existsSync(file)) throw new Error(`${file} is there already: nothing is overwritten.`);
    const pieces: Uint8Array[] = [];
    for await (const piece of checked(target, part)) pieces.push(piece);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, Buffer.concat(pieces), { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  return { records: parts.length, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function* checked(target: Target, { key, pieces, sha256 }: BlobPart): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for (const name of pieces) {
    const piece = await target.piece(name);
    hash.update(piece);
    yield piece;
  }
  if (hash.digest("hex") !== sha256) throw new Damaged(`${key} is not what was backed up.`);
}

/** Where S12's store was not lost, it knows of audit entries that the backup does not. */
async function chainedOf(stores: Stores, name: string): Promise<number> {
  const reader = stores.openReader("s12");
  try {
    const sort = { field: "owner_seq", order: "desc" } as const;
    const { items } = await reader.query(auditLog, { where: { owner: name }, sort, limit: 1 });
    return items[0]?.value.owner_seq ?? 0;
  } finally {
    await reader.close();
  }
}

/** The chain as it now lies in S12's store, and that it ends where the backup says. */
async function auditOf({ stores, blobs }: { stores: Stores; blobs: Blobs }, { audit }: Manifest) {
  const reader = stores.openReader("s12");
  try {
    const proof = await proveAudit(reader, blobs, () => new Map());
    const head = proof.head ?? { seq: 0, hash: "" };
    if (audit && (head.seq !== audit.seq || head.hash !== audit.hash)) {
      throw new Damaged(`The audit log ends at ${head.seq}, and the backup says ${audit.seq}, or by another hash.`);
    }
    return { ok: proof.ok, seq: head.seq };
  } finally {
    await reader.close();
  }
}

/** Reads all of a backup and checks it as a restore does, and puts it nowhere. */
export async function verifyBackup(target: Target, manifest: Manifest, progress?: (what: string) => void) {
  for (const part of manifest.stores) {
    progress?.(nameOf(part, manifest));
    const digest = new StoreDigest();
    const hash = createHash("sha256");
    for (const name of part.pieces) {
      const bytes = await target.piece(name);
      hash.update(bytes);
      for (const record of recordsOf(bytes)) digest.add(record);
    }
    mustBe(part.owner, digest.sum(), part.sum);
    if (hash.digest("hex") !== part.sha256) throw new Damaged(`${part.owner}: its records are in another order.`);
  }
  for (const part of [...manifest.blobs, ...manifest.files]) {
    progress?.(part.key);
    for await (const _piece of checked(target, part));
  }
}
