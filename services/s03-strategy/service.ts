/** S3, the strategy engine: hears signals, decides under one revision, sends open decisions to the router. */
import { z } from "@hono/zod-openapi";
import { decisionOutcomes, decisionsMade, strategyMarks, strategyPauses } from "../../shared/collections/signals.ts";
import { router } from "../../shared/contracts.ts";
import { refuse } from "../../shared/errors.ts";
import type { Message } from "../../shared/kit/ports.ts";
import { defineService, every, on, type Verb, verb } from "../../shared/kit/service.ts";
import {
  decisions,
  features,
  healthEvents,
  orderResults,
  type PositionEvent,
  positionEvents,
  signals,
} from "../../shared/streams.ts";
import { AccountBook } from "./account-book.ts";
import { createHealthWatch } from "./health-watch.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { eachFromItsShard, Inquiries, instrumentAsked } from "./inquiries.ts";
import { ModelDesk, type ModelDeskParts } from "./model-desk.ts";
import { Pauses } from "./pauses.ts";
import { ProgramDesk, type ProgramDeskParts } from "./program-desk.ts";
import { Strategist, type StrategistParts } from "./strategist.ts";
import { Surroundings } from "./surroundings.ts";
import {
  DecideAnswer,
  DecideBatchAnswer,
  DecideBatchRequest,
  DecideRequest,
  DecisionListAnswer,
  DecisionListRequest,
  DecisionStory,
  PauseAnswer,
  PauseRequest,
  ResumeRequest,
  RuleHitsAnswer,
  RuleHitsRequest,
} from "./types.ts";
import { WriteBehind } from "./write-behind.ts";

const HEARTBEAT_MS = 5_000;
const DECIDE_MS_BUCKETS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 50];

const settings = z.object({
  writeWaitMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(50)
    .default(20)
    .describe("How long decisions gather before they are written"),
  killReadMs: z.coerce.number().int().min(100).max(2_000).default(2_000).describe("How often the kill state is read"),
  budgetReadMs: z.coerce
    .number()
    .int()
    .min(1_000)
    .default(1_000)
    .describe("How often the router is asked for the budget"),
  factsReadMs: z.coerce.number().int().min(1_000).default(30_000).describe("How often listings and equity are read"),
  healthAgeMsMax: z.coerce.number().int().min(1_000).default(90_000).describe("S11 silent for longer counts as ORANGE"),
  featuresAgeMs: z.coerce.number().int().min(1_000).default(10_000).describe("Features older than this degrade health"),
});

export default defineService({
  id: "s03",
  name: "s03-strategy",
  title: "Strategy Engine",
  port: 8083,
  settings,
  calls: { router },
  emits: [decisions],
  usesBlobs: true,
  owns: [decisionsMade, decisionOutcomes, strategyMarks, strategyPauses],
  sharded: true,
  setup(ctx) {
    const { store, clock, account } = ctx;
    const book = new AccountBook(store, clock, ctx.shard);
    const askBudget = () => ctx.calls.router.getBudget({ account });
    const surroundings = new Surroundings({ store, clock, askBudget, healthAgeMsMax: ctx.settings.healthAgeMsMax });
    const pauses = new Pauses({ store, clock, audit: (entry) => ctx.audit(entry), alert: ctx.alert });
    const writer = new WriteBehind({
      store,
      clock,
      waitMs: ctx.settings.writeWaitMs,
      onTrouble: (error, dropped) => {
        ctx.log.error("decisions not written", { error: String(error), dropped });
        if (dropped > 0) ctx.alert("ERROR", "DECISIONS_LOST", "Decisions were given up because the store is away.");
      },
    });
    const placeOrder: StrategistParts["placeOrder"] = (request, options) =>
      ctx.calls.router.placeOrder(request, options);
    const told = tellersOf(ctx);
    const noEntries = () => ctx.noEntries() ?? writer.behind();
    const models = new ModelDesk({ store, clock, blobs: ctx.blobs, inference: ctx.inference, ...modelTellersOf(ctx) });
    const programs = new ProgramDesk({ store, clock, runner: ctx.programs, ...programTellersOf(ctx) });
    const strategist = new Strategist({
      ...{ store, clock, book, surroundings, pauses, models, programs, writer },
      ...{ placeOrder, told, noEntries },
    });
    const inquiries = new Inquiries({ account, store, clock, strategist, surroundings, writer });
    ctx.config.onChange((active) => {
      surroundings.swap(active);
      const strategies = surroundings.strategies().map(({ strategy }) => strategy);
      models.follow(strategies.flatMap(({ enabled, model }) => (enabled && model ? [model] : [])));
    });

    return {
      verbs: [...decisionVerbs(inquiries), ...pauseVerbs(pauses, { surroundings, now: () => clock.now() })],
      consumes: [
        on(signals, (signal, message) => strategist.onSignal(signal, message.attempt)),
        on(features, (set) => void surroundings.latest.set(set.instrument, set)),
        // Of all instruments: results and limits are the account's, whichever shard trades.
        on(orderResults, (result) => book.onResult(result), "all"),
        on(positionEvents, (event, message) => hearTrade({ book, pauses, shard: ctx.shard }, event, message), "all"),
        on(healthEvents, (event) => surroundings.health.hear(event)),
      ],
      jobs: [
        every(ctx.settings.killReadMs, "read-kill-state", () => surroundings.readKill()),
        every(ctx.settings.budgetReadMs, "read-budget", () => surroundings.readBudget()),
        every(ctx.settings.factsReadMs, "read-listings", () => surroundings.readListings()),
        every(ctx.settings.factsReadMs, "read-equity", () => book.readEquity()),
        every(HEARTBEAT_MS, "health-heard", healthWatchOf(ctx, surroundings)),
        every(HEARTBEAT_MS, "features-heartbeat", heartbeatOf(ctx, surroundings)),
      ],
      checks: [
        { name: "bus", critical: false, run: noEntries },
        {
          name: "features",
          critical: false,
          run: () => featuresAge(surroundings, clock.now(), ctx.settings.featuresAgeMs),
        },
        {
          name: "budget",
          critical: false,
          run: () => (surroundings.budget(clock.now()) ? undefined : "the router has not told the risk budget"),
        },
      ],
      async start() {
        await pauses.load();
        await models.settled();
        await surroundings.health.load();
        await surroundings.readListings();
        await book.rebuild();
        await strategist.recover((instrument) => ctx.shard.owns(instrument));
        await surroundings.readKill();
        await surroundings.readBudget().catch((error: unknown) => told.failed("reading the budget", error));
      },
      onNewsLost: () => book.catchUp(),
      async stop() {
        await strategist.settle();
        await writer.flush();
      },
    };
  },
});

