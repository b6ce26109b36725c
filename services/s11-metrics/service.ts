/** S11 Metrics & Health: scrapes all services, judges the health level, keeps alerts. */
import { z } from "@hono/zod-openapi";
import { alertsKept, metricsTimeseries } from "../../shared/collections/operations.ts";
import { reconciliations } from "../../shared/collections/reconciliation.ts";
import { metrics as standing } from "../../shared/contracts.ts";
import { answers, defineService, every, on, verb } from "../../shared/kit/service.ts";
import {
  alerts,
  type HealthEvent,
  HealthLevel,
  healthEvents,
  orderResults,
  reconResults,
} from "../../shared/streams.ts";
import { decideLevel, initialLevel } from "../../shared/trading/health/level.ts";
import { alertVerbs, createInbox } from "./alerts.ts";
import { createReadings } from "./readings.ts";
import { createScraper } from "./scrape.ts";
import { metricsVerb } from "./series.ts";
import { revisionsRun } from "./standing.ts";

const settings = z.object({
  scrapeMs: z.number().int().min(1_000).default(10_000).describe("How often all services are scraped"),
  levelAgainMs: z.coerce
    .number()
    .int()
    .min(1_000)
    .default(30_000)
    .describe("An unchanged level is told again after so long"),
  levelMs: z.number().int().min(100).default(10_000).describe("How often the health level is judged"),
});

export default defineService({
  id: "s11",
  name: "s11-metrics",
  title: "Metrics & Health",
  port: 8091,
  settings,
  calls: {},
  emits: [healthEvents],
  usesConfig: false,
  owns: [alertsKept, metricsTimeseries],

  setup({ settings, store, clock, log, metrics, peers, audit, alert, publish }) {
    const inbox = createInbox({ store, audit });
    const readings = createReadings();
    const own = () => metrics.text();
    const scraper = createScraper({ peers, store, clock, log, self: "s11", own, alert });
    const gauge = metrics.gauge("health_level", "0 green, 1 yellow, 2 orange, 3 red");
    const lag = metrics.gauge("stream_pending", "Entries not yet acknowledged", ["stream", "group"]);
    let state = initialLevel(clock.now());
    /** What everybody has been told; a level that could not be told is told the next time. */
    let told = state.level;
    let toldAt = Number.NEGATIVE_INFINITY;
    let shown: HealthEvent = { level: state.level, reasons: [], ts: clock.now() };

    /** Told to everybody when it changes, at the start, and now and again: who hears nothing takes us for gone. */
    async function judge(isFirst = false): Promise<void> {
      const streams = await peers.streams();
      for (const s of streams) lag.set(s.lag + s.pending, { stream: s.stream, group: s.group });
      const decided = decideLevel(state, readings.read(clock.now(), streams), clock.now());
      state = decided.state;
      shown = { level: state.level, reasons: decided.reasons, ts: clock.now() };
      gauge.set(["GREEN", "YELLOW", "ORANGE", "RED"].indexOf(state.level));
      const isNews = state.level !== told;
      if (!isNews && !isFirst && shown.ts - toldAt < settings.levelAgainMs) return;
      await publish(healthEvents, shown);
      told = state.level;
      toldAt = shown.ts;
      if (isFirst || !isNews) return;
      const severity = state.level === "RED" ? "ERROR" : state.level === "GREEN" ? "INFO" : "WARN";
      alert(
        severity,
        "HEALTH_LEVEL",
        `Health is ${state.level}: ${decided.reasons.join("; ") || "all figures in bounds"}.`,
      );
    }

    /** What the reconciler found last, whether or not it was heard. */
    async function readReconciliation(): Promise<void> {
      const where = { mode: "ALL", status: "DONE" };
      const { items } = await store.query(reconciliations, {
        where,
        sort: { field: "started_at", order: "desc" },
        limit: 1,
      });
      for (const { value } of items) readings.onReconciliation(value);
    }

    return {
      verbs: [
        metricsVerb({ store, clock, own, services: peers.services.length, federate: scraper.federate }),
        ...alertVerbs(store, inbox),
        answers(standing.methods.getStanding, {
          name: "getStanding",
          summary: "The health level, and which revision every replica runs just now",
          once: "reads",
          run: async () => ({
            level: shown.level,
            reasons: shown.reasons,
            revisions: await revisionsRun({ peers, log }),
            ts: clock.now(),
          }),
        }),
        verb({
          name: "getHealthLevel",
          summary: "The health level and why",
          rest: "GET /health-level",
          input: z.object({}),
          output: z.object({ level: HealthLevel, reasons: z.array(z.string()), ts: z.number() }),
          run: () => shown,
        }),
        verb({
          name: "getTopology",
          summary: "Who has called whom since it started, as of the last scrape",
          rest: "GET /topology",
          input: z.object({}),
          output: z.object({ items: z.array(z.object({ from: z.string(), to: z.string(), count: z.number() })) }),
          run: () => ({ items: scraper.topology() }),
        }),
      ],
      consumes: [
        on(alerts, (event, message) => inbox.take(event, message)),
        on(orderResults, (event) => readings.onResult(event)),
        on(reconResults, (event) => readings.onReconciliation(event)),
      ],
      jobs: [every(settings.scrapeMs, "scrape", scraper.scrape), every(settings.levelMs, "judge-level", () => judge())],
      async start() {
        await readReconciliation();
        await judge(true);
      },
      // The level is told without an outbox, and only when it changes.
      async onNewsLost() {
        await readReconciliation();
        await judge(true);
      },
    };
  },
});
