/** The marks that a restore leaves in the router's store: from when on the books may lack what the exchange knows. */
import { z } from "@hono/zod-openapi";

/** Its key among `router_marks`. */
export const RESTORED_MARK = "restored";

/** Of another: which process has begun on the store last. A restore replaces it, so that no journal goes on with it. */
export const BEGUN_MARK = "store";

export const RestoredMark = z.object({
  backup_id: z.string(),
  /** Epoch ms: what happened later is not in the backup. */
  as_of: z.number(),
  restored_at: z.number(),
  /** Epoch ms at which all that the exchange knows was taken in. */
  caught_up_at: z.number().optional(),
  /** By trade, the highest number of what was asked about it in the lost time: what has a lower one was meant before that. */
  asked: z.record(z.string(), z.number()).optional(),
});
export type RestoredMark = z.output<typeof RestoredMark>;
