/** Measuring: all services are scraped, and what they told is kept, rolled up and shown. */
import { z } from "@hono/zod-openapi";
import { every, verb } from "../../shared/kit/service.ts";
import { namesVerb } from "./names.ts";
import type { Part, Ports } from "./parts.ts";
import { createRoller } from "./roller.ts";
import { createScraper } from "./scrape.ts";
import { metricsVerb } from "./series.ts";

const ROLL_MS = 60_000;

export function measuringPart({ settings, store, clock, log, metrics, peers, alert }: Ports): Part {
  const own = () => metrics.text();
  const services = peers.services.map(({ id }) => id);
  const scraper = createScraper({ peers, store, clock, log, self: "s11", own, alert });
  const roller = createRoller({ store, clock, services });
  return {
    verbs: [
      metricsVerb({ store, clock, roller, own, services: services.length, federate: scraper.federate }),
      namesVerb(store, services),
      verb({
        name: "getTopology",
        summary: "Who has called whom since it started, as of the last scrape",
        rest: "GET /topology",
        input: z.object({}),
        output: z.object({ items: z.array(z.object({ from: z.string(), to: z.string(), count: z.number() })) }),
        run: () => ({ items: scraper.topology() }),
      }),
    ],
    jobs: [every(settings.scrapeMs, "scrape", scraper.scrape), every(ROLL_MS, "roll-up", roller.roll)],
    start: roller.load,
  };
}
