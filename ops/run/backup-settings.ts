/** Where backups go, how often and under which key, as the environment says. */
import { z } from "@hono/zod-openapi";
import { describeEnv, type Env, readEnv } from "./process-settings.ts";

export const BACKUP_SETTINGS = z.object({
  backupTo: z.string().optional().describe("Where backups go: a folder, or s3://bucket/prefix; unset: none are made"),
  backupEveryMs: z.coerce
    .number()
    .int()
    .min(60_000)
    .max(7 * 86_400_000)
    .optional()
    .describe("How often `up` makes one, ms; unset: never by itself"),
  backupKeep: z
    .string()
    .regex(/^\d{1,4}h(,\d{1,4}d)?$/, "hours and days, as 48h,30d")
    .default("48h,30d")
    .describe("Which are kept: all of so many hours, then the last of each of so many days"),
  backupKeyFile: z.string().optional().describe("File of the key that backups are encrypted by: 32 bytes in hex"),
  backupS3Url: z.string().default("http://127.0.0.1:9000").describe("The address of the S3 store that backups go to"),
  backupS3Region: z.string().default("us-east-1").describe("Its bucket's region"),
  backupS3AccessKey: z.string().optional().describe("The access key there"),
  backupS3SecretKey: z.string().optional().describe("Its secret"),
});
export type BackupSettings = z.output<typeof BACKUP_SETTINGS>;

/** Throws an Error that names every variable which is wrong. */
export const readBackupSettings = (env: Env): BackupSettings => readEnv(BACKUP_SETTINGS, env, "backups");

/** One row per setting, for the reference. */
export const describeBackupSettings = () => describeEnv(BACKUP_SETTINGS);