/** Each shard counts every trade, and stops the strategy only where it decides itself. */
async function hearTrade(
  { book, pauses, shard }: { book: AccountBook; pauses: Pauses; shard: Ctx["shard"] },
  event: PositionEvent,
  message: Message,
): Promise<void> {
  book.onTrade(event.trade);
  if (shard.owns(event.trade.instrument)) await pauses.hearTrade(event, message);
}

type Ctx = Parameters<Parameters<typeof defineService>[0]["setup"]>[0];

function tellersOf({ metrics, log, alert }: Pick<Ctx, "metrics" | "log" | "alert">): StrategistParts["told"] {
  const labels = ["action", "reason", "strategy_id"];
  const made = metrics.counter("decisions_total", "Decisions by what was decided and why", labels);
  const took = metrics.histogram("decide_ms", "Time from a signal in hand to its decision, ms", {
    buckets: DECIDE_MS_BUCKETS,
  });
  const placements = metrics.counter("placements_total", "Entries sent to the router, by its first word", ["outcome"]);
  return {
    decided({ decision: { action, reason }, strategy_id }, ms) {
      made.inc({ action, reason, strategy_id });
      took.observe(ms);
    },
    placed: (outcome) => placements.inc({ outcome }),
    limitReached(guard, { guards, instrument }) {
      const found = guards.find((one) => one.name === guard);
      const message = `Entries pause: ${guard} is ${found?.value}, the limit is ${found?.limit}.`;
      alert("WARN", `LIMIT_${guard.toUpperCase()}`, message, `no entries (seen on ${instrument})`);
    },
    failed: (what, error) => log.error(what, { error: String(error) }),
  };
}

type ModelTellers = Pick<ModelDeskParts, "asked" | "troubled">;
function modelTellersOf({ metrics, alert }: Pick<Ctx, "metrics" | "alert">): ModelTellers {
  const asked = metrics.counter("model_runs_total", "Times a model was asked, by what kept it from answering", [
    "model_id",
    "trouble",
  ]);
  const took = metrics.histogram("model_ms", "Time for a model to answer, ms", { buckets: DECIDE_MS_BUCKETS });
  return {
    asked(use, ms, trouble) {
      asked.inc({ model_id: use.model_id, trouble: trouble ?? "none" });
      took.observe(ms);
    },
    troubled({ model_id }, trouble, why) {
      alert("WARN", `MODEL_${trouble.toUpperCase()}`, `Model ${model_id} has no say: ${why}`, "sizes count it as 1.0");
    },
  };
}

const programTellersOf = ({ alert }: Pick<Ctx, "alert">): Pick<ProgramDeskParts, "troubled"> => ({
  troubled({ program_id }, trouble, why) {
    alert("WARN", `PROGRAM_${trouble.toUpperCase()}`, `Program ${program_id} wishes for nothing: ${why}`, "no entries");
  },
});

