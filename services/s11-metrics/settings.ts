/** S11's settings. */
import { z } from "@hono/zod-openapi";

export const settings = z.object({
  scrapeMs: z.number().int().min(1_000).default(10_000).describe("How often all services are scraped"),
  levelAgainMs: z.coerce
    .number()
    .int()
    .min(1_000)
    .default(30_000)
    .describe("An unchanged level is told again after so long"),
  levelMs: z.number().int().min(100).default(10_000).describe("How often the health level is judged"),
});
export type Settings = z.output<typeof settings>;
