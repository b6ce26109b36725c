/** Runs what is queued, one experiment after another: kept trial by trial, so that a restart goes on where it was. */
import { put } from "../../shared/changes.ts";
import { type ExperimentDetail, experimentDetails, experiments, trials } from "../../shared/collections/experiments.ts";
import type { ExperimentResult, ExperimentRow, Trial } from "../../shared/domain/experiment.ts";
import { asProblem, Problem, refuse } from "../../shared/errors.ts";
import { checkDesign, type ResolvedDesign } from "../../shared/experiment/check-design.ts";
import type { TrialAnswer, TrialRequest } from "../../shared/experiment/trial-request.ts";
import { basisOf } from "../../shared/experiment/verdict.ts";
import { failureOf, runExperiment } from "../../shared/experiment-run/run-experiment.ts";
import type { TrialGround } from "../../shared/experiment-run/trial-ground.ts";
import type { Clock, Op } from "../../shared/kit/ports.ts";
import type { Task, Workers } from "../../shared/kit/workers.ts";
import { AWAY, type GroundPorts, groundFor } from "./experiment-ground.ts";
import { ExperimentPace, percent } from "./experiment-pace.ts";
import { isOpen } from "./experiments.ts";
import { familyWith, priorOf, searchedBy, unendedWith } from "./hypothesis-family.ts";
import { TrialShelf } from "./trial-shelf.ts";

export interface RunnerPorts extends GroundPorts {
  readonly clock: Clock;
  readonly workers: Workers;
  readonly task: Task<TrialGround, TrialRequest, TrialAnswer>;
  /** Threads; 0: as many as there are processors. */
  readonly workersCount: number;
  /** A trial has ended. */
  ended(status: Trial["status"]): void;
}

/** While the market cannot be asked for. */
const WAIT_MS = 15_000;

class Stopped extends Error {}

interface Current {
  readonly exp_id: string;
  readonly stop: AbortController;
  readonly ended: PromiseWithResolvers<void>;
}

export class ExperimentRunner {
  private readonly ports: RunnerPorts;
  private current: Current | undefined;
  /** Whether the store may hold one that is not over; at the start it may. */
  private mayBeWaiting = true;
  private notBefore = 0;
  private isStopping = false;

  constructor(ports: RunnerPorts) {
    this.ports = ports;
  }

  /** Something was accepted or canceled. */
  changed(exp_id: string): void {
    this.mayBeWaiting = true;
    if (this.current?.exp_id === exp_id) this.current.stop.abort(new Stopped("canceled"));
  }

  /** What is under way stays in the store as it is, and goes on after the next start. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.current?.stop.abort(new Stopped("the service stops"));
    await this.current?.ended.promise;
  }

  /** Runs the oldest that is not over to its end; false when there is nothing to do now. */
  async step(): Promise<boolean> {
    const { store, clock } = this.ports;
    if (this.isStopping || !this.mayBeWaiting || clock.now() < this.notBefore) return false;
    for (const status of ["RUNNING", "QUEUED"] as const) {
      const sort = { field: "created_at", order: "asc" } as const;
      const row = (await store.query(experiments, { where: { status }, sort, limit: 1 })).items[0];
      if (row) return this.carryOut(row.value);
    }
    this.mayBeWaiting = false;
    return false;
  }

  private async carryOut(row: ExperimentRow): Promise<boolean> {
    const { exp_id } = row;
    const stop = new AbortController();
    const ended = Promise.withResolvers<void>();
    this.current = { exp_id, stop, ended };
    try {
      await this.run(row, stop.signal);
      return true;
    } catch (error) {
      if (stop.signal.aborted || error instanceof Stopped) return !this.isStopping;
      return await this.failed(exp_id, error);
    } finally {
      this.current = undefined;
      ended.resolve();
    }
  }

  private async failed(exp_id: string, error: unknown): Promise<boolean> {
    try {
      if (error instanceof Problem && AWAY.has(error.code)) return await this.wait(exp_id, error);
      const { store, clock } = this.ports;
      await this.end(exp_id, { status: "FAILED", message: failureOf(error) }, (row) =>
        unendedWith(store, row, clock.now()),
      );
    } catch (again) {
      // Canceled at that moment.
      if (!(again instanceof Stopped)) throw again;
    }
    return true;
  }

