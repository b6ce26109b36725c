/**
 * Carries an experiment out: its questions over as many workers as there are, each answer told as soon as it is there.
 *
 * The service and the command line run the same function; one keeps what it is told in a store, the other in memory.
 */
import { canonicalJson } from "../domain/canonical.ts";
import type { Experiment, ExperimentResult, TestWindow, Trial } from "../domain/experiment.ts";
import { asProblem, Problem } from "../errors.ts";
import type { Checked } from "../experiment/check-design.ts";
import { type Ask, experimentOf, type Found, type PriorTrials } from "../experiment/experiment.ts";
import { scoreOf } from "../experiment/run-summary.ts";
import type { TrialAnswer, TrialDetail, TrialOutcome, TrialRequest } from "../experiment/trial-request.ts";
import type { Clock } from "../kit/ports.ts";

/** A trial that was done before, with what was kept of it beyond its summary. */
export interface KeptTrial {
  readonly trial: Trial;
  readonly detail?: TrialDetail;
}

export interface ExperimentProgress {
  readonly done: number;
  /** Grows where a search decides as it goes. */
  readonly total: number;
  readonly stage: string;
  /** Of a search over the whole window. */
  readonly best?: NonNullable<Experiment["best"]>;
}

export interface ExperimentParts {
  readonly exp_id: string;
  readonly clock: Pick<Clock, "now" | "mono">;
  /** How many trials are under way at a time. */
  readonly workers: number;
  /** Throws UNAVAILABLE when what ran it has died: it is tried again; else the trial has failed and is kept as such. */
  runTrial(request: TrialRequest, signal: AbortSignal): Promise<TrialAnswer>;
  /** By number: not run again. */
  readonly kept?: (trial: number) => Promise<KeptTrial | undefined> | KeptTrial | undefined;
  readonly prior?: PriorTrials;
  /** When there is anything of the market; default: the whole window. */
  readonly data?: TestWindow;
  /** Of the bootstrap; default: as many as an interval needs. */
  readonly resamples?: number;
  /** Waited for; when it throws the experiment ends. `answer` is there for a trial that is done. */
  onTrial?(trial: Trial, answer: TrialAnswer | undefined): Promise<void> | void;
  onProgress?(progress: ExperimentProgress): void;
  readonly signal: AbortSignal;
}

/** Where the market came from. */
export type DataFacts = ExperimentResult["data"];

/** So often a trial is begun again when what ran it died. */
const TRIES_MAX = 3;

/**
 * The same result for any number of workers and whatever was kept. Throws the signal's reason when it is aborted, RULE
 * when a run fails that the result cannot do without, and whatever `onTrial` throws.
 */
export async function runExperiment(checked: Checked, parts: ExperimentParts): Promise<Found> {
  const course = experimentOf(checked, parts);
  const desk = new Desk(checked, parts);
  let next = course.next();
  while (!next.done) next = course.next(await desk.answer(next.value));
  return next.value;
}

class Desk {
  private readonly checked: Checked;
  private readonly parts: ExperimentParts;
  private done = 0;
  private best: ExperimentProgress["best"];

  constructor(checked: Checked, parts: ExperimentParts) {
    this.checked = checked;
    this.parts = parts;
  }

  /** In the order asked, whatever the order they ended in. */
  async answer({ stage, requests, total }: Ask): Promise<TrialOutcome[]> {
    const outcomes: TrialOutcome[] = new Array(requests.length);
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, this.parts.signal]);
    const tell = () =>
      this.parts.onProgress?.({ done: this.done, total, stage, ...(this.best && { best: this.best }) });
    tell();
    let place = 0;
    const lane = async (): Promise<void> => {
      while (place < requests.length) {
        signal.throwIfAborted();
        const mine = place++;
        const request = requests[mine]!;
        const outcome = await this.outcome(request, signal);
        outcomes[mine] = outcome;
        this.done++;
        this.see(request, outcome);
        tell();
      }
    };
    const lanes = Array.from({ length: Math.max(1, Math.min(this.parts.workers, requests.length)) }, () =>
      lane().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
    const ended = await Promise.allSettled(lanes);
    this.parts.signal.throwIfAborted();
    // Of several the one that made the others stop.
    if (failed.signal.aborted) throw failed.signal.reason;
    for (const each of ended) if (each.status === "rejected") throw each.reason;
    return outcomes;
  }

  private see({ trial, params, role }: TrialRequest, outcome: TrialOutcome): void {
    if (role !== "search" || outcome.status === "FAILED" || outcome.score === null) return;
    const { score } = outcome;
    const { best } = this;
    // Of equal ones the first asked for, whichever ended first.
    const isBetter = !best || score > best.score || (score === best.score && trial < best.trial);
    if (isBetter) this.best = { trial, params, score };
  }

  private async outcome(request: TrialRequest, signal: AbortSignal): Promise<TrialOutcome> {
    const before = await this.parts.kept?.(request.trial);
    const known = before && outcomeOf(before, request);
    if (known) return known;
    const { clock, exp_id } = this.parts;
    const started = clock.mono();
    const { trial: number, params, role, fold } = request;
    const head = { exp_id, trial: number, params, role, ...(fold !== undefined && { fold }) };
    const ends = () => ({ wall_ms: Math.max(0, clock.mono() - started), ts: clock.now() });
    let answer: TrialAnswer;
    try {
      answer = await this.run(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      const message = failureOf(error);
      await this.parts.onTrial?.({ ...head, status: "FAILED", score: null, message, ...ends() }, undefined);
      return { status: "FAILED", message };
    }
    const { objective, search } = this.checked.design;
    const { summary, hash } = answer;
    const score = scoreOf(summary, objective, search.trades_min);
    await this.parts.onTrial?.({ ...head, status: "DONE", score, summary, hash, ...ends() }, answer);
    return { status: "DONE", score, ...answer };
  }

  private async run(request: TrialRequest, signal: AbortSignal): Promise<TrialAnswer> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.parts.runTrial(request, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (asProblem(error).code !== "UNAVAILABLE" || tries >= TRIES_MAX) throw error;
      }
    }
  }
}

/** What is kept of it, where that is all that the request wants. */
function outcomeOf({ trial, detail }: KeptTrial, { keep, params, role }: TrialRequest): TrialOutcome | undefined {
  if (trial.role !== role || canonicalJson(trial.params) !== canonicalJson(params)) return undefined;
  if (trial.status === "FAILED") return { status: "FAILED", message: trial.message ?? "" };
  const { summary, hash, score } = trial;
  if (!summary || hash === undefined || (keep !== "summary" && !detail)) return undefined;
  return { status: "DONE", score, summary, hash, assumed: [], ...detail };
}

/** As people who made the strategy are told of it: what broke inside is theirs to see too. */
export const failureOf = (error: unknown): string => {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  return [error.message, ...error.errors.map(({ field, message }) => `${field}: ${message}`)].join("; ");
};
