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
  marketAgeMsMax: z.number().int().min(100).default(10_000).describe("Older market data counts as not fresh"),
  compareMs: z
    .number()
    .int()
    .min(60_000)
    .default(3_600_000)
    .describe("How often trading is compared with what backtests assume, and models with their labels"),
  figuresMs: z
    .number()
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(21_600_000)
    .describe("How far back the figures behind the level look, and how long they are remembered when too few come"),
  betterMs: z.number().int().min(0).default(60_000).describe("A better level counts after it has held for so long"),
  levelMs: z.number().int().min(100).default(10_000).describe("How often the health level is judged"),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where people open the page, such as https://chimera.example; messages link to it"),
  mode: z.enum(["paper", "testnet", "live"]).default("paper").describe("Named in every message"),
  channelKey: z
    .string()
    .min(16)
    .optional()
    .describe("What secrets of channels are sealed with; made of the installation's master key unless set"),
  allowHosts: z
    .string()
    .default("")
    .transform((text) =>
      text
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((each) => each !== ""),
    )
    .refine((hosts) => hosts.every((each) => /^\S+:\d{1,5}$/.test(each)), "host:port with commas between them")
    .describe("host:port of channels that may be in your own network and need no TLS, with commas between them"),
  deliveryTimeoutMs: z
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe("How long one try to send a message may take"),
  alertAgainMs: z
    .number()
    .int()
    .min(60_000)
    .default(3_600_000)
    .describe("Channels are told again of an open alert that comes again after so long"),
  fatalAgainMs: z
    .number()
    .int()
    .min(60_000)
    .default(180_000)
    .describe("A FATAL alert is told again every so often until somebody acknowledges it"),
  escalateMs: z
    .number()
    .int()
    .min(60_000)
    .default(1_800_000)
    .describe("An ERROR that nobody has acknowledged for so long goes to FATAL's channels too"),
  deadmanUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Outside address that is pinged every minute while alerts are taken and the level is judged"),
  deadmanMethod: z
    .enum(["GET", "POST"])
    .default("GET")
    .describe("How: level and ts in the query, or as JSON in the body"),
});
export type Settings = z.output<typeof settings>;
