/** Where documents and blobs are kept, as the environment says: in the data folder, or in ArangoDB and an S3 store. */
import { z } from "@hono/zod-openapi";
import { settledEnv } from "./kept-stores.ts";
import { describeEnv, type Env, readEnv } from "./process-settings.ts";

export const STORE_SETTINGS = z.object({
  store: z.enum(["sqlite", "arango"]).default("sqlite").describe("sqlite: files of the data folder; arango: ArangoDB"),
  arangoUrl: z.string().default("http://127.0.0.1:8529").describe("ArangoDB's address; several with commas between"),
  arangoDatabase: z.string().default("chimera").describe("The database in ArangoDB"),
  arangoUser: z.string().optional().describe("The user there; unset: chimera-s04 and so on, each service its own"),
  arangoPassword: z.string().optional().describe("The user's password in ArangoDB"),
  arangoPasswords: z
    .string()
    .optional()
    .describe('Every user\'s password, as ./chimera init writes them; mostly from a file: {"chimera-s04": "…"}'),
  blobs: z
    .enum(["folder", "s3"])
    .default("folder")
    .describe("folder: of the data folder; s3: MinIO or another S3 store"),
  s3Url: z.string().default("http://127.0.0.1:9000").describe("The S3 store's address"),
  s3Bucket: z.string().default("chimera").describe("The bucket there"),
  s3Region: z.string().default("us-east-1").describe("The bucket's region"),
  s3AccessKey: z.string().optional().describe("The access key of the S3 store"),
  s3SecretKey: z.string().optional().describe("Its secret"),
  s3PublicUrl: z.string().optional().describe("What people reach the S3 store by, for links; s3Url unless set"),
  s3VersionDays: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(30)
    .describe("How long the S3 store keeps what was replaced or deleted, days; of recordings and market data one"),
});
export type StoreSettings = z.output<typeof STORE_SETTINGS>;

/**
 * `data`: the data folder, which remembers which stores hold its data. Throws an Error that names every variable which is
 * wrong, or that says something else than the folder does.
 */
export const readStoreSettings = (env: Env, data?: string): StoreSettings =>
  readEnv(STORE_SETTINGS, data === undefined ? env : settledEnv(data, env), "the stores");

/** One row per setting, for the reference. */
export const describeStoreSettings = () => describeEnv(STORE_SETTINGS);
