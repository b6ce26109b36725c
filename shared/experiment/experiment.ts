/**
 * An experiment from its first trial to its result, as a question and answer: it asks for runs and is told outcomes.
 *
 * What it asks depends on what it was told alone, never on which worker was first, so that its result is the same for
 * any number of workers and after any number of restarts.
 */
import { NO_STRESS } from "../backtest/backtest-options.ts";
import type { ExperimentResult, FoldResult, ParamSet, RunSummary, TestWindow } from "../domain/experiment.ts";
import { Problem } from "../errors.ts";
import { digest } from "../keys.ts";
import type { Chance } from "../trading/stats/chance.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import type { Checked } from "./check-design.ts";
import type { TimeFold } from "./folds.ts";
import { joinRuns } from "./join-runs.ts";
import { cutsOf, lookaheadCheck } from "./lookahead.ts";
import { lengthOf, periodOf } from "./periods.ts";
import { curveOf } from "./run-curve.ts";
import { type RunPart, summaryOf } from "./run-summary.ts";
import { openSearch, trialsAtMost } from "./search-kinds.ts";
import { SENSITIVITIES } from "./sensitivity.ts";
import { type Evidence, significanceOf } from "./significance.ts";
import type { TrialOutcome, TrialRequest } from "./trial-request.ts";

/** Of earlier experiments of the same hypothesis. */
export interface PriorTrials {
  readonly count: number;
  /** Annualised. */
  readonly sharpes: readonly number[];
}
export const NO_PRIOR: PriorTrials = { count: 0, sharpes: [] };

export interface Basis {
  readonly prior?: PriorTrials | undefined;
  /** From and to when there is anything of the market; default: the whole window. */
  readonly data?: TestWindow | undefined;
  /** Of the bootstrap. */
  readonly resamples?: number | undefined;
}

export interface Ask {
  /** What it is about, in words. */
  readonly stage: string;
  readonly requests: readonly TrialRequest[];
  /** Of trials, as far as can be told now. */
  readonly total: number;
}

/** Everything but where the data came from. */
export type Found = Omit<ExperimentResult, "data">;
export type RunningExperiment = Generator<Ask, Found, readonly TrialOutcome[]>;

type Done = Extract<TrialOutcome, { status: "DONE" }>;
interface Best {
  readonly params: ParamSet;
  readonly score: number;
  readonly summary: RunSummary;
}
type Wanted = Pick<TrialRequest, "role" | "params" | "windows" | "keep"> & Partial<TrialRequest>;
type Asking<T> = Generator<Ask, T, readonly TrialOutcome[]>;

/** Throws RULE when a run fails that the result cannot do without. */
export function experimentOf(checked: Checked, basis: Basis = {}): RunningExperiment {
  return new Course(checked, basis).run();
}

class Course {
  private readonly checked: Checked;
  private readonly prior: PriorTrials;
  private readonly resamples: number | undefined;
  /** Where the check cuts runs off. */
  private readonly cuts: readonly number[];
  private asked = 0;
  /** Of the searches that are still to come, at most, and of what follows them. */
  private ahead: number;
  private readonly hashes: string[] = [];
  private readonly sharpes: number[] = [];
  private searched = 0;
  private readonly notes: string[] = [];
  private readonly assumed = new Set<string>();

  constructor(checked: Checked, { prior = NO_PRIOR, resamples, data }: Basis) {
    this.checked = checked;
    this.prior = prior;
    this.resamples = resamples;
    const { kind, folds, axes, design } = checked;
    this.cuts = cutsOf(design.window, data);
    const searches = kind === undefined ? 0 : Math.max(1, folds.length) * trialsAtMost(axes, design);
    this.ahead = searches + folds.length + 1 + (this.benchmarks ? 1 : 0) + this.checks.length;
  }

  *run(): RunningExperiment {
    const { design, folds } = this.checked;
    const { window } = design;
    const whole = folds.length > 0 ? undefined : yield* this.search([window], { role: "search" });
    const chosen = yield* this.foldChoices();
    const tested = yield* this.test(chosen);
    const params = whole?.params ?? settled(chosen.map(({ best }) => best));
    const { best, benchmark, checks } = yield* this.finish(params);
    const run = joinRuns(best.parts ?? []);
    const out = tested.length > 0 ? joinRuns(tested.flatMap(({ parts = [] }) => parts)) : undefined;
    const period_ms = periodOf(out ? lengthOf(folds.map(({ test }) => test)) : window.to - window.from);
    const against = benchmark?.parts && joinRuns(benchmark.parts);
    const judged = { run: out ?? run, benchmark: against, period_ms };
    return {
      ...{ params, summary: best.summary, curve: curveOf(run) },
      ...(against && benchmark && { benchmark: this.shown(benchmark, against) }),
      folds: chosen.map(({ fold, best: found }, i) => foldResult(fold, found, tested[i]!)),
      ...(out && { out_of_sample: { summary: summaryOf(out, period_ms), curve: curveOf(out) } }),
      significance: significanceOf(this.evidence(judged)),
      ...(design.checks && { lookahead: this.lookahead(best, checks) }),
      sensitivity: design.checks ? this.sensitivity(checks) : [],
      ...{ assumed: [...this.assumed], hash: digest(...this.hashes) },
    };
  }

