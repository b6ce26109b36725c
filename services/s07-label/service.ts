/** S7 Label Backfill: what each signal earned after 12, 24 and 36 hours, traded or not. */
import { labelGaps, labelJobs, labelMarks, labels12h, labels24h, labels36h } from "../../shared/collections/labels.ts";
import { exchange } from "../../shared/contracts.ts";
import { asProblem } from "../../shared/errors.ts";
import { type Context, defineService, every } from "../../shared/kit/service.ts";
import { Prices } from "../../shared/minute-prices.ts";
import { labelsReady } from "../../shared/streams.ts";
import { HORIZONS_H } from "../../shared/trading/labels/outcome.ts";
import { recentCoverage } from "./coverage.ts";
import { Jobs } from "./jobs.ts";
import { LabelWriter, type Meters } from "./label-writer.ts";
import { Labeller } from "./labeller.ts";
import { labelVerbs } from "./labels.verbs.ts";
import { Sweep } from "./sweep.ts";
import { type Callees, type Ports, Settings } from "./types.ts";

type Ctx = Context<Settings, Callees>;

const SWEEP_MS = 900_000;
const JOBS_MS = 1_000;

export default defineService({
  id: "s07",
  name: "s07-label",
  title: "Label Backfill",
  port: 8087,
  settings: Settings,
  calls: { exchange },
  emits: [labelsReady],
  owns: [labels12h, labels24h, labels36h, labelGaps, labelJobs, labelMarks],

  setup(ctx) {
    const ports = portsOf(ctx);
    const labeller = new Labeller(ports, new Prices(ports));
    const writer = new LabelWriter(ports, meters(ctx));
    const sweep = new Sweep(ports, labeller, writer);
    const jobs = new Jobs({ ...ports, audit: (entry) => ctx.audit(entry) }, labeller, writer);
    const inTurn = oneAfterAnother();
    const judge = judging(ctx, sweep);
    let trouble: string | undefined;

    /** What cannot be asked of the exchange now is asked in a quarter of an hour. */
    async function sweepAll(): Promise<void> {
      try {
        await sweep.run();
        trouble = undefined;
      } catch (error) {
        const problem = asProblem(error);
        if (problem.code === "INTERNAL") throw error;
        trouble = problem.message;
        ctx.log.warn("labels wait", { error: problem.message });
      }
      await judge();
    }

    return {
      verbs: labelVerbs({ store: ctx.store, clock: ctx.clock, jobs, sweep }),
      jobs: [
        every(SWEEP_MS, "label-sweep", () => inTurn(sweepAll)),
        every(JOBS_MS, "label-jobs", async () => {
          while (await inTurn(() => jobs.step()));
        }),
      ],
      checks: [{ name: "label-prices", critical: false, run: () => trouble && `labels wait: ${trouble}` }],
    };
  },
});

/** A signal is never looked at twice at once. */
function oneAfterAnother(): <T>(work: () => Promise<T>) => Promise<T> {
  let underWay: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = underWay.then(work, work);
    underWay = next;
    return next;
  };
}

function meters({ metrics }: Ctx): Meters {
  const labels = ["class", "horizon_h", "counterfactual"];
  const written = metrics.counter("labels_total", "Labels written, corrections included", labels);
  const gaps = metrics.counter("label_gaps_total", "Looks at signals that ended without a label", [
    "code",
    "horizon_h",
  ]);
  return {
    label: ({ class: name, horizon_h, counterfactual }) =>
      written.inc({ class: name, horizon_h: String(horizon_h), counterfactual: String(counterfactual) }),
    gap: ({ code, horizon_h }) => gaps.inc({ code, horizon_h: String(horizon_h) }),
  };
}

/** Measures the last day's coverage; alerts once when too much of what is long due is missing, until it is not. */
function judging(ctx: Ctx, sweep: Sweep): () => Promise<void> {
  const { settings, metrics } = ctx;
  const share = metrics.gauge("label_coverage_ratio", "Share of the last day's due signals with a label", [
    "horizon_h",
  ]);
  const missing = metrics.gauge("labels_missing", "Of the last day's due signals, those without one", ["horizon_h"]);
  const low = new Set<number>();
  return async () => {
    for (const horizonH of HORIZONS_H) {
      const recent = await recentCoverage(ctx, horizonH, sweep.dueTs(horizonH));
      share.set(recent.share, { horizon_h: String(horizonH) });
      missing.set(recent.missing, { horizon_h: String(horizonH) });
      const overdue = await recentCoverage(ctx, horizonH, sweep.dueTs(horizonH) - settings.missingAlertMs);
      if (overdue.share >= settings.coverageMin) {
        low.delete(horizonH);
        continue;
      }
      if (low.has(horizonH)) continue;
      low.add(horizonH);
      const why = Object.entries(overdue.reasons).map(([code, count]) => `${code} ${count}`);
      const found = `${overdue.missing} signals of a day have no ${horizonH} h label, long after it was due`;
      ctx.alert(
        "WARN",
        `LABELS_MISSING_${horizonH}H`,
        `${found}: ${why.join(", ")}.`,
        "tried again with growing waits",
      );
    }
  };
}

const portsOf = (ctx: Ctx): Ports => ({
  account: ctx.account,
  settings: ctx.settings,
  clock: ctx.clock,
  store: ctx.store,
  exchange: ctx.calls.exchange,
});
