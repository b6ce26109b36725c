/** What a backup says of itself: of which installation, which stores and blobs in which pieces, and how to check them. */
import { z } from "@hono/zod-openapi";
import { Damaged, type Vault } from "./vault.ts";

export const MANIFEST_VERSION = 1;

const Hex = z.string().regex(/^[0-9a-f]{64}$/);
const Pieces = z.array(Hex);
const Sum = z.object({ records: z.int(), by: z.record(z.string(), z.int()), sha256: Hex });

const StorePart = z.object({
  owner: z.string().regex(/^s\d\d$/),
  shard: z.int(),
  /** Of the form of its records. */
  format: z.literal(1),
  /** Epoch ms: all that was committed before is in it. */
  as_of: z.number(),
  ended_at: z.number(),
  sum: Sum,
  /** Over its lines, in their order. */
  sha256: Hex,
  bytes: z.int(),
  pieces: Pieces,
});
export type StorePart = z.output<typeof StorePart>;

const BlobPart = z.object({
  key: z.string(),
  bytes: z.int(),
  modified_at: z.number(),
  sha256: Hex,
  pieces: Pieces,
});
export type BlobPart = z.output<typeof BlobPart>;

/** In the data folder, whoever has made the backup: what is origin, generation or a key, and nothing else. */
export const FILE_PATH = /^(origin\.json|site\.json|keys\/[^./\\][^/\\]*)$/;
const FilePart = BlobPart.extend({ key: z.string().regex(FILE_PATH) });

export const Manifest = z.object({
  version: z.literal(MANIFEST_VERSION),
  id: z.string(),
  /** Epoch ms: nothing in it is older than its beginning. */
  begun_at: z.number(),
  ended_at: z.number(),
  made_by: z.object({ version: z.string(), git_commit: z.string() }),
  installation: z.object({
    mode: z.enum(["paper", "testnet", "live"]),
    venue: z.string(),
    account: z.string(),
    tag: z.string(),
    shards: z.int(),
  }),
  /** In the order in which they were read. */
  stores: z.array(StorePart),
  blobs: z.array(BlobPart),
  blobs_as_of: z.number(),
  /** Of the data folder: `origin.json`, keys. */
  files: z.array(FilePart),
  /** What was in force, as S10 kept it. */
  config: z.unknown().optional(),
  /** The head of the audit log's chain; none while it is empty. */
  audit: z.object({ seq: z.int(), hash: z.string() }).optional(),
  /** `new`: what was not in the target before, as it lies there; `bytes`: before compression. */
  size: z.object({ bytes: z.int(), pieces: z.int(), new_bytes: z.int(), new_pieces: z.int() }),
});
export type Manifest = z.output<typeof Manifest>;

const FOLDER = "manifests/";
export const placeOfManifest = (id: string): string => `${FOLDER}${id}`;
export const MANIFESTS = FOLDER;

/** `20261123T090000Z-1f8c`: by time, so that the newest comes last. */
export const idAt = (at: number, letters: string): string =>
  `${new Date(at).toISOString().replace(/[-:]|\.\d+/g, "")}-${letters}`;
/** The id as it is, or the next after the newest where that is of the same second or the clock was set back. */
export function idAfter(newest: string | undefined, id: string): string {
  const at = newest === undefined ? Number.NaN : timeOfId(newest);
  if (newest === undefined || Number.isNaN(at) || id > newest) return id;
  const next = Number.parseInt(newest.slice(-LETTERS), 16) + 1;
  const isFull = next >= 16 ** LETTERS;
  return idAt(isFull ? at + 1_000 : at, (isFull ? 0 : next).toString(16).padStart(LETTERS, "0"));
}
const LETTERS = 4;

/** Epoch ms; NaN for what is no id. */
export function timeOfId(id: string): number {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{4}$/.exec(id);
  const [, ...parts] = found ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  return found ? Date.UTC(year, month - 1, ...(rest as [number, number, number, number])) : Number.NaN;
}

export const sealManifest = (vault: Vault, manifest: Manifest): Uint8Array =>
  vault.seal(placeOfManifest(manifest.id), Buffer.from(JSON.stringify(manifest)));

/** Throws Damaged for what does not open, or is of a version that this one does not know. */
export function openManifest(vault: Vault, id: string, sealed: Uint8Array): Manifest {
  const place = placeOfManifest(id);
  const text = Buffer.from(vault.open(place, sealed)).toString();
  const read = Manifest.safeParse(JSON.parse(text));
  if (!read.success) throw new Damaged(`${place} is of another version: ${z.prettifyError(read.error)}`);
  return read.data;
}
