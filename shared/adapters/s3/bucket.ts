/** The bucket of an installation, made ready: there, keeping versions, tidying up after itself, and closed to strangers. */
import type { Client, LifecycleRule as ClientsRule } from "minio";
import { MARKET_DATA, RECORDINGS, WORK } from "../../keys.ts";
import { prefixOf } from "./names.ts";
import { clientOf, PATIENCE, type S3Place } from "./objects.ts";
import { codeOf, explain } from "./trouble.ts";

export interface BucketRules {
  /** How long what was replaced or deleted can still be had back, days; of recordings and market data it is one. */
  versionDays: number;
}
export interface BucketState {
  isThere: boolean;
  isVersioned: boolean;
  /** False: some rule of ours is missing or another. */
  hasRules: boolean;
  /** Strangers may do something. */
  isOpen: boolean;
}

/** S3 knows one kind of expiry more than the client's types do. */
type LifecycleRule = Omit<ClientsRule, "Expiration"> & {
  Expiration?: { ExpiredObjectDeleteMarker?: boolean | string };
};

const ALL = "";
/** They are rewritten and deleted all day, and are the most of what there is. */
const BULKY = [RECORDINGS, MARKET_DATA, WORK];
const OURS = "chimera-";

/**
 * Does what is missing and says so, a line each; `dryRun` only says so. Can run at any time.
 * Throws Problem UNAVAILABLE, saying why.
 */
export async function ensureBucket(place: S3Place, rules: BucketRules, dryRun = false): Promise<string[]> {
  const client = clientOf(place, PATIENCE);
  const { bucket, region } = place;
  const made: string[] = [];
  try {
    const state = await stateOf(client, bucket, rules);
    if (!state.isThere) {
      if (!dryRun) await client.makeBucket(bucket, region);
      made.push(`bucket ${bucket}`);
    }
    if (!state.isVersioned) {
      if (!dryRun) await client.setBucketVersioning(bucket, { Status: "Enabled" });
      made.push(`versions in ${bucket}`);
    }
    if (!state.hasRules) {
      const kept = state.isThere ? (await rulesOf(client, bucket)).filter((rule) => !isOurs(rule)) : [];
      const all = [...kept, ...wanted(rules)] as ClientsRule[];
      if (!dryRun) await client.setBucketLifecycle(bucket, { Rule: all });
      made.push(`rules of ${bucket}: what was replaced or deleted goes after ${rules.versionDays} days`);
    }
    if (state.isOpen) {
      if (!dryRun) await client.setBucketPolicy(bucket, "");
      made.push(`${bucket} closed: its policy let strangers in`);
    }
  } catch (error) {
    throw explain(error, bucket);
  }
  return made;
}

/** What of it there is, without changing it. Throws Problem UNAVAILABLE, saying why. */
export async function bucketState(place: S3Place, rules: BucketRules): Promise<BucketState> {
  try {
    return await stateOf(clientOf(place, PATIENCE), place.bucket, rules);
  } catch (error) {
    throw explain(error, place.bucket);
  }
}

async function stateOf(client: Client, bucket: string, rules: BucketRules): Promise<BucketState> {
  if (!(await client.bucketExists(bucket))) {
    return { isThere: false, isVersioned: false, hasRules: false, isOpen: false };
  }
  const versioning = (await client.getBucketVersioning(bucket)) as { Status?: string } | undefined;
  const present = await rulesOf(client, bucket);
  return {
    isThere: true,
    isVersioned: versioning?.Status === "Enabled",
    hasRules: wanted(rules).every((rule) => present.some((other) => isSame(rule, other))),
    isOpen: letsStrangersIn(await policyOf(client, bucket)),
  };
}

function wanted({ versionDays }: BucketRules): LifecycleRule[] {
  const rule = (prefix: string, days: number): LifecycleRule => ({
    ID: `${OURS}${prefix === ALL ? "all" : prefix.slice(0, -1)}`,
    Status: "Enabled",
    Filter: { Prefix: prefixOf(prefix) },
    NoncurrentVersionExpiration: { NoncurrentDays: days },
    ...(prefix === ALL && {
      Expiration: { ExpiredObjectDeleteMarker: true },
      // MinIO takes and forgets it: there, uploads that nobody finishes go after a day by themselves.
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    }),
  });
  return [rule(ALL, versionDays), ...BULKY.map((prefix) => rule(prefix, 1))];
}

const isOurs = ({ ID }: LifecycleRule): boolean => String(ID).startsWith(OURS);

function isSame(wanted: LifecycleRule, { AbortIncompleteMultipartUpload: _, ...present }: LifecycleRule): boolean {
  const days = (rule: LifecycleRule) => Number(rule.NoncurrentVersionExpiration?.NoncurrentDays);
  const prefix = ({ Filter, Prefix }: LifecycleRule) => Filter?.Prefix ?? Prefix;
  const sign = ({ Expiration }: LifecycleRule) => String(Expiration?.ExpiredObjectDeleteMarker ?? false);
  return (
    wanted.ID === present.ID &&
    present.Status === "Enabled" &&
    days(wanted) === days(present) &&
    prefix(wanted) === prefix(present) &&
    sign(wanted) === sign(present)
  );
}

async function rulesOf(client: Client, bucket: string): Promise<LifecycleRule[]> {
  try {
    const found = (await client.getBucketLifecycle(bucket)) as { Rule?: LifecycleRule | LifecycleRule[] } | null;
    return found?.Rule === undefined ? [] : [found.Rule].flat();
  } catch (error) {
    if (codeOf(error) === "NoSuchLifecycleConfiguration") return [];
    throw error;
  }
}

async function policyOf(client: Client, bucket: string): Promise<string | undefined> {
  try {
    return await client.getBucketPolicy(bucket);
  } catch (error) {
    if (codeOf(error) === "NoSuchBucketPolicy") return;
    throw error;
  }
}

interface Statement {
  Effect?: string;
  Principal?: string | { AWS?: string | string[] };
}

function letsStrangersIn(policy: string | undefined): boolean {
  if (!policy) return false;
  const { Statement = [] } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  return [Statement].flat().some(({ Effect, Principal }) => {
    const who = typeof Principal === "object" ? [Principal.AWS ?? []].flat() : [Principal];
    return Effect === "Allow" && who.includes("*");
  });
}