  /** The best of a search; undefined where nothing is searched or nothing had a score. */
  private *search(windows: readonly TestWindow[], as: Pick<Wanted, "role" | "fold">): Asking<Best | undefined> {
    const { design, axes, kind } = this.checked;
    if (kind === undefined) return undefined;
    const search = openSearch(kind, { axes, rules: design.search, chance: this.chance(`search ${as.fold ?? ""}`) });
    const atMost = trialsAtMost(axes, design);
    const before = this.asked;
    let best: Best | undefined;
    let next = search.next();
    while (!next.done) {
      const sets = next.value;
      const wanted = sets.map((params): Wanted => ({ ...as, params, windows, keep: "summary" }));
      const outcomes = yield* this.ask(stageOf(kind, as.fold), wanted);
      for (const [i, outcome] of outcomes.entries()) best = better(best, sets[i]!, outcome);
      next = search.next(outcomes.map((outcome) => (outcome.status === "DONE" ? outcome.score : null)));
    }
    // It may have ended early.
    this.ahead -= atMost - (this.asked - before);
    if (!best)
      this.notes.push(`${as.fold === undefined ? "The search" : `Fold ${as.fold + 1}`} found nothing: ${NONE}`);
    return best;
  }

  private *foldChoices(): Asking<{ fold: TimeFold; best: Best | undefined }[]> {
    const choices: { fold: TimeFold; best: Best | undefined }[] = [];
    for (const fold of this.checked.folds) {
      choices.push({ fold, best: yield* this.search(fold.train, { role: "train", fold: fold.fold }) });
    }
    return choices;
  }

  private *test(chosen: readonly { fold: TimeFold; best: Best | undefined }[]): Asking<Done[]> {
    if (chosen.length === 0) return [];
    const wanted = chosen.map(({ fold: { fold, test }, best }): Wanted => {
      return { role: "test", fold, params: best?.params ?? {}, windows: [test], keep: "parts" };
    });
    return (yield* this.ask("testing what was found on what it has not seen", wanted)).map(requireDone);
  }

  /** The chosen once more over the whole window, the benchmark, and the checks: all at once. */
  private *finish(params: ParamSet): Asking<{ best: Done; benchmark: Done | undefined; checks: Done[] }> {
    const { design, folds } = this.checked;
    const windows = [design.window];
    const wanted: Wanted[] = [{ role: "best", params, windows, keep: "all" }];
    if (this.benchmarks) {
      const tests = folds.length > 0 ? folds.map(({ test }) => test) : windows;
      const subject = design.benchmark === "hold" ? "hold" : "bundle";
      wanted.push({ role: "benchmark", subject, params: {}, windows: tests, keep: "parts" });
    }
    wanted.push(...this.checks.map((check) => ({ ...check, params })));
    const done = (yield* this.ask("the best once more, its benchmark and its checks", wanted)).map(requireDone);
    const [best, ...rest] = done;
    const benchmark = this.benchmarks ? rest.shift() : undefined;
    return { best: best!, benchmark, checks: rest };
  }

  private get checks(): Omit<Wanted, "params">[] {
    const { window, checks } = this.checked.design;
    if (!checks) return [];
    const windows = [window];
    const cuts = this.cuts.map((cut_ts) => ({ role: "check", windows, keep: "decisions", cut_ts }) as const);
    const rows = SENSITIVITIES.map(({ stress }) => ({ role: "check", windows, keep: "summary", stress }) as const);
    return [...cuts, ...rows];
  }

  /** Compared with itself a run says nothing. */
  private get benchmarks(): boolean {
    const { benchmark } = this.checked.design;
    return benchmark === "hold" || (benchmark === "unchanged" && this.checked.kind !== undefined);
  }

