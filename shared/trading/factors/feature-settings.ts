/** The numbers that features are told by: how often, and when they are too old. */
import { z } from "@hono/zod-openapi";

export const FeatureSettings = z.object({
  emitEveryMs: z.number().int().min(10).default(100).describe("Least time between two feature events of an instrument"),
  staleAfterMs: z.number().int().positive().default(3_000).describe("Features are stale without market data this long"),
  depthStaleAfterMs: z.number().int().positive().default(15_000).describe("And without an order book this long"),
});
export type FeatureSettings = z.output<typeof FeatureSettings>;
