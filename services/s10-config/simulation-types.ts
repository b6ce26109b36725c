/** The shapes in which simulations are asked for and answered. */
import { z } from "@hono/zod-openapi";
import { Simulation, SimulationRequest } from "../../shared/domain/simulation.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";

/** Without a window: the last 24 hours. */
export const NewSimulation = z
  .object({ ...SimulationRequest.shape, window: SimulationRequest.shape.window.optional() })
  .openapi("NewSimulation");
export type NewSimulation = z.output<typeof NewSimulation>;

export const SimulationAccepted = Simulation.pick({ sim_id: true, status: true }).openapi("SimulationAccepted");
const SimulationId = z
  .string()
  .regex(/^sim-[0-9a-z-]{4,60}$/, "is no simulation's id")
  .openapi({ example: "sim-1767225700000-3f9a02c1" });
export const SimulationNamed = z.object({ sim_id: SimulationId });

export const SimulationsQuery = inOrder(
  z.object({
    bundle_id: z.string().max(64).optional(),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "is no SHA-256 in hex")
      .optional(),
    status: Simulation.shape.status.optional(),
    ...Period,
    ...Paging,
  }),
);
export type SimulationsQuery = z.output<typeof SimulationsQuery>;
/** Without the long parts. */
export const SimulationRow = Simulation.omit({ changed: true, replay: true, sensitivity_analysis: true }).openapi(
  "SimulationRow",
);
export const SimulationsPage = ListOf(SimulationRow);
export type SimulationsPage = z.output<typeof SimulationsPage>;

/** What a simulation found, by either method. */
export type Found = Pick<
  Simulation,
  "summary" | "approx_effect" | "sensitivity_analysis" | "bounds_guard" | "changed" | "replay"
>;
/** A simulation under way in this process; begun anew it ends the same. */
export interface SimulationRun {
  readonly sim_id: string;
  /** Does a part of some milliseconds and says how far it is, of 1; in the end what it found. */
  part(): Promise<{ progress: number; found?: Found }>;
  /** Ends what works for it beside this thread. */
  stop(): Promise<void>;
}
