/** What a revision must pass before it comes into force: asked of those who know, each answer told as one gate. */
import { type BundleRecord, promotions } from "../../shared/collections/config.ts";
import type { metrics } from "../../shared/contracts.ts";
import type { GateResult, PromotionMode } from "../../shared/domain/promotion.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { Client, Log } from "../../shared/kit/service.ts";
import { failedIn, healthGate, stepsGate } from "../../shared/trading/promotion/gates.ts";
import type { InForce } from "./in-force.ts";
import { type Known, lintBundle } from "./lint.ts";
import type { Simulations } from "./simulation-source.ts";

const SIMULATION_AGE_MS = 24 * 3_600_000;
const POLL_MS = 200;
const EARLIER_MAX = 100;
const FAULTS_MAX = 5;

export interface GateParts {
  store: Store;
  clock: Clock;
  log: Log;
  inForce: InForce;
  simulations: Simulations;
  metrics: Client<typeof metrics>;
  known(): Promise<Known>;
  /** How long a promotion waits for a simulation that it began. */
  simulationWaitMs: number;
}
export type Standing = Awaited<ReturnType<Client<typeof metrics>["getStanding"]>>;

export class Gates {
  private readonly parts: GateParts;

  constructor(parts: GateParts) {
    this.parts = parts;
  }

  /** Of every gate what it says. RULE with each that failed; RULE naming the simulation that has to be waited for. */
  async pass(record: BundleRecord, mode: PromotionMode, author: string): Promise<GateResult[]> {
    const [lint, health, steps] = await Promise.all([this.lint(record), this.health(), this.steps(record.hash, mode)]);
    refuseFailed([lint, health, steps]);
    const gates = [lint, ...(await this.simulated(record, author)), health, steps];
    refuseFailed(gates);
    return gates;
  }

  /** Undefined: S11 does not answer. */
  async standing(): Promise<Standing | undefined> {
    try {
      return await this.parts.metrics.getStanding({});
    } catch (error) {
      this.parts.log.debug("the health service does not tell how all stand", { error: String(error) });
      return undefined;
    }
  }

  private async health(): Promise<GateResult> {
    return healthGate(await this.standing());
  }

  private async lint({ bundle }: BundleRecord): Promise<GateResult> {
    const { errors } = lintBundle(bundle, await this.parts.known()).report;
    const faults = errors
      .slice(0, FAULTS_MAX)
      .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
    const said = { name: "lint", value: errors.length, limit: 0 } as const;
    if (errors.length === 0) return { ...said, state: "PASSED", detail: "it lints against what exists now" };
    const more = errors.length > FAULTS_MAX ? ` and ${errors.length - FAULTS_MAX} more` : "";
    return { ...said, state: "FAILED", detail: `${faults.join("; ")}${more}` };
  }

  private async steps(hash: string, mode: PromotionMode): Promise<GateResult> {
    const query = { where: { hash }, sort: { field: "created_at", order: "desc" }, limit: EARLIER_MAX } as const;
    const { items } = await this.parts.store.query(promotions, query);
    const isRequired = this.parts.inForce.current().bundle.flags.promotion.steps_required;
    return stepsGate(
      mode,
      items.map(({ value }) => value),
      isRequired,
    );
  }

  /** The simulation itself and what its dry-run found; a simulation is begun where there is none that is new enough. */
  private async simulated(record: BundleRecord, author: string): Promise<GateResult[]> {
    const { inForce, simulations, clock } = this.parts;
    const { hash: active } = inForce.current();
    if (record.hash === active) {
      const detail = "the content is the one in force";
      return [{ name: "simulation", state: "PASSED", value: null, limit: null, detail }];
    }
    const newest = await simulations.latestFor(record.hash, active);
    const isNew = newest?.ended_at !== undefined && newest.ended_at >= clock.now() - SIMULATION_AGE_MS;
    const done = newest && isNew ? newest : await this.simulateNow(record, author);
    return gatesOf(done);
  }

  private async simulateNow({ bundle_id, rev }: BundleRecord, author: string): Promise<Simulation> {
    const { simulations, clock, simulationWaitMs } = this.parts;
    const { sim_id } = await simulations.runDefault({ bundle_id, rev, author });
    const until = clock.now() + simulationWaitMs;
    for (;;) {
      const found = await simulations.get(sim_id);
      if (found?.status === "DONE") return found;
      const failed = found?.status === "FAILED" || found?.status === "CANCELED";
      if (failed) refuseFor(`the simulation ${sim_id} is ${found.status}: ${found.error ?? "nobody said why"}`);
      if (clock.now() >= until) refuseFor(`the simulation ${sim_id} is under way; ask again when it is DONE`);
      await clock.sleep(POLL_MS);
    }
  }
}

function gatesOf({ sim_id, summary, bounds_guard = [] }: Simulation): GateResult[] {
  const detail = `simulation ${sim_id} over ${summary?.signals ?? 0} signals is done`;
  return [{ name: "simulation", state: "PASSED", value: sim_id, limit: null, detail }, ...bounds_guard];
}

const refuseFor = (message: string): never =>
  refuse("RULE", `A gate is not passed: simulation: ${message}`, { errors: [{ field: "simulation", message }] });

function refuseFailed(gates: readonly GateResult[]): void {
  const failed = failedIn(gates);
  if (failed.length === 0) return;
  const words = failed.map(({ name, detail }) => `${name}: ${detail}`).join("; ");
  const errors = failed.map(({ name, detail }) => ({ field: name, message: detail }));
  refuse("RULE", `${failed.length === 1 ? "A gate is" : "Gates are"} not passed: ${words}`, { errors });
}
