/** A simulation by labels: signals read here, weighed under both revisions in a thread beside this one. */
import type { BundleView } from "../../shared/domain/bundle.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { Crew, Workers } from "../../shared/kit/workers.ts";
import type { Compared, ComparisonOptions } from "../../shared/simulation/comparison.ts";
import { dryRunGate, robustnessGate } from "../../shared/simulation/gates.ts";
import type { SeenSignal } from "../../shared/simulation/weigher.ts";
import {
  type ComparisonInput,
  type ComparisonOutput,
  comparisonTask,
} from "../../shared/simulation-run/comparison-task.ts";
import { SignalPages } from "./signal-pages.ts";
import type { Found, SimulationRun } from "./simulation-types.ts";

export interface LabelRunPorts {
  readonly store: Pick<Store, "get" | "query">;
  readonly clock: Pick<Clock, "sleep">;
  readonly workers: Workers;
}
/** What is compared. */
export interface Pair {
  readonly active: BundleView;
  readonly candidate: BundleView;
  readonly listings: readonly Instrument[];
}

/** Of the whole, reading; the rest is for sensitivity. */
const READ_SHARE = 0.9;

/** One thread that compares; UNAVAILABLE where it has died: what it was given is lost with it. */
class Comparing {
  private readonly crew: Crew<ComparisonInput, ComparisonOutput>;
  private given = 0;

  constructor(workers: Workers, options: ComparisonOptions) {
    this.crew = workers.open(comparisonTask, options, 1);
  }

  async take(page: readonly SeenSignal[]): Promise<void> {
    if (page.length === 0) return;
    const before = this.given;
    this.given += page.length;
    await this.crew.run({ kind: "take", before, page });
  }

  async result(): Promise<Compared> {
    const { compared } = await this.crew.run({ kind: "result", before: this.given });
    return compared as Compared;
  }

  close(): Promise<void> {
    return this.crew.close();
  }
}

/** The gates go by the limits in force: a revision does not say what it must pass itself. */
function foundOf(compared: Compared, { active }: Pick<Pair, "active">): Found {
  const limits = active.bundle.flags.promotion;
  const { summary, sensitivity_analysis } = compared;
  return { ...compared, bounds_guard: [dryRunGate(summary, limits), robustnessGate(sensitivity_analysis, limits)] };
}

export class LabelRun implements SimulationRun {
  readonly sim_id: string;
  private readonly pair: Pair;
  private readonly window: Simulation["request"]["window"];
  private readonly pages: SignalPages;
  private readonly comparing: Comparing;
  /** The page before, which is being weighed while the next is read. */
  private weighing: Promise<void> = Promise.resolve();
  private upto: number;

  constructor(ports: LabelRunPorts, { sim_id, request }: Simulation, pair: Pair) {
    const { window, instruments, horizons, sensitivity } = request;
    const { active, candidate } = pair;
    this.sim_id = sim_id;
    this.pair = pair;
    this.window = window;
    this.upto = window.from_ts;
    const bundles = [active.bundle, candidate.bundle];
    this.pages = new SignalPages(ports, { window, instruments, horizons, bundles });
    this.comparing = new Comparing(ports.workers, { ...pair, horizons, sensitivity });
  }

  async part(): Promise<{ progress: number; found?: Found }> {
    const page = await this.pages.next();
    await this.weighing;
    if (!page) return { progress: 1, found: foundOf(await this.comparing.result(), this.pair) };
    this.weighing = this.comparing.take(page);
    // Told by the next part, which waits for it.
    this.weighing.catch(() => {});
    this.upto = page.at(-1)?.signal.ts ?? this.upto;
    const { from_ts, to_ts } = this.window;
    return { progress: (READ_SHARE * (this.upto - from_ts)) / (to_ts - from_ts) };
  }

  stop(): Promise<void> {
    return this.comparing.close();
  }
}
