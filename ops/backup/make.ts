/** Makes a backup while the installation trades on: store after store, then blobs and keys, then the manifest. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { systemRandom } from "../../shared/adapters/random.ts";
import { auditHeads } from "../../shared/collections/audit.ts";
import { configActive } from "../../shared/collections/config.ts";
import { refuse } from "../../shared/errors.ts";
import { AUDIT_HEADS, BACKUP_STATUS, SITE_REPLACED } from "../../shared/keys.ts";
import type { BlobInfo, Blobs, Clock, ServiceId, StoreRecord } from "../../shared/kit/ports.ts";
import { StoreDigest } from "../../shared/store-digest.ts";
import type { Build } from "../build.ts";
import { replacedBy, sayWho, siteAt } from "../standby/site.ts";
import { type Installed, partsOf } from "./installed.ts";
import { type BlobPart, idAfter, idAt, MANIFEST_VERSION, type Manifest, type StorePart } from "./manifest.ts";
import { equalPieces, piecesOf } from "./pieces.ts";
import { namesIn } from "./prune.ts";
import type { Target } from "./target.ts";
import { Damaged } from "./vault.ts";

export interface Making {
  installed: Installed;
  target: Target;
  clock: Clock;
  build: Build;
  /** Told before each part. */
  progress?(what: string): void;
}

/**
 * Answers what it wrote. Throws Problem STILL_RUNNING while another run is under way at the target, and WRONG_STATE
 * where another site has been promoted in this one's place, which then sends no entries any more.
 */
export async function makeBackup(making: Making): Promise<Manifest> {
  const { target, clock } = making;
  await mustBeTheSite(making);
  const begun_at = clock.now();
  const letters = Buffer.from(systemRandom().bytes(2)).toString("hex");
  const id = idAfter((await target.ids()).at(-1), idAt(begun_at, letters));
  return target.alone(`backup-${id}`, async () => {
    const before = await lastOf(target, making.installed);
    const work = new Work(making);
    // Heads of the audit log come before the log: they must not name what it does not have yet.
    const heads = await work.blobs(before?.blobs ?? [], (key) => key.startsWith(AUDIT_HEADS));
    const stores: StorePart[] = [];
    for (const { owner, shard } of partsOf(making.installed.about)) stores.push(await work.store(owner, shard));
    const blobs_as_of = clock.now();
    const blobs = [...heads, ...(await work.blobs(before?.blobs ?? [], (key) => !key.startsWith(AUDIT_HEADS)))];
    const files = await work.files();
    const { version, git_commit } = making.build;
    const manifest: Manifest = {
      version: MANIFEST_VERSION,
      ...{ id, begun_at, ended_at: clock.now(), made_by: { version, git_commit } },
      installation: making.installed.about,
      ...{ stores, blobs, blobs_as_of, files, config: work.config, ...(work.audit && { audit: work.audit }) },
      size: work.size,
    };
    await mustBeThere(target, manifest);
    await target.write(manifest);
    return manifest;
  });
}

/** What a replaced site would add to the backups is none of the installation's any more; its services are told. */
async function mustBeTheSite({ target, installed }: Making): Promise<void> {
  const own = await siteAt(installed.site, installed.blobs);
  const words = await replacedBy(target, own);
  if (words === undefined) return sayWho(target, own);
  await installed.blobs.put(SITE_REPLACED, Buffer.from(words));
  refuse("WRONG_STATE", `Another site has taken over: ${words} No entries are sent from here; stop it.`);
}

/**
 * The newest one that opens: what has not changed since need not be read again. Throws Problem WRONG_STATE where it is
 * of another installation, or where none opens at all.
 */
async function lastOf(target: Target, { about }: Installed): Promise<Manifest | undefined> {
  const ids = await target.ids();
  for (const id of ids.toReversed()) {
    const last = await target.manifest(id).catch((error: unknown) => {
      if (error instanceof Damaged) return undefined;
      throw error;
    });
    if (!last) continue;
    const { tag, mode, venue, account } = last.installation;
    if (tag === about.tag && mode === about.mode && venue === about.venue && account === about.account) return last;
    const theirs = `another installation (${tag}, ${mode} ${venue} ${account})`;
    refuse("WRONG_STATE", `The backups there are of ${theirs}: name a place of its own for this one.`);
  }
  if (ids.length === 0) return undefined;
  refuse(
    "WRONG_STATE",
    "None of the backups there opens: they were sealed by another key. Name that, or another place.",
  );
}

