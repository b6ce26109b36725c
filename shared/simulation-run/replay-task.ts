/** The task by which a worker lets two revisions trade a recorded market: given its files, then asked for both runs. */
import { NO_STRESS } from "../backtest/backtest-options.ts";
import type { DataSource, TestWindow } from "../domain/experiment.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { ReplayedRun } from "../domain/simulation.ts";
import type { Listing } from "../engine/listing.ts";
import { refuse } from "../errors.ts";
import { curveOf } from "../experiment/run-curve.ts";
import type { TrialAnswer, TrialRequest } from "../experiment/trial-request.ts";
import type { TrialGround } from "../experiment-run/trial-ground.ts";
import { trialTask } from "../experiment-run/trial-task.ts";
import type { Duty, Task, TaskPorts } from "../kit/workers.ts";
import { loadTape } from "../market-data/load-tape.ts";
import { givenBlobs } from "./given-blobs.ts";
import { recordedGaps } from "./recorded-gaps.ts";

export interface ReplayGround {
  readonly data: DataSource;
  readonly instruments: readonly InstrumentId[];
  readonly listings: readonly Listing[];
  readonly window: TestWindow;
  readonly warm_up_ms: number;
  readonly active: Omit<TrialGround, "tape">;
  readonly candidate: Omit<TrialGround, "tape">;
}
/** `before`: how many files it was given so far. */
export type ReplayInput =
  | { readonly kind: "file"; readonly before: number; readonly key: string; readonly body: Uint8Array }
  | { readonly kind: "play"; readonly before: number };
export interface ReplayOutput {
  readonly active?: ReplayedRun;
  readonly candidate?: ReplayedRun;
}

/** Of the whole, making a tape of the files. */
const TAPE_SHARE = 0.3;

/**
 * For crews of one thread, which remembers the files. Throws UNAVAILABLE where it does not, because another thread has
 * taken its place: to be begun anew. INVALID where the files hold nothing of the window.
 */
export const replayTask: Task<ReplayGround, ReplayInput, ReplayOutput> = {
  name: "replay",
  module: import.meta.url,
  async prepare(ground, ports) {
    const files = new Map<string, Uint8Array>();
    return {
      async run(input, duty) {
        if (files.size !== input.before) refuse("UNAVAILABLE", "What was read so far is lost.");
        if (input.kind === "play") return play(ground, files, { ...ports, ...duty });
        files.set(input.key, input.body);
        return {};
      },
      async release() {},
    };
  },
};

async function play(ground: ReplayGround, files: ReadonlyMap<string, Uint8Array>, ports: TaskPorts & Duty) {
  const { data, instruments, listings, window, warm_up_ms } = ground;
  const asked = { data, instruments, listings, window, warm_up_ms, blobs: givenBlobs(files) };
  const tape = await loadTape({
    ...asked,
    onProgress(share) {
      if (ports.isAborted()) refuse("STOPPING", "The replay was stopped.");
      ports.progress(TAPE_SHARE * share);
    },
  });
  const gaps = recordedGaps(tape.columns, window);
  const half = (1 - TAPE_SHARE) / 2;
  const run = async (side: Omit<TrialGround, "tape">, begun: number): Promise<ReplayedRun> => {
    const trial = await trialTask.prepare({ ...side, tape: tape.columns }, ports);
    try {
      const { isAborted } = ports;
      const progress = (done: number) => ports.progress(begun + half * done);
      return runOf(await trial.run(requestOf(window), { isAborted, progress }), gaps);
    } finally {
      await trial.release();
    }
  };
  const active = await run(ground.active, TAPE_SHARE);
  return { active, candidate: await run(ground.candidate, TAPE_SHARE + half) };
}

const requestOf = (window: TestWindow): TrialRequest => ({
  ...{ trial: 0, role: "search", subject: "bundle", params: {}, windows: [window], stress: NO_STRESS, keep: "parts" },
});

function runOf({ summary, parts = [], assumed }: TrialAnswer, gaps: readonly string[]): ReplayedRun {
  const [part] = parts;
  return { summary, curve: part ? curveOf(part) : [], assumed: [...assumed, ...gaps] };
}
