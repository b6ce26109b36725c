/**
 * S2 Feature Generator: keeps every instrument's factors and says when to look.
 *
 * Read this file first: it lists what the service hears, says and answers. The formulas are in shared/trading/factors.
 */
import { z } from "@hono/zod-openapi";
import { factorRegistry, factorSnapshots, featureHistory, featureJobs } from "../../shared/collections/features.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import { exchange } from "../../shared/contracts.ts";
import { type Context, defineService, every, type Faces, on, verb } from "../../shared/kit/service.ts";
import { depth, features as featureEvents, funding, marketTrade, signals, ticker } from "../../shared/streams.ts";
import type { Surroundings } from "../../shared/trading/factors/instrument-features.ts";
import { registerFactors } from "./factor-registry.ts";
import { Features } from "./features.ts";
import { featureVerbs } from "./features.verbs.ts";
import { type FormerRuns, lastFirings } from "./firings.ts";
import { HistoryWarmer } from "./history.ts";
import { FeatureKeeper } from "./kept-features.ts";
import { RecomputeJobs } from "./recompute-jobs.ts";
import { SignalWriter } from "./signal-writer.ts";
import { readSignals } from "./signals.ts";
import { loadSnapshots, saveSnapshots } from "./snapshots.ts";
import {
  FactorsAnswer,
  FeaturesAnswer,
  FeaturesRequest,
  RegimeAnswer,
  Settings,
  SignalsAnswer,
  SignalsRequest,
} from "./types.ts";

type Ctx = Context<Settings, { exchange: typeof exchange }>;

const METERS_EVERY_MS = 1_000;
const KEEP_EVERY_MS = 1_000;
/** The day's regime is looked at five minutes after midnight UTC, by when the exchange has closed the day's bar. */
const FIVE_MINUTES_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;

export default defineService({
  id: "s02",
  name: "s02-feature",
  title: "Feature Generator",
  port: 8082,
  settings: Settings,
  calls: { exchange },
  emits: [featureEvents, signals],
  owns: [signalsSeen, factorRegistry, featureHistory, factorSnapshots, featureJobs],

  setup(ctx) {
    const parts = partsOf(ctx);
    const { features, warmer, writer, keeper, jobs } = parts;
    followConfig(ctx, features);
    const engines = () => [...features.all].map(({ engine }) => engine);
    return {
      consumes: [
        on(ticker, (event) => features.onTicker(event)),
        on(depth, (event) => features.onDepth(event)),
        on(marketTrade, (event) => features.onTrade(event)),
        on(funding, (event) => features.onFunding(event)),
      ],
      jobs: [
        every(ctx.settings.emitEveryMs, "feature-events", () => features.flush()),
        every(ctx.settings.historyEveryMs, "history", () => warmer.step(engines())),
        every(METERS_EVERY_MS, "meters", meters(ctx, features)),
        every(KEEP_EVERY_MS, "kept-features", () => keeper.flush()),
        every(ctx.settings.snapshotEveryMs, "snapshots", () => saveSnapshots(ctx, features.all)),
        every(ctx.settings.recomputeEveryMs, "recompute", () => jobs.step()),
        every(FIVE_MINUTES_MS, "daily-regime", dailyRegime(ctx, parts)),
      ],
      checks: [
        { name: "market-data", critical: true, run: () => features.silence() },
        { name: "data-age", critical: false, run: () => features.old() },
      ],
      async start() {
        const { usable, refused } = await loadSnapshots(ctx);
        if (refused.length > 0)
          ctx.log.info("factor snapshots of another version left alone", { instruments: refused });
        features.remember(usable);
        features.recall(await lastFirings(formerRuns(ctx), instrumentsOf(features)));
      },
      async stop() {
        await writer.flush();
        await keeper.flush(true);
        await saveSnapshots(ctx, features.all);
      },
      verbs: verbsOf(ctx, parts),
    };
  },
});

const instrumentsOf = ({ all }: Features) => [...all].map(({ instrument }) => instrument);

const formerRuns = (ctx: Ctx): FormerRuns => ({
  store: ctx.store,
  clock: ctx.clock,
  told: (limit) => ctx.peers.recent(signals, limit),
  failed: (error) => ctx.log.warn("the newest signals are not known", { error: String(error) }),
});

interface Parts {
  features: Features;
  warmer: HistoryWarmer;
  writer: SignalWriter;
  keeper: FeatureKeeper;
  jobs: RecomputeJobs;
}

