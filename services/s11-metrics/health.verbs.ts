/** Health: the figures behind the level, the level's job, and what is told of it. */
import { z } from "@hono/zod-openapi";
import { reconciliations } from "../../shared/collections/reconciliation.ts";
import { metrics as standing } from "../../shared/contracts.ts";
import { answers, every, on, verb } from "../../shared/kit/service.ts";
import { HealthLevel, orderResults, reconResults } from "../../shared/streams.ts";
import { createJudge } from "./judge.ts";
import type { Part, Ports } from "./parts.ts";
import { createReadings, type Readings } from "./readings.ts";
import { revisionsRun } from "./standing.ts";

export function healthPart(ports: Ports): Part {
  const { settings, store, clock, log, peers } = ports;
  const readings = createReadings();
  const { judge, shown } = createJudge(ports, readings);
  const begin = async () => {
    await readReconciliation(store, readings);
    await judge(true);
  };
  return {
    verbs: [
      answers(standing.methods.getStanding, {
        name: "getStanding",
        summary: "The health level, and which revision every replica runs just now",
        once: "reads",
        run: async () => ({
          level: shown().level,
          reasons: shown().reasons,
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
        run: shown,
      }),
    ],
    consumes: [
      on(orderResults, (event) => readings.onResult(event)),
      on(reconResults, (event) => readings.onReconciliation(event)),
    ],
    jobs: [every(settings.levelMs, "judge-level", () => judge())],
    start: begin,
    // The level is told without an outbox, and only when it changes.
    onNewsLost: begin,
  };
}

/** What the reconciler found last, whether or not it was heard. */
async function readReconciliation(store: Ports["store"], readings: Readings): Promise<void> {
  const where = { mode: "ALL", status: "DONE" };
  const newest = { field: "started_at", order: "desc" } as const;
  const { items } = await store.query(reconciliations, { where, sort: newest, limit: 1 });
  for (const { value } of items) readings.onReconciliation(value);
}