/** What a piece's name was found for may have been removed since, by whoever did not see that this was under way. */
async function mustBeThere(target: Target, manifest: Manifest): Promise<void> {
  const held = await target.listed();
  const missing = namesIn(manifest).filter((name) => !held.has(name));
  if (missing.length === 0) return;
  throw new Damaged(
    `${missing.length} pieces of this backup are missing by now, ${missing[0]} for one: make it again.`,
  );
}

/** What says how the site itself fares: of no use to one that is restored. */
const OF_THIS_SITE = [BACKUP_STATUS, SITE_REPLACED];

class Work {
  readonly size: Manifest["size"] = { bytes: 0, pieces: 0, new_bytes: 0, new_pieces: 0 };
  config: unknown;
  audit: Manifest["audit"];
  readonly #making: Making;

  constructor(making: Making) {
    this.#making = making;
  }

  async store(owner: ServiceId, shard: number): Promise<StorePart> {
    const { installed, clock, progress } = this.#making;
    progress?.(`store ${owner}${installed.about.shards > 1 ? `, shard ${shard}` : ""}`);
    const digest = new StoreDigest();
    const hash = createHash("sha256");
    const [as_of, bytesBefore, pieces] = [clock.now(), this.size.bytes, [] as string[]];
    const seen = this.#seen(installed.stores.dump(owner, shard), digest);
    for await (const { bytes } of piecesOf(seen)) {
      hash.update(bytes);
      pieces.push(await this.#keep(bytes));
    }
    const bytes = this.size.bytes - bytesBefore;
    const [ended_at, sha256] = [clock.now(), hash.digest("hex")];
    return { owner, shard, format: 1, as_of, ended_at, sum: digest.sum(), sha256, bytes, pieces };
  }

  async *#seen(records: AsyncIterable<StoreRecord>, digest: StoreDigest): AsyncGenerator<StoreRecord> {
    for await (const record of records) {
      digest.add(record);
      if (record.kind === "document") {
        if (record.collection === configActive.name) this.config = record.value;
        if (record.collection === auditHeads.name) {
          const { seq, hash } = record.value as { seq: number; hash: string };
          this.audit = { seq, hash };
        }
      }
      yield record;
    }
  }

  async blobs(before: readonly BlobPart[], wants: (key: string) => boolean): Promise<BlobPart[]> {
    const { installed, progress } = this.#making;
    progress?.("blobs");
    const known = new Map(before.map((part) => [part.key, part]));
    const held = await this.#making.target.pieces();
    const parts: BlobPart[] = [];
    for await (const info of listed(installed.blobs)) {
      if (!wants(info.key) || OF_THIS_SITE.includes(info.key)) continue;
      const last = known.get(info.key);
      const isSame = last?.bytes === info.bytes && last.modified_at === info.modified_at;
      if (isSame && last.pieces.every((name) => held.has(name))) {
        this.size.bytes += last.bytes;
        this.size.pieces += last.pieces.length;
        parts.push(last);
        continue;
      }
      const body = await installed.blobs.read(info.key);
      // Deleted since it was listed.
      if (body) parts.push(await this.#cut(info, body));
    }
    return parts;
  }

  async files(): Promise<BlobPart[]> {
    const parts: BlobPart[] = [];
    for (const { path, file } of this.#making.installed.files) {
      const body = readFileSync(file);
      const info = { key: path, bytes: body.length, modified_at: statSync(file).mtimeMs };
      parts.push(await this.#cut(info, once(body)));
    }
    return parts;
  }

  async #cut({ key, modified_at }: BlobInfo, body: AsyncIterable<Uint8Array>): Promise<BlobPart> {
    const hash = createHash("sha256");
    const pieces: string[] = [];
    let bytes = 0;
    for await (const piece of equalPieces(body)) {
      hash.update(piece);
      bytes += piece.length;
      pieces.push(await this.#keep(piece));
    }
    return { key, bytes, modified_at, sha256: hash.digest("hex"), pieces };
  }

  async #keep(bytes: Uint8Array): Promise<string> {
    const { name, added } = await this.#making.target.keep(bytes);
    this.size.bytes += bytes.length;
    this.size.pieces++;
    this.size.new_bytes += added;
    if (added > 0) this.size.new_pieces++;
    return name;
  }
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

async function* listed(blobs: Blobs): AsyncGenerator<BlobInfo> {
  for (let cursor: string | undefined; ; ) {
    const page = await blobs.list("", { limit: 1_000, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.next_cursor;
    if (cursor === undefined) return;
  }
}
