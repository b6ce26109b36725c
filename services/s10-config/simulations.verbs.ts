/** Simulations as the service has them: what people can ask about them, and the job that does them. */
import { Simulation } from "../../shared/domain/simulation.ts";
import { type Context, every, type Role, type Verb, verb } from "../../shared/kit/service.ts";
import {
  NewSimulation,
  SimulationAccepted,
  SimulationNamed,
  SimulationsPage,
  SimulationsQuery,
} from "./simulation-types.ts";
import { SimulationJobs, type SimulationPorts } from "./simulations.ts";

const RESEARCH: readonly Role[] = ["researcher", "risk", "admin"];

const JOBS_MS = 1_000;

/** What the service adds to itself; `source` is for promotions. */
export function createSimulations(
  { blobs, workers, log }: Pick<Context, "blobs" | "workers" | "log">,
  ports: Omit<SimulationPorts, "blobs" | "workers" | "log">,
) {
  const source = new SimulationJobs({ ...ports, blobs, workers, log });
  const job = every(JOBS_MS, "simulations", async () => {
    while (await source.step());
  });
  return { source, verbs: simulationVerbs(source), jobs: [job], stop: () => source.stop() };
}

const simulationVerbs = (simulations: SimulationJobs): Verb[] => [
  verb({
    name: "simulateBundle",
    summary: "Queue a simulation: what a bundle would have done in the past beside what is in force",
    rest: "POST /simulate",
    roles: RESEARCH,
    once: "body",
    input: NewSimulation,
    output: SimulationAccepted,
    status: () => 202,
    async run(request, { principal }) {
      const { sim_id, status } = await simulations.accept(request, principal.id);
      return { sim_id, status };
    },
  }),
  verb({
    name: "listSimulations",
    summary: "Simulations with how far they are and what came of them, newest first",
    rest: "GET /simulations",
    input: SimulationsQuery,
    output: SimulationsPage,
    run: (query) => simulations.list(query),
  }),
  verb({
    name: "getSimulation",
    summary: "One simulation with its summary, effect, sensitivity and what changed",
    rest: "GET /simulations/{sim_id}",
    input: SimulationNamed,
    output: Simulation,
    run: ({ sim_id }) => simulations.read(sim_id),
  }),
  verb({
    name: "cancelSimulation",
    summary: "End a simulation; nothing of it is kept but that it was asked for",
    rest: "POST /simulations/{sim_id}/cancel",
    roles: RESEARCH,
    once: "body",
    input: SimulationNamed,
    output: Simulation,
    run: ({ sim_id }, { principal }) => simulations.cancel(sim_id, principal.id),
  }),
];
