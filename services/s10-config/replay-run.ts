/** A simulation by replay: both revisions trade the recorded market of the window, in threads beside this one. */
import { NO_STRESS } from "../../shared/backtest/backtest-options.ts";
import type { Tape } from "../../shared/backtest/tape.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import { ExperimentDesign } from "../../shared/domain/experiment.ts";
import type { Instrument, InstrumentId } from "../../shared/domain/instrument.ts";
import type { ReplayedRun, Simulation } from "../../shared/domain/simulation.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import { listingOf } from "../../shared/engine/listing.ts";
import { refuse } from "../../shared/errors.ts";
import { checkDesign } from "../../shared/experiment/check-design.ts";
import { curveOf } from "../../shared/experiment/run-curve.ts";
import type { TrialRequest } from "../../shared/experiment/trial-request.ts";
import { warmUpMs } from "../../shared/experiment/warm-up.ts";
import { modelsOf, programsOf } from "../../shared/experiment-run/bundle-parts.ts";
import { groundOf } from "../../shared/experiment-run/trial-ground.ts";
import { trialTask } from "../../shared/experiment-run/trial-task.ts";
import type { Blobs, Clock, Store } from "../../shared/kit/ports.ts";
import type { Workers } from "../../shared/kit/workers.ts";
import { loadTape } from "../../shared/market-data/load-tape.ts";
import { recordedLines } from "../../shared/market-data/recorded-blobs.ts";
import type { Pair } from "./label-run.ts";
import type { Found, SimulationRun } from "./simulation-types.ts";

export interface ReplayPorts {
  readonly store: Pick<Store, "get">;
  readonly blobs: Blobs;
  readonly clock: Pick<Clock, "sleep">;
  readonly workers: Workers;
}

/** A recorded book is read into memory whole. */
export const REPLAY_MS_MAX = 86_400_000;
const INSTRUMENTS_MAX = 20;
/** Of the whole, reading; each of the two runs is half of the rest. */
const READ_SHARE = 0.3;
const TELL_MS = 250;
const REMEDY = "Recordings are made while the system runs with CHIMERA_S01_RECORD_FRAMES=true.";

type Request = Simulation["request"];

/** As the experiment that a replay is. */
function designOf({ bundle }: BundleView, { window }: Request, instruments: readonly InstrumentId[]) {
  const design = ExperimentDesign.parse({
    ...{ bundle, window: { from: window.from_ts, to: window.to_ts }, benchmark: "none", checks: false },
    data: { source: "recordings", form: "book", on_problem: "repair", ...(instruments.length > 0 && { instruments }) },
  });
  return { ...design, bundle };
}

/** As asked, or all that either revision trades. */
function instrumentsOf({ active, candidate }: Pick<Pair, "active" | "candidate">, { instruments }: Request) {
  if (instruments) return [...new Set(instruments)];
  const traded = [active, candidate].flatMap(({ bundle }) => checkDesign(wholeDesign(bundle)).instruments);
  return [...new Set(traded)];
}

const wholeDesign = (bundle: BundleView["bundle"]) => ({
  ...ExperimentDesign.parse({ bundle, window: { from: 0, to: REPLAY_MS_MAX } }),
  bundle,
});

/** Throws RULE where an instrument was not recorded in the window, INVALID for what no backtest takes. */
export async function requireRecorded(pair: Omit<Pair, "listings">, request: Request, blobs: Blobs): Promise<void> {
  const { window } = request;
  if (window.to_ts - window.from_ts > REPLAY_MS_MAX) {
    const message = "a replay spans a day at most, since the recorded book is read whole";
    refuse("INVALID", `window: ${message}`, { errors: [{ field: "window", message }] });
  }
  const instruments = instrumentsOf(pair, request);
  if (instruments.length > INSTRUMENTS_MAX) {
    const message = `${instruments.length}, a replay takes ${INSTRUMENTS_MAX} at most: name some`;
    refuse("INVALID", `instruments: ${message}`, { errors: [{ field: "instruments", message }] });
  }
  for (const view of [pair.active, pair.candidate]) {
    const known = new Set(view.bundle.instruments.map(({ instrument }) => instrument));
    const own = instruments.filter((each) => known.has(each));
    checkDesign(designOf(view, request, own));
  }
  for (const instrument of instruments) {
    const files = await recordedLines(blobs, instrument, { from: window.from_ts, to: window.to_ts });
    if (files.length === 0) refuse("RULE", `Nothing of ${instrument} was recorded in the window. ${REMEDY}`);
  }
}

export class ReplayRun implements SimulationRun {
  readonly sim_id: string;
  private readonly ports: ReplayPorts;
  private readonly request: Request;
  private readonly pair: Pair;
  private readonly stopping = new AbortController();
  private work: Promise<Found> | undefined;
  private progress = 0;

  constructor(ports: ReplayPorts, { sim_id, request }: Simulation, pair: Pair) {
    this.sim_id = sim_id;
    this.ports = ports;
    this.request = request;
    this.pair = pair;
  }

  async part(): Promise<{ progress: number; found?: Found }> {
    this.work ??= this.carryOut();
    // Told by whichever part finds it ended.
    this.work.catch(() => {});
    const found = await Promise.race([this.work, this.ports.clock.sleep(TELL_MS)]);
    return { progress: this.progress, ...(found && { found }) };
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error("stopped"));
    await this.work?.catch(() => {});
  }

  private async carryOut(): Promise<Found> {
    const { active, candidate } = this.pair;
    const tape = await this.read();
    return {
      replay: {
        active: await this.play(active, tape, READ_SHARE),
        candidate: await this.play(candidate, tape, READ_SHARE + (1 - READ_SHARE) / 2),
      },
    };
  }

  private read(): Promise<Tape> {
    const { active, candidate, listings } = this.pair;
    const instruments = instrumentsOf(this.pair, this.request);
    const { data, window } = designOf(candidate, this.request, instruments);
    return loadTape({
      ...{ blobs: this.ports.blobs, data, instruments, window },
      warm_up_ms: Math.max(...[active, candidate].map(({ bundle }) => warmUpMs(bundle, instruments))),
      listings: listings.map((each: Instrument) => listingOf(each)),
      onProgress: (share) => {
        this.stopping.signal.throwIfAborted();
        this.progress = READ_SHARE * share;
      },
    });
  }

  private async play(view: BundleView, tape: Tape, begun: number): Promise<ReplayedRun> {
    const design = designOf(view, this.request, tape.instruments);
    const ground = groundOf(design, {
      ...{ bundle: view.bundle, tape: tape.columns, latency: ASSUMED_LATENCY },
      models: await modelsOf(view.bundle, this.ports),
      programs: await programsOf(view.bundle, this.ports),
    });
    const crew = this.ports.workers.open(trialTask, ground, 1);
    try {
      const { summary, parts, assumed } = await crew.run(requestOf(design.window), {
        signal: this.stopping.signal,
        onProgress: (done) => {
          this.progress = begun + ((1 - READ_SHARE) / 2) * done;
        },
      });
      const [part] = parts ?? [];
      return { summary, curve: part ? curveOf(part) : [], assumed: [...assumed] };
    } finally {
      await crew.close();
    }
  }
}

const requestOf = (window: TrialRequest["windows"][number]): TrialRequest => ({
  ...{ trial: 0, role: "search", subject: "bundle", params: {}, windows: [window], stress: NO_STRESS, keep: "parts" },
});