  private async run(row: ExperimentRow, signal: AbortSignal): Promise<void> {
    const { store, clock, workers, workersCount, task } = this.ports;
    const { exp_id } = row;
    const detail = (await store.get(experimentDetails, exp_id))?.value;
    if (!detail) refuse("RULE", "Its design is gone.");
    const checked = checkDesign(detail.design as ResolvedDesign);
    await this.change(exp_id, { status: "RUNNING", started_at: row.started_at ?? clock.now() });
    const pace = new ExperimentPace(clock, (told) => this.change(exp_id, told), signal);
    const tell = (stage: string) => pace.tell({ done: 0, total: 0, stage });
    tell("reading the market");
    const { ground, facts, tape_hash } = await groundFor(checked, this.ports, {
      onProgress: (share) => tell(`reading the market (${percent(share)})`),
      onWait: (why) => tell(`waiting for the market: ${why}`),
      signal,
    });
    signal.throwIfAborted();
    // What was tried on another past says nothing about this one.
    const isResumed = detail.tape_hash === tape_hash;
    if (!isResumed) await store.commit([put(experimentDetails, { ...detail, tape_hash })]);
    const size = workersCount === 0 ? workers.cores : workersCount;
    const crew = workers.open(task, ground, size);
    const shelf = new TrialShelf(exp_id, this.ports);
    try {
      const found = await runExperiment(checked, {
        ...{ exp_id, clock, workers: size, signal, prior: await priorOf(store, row) },
        data: { from: facts.from_ts, to: facts.to_ts },
        runTrial: (request, stop) => {
          const onProgress = (done: number) => pace.within(request.trial, done);
          return crew.run(request, { signal: stop, onProgress });
        },
        ...(isResumed && { kept: (trial: number) => shelf.find(trial) }),
        onTrial: async (trial, answer) => {
          pace.over(trial.trial);
          this.ports.ended(trial.status);
          await shelf.put(trial, answer);
        },
        onProgress: (progress) => pace.tell(progress),
      });
      signal.throwIfAborted();
      await pace.settled();
      await this.finish({ ...detail, tape_hash, result: { ...found, data: facts }, trade_pages: await shelf.pages() });
    } finally {
      await crew.close();
    }
  }

  /** Result, verdict and status in one commit. */
  private async finish(detail: Finished): Promise<void> {
    const { store, clock } = this.ports;
    const { exp_id, result } = detail;
    const { summary, out_of_sample, significance } = result;
    const { trials: counted, deflated_sharpe, mann_whitney_p, p_value } = significance;
    const shown: Partial<ExperimentRow> = {
      ...{ status: "DONE" as const, summary, ...(out_of_sample && { out_of_sample: out_of_sample.summary }) },
      significance: { trials: counted, deflated_sharpe, mann_whitney_p, p_value },
    };
    const tried = await store.count(trials, searchedBy(exp_id));
    // What was only run was one try.
    const tested = { ...basisOf(result), trials: Math.max(1, tried), now: clock.now() };
    await this.end(exp_id, shown, async ({ hypothesis_id }) => [
      put(experimentDetails, detail),
      ...(hypothesis_id === undefined ? [] : await familyWith(store, hypothesis_id, tested)),
    ]);
  }

  private end(exp_id: string, change: Partial<ExperimentRow>, also?: Also): Promise<void> {
    return this.change(exp_id, { ...change, ended_at: this.ports.clock.now() }, also);
  }

  /** Never what was canceled meanwhile: throws then. */
  private async change(exp_id: string, change: Partial<ExperimentRow>, also: Also = async () => []): Promise<void> {
    const { store } = this.ports;
    for (;;) {
      const row = await store.get(experiments, exp_id);
      if (!row || !isOpen(row.value)) {
        this.changed(exp_id);
        throw new Stopped("it is over");
      }
      try {
        await store.commit([put(experiments, { ...row.value, ...change }, row.rev), ...(await also(row.value))]);
        return;
      } catch (error) {
        // Canceled at that moment, or its family was judged anew.
        if (asProblem(error).code !== "CONFLICT") throw error;
      }
    }
  }

  private async wait(exp_id: string, { message }: Problem): Promise<boolean> {
    const { clock } = this.ports;
    this.notBefore = clock.now() + WAIT_MS;
    await this.change(exp_id, { progress: { done: 0, total: 0, stage: `waiting for the market: ${message}` } });
    return false;
  }
}

type Also = (row: ExperimentRow) => Promise<readonly Op[]>;
interface Finished extends ExperimentDetail {
  readonly result: ExperimentResult;
}
