/** One run of an experiment in a worker: the bundle with its params through the engine, models asked where it asks. */
import type { BacktestOptions, BacktestProgram, RunningBacktest } from "../backtest/backtest-options.ts";
import type { BacktestResult } from "../backtest/backtest-result.ts";
import { Tape } from "../backtest/tape.ts";
import type { Bundle } from "../domain/bundle.ts";
import type { TestWindow } from "../domain/experiment.ts";
import { add, dec, toNumber } from "../domain/money.ts";
import { refuse } from "../errors.ts";
import { HOLD_ASSUMED, holdRun } from "../experiment/hold.ts";
import { joinRuns } from "../experiment/join-runs.ts";
import { markOf } from "../experiment/lookahead.ts";
import { applyParams } from "../experiment/params.ts";
import { type RunPart, summaryOf } from "../experiment/run-summary.ts";
import type { TrialAnswer, TrialRequest } from "../experiment/trial-request.ts";
import { warmUpMs, warmUpNotes } from "../experiment/warm-up.ts";
import { digest } from "../keys.ts";
import type { ModelSays } from "../trading/decision/model.ts";
import type { AskModel } from "./ask-model.ts";
import type { TrialGround } from "./trial-ground.ts";

export type Engine = (options: BacktestOptions) => RunningBacktest<BacktestResult>;

export interface TrialPorts {
  readonly engine: Engine;
  readonly ask: AskModel;
  readonly programs: ReadonlyMap<string, BacktestProgram>;
  /** Looked at again and again while it runs. */
  isAborted(): boolean;
  /** Of 1. */
  progress(done: number): void;
}

/** Funding and marks of the time before are known from here on. */
const WARM_UP_MS_MIN = 9 * 3_600_000;
/** Of what was bought and sold, answered at most. */
const TRADES_KEPT_MAX = 50_000;

/** Throws CANCELED-like STOPPING when it is aborted, INVALID for params that do not fit the bundle. */
export async function runTrial(ground: TrialGround, request: TrialRequest, ports: TrialPorts): Promise<TrialAnswer> {
  const whole = new Tape(ground.tape);
  const tape = request.cut_ts === undefined ? whole : whole.until(request.cut_ts);
  if (request.subject === "hold") return held(ground, request, tape);
  const bundle = applyParams(ground.bundle, request.params);
  const results: BacktestResult[] = [];
  for (const [i, window] of request.windows.entries()) {
    const options = optionsOf({ ...ground, bundle }, request, window);
    const report = (done: number) => ports.progress((i + done) / request.windows.length);
    const running = ports.engine({ ...options, tape: fromWarmUp(tape, bundle, window), programs: ports.programs });
    results.push(await finished(running, { ...ports, progress: report }));
  }
  return answerOf(results, ground, request);
}

/** What lies further back than any factor looks is not played; a book needs all that made it. */
function fromWarmUp(tape: Tape, bundle: Bundle, { from }: TestWindow): Tape {
  if (tape.head.form === "book") return tape;
  return tape.since(from - Math.max(WARM_UP_MS_MIN, warmUpMs(bundle, tape.instruments)));
}

function optionsOf(ground: TrialGround, { stress, keep, cut_ts }: TrialRequest, { from, to }: TestWindow) {
  const { bundle, seed, latency, fill, wallets, sample_ms } = ground;
  const to_ts = Math.min(to, cut_ts ?? to);
  const keep_decisions = keep === "decisions" || keep === "all";
  return { bundle, seed, latency, stress, fill, wallets, sample_ms, from_ts: from, to_ts, keep_decisions };
}

async function finished(
  running: RunningBacktest<BacktestResult>,
  { ask, isAborted, progress }: TrialPorts,
): Promise<BacktestResult> {
  let says: ModelSays | undefined;
  for (;;) {
    const step = running.next(says);
    if (step.done) return step.value;
    if (isAborted()) refuse("STOPPING", "The run was stopped.");
    says = step.value.kind === "model" ? await ask(step.value) : undefined;
    if (step.value.kind === "progress") progress(step.value.done);
  }
}

function answerOf(results: readonly BacktestResult[], ground: TrialGround, { keep }: TrialRequest): TrialAnswer {
  const parts = results.map(partOf);
  const notes = warmUpNotes(
    ground.bundle,
    ground.tape.head.listings.map(({ instrument }) => instrument),
  );
  const assumed = [...new Set([...results.flatMap((result) => result.assumed), ...notes])];
  const trades = results.flatMap((result) => result.trades);
  return {
    summary: summaryOfAll(parts, ground.period_ms),
    hash: digest(...results.map(({ hash }) => hash)),
    ...((keep === "parts" || keep === "all") && { parts }),
    ...(keep !== "summary" &&
      keep !== "parts" && { decided: results.flatMap(({ decided = [] }) => decided.map(markOf)) }),
    ...(keep === "all" && { trades: trades.slice(0, TRADES_KEPT_MAX) }),
    assumed,
  };
}

/** Time between the parts counts for nothing; when they began and ended is told as it was. */
function summaryOfAll(parts: readonly RunPart[], period_ms: number) {
  const { from_ts, to_ts } = joinRuns(parts);
  return { ...summaryOf(joinRuns(parts, true), period_ms), from_ts, to_ts };
}

function partOf({ from_ts, to_ts, equity, costs, signals, liquidations, trades }: BacktestResult): RunPart {
  return { from_ts, to_ts, equity, costs, signals, liquidations, trades: trades.map(resultOf) };
}

const resultOf = ({
  opened_at,
  closed_at,
  pnl_usdt,
  entry_cost_usdt,
  exit_value_usdt,
}: BacktestResult["trades"][number]) => ({
  ...{ opened_at, ...(closed_at !== undefined && { closed_at }), pnl_usdt },
  ...(entry_cost_usdt !== undefined && { entry_cost_usdt }),
  ...(exit_value_usdt !== undefined && { exit_value_usdt }),
});

function held({ wallets, sample_ms, period_ms }: TrialGround, { windows }: TrialRequest, tape: Tape): TrialAnswer {
  const cash = toNumber(add(dec(wallets.spot_usdt), dec(wallets.fut_usdt)));
  const parts = windows.map((window) => holdRun(tape, { window, cash, sample_ms }));
  const hash = digest(...parts.map(({ equity }) => JSON.stringify(equity)));
  return { summary: summaryOfAll(parts, period_ms), hash, parts, assumed: [HOLD_ASSUMED] };
}