function partsOf(ctx: Ctx): Parts {
  const writer = new SignalWriter({
    store: ctx.store,
    clock: ctx.clock,
    flushMs: ctx.settings.signalFlushMs,
    failed: (error, lost) => {
      ctx.log.error("signals not stored", { error: String(error), lost });
      if (lost > 0) ctx.alert("ERROR", "SIGNALS_LOST", "The store fails; signals were given up unstored.");
    },
  });
  const keeper = new FeatureKeeper({
    store: ctx.store,
    clock: ctx.clock,
    reached: (instrument) => features.get(instrument)?.engine.exchTs ?? Number.NaN,
    failed: (error, lost) => ctx.log.error("features not kept", { error: String(error), lost }),
  });
  const features: Features = new Features(surroundings(ctx, writer, keeper));
  const { getHistory } = ctx.calls.exchange;
  const warmer = new HistoryWarmer({
    clock: ctx.clock,
    getHistory,
    retryMs: [ctx.settings.historyEveryMs, ctx.settings.historyRetryMsMax],
    log: ctx.log,
  });
  const jobs = new RecomputeJobs({
    store: ctx.store,
    clock: ctx.clock,
    getHistory,
    audit: ctx.audit,
    active: () => ({ ...features.wanted, instruments: instrumentsOf(features) }),
  });
  return { features, warmer, writer, keeper, jobs };
}

function followConfig(ctx: Ctx, features: Features): void {
  let registering = Promise.resolve();
  ctx.config.onChange((view) => {
    features.follow(view);
    const unknown = features.unknown();
    if (unknown.length > 0)
      ctx.alert("WARN", "UNKNOWN_FACTOR", `No such factor, always missing: ${unknown.join(", ")}`);
    const { wanted } = features;
    registering = registering
      .then(() => registerFactors(ctx, wanted))
      .then(() => undefined)
      .catch((error) => ctx.log.error("factors not registered", { error: String(error) }));
  });
}

/** At 00:05 UTC: asks at once for the day's bar where the regime has not seen it, and says what the regimes are. */
function dailyRegime(ctx: Ctx, { features, warmer }: Parts): () => Promise<void> {
  return async () => {
    if (Math.floor((ctx.clock.now() % DAY_MS) / FIVE_MINUTES_MS) !== 1) return;
    const unknown = features.regimes().items.filter(({ value }) => value === null);
    if (unknown.length > 0) {
      warmer.hurry("1d");
      await warmer.step([...features.all].map(({ engine }) => engine));
    }
    ctx.log.info("regimes of the day", { regimes: features.regimes().items });
  };
}

const verbsOf = (ctx: Ctx, { features, jobs }: Parts): Faces["verbs"] => [
  ...featureVerbs({ store: ctx.store, jobs }),
  verb({
    name: "getFeatures",
    summary: "The latest features of an instrument, with their quality",
    rest: "GET /features/{instrument}",
    input: FeaturesRequest,
    output: FeaturesAnswer,
    run: ({ instrument }) => features.latest(instrument),
  }),
  verb({
    name: "getFactors",
    summary: "Every factor family with its formula, and the factors computed now",
    rest: "GET /factors",
    input: z.object({}),
    output: FactorsAnswer,
    run: () => features.factors(),
  }),
  verb({
    name: "getRegime",
    summary: "The volatility regime of every instrument",
    rest: "GET /regime",
    input: z.object({}),
    output: RegimeAnswer,
    run: () => features.regimes(),
  }),
  verb({
    name: "listSignals",
    summary: "Signals with the features they saw, newest first",
    rest: "GET /signals",
    input: SignalsRequest,
    output: SignalsAnswer,
    run: (request) => readSignals(ctx.store, request),
  }),
];

function surroundings(ctx: Ctx, writer: SignalWriter, keeper: FeatureKeeper): Surroundings {
  const fired = ctx.metrics.counter("signals_total", "Signals made, by strategy", ["strategy_id"]);
  const unpublished = (what: string) => (error: unknown) =>
    ctx.log.error(`${what} not published`, { error: String(error) });
  return {
    account: ctx.account,
    clock: ctx.clock,
    settings: ctx.settings,
    publish: (set) => void ctx.publish(featureEvents, set, set.instrument).catch(unpublished("features")),
    signal: (signal) => {
      if (writer.isFull) return;
      fired.inc({ strategy_id: signal.strategy_id });
      void ctx.publish(signals, signal, signal.instrument).catch(unpublished("signal"));
      writer.add(signal);
    },
    unusable: (instrument, error) => ctx.log.warn("factor snapshot left alone", { instrument, error: String(error) }),
    closed: (features, bars) => keeper.add(features, bars),
  };
}

/** Counted once a second: a metric call costs more than an update. */
function meters(ctx: Ctx, features: Features): () => void {
  const updates = ctx.metrics.counter("feature_updates_total", "Market events taken in", ["instrument"]);
  const dropped = ctx.metrics.counter("feature_events_dropped_total", "Market events of an impossible time", [
    "instrument",
  ]);
  const age = ctx.metrics.gauge("factor_age_ms", "Time since the newest market event of the instrument, ms", [
    "instrument",
  ]);
  return () => {
    age.forget();
    for (const one of features.all) {
      const { instrument } = one;
      updates.inc({ instrument }, one.updates);
      dropped.inc({ instrument }, one.dropped);
      one.updates = 0;
      one.dropped = 0;
      if (Number.isFinite(one.ageMs())) age.set(one.ageMs(), { instrument });
    }
  };
}
