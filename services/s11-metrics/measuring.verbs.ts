/** Measuring: all services are scraped, and what they told is kept and shown. */
import { z } from "@hono/zod-openapi";
import { every, verb } from "../../shared/kit/service.ts";
import type { Part, Ports } from "./parts.ts";
import { createScraper } from "./scrape.ts";
import { metricsVerb } from "./series.ts";

export function measuringPart({ settings, store, clock, log, metrics, peers, alert }: Ports): Part {
  const own = () => metrics.text();
  const scraper = createScraper({ peers, store, clock, log, self: "s11", own, alert });
  return {
    verbs: [
      metricsVerb({ store, clock, own, services: peers.services.length, federate: scraper.federate }),
      verb({
        name: "getTopology",
        summary: "Who has called whom since it started, as of the last scrape",
        rest: "GET /topology",
        input: z.object({}),
        output: z.object({ items: z.array(z.object({ from: z.string(), to: z.string(), count: z.number() })) }),
        run: () => ({ items: scraper.topology() }),
      }),
    ],
    jobs: [every(settings.scrapeMs, "scrape", scraper.scrape)],
  };
}
