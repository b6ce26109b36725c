/** Health: the figures behind the level, the level's job, and what is told of it. */
import { z } from "@hono/zod-openapi";
import { levelChanges } from "../../shared/collections/operations.ts";
import { reconciliations } from "../../shared/collections/reconciliation.ts";
import { metrics as standing } from "../../shared/contracts.ts";
import { ConsistencyCheck, HealthReading, LevelChange } from "../../shared/domain/watching.ts";
import { answers, every, on, type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, ListOf, newestFirst, Paging, Period, pageOf } from "../../shared/paging.ts";
import { HealthEffects, HealthLevel, orderResults, reconResults } from "../../shared/streams.ts";
import { bundleInForce } from "./bundle-in-force.ts";
import { createGuard } from "./guard.ts";
import { createJudge, type Judge, type Shown } from "./judge.ts";
import { lastScrape } from "./last-scrape.ts";
import { createModelFigures } from "./model-figures.ts";
import type { Part, Ports } from "./parts.ts";
import { createReadings, type Readings } from "./readings.ts";
import { revisionsRun } from "./standing.ts";

/** How often it is looked whether to compare again. */
const COMPARE_LOOK_MS = 60_000;

export interface HealthPart extends Part {
  /** What was judged last. */
  shown(): Shown;
  readonly readings: Readings;
}

export function healthPart(ports: Ports): HealthPart {
  const { settings, store, clock } = ports;
  const readings = createReadings(clock.now(), settings.figuresMs);
  const inForce = bundleInForce(store);
  const guard = createGuard(ports, inForce);
  const modelFigures = createModelFigures(ports, inForce);
  const judge = createJudge(ports, { readings, guard: guard.told });
  let comparedAt = Number.NEGATIVE_INFINITY;
  /** Reads much, and what it finds changes slowly. */
  const compare = async () => {
    if (clock.now() - comparedAt < settings.compareMs) return;
    comparedAt = clock.now();
    await guard.look();
    readings.onModels(await modelFigures());
  };
  const begin = async () => {
    await readReconciliation(store, readings);
    await judge.judge(true);
  };
  return {
    shown: judge.shown,
    readings,
    verbs: [standingVerb(ports, judge), ...levelVerbs(ports, judge)],
    consumes: [
      on(orderResults, (event) => readings.orders.hear(event)),
      on(reconResults, (event) => readings.onReconciliation(event)),
    ],
    jobs: [
      every(settings.levelMs, "judge-level", () => judge.judge()),
      every(COMPARE_LOOK_MS, "compare-with-backtests", compare),
    ],
    async start() {
      await guard.load();
      await judge.load();
      await readings.orders.load(store, clock, await lastScrape(store));
      await begin();
    },
    // The level is told without an outbox, and only when it changes.
    onNewsLost: begin,
  };
}

const standingVerb = ({ clock, peers, log }: Ports, { shown }: Judge): Verb =>
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
  });

const LevelAnswer = z.object({
  level: HealthLevel,
  reasons: z.array(z.string()),
  effects: HealthEffects,
  readings: z.array(HealthReading),
  consistency: z.array(ConsistencyCheck),
  since: z.number(),
  ts: z.number(),
});
const levelVerbs = ({ store }: Ports, { shown }: Judge): Verb[] => [
  verb({
    name: "getHealthLevel",
    summary: "The health level, its effects, and the figures behind them with their limits",
    rest: "GET /health-level",
    input: z.object({}),
    output: LevelAnswer,
    run: shown,
  }),
  verb({
    name: "listLevelChanges",
    summary: "Changes of the health level with their reasons, newest first",
    rest: "GET /health-level/history",
    input: inOrder(z.object({ ...Paging, ...Period })),
    output: ListOf(LevelChange),
    run: async (asked) => pageOf(await store.query(levelChanges, newestFirst(asked, "ts"))),
  }),
];

/** What the reconciler found last, whether or not it was heard. */
async function readReconciliation(store: Ports["store"], readings: Readings): Promise<void> {
  const where = { mode: "ALL", status: "DONE" };
  const newest = { field: "started_at", order: "desc" } as const;
  const { items } = await store.query(reconciliations, { where, sort: newest, limit: 1 });
  for (const { value } of items) readings.onReconciliation(value);
}
