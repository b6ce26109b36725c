/** The blobs of an installation: reports, charts, models, recordings, audit heads, backups. */
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { type BucketRules, bucketState, ensureBucket } from "../../shared/adapters/s3/bucket.ts";
import type { S3Place } from "../../shared/adapters/s3/objects.ts";
import { S3Blobs } from "../../shared/adapters/s3.ts";
import type { Blobs, Clock } from "../../shared/kit/ports.ts";
import type { DataFolder } from "./folder.ts";
import type { Env } from "./process-settings.ts";
import { readStoreSettings, type StoreSettings } from "./store-settings.ts";

export interface BlobsOptions {
  folder: Pick<DataFolder, "path" | "blobs">;
  env: Env;
  clock: Pick<Clock, "now">;
  /** The environment alone says which place is meant, whatever the data folder remembers. */
  asGiven?: boolean;
}

/** Throws an Error that names every variable which is wrong. Asks nothing of a store yet. */
export function openBlobs({ folder, env, clock, asGiven = false }: BlobsOptions): Blobs {
  const place = s3Place(readStoreSettings(env, asGiven ? undefined : folder.path));
  return place ? new S3Blobs({ ...place, clock }) : new FolderBlobs(folder.blobs);
}

/** Makes what blobs need where they are to lie: a line for each thing that was missing. Can run at any time. */
export async function prepareBlobs(env: Env, dryRun = false): Promise<string[]> {
  const settings = readStoreSettings(env);
  const place = s3Place(settings);
  return place ? ensureBucket(place, rulesOf(settings), dryRun) : [];
}

const CLOCKS_APART_MS_MAX = 60_000;

export interface BlobFinding {
  name: string;
  /** False: it works all the same. */
  must: boolean;
  ok: boolean;
  detail: string;
}

export interface Inspected {
  env: Env;
  /** The data folder. */
  data?: string;
  clock: Pick<Clock, "now">;
}

/** What is wrong with the store of blobs, for `doctor`; nothing of folders, whose disk is looked at anyway. */
export async function inspectBlobs({ env, data, clock }: Inspected): Promise<BlobFinding[]> {
  const settings = readStoreSettings(env, data);
  const place = s3Place(settings);
  if (!place) return [];
  const about = `${place.url}, bucket ${place.bucket}`;
  try {
    const state = await bucketState(place, rulesOf(settings));
    if (!state.isThere) return [finding("object store", false, `${about}: no such bucket; ./chimera init makes it`)];
    const missing = [
      ...(state.isVersioned ? [] : ["versions are off"]),
      ...(state.hasRules ? [] : ["rules are missing"]),
      ...(state.isOpen ? ["strangers may read"] : []),
    ].join(", ");
    const kept =
      missing === "" ? "versions kept, rules set, closed to strangers" : `${missing}; ./chimera init mends it`;
    const apart = await clocksApart(place.url, clock);
    return [
      finding("object store", true, about),
      { ...finding("object store's bucket", missing === "", kept), must: state.isOpen },
      finding("object store's clock", apart <= CLOCKS_APART_MS_MAX, `${Math.round(apart)} ms from ours`),
    ];
  } catch (error) {
    return [finding("object store", false, `${about}: ${error instanceof Error ? error.message : String(error)}`)];
  }
}

const finding = (name: string, ok: boolean, detail: string): BlobFinding => ({ name, must: true, ok, detail });

const ANSWER_MS = 5_000;

/** By the date that the store puts on any answer, which has whole seconds. */
async function clocksApart(url: string, clock: Pick<Clock, "now">): Promise<number> {
  const before = clock.now();
  const { headers } = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(ANSWER_MS), redirect: "manual" });
  const theirs = Date.parse(headers.get("date") ?? "");
  const ours = (before + clock.now()) / 2;
  return Number.isFinite(theirs) ? Math.max(0, Math.abs(theirs + 500 - ours) - 500) : 0;
}

const rulesOf = ({ s3VersionDays }: StoreSettings): BucketRules => ({ versionDays: s3VersionDays });

/** Undefined: they lie in the data folder. Throws an Error that names what is missing. */
export function s3Place(settings: StoreSettings): S3Place | undefined {
  if (settings.blobs === "folder") return;
  const { s3Url, s3Bucket, s3Region, s3PublicUrl, s3AccessKey, s3SecretKey } = settings;
  if (!s3AccessKey || !s3SecretKey) {
    throw new Error("CHIMERA_BLOBS=s3 wants CHIMERA_S3_ACCESS_KEY and CHIMERA_S3_SECRET_KEY, or their _FILE.");
  }
  return {
    ...{ url: s3Url, bucket: s3Bucket, region: s3Region, accessKey: s3AccessKey, secretKey: s3SecretKey },
    ...(s3PublicUrl !== undefined && { publicUrl: s3PublicUrl }),
  };
}
