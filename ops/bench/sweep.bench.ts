/** Benchmark: a search of many bundles over one thread and over all, the market read once and shared. */
import { bunWorkers } from "../../shared/adapters/bun-workers.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { ExperimentDesign } from "../../shared/domain/experiment.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import { checkDesign } from "../../shared/experiment/check-design.ts";
import { runExperiment } from "../../shared/experiment-run/run-experiment.ts";
import { groundOf } from "../../shared/experiment-run/trial-ground.ts";
import { trialTask } from "../../shared/experiment-run/trial-task.ts";
import { askedBundle } from "../backtest/asked-bundle.ts";
import { type Benchmark, inTurns } from "./measure.ts";
import { walkedTape } from "./walked-bars.ts";

const DAYS = 14;
const DAY_MS = 86_400_000;
const TRIALS = 120;
const REPEATS = 2;
const MIB = 2 ** 20;

async function sweep(size: number): Promise<{ seconds: number; hash: string; rss: number }> {
  const tape = walkedTape(DAYS * 1_440);
  const { bundle } = askedBundle(undefined, "bars");
  const design = ExperimentDesign.parse({
    ...{ bundle, method: "RANDOM", checks: false, benchmark: "none", search: { trials_max: TRIALS, trades_min: 0 } },
    window: { from: tape.head.from_ts, to: tape.head.from_ts + DAYS * DAY_MS },
    data: { form: "bars", instruments: tape.instruments },
    params: [
      { path: "strategies.rsi-dip.sizing.take_profit_roe", min: 0.02, max: 0.1 },
      { path: "strategies.rsi-dip.sizing.stop_atrs.NORMAL", min: 1, max: 4 },
    ],
  });
  const given = { bundle, tape: tape.columns, latency: ASSUMED_LATENCY, models: [], programs: [] };
  const crew = bunWorkers().open(trialTask, groundOf(design, given), size);
  const started = performance.now();
  try {
    const found = await runExperiment(checkDesign({ ...design, bundle }), {
      ...{ exp_id: "exp-bench", clock: wallClock(), workers: size, signal: new AbortController().signal },
      runTrial: (request, signal) => crew.run(request, { signal }),
    });
    const seconds = (performance.now() - started) / 1_000;
    return { seconds, hash: found.hash, rss: process.memoryUsage().rss };
  } finally {
    await crew.close();
  }
}

export const benchmark: Benchmark = {
  what: `${TRIALS} bundles over ${DAYS} days of minute bars: one thread, and one a processor`,
  async run() {
    const { cores } = bunWorkers();
    const said = { hashes: new Set<string>(), rss: 0 };
    const contender = (size: number) => ({
      what: `${size} ${size === 1 ? "thread" : "threads"}`,
      async once() {
        const { seconds, hash, rss } = await sweep(size);
        said.hashes.add(hash);
        said.rss = Math.max(said.rss, rss);
        return TRIALS / seconds;
      },
    });
    const rows = await inTurns([contender(1), contender(cores)], { unit: "bundles/s", repeats: REPEATS, warmUps: 0 });
    return {
      rows,
      ratios: { [`time of ${cores} threads / of one`]: rows[0]!.median / rows[1]!.median },
      notes: [
        `${said.hashes.size === 1 ? "The same result" : "DIFFERENT RESULTS"} for one and for ${cores} threads`,
        `resident at most ${Math.round(said.rss / MIB)} MiB`,
      ],
    };
  },
};
