/** How the services are, over REST. */
import { z } from "@hono/zod-openapi";
import { refuse } from "../../shared/errors.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { ServiceState } from "./types.ts";

interface Shown {
  mode: string;
  venue: string;
  approvals: string;
}

export const stateVerbs = (states: () => Promise<ServiceState[]>, shown: Shown): Verb[] => [
  verb({
    name: "listServices",
    summary: "All services and how they are",
    rest: "GET /services",
    input: z.object({}),
    output: z.object({ items: z.array(ServiceState), mode: z.string(), venue: z.string(), approvals: z.string() }),
    run: async () => ({ items: await states(), ...shown }),
  }),
  verb({
    name: "getServiceHealth",
    summary: "One service's health",
    rest: "GET /services/{id}/health",
    input: z.object({ id: z.string().regex(/^s\d\d$/) }),
    output: ServiceState,
    run: async ({ id }) =>
      (await states()).find((s) => s.id === id) ?? refuse("NOT_FOUND", `There is no service ${id}.`),
  }),
];
