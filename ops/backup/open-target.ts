/** Opens the place that backups go to or come from, as it is named: a folder, or `s3://bucket/prefix`. */
import { resolve } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { S3Blobs } from "../../shared/adapters/s3.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { type BackupSettings, readBackupSettings } from "../run/backup-settings.ts";
import type { Env } from "../run/process-settings.ts";
import { type Room, Target } from "./target.ts";
import { vaultBy } from "./vault.ts";

/** Throws an Error that says what is missing: a place, a key, access to the bucket. */
export function openTarget(given: string | undefined, env: Env, clock: Clock): { target: Target; place: string } {
  const settings = readBackupSettings(env);
  const place = given ?? settings.backupTo;
  if (place === undefined)
    throw new Error("Say where backups lie: a folder or s3://bucket/prefix, or CHIMERA_BACKUP_TO.");
  return { target: new Target(roomAt(place, settings, clock), vaultBy(settings.backupKeyFile), clock), place };
}

/** Needs no key: what lies there is sealed. */
export function roomAt(place: string, settings: BackupSettings, clock: Clock): Room {
  if (!place.startsWith("s3://")) {
    if (place.includes("://")) throw new Error(`Backups lie in a folder or at s3://bucket/prefix, not at ${place}.`);
    return new FolderBlobs(resolve(place));
  }
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(place) ?? [];
  if (bucket === "") throw new Error(`${place} names no bucket: s3://bucket/prefix`);
  const {
    backupS3Url: url,
    backupS3Region: region,
    backupS3AccessKey: accessKey,
    backupS3SecretKey: secretKey,
  } = settings;
  if (accessKey === undefined || secretKey === undefined) {
    throw new Error("A bucket wants CHIMERA_BACKUP_S3_ACCESS_KEY and CHIMERA_BACKUP_S3_SECRET_KEY.");
  }
  const blobs = new S3Blobs({ url, bucket, region, accessKey, secretKey, clock });
  return prefix === "" ? blobs : under(blobs, `${prefix}/`);
}

/** A part of a bucket as a whole one. */
function under(room: Room, prefix: string): Room {
  return {
    put: (key, body) => room.put(prefix + key, body),
    get: (key) => room.get(prefix + key),
    delete: (key) => room.delete(prefix + key),
    async list(wanted, options) {
      const { items, ...rest } = await room.list(prefix + wanted, options);
      return { ...rest, items: items.map((item) => ({ ...item, key: item.key.slice(prefix.length) })) };
    },
  };
}
