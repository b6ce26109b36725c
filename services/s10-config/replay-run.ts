/** A simulation by replay: both revisions trade the recorded market of the window, in threads beside this one. */
import type { BundleView } from "../../shared/domain/bundle.ts";
import { ExperimentDesign } from "../../shared/domain/experiment.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import { listingOf } from "../../shared/engine/listing.ts";
import { assert, refuse } from "../../shared/errors.ts";
import { checkDesign, instrumentsTraded } from "../../shared/experiment/check-design.ts";
import { warmUpMs } from "../../shared/experiment/warm-up.ts";
import { modelsOf, programsOf } from "../../shared/experiment-run/bundle-parts.ts";
import { groundWithoutTape } from "../../shared/experiment-run/trial-ground.ts";
import type { BlobInfo, Blobs, Clock, Store } from "../../shared/kit/ports.ts";
import type { Workers } from "../../shared/kit/workers.ts";
import { recordedHours } from "../../shared/market-data/recorded-blobs.ts";
import { type ReplayGround, replayTask } from "../../shared/simulation-run/replay-task.ts";
import type { Pair } from "./label-run.ts";
import type { Found, SimulationRun } from "./simulation-types.ts";

export interface ReplayPorts {
  readonly store: Pick<Store, "get">;
  readonly blobs: Blobs;
  readonly clock: Pick<Clock, "sleep">;
  readonly workers: Workers;
}

const MIB = 2 ** 20;
/** Packed; the lines before the window that its book rests on are among them. */
const BYTES_MAX = 512 * MIB;
/** A recorded book is read into memory whole. */
export const REPLAY_MS_MAX = 86_400_000;
const INSTRUMENTS_MAX = 20;
/** Of the whole, handing over the files. */
const FILES_SHARE = 0.1;
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
  return [...new Set(instruments ?? [active, candidate].flatMap(({ bundle }) => instrumentsTraded(bundle)))];
}

/** Throws RULE where an instrument was not recorded in the window, INVALID for what no backtest takes. */
export async function requireRecorded(pair: Omit<Pair, "listings">, request: Request, blobs: Blobs): Promise<void> {
  const { window } = request;
  if (window.to_ts - window.from_ts > REPLAY_MS_MAX) {
    const message = "a replay spans a day at most, since the recorded book is read whole";
    refuse("INVALID", `window: ${message}`, { errors: [{ field: "window", message }] });
  }
  const instruments = instrumentsOf(pair, request);
  if (instruments.length === 0) refuse("INVALID", "Neither revision trades anything: there is nothing to replay.");
  if (instruments.length > INSTRUMENTS_MAX) {
    const message = `${instruments.length}, a replay takes ${INSTRUMENTS_MAX} at most: name some`;
    refuse("INVALID", `instruments: ${message}`, { errors: [{ field: "instruments", message }] });
  }
  for (const view of [pair.active, pair.candidate]) {
    const known = new Set(view.bundle.instruments.map(({ instrument }) => instrument));
    const own = instruments.filter((each) => known.has(each));
    checkDesign(designOf(view, request, own));
  }
  await filesOf(instruments, request, blobs);
}

/** Throws RULE where one was not recorded, or where it is too much to be read. */
async function filesOf(instruments: readonly InstrumentId[], { window }: Request, blobs: Blobs): Promise<BlobInfo[]> {
  const found: BlobInfo[] = [];
  for (const instrument of instruments) {
    const hours = await recordedHours(blobs, instrument, { from: window.from_ts, to: window.to_ts });
    if (hours.length === 0) refuse("RULE", `Nothing of ${instrument} was recorded in the window. ${REMEDY}`);
    found.push(...hours);
  }
  const bytes = found.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > BYTES_MAX) {
    const size = `${Math.ceil(bytes / MIB)} MiB of recordings, more than the ${BYTES_MAX / MIB} that a replay reads`;
    refuse("RULE", `The window takes ${size}: say a shorter one, or fewer instruments.`);
  }
  return found;
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
    const { blobs, workers } = this.ports;
    const { signal } = this.stopping;
    const instruments = instrumentsOf(this.pair, this.request);
    const files = await filesOf(instruments, this.request, blobs);
    const crew = workers.open(replayTask, await this.ground(instruments), 1);
    try {
      for (const [before, { key }] of files.entries()) {
        const body = (await blobs.get(key)) ?? refuse("RULE", `The recording ${key} is gone.`);
        await crew.run({ kind: "file", before, key, body }, { signal });
        this.progress = (FILES_SHARE * (before + 1)) / files.length;
      }
      const onProgress = (done: number): void => {
        this.progress = FILES_SHARE + (1 - FILES_SHARE) * done;
      };
      const { active, candidate } = await crew.run({ kind: "play", before: files.length }, { signal, onProgress });
      assert(active && candidate, "a replay answers with both runs");
      return { replay: { active, candidate } };
    } finally {
      await crew.close();
    }
  }

  private async ground(instruments: readonly InstrumentId[]): Promise<ReplayGround> {
    const { active, candidate, listings } = this.pair;
    const { data, window } = designOf(candidate, this.request, instruments);
    const sideOf = async (view: BundleView) =>
      groundWithoutTape(designOf(view, this.request, instruments), {
        ...{ bundle: view.bundle, latency: ASSUMED_LATENCY },
        models: await modelsOf(view.bundle, this.ports),
        programs: await programsOf(view.bundle, this.ports),
      });
    return {
      ...{ data, instruments, window, listings: listings.map((each) => listingOf(each)) },
      warm_up_ms: Math.max(...[active, candidate].map(({ bundle }) => warmUpMs(bundle, instruments))),
      active: await sideOf(active),
      candidate: await sideOf(candidate),
    };
  }
}