  private *ask(stage: string, wanted: readonly Wanted[]): Asking<readonly TrialOutcome[]> {
    const requests = wanted.map((each, i): TrialRequest => {
      return { subject: "bundle", stress: NO_STRESS, ...each, trial: this.asked + i };
    });
    const outcomes = yield { stage, requests, total: this.asked + Math.max(this.ahead, requests.length) };
    this.asked += requests.length;
    this.ahead -= requests.length;
    for (const [i, outcome] of outcomes.entries()) this.told(requests[i]!, outcome);
    return outcomes;
  }

  private told({ role }: TrialRequest, outcome: TrialOutcome): void {
    this.hashes.push(outcome.status === "DONE" ? outcome.hash : `failed: ${outcome.message}`);
    if (role !== "search" && role !== "train") {
      if (outcome.status === "DONE" && role !== "check") for (const text of outcome.assumed) this.assumed.add(text);
      return;
    }
    this.searched++;
    const sharpe = outcome.status === "DONE" ? outcome.summary.sharpe : null;
    if (sharpe !== null) this.sharpes.push(sharpe);
  }

  /** What was not searched on was looked at once; of a search every trial might have been the one chosen. */
  private evidence(judged: Pick<Evidence, "run" | "benchmark" | "period_ms">): Evidence {
    const { folds, kind, design } = this.checked;
    const own = folds.length > 0 || kind === undefined ? 1 : this.searched;
    const sharpes = [...this.prior.sharpes, ...(folds.length > 0 ? [] : this.sharpes)];
    const notes = [...this.notes];
    if (folds.length > 0) notes.push("On returns that nothing was searched on.");
    else if (kind !== undefined) notes.push("On the returns that were searched on: walk-forward would say more.");
    if (design.benchmark === "unchanged" && kind === undefined) notes.push("The benchmark would be the run itself.");
    if (this.prior.count > 0) notes.push(`${this.prior.count} earlier trials of the hypothesis count.`);
    const trials = { count: own + this.prior.count, sharpes };
    return { ...judged, trials, chance: this.chance("bootstrap"), resamples: this.resamples, notes };
  }

  private lookahead(best: Done, checks: readonly Done[]) {
    const cuts = this.cuts.map((ts, i) => ({ ts, decided: checks[i]?.decided ?? [] }));
    return lookaheadCheck(best.decided ?? [], cuts);
  }

  private sensitivity(checks: readonly Done[]): ExperimentResult["sensitivity"] {
    const rows = checks.slice(-SENSITIVITIES.length);
    return SENSITIVITIES.map(({ what, change }, i) => ({ what, change, summary: rows[i]!.summary }));
  }

  private shown({ summary }: Done, run: RunPart): NonNullable<ExperimentResult["benchmark"]> {
    const what = this.checked.design.benchmark === "hold" ? "bought and held" : "the bundle unchanged";
    return { what, summary, curve: curveOf(run) };
  }

  private chance(name: string): Chance {
    return seededChance(`${this.checked.design.seed}/${name}`);
  }
}

const NONE = "no trial had a score (too few trades, or it failed); the bundle as given stands.";

/** Of equal ones the first. */
function better(best: Best | undefined, params: ParamSet, outcome: TrialOutcome): Best | undefined {
  if (outcome.status === "FAILED" || outcome.score === null) return best;
  const { score, summary } = outcome;
  return best && best.score >= score ? best : { params, score, summary };
}

/** What folds chose most often; of several the one chosen last. */
function settled(found: readonly (Best | undefined)[]): ParamSet {
  const counts = new Map<string, { params: ParamSet; count: number }>();
  for (const best of found) {
    const params = best?.params ?? {};
    const key = JSON.stringify(params);
    const count = (counts.get(key)?.count ?? 0) + 1;
    counts.delete(key);
    counts.set(key, { params, count });
  }
  let most: { params: ParamSet; count: number } | undefined;
  for (const each of counts.values()) if (!most || each.count >= most.count) most = each;
  return most?.params ?? {};
}

function foldResult(
  { fold, train, test }: TimeFold,
  best: Best | undefined,
  { summary, parts = [] }: Done,
): FoldResult {
  const whole = { from: train[0]!.from, to: train.at(-1)!.to };
  return {
    ...{ fold, train: whole, test, params: best?.params ?? {}, ...(best && { in_sample: best.summary }) },
    ...{ out_of_sample: summary, curve: curveOf(joinRuns(parts)) },
  };
}

function requireDone(outcome: TrialOutcome): Done {
  if (outcome.status === "FAILED")
    throw new Problem("RULE", `A run that the result needs has failed: ${outcome.message}`);
  return outcome;
}

const stageOf = (kind: string, fold: number | undefined): string =>
  fold === undefined ? `searching (${kind})` : `searching fold ${fold + 1} (${kind})`;
