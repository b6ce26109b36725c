/**
 * S2 Feature Generator: keeps every instrument's factors and says when to look.
 *
 * Read this file first: it lists what the service hears, says and answers. The formulas are in shared/trading/factors.
 */
import { z } from "@hono/zod-openapi";
import { signalsSeen } from "../../shared/collections/signals.ts";
import { exchange } from "../../shared/contracts.ts";
import { FeatureSet } from "../../shared/domain/decision.ts";
import { type Context, defineService, every, on, verb } from "../../shared/kit/service.ts";
import { depth, features as featureEvents, funding, marketTrade, signals, ticker } from "../../shared/streams.ts";
import { Features } from "./features.ts";
import { HistoryWarmer } from "./history.ts";
import type { Surroundings } from "./instrument-features.ts";
import { SignalWriter } from "./signal-writer.ts";
import { readSignals } from "./signals.ts";
import { FactorsAnswer, FeaturesRequest, RegimeAnswer, Settings, SignalsAnswer, SignalsRequest } from "./types.ts";

type Ctx = Context<Settings, { exchange: typeof exchange }>;

const METERS_EVERY_MS = 1_000;

export default defineService({
  id: "s02",
  name: "s02-feature",
  title: "Feature Generator",
  port: 8082,
  settings: Settings,
  calls: { exchange },
  emits: [featureEvents, signals],
  owns: [signalsSeen],

  setup(ctx) {
    const writer = new SignalWriter({
      store: ctx.store,
      clock: ctx.clock,
      flushMs: ctx.settings.signalFlushMs,
      failed: (error, lost) => {
        ctx.log.error("signals not stored", { error: String(error), lost });
        if (lost > 0) ctx.alert("ERROR", "SIGNALS_LOST", "The store fails; signals were given up unstored.");
      },
    });
    const features = new Features(surroundings(ctx, writer));
    const warmer = new HistoryWarmer({
      clock: ctx.clock,
      getHistory: ctx.calls.exchange.getHistory,
      retryMs: [ctx.settings.historyEveryMs, ctx.settings.historyRetryMsMax],
      log: ctx.log,
    });
    ctx.config.onChange((view) => {
      features.follow(view);
      const unknown = features.unknown();
      if (unknown.length > 0)
        ctx.alert("WARN", "UNKNOWN_FACTOR", `No such factor, always missing: ${unknown.join(", ")}`);
    });

    return {
      consumes: [
        on(ticker, (event) => features.onTicker(event)),
        on(depth, (event) => features.onDepth(event)),
        on(marketTrade, (event) => features.onTrade(event)),
        on(funding, (event) => features.onFunding(event)),
      ],
      jobs: [
        every(ctx.settings.emitEveryMs, "feature-events", () => features.flush()),
        every(ctx.settings.historyEveryMs, "history", () => warmer.step([...features.all].map(({ engine }) => engine))),
        every(METERS_EVERY_MS, "meters", meters(ctx, features)),
      ],
      checks: [
        { name: "market-data", critical: true, run: () => features.silence() },
        { name: "data-age", critical: false, run: () => features.old() },
      ],
      stop: () => writer.flush(),
      verbs: [
        verb({
          name: "getFeatures",
          summary: "The latest features of an instrument, with their quality",
          rest: "GET /features/{instrument}",
          input: FeaturesRequest,
          output: FeatureSet,
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
      ],
    };
  },
});

function surroundings(ctx: Ctx, writer: SignalWriter): Surroundings {
  const fired = ctx.metrics.counter("signals_total", "Signals by strategy", ["strategy_id"]);
  const unpublished = (what: string) => (error: unknown) =>
    ctx.log.error(`${what} not published`, { error: String(error) });
  return {
    account: ctx.account,
    clock: ctx.clock,
    settings: ctx.settings,
    publish: (set) => void ctx.publish(featureEvents, set, set.instrument).catch(unpublished("features")),
    signal: (signal) => {
      fired.inc({ strategy_id: signal.strategy_id });
      void ctx.publish(signals, signal, signal.instrument).catch(unpublished("signal"));
      writer.add(signal);
    },
  };
}

/** Counted once a second: a metric call costs more than an update. */
function meters(ctx: Ctx, features: Features): () => void {
  const updates = ctx.metrics.counter("feature_updates_total", "Market events taken in", ["instrument"]);
  const dropped = ctx.metrics.counter("feature_events_dropped_total", "Market events of an impossible time", [
    "instrument",
  ]);
  const age = ctx.metrics.gauge("factor_age_ms", "Milliseconds since the newest market event", ["instrument"]);
  return () => {
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
