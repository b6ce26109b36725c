/** What promotions want of simulations: the newest of a content against what is in force, or one begun for the asking. */
import type { Simulation } from "../../shared/domain/simulation.ts";

export interface Simulations {
  /** The newest DONE one of this content against that one. */
  latestFor(hash: string, active_hash: string): Promise<Simulation | undefined>;
  /** Begins one with defaults against what is in force; the same one while that runs. */
  runDefault(asked: { bundle_id: string; rev: number; author: string }): Promise<{ sim_id: string }>;
  get(sim_id: string): Promise<Simulation | undefined>;
}
