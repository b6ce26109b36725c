/** Measuring: all services are scraped, and what they told is kept, rolled up and shown. */
import { z } from "@hono/zod-openapi";
import { CallEdge } from "../../shared/domain/watching.ts";
import { every, verb } from "../../shared/kit/service.ts";
import { namesVerb } from "./names.ts";
import type { Part, Ports } from "./parts.ts";
import type { Roller } from "./roller.ts";
import { createScraper, type ScrapeParts } from "./scrape.ts";
import { metricsVerb } from "./series.ts";
import type { SeriesNames } from "./series-names.ts";
import type { SloPart } from "./slo.verbs.ts";
import { createTopology } from "./topology.ts";

/** Soon after a minute is over, so that nobody waits long to be told. */
const ROLL_MS = 10_000;
const SAVE_MS = 60_000;

const Node = z.object({ id: z.string(), name: z.string(), title: z.string() });

/** What else is made of what was scraped. */
export interface Hearers {
  readonly roller: Roller;
  readonly names: SeriesNames;
  readonly slo: Pick<SloPart, "events" | "update">;
}

export function measuringPart(ports: Ports, { roller, names, slo }: Hearers): Part {
  const { settings, store, clock, log, metrics, peers, alert } = ports;
  const own = () => metrics.text();
  const services = peers.services.map(({ id }) => id);
  const topology = createTopology({ store, clock, alert });
  const answers = metrics.gauge("service_up", "1 where a service answered S11's newest scrape of it, else 0", ["of"]);
  const hear: ScrapeParts["hear"] = (service, samples, ts) => {
    answers.set(Number(samples !== undefined), { of: service });
    if (samples) topology.take(service, samples, ts);
    slo.events.onScrape(service, samples);
  };
  const scraper = createScraper({ peers, store, clock, log, self: "s11", own, alert, hear, names });
  const rollUp = async () => {
    await roller.roll();
    await slo.update();
  };
  return {
    verbs: [
      metricsVerb({ store, clock, roller, names, own, services: services.length, federate: scraper.federate }),
      namesVerb({ store, names, services }),
      verb({
        name: "getTopology",
        summary: "Who calls whom: how often, how fast and how well over the last hour, and whether it was planned",
        rest: "GET /topology",
        input: z.object({}),
        output: z.object({ nodes: z.array(Node), items: z.array(CallEdge) }),
        run: () => ({
          nodes: peers.services.map(({ id, name, title }) => ({ id, name, title })),
          items: topology.edges(),
        }),
      }),
    ],
    jobs: [
      every(settings.scrapeMs, "scrape", scraper.scrape),
      every(ROLL_MS, "roll-up", rollUp),
      every(SAVE_MS, "save-topology", topology.save),
    ],
    async start() {
      await names.load();
      await roller.load();
      await topology.load();
    },
  };
}