const healthWatchOf = (
  { alert, settings }: Pick<Ctx, "alert"> & { settings: { healthAgeMsMax: number } },
  { health }: Surroundings,
): (() => void) => createHealthWatch({ health, silentMs: settings.healthAgeMsMax, alert });

type Beating = Pick<Ctx, "clock" | "alert" | "shard"> & { settings: { featuresAgeMs: number } };
const heartbeatOf = ({ clock, alert, shard, settings }: Beating, surroundings: Surroundings): (() => void) =>
  createHeartbeat({
    heardAt: (instrument) => surroundings.latest.get(instrument)?.ts,
    watched: () =>
      surroundings
        .strategies()
        .filter(({ strategy }) => strategy.enabled)
        .flatMap(({ strategy }) => strategy.instruments.filter((instrument) => shard.owns(instrument))),
    now: () => clock.now(),
    silentMs: settings.featuresAgeMs,
    alert,
  });

function featuresAge({ latest }: Surroundings, now: number, limitMs: number): string | undefined {
  const newest = Math.max(...[...latest.values()].map((set) => set.ts), Number.NEGATIVE_INFINITY);
  if (newest === Number.NEGATIVE_INFINITY) return "no features have arrived yet";
  return now - newest > limitMs ? `the newest features are ${Math.round(now - newest)} ms old` : undefined;
}

const decisionVerbs = (inquiries: Inquiries): Verb[] => [
  verb({
    name: "decide",
    summary: "Decide on a signal or on given features; a dry run unless asked otherwise",
    rest: "POST /decide",
    once: "header",
    input: DecideRequest,
    output: DecideAnswer,
    spread: { by: instrumentAsked },
    run(request, { principal }) {
      if (!request.dry_run && principal.kind === "person" && !["trader", "admin"].includes(principal.role)) {
        refuse("FORBIDDEN", `A decision that trades needs the role trader or admin; you are ${principal.role}.`);
      }
      return inquiries.decide(request);
    },
  }),
  verb({
    name: "decideBatch",
    summary: "Up to a hundred decisions rehearsed at once; one that fails says why",
    rest: "POST /decide/batch",
    once: "body",
    input: DecideBatchRequest,
    output: DecideBatchAnswer,
    spread: { every: eachFromItsShard },
    run: (request) => inquiries.decideAll(request),
  }),
  verb({
    name: "listDecisions",
    summary: "Decisions, newest first",
    rest: "GET /decisions",
    input: DecisionListRequest,
    output: DecisionListAnswer,
    run: (request) => inquiries.list(request),
  }),
  // Before `/decisions/{signal_id}`, which would take it for a signal.
  verb({
    name: "readRuleHits",
    summary: "How often each rule fired, did not, or could not be told, by five minutes, hours or days",
    rest: "GET /decisions/rules",
    input: RuleHitsRequest,
    output: RuleHitsAnswer,
    run: (request) => inquiries.ruleHits(request),
  }),
  verb({
    name: "getDecision",
    summary: "One decision with its reasons and what became of it",
    rest: "GET /decisions/{signal_id}",
    input: z.object({ signal_id: z.string().min(1).max(128) }),
    output: DecisionStory,
    run: ({ signal_id }) => inquiries.story(signal_id),
  }),
];

const oldest = <A extends { ts: number }>(answers: readonly A[]) => answers.reduce((a, b) => (b.ts < a.ts ? b : a));
const newest = <A extends { ts: number }>(answers: readonly A[]) => answers.reduce((a, b) => (b.ts > a.ts ? b : a));

function pauseVerbs(pauses: Pauses, { surroundings, now }: { surroundings: Surroundings; now(): number }): Verb[] {
  const mustExist = (id: string): void => {
    const isKnown = surroundings.strategies().some(({ strategy }) => strategy.strategy_id === id);
    if (!isKnown) refuse("NOT_FOUND", `There is no strategy ${id}.`);
  };
  return [
    verb({
      name: "pauseStrategy",
      summary: "No more entries of a strategy, until it is resumed; open trades go on",
      rest: "POST /strategies/{strategy_id}/pause",
      once: "body",
      roles: ["trader", "risk", "admin"],
      input: PauseRequest,
      output: PauseAnswer,
      // As it was paused first; each shard keeps it for itself, so that it decides without asking anybody.
      spread: { every: oldest },
      async run({ reason, ...what }, { principal }) {
        mustExist(what.strategy_id);
        return { paused: true, ...(await pauses.pause(what, { actor: principal.id, reason })) };
      },
    }),
    verb({
      name: "resumeStrategy",
      summary: "Entries of a paused strategy again",
      rest: "POST /strategies/{strategy_id}/resume",
      once: "body",
      roles: ["trader", "risk", "admin"],
      input: ResumeRequest,
      output: PauseAnswer,
      spread: { every: newest },
      async run(what, { principal }) {
        await pauses.resume(what, principal.id);
        return { ...what, paused: false, ts: now() };
      },
    }),
  ];
}
