/** What the last backups came to, as the one who makes them leaves it among the blobs for S11 to read. */
import { z } from "@hono/zod-openapi";

export const BackupStatus = z.object({
  /** Epoch ms. */
  succeeded_at: z.number().optional(),
  /** Of the last try, where it failed. */
  failed_at: z.number().optional(),
  error: z.string().optional(),
  /** How often one is made by schedule. */
  every_ms: z.number().optional(),
  /** The schedule is of `up`, and ends where that is started without one; else of others, cron say. */
  by_up: z.boolean().optional(),
});
export type BackupStatus = z.output<typeof BackupStatus>;
