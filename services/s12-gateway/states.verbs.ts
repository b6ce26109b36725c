/** How the services are, over REST. */
import { z } from "@hono/zod-openapi";
import { refuse } from "../../shared/errors.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { type ReplicaState, ServiceHealth, ServiceState } from "./types.ts";

interface Shown {
  mode: string;
  venue: string;
  approvals: "single" | "two";
}

export const stateVerbs = (states: () => Promise<ServiceState[]>, shown: Shown): Verb[] => [
  verb({
    name: "listServices",
    summary: "All services, how they are, and what each of their replicas holds",
    rest: "GET /services",
    input: z.object({}),
    output: z.object({
      items: z.array(ServiceState),
      mode: z.string(),
      venue: z.string(),
      approvals: z.enum(["single", "two"]),
    }),
    run: async () => ({ items: await states(), ...shown }),
  }),
  verb({
    name: "getServiceHealth",
    summary: "One service's health: of the first of its replicas that answers, or of one by its number",
    rest: "GET /services/{id}/health",
    input: z.object({
      id: z.string().regex(/^s\d\d$/),
      replica: z.coerce.number().int().min(1).optional().openapi({ description: "From 1" }),
    }),
    output: ServiceHealth,
    run: async ({ id, replica }) => {
      const found = (await states()).find((s) => s.id === id) ?? refuse("NOT_FOUND", `There is no service ${id}.`);
      const { name, title, port, shard_count, replicas } = found;
      const one =
        replica === undefined
          ? (replicas.find((each) => each.status !== "DOWN") ?? (replicas[0] as ReplicaState))
          : (replicas[replica - 1] ??
            refuse("NOT_FOUND", `There is no replica ${replica} of ${id}; it has ${replicas.length}.`));
      return { id, name, title, port, ...(shard_count !== undefined && { shard_count }), ...one };
    },
  }),
];
