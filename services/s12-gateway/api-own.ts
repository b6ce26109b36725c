/** What the gateway answers beside verbs, documented by hand: live events, this document, its page. */
import type { ApiDocument, Operation } from "./api-merge.ts";

const TAG = "s12-gateway";
const problem = {
  description: "No valid token.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};
const roles = ["viewer", "researcher", "trader", "risk", "admin"];

function read(operation: Pick<Operation, "operationId" | "summary" | "parameters">, type: string): Operation {
  const schema = type === "application/json" ? { type: "object" } : { type: "string" };
  return {
    ...operation,
    tags: [TAG],
    security: [{ token: [] }, { session: [] }],
    "x-roles": roles,
    responses: { "200": { description: "Done.", content: { [type]: { schema } } }, "401": problem },
  };
}

export const OWN_PATHS: ApiDocument["paths"] = {
  "/events": {
    get: read(
      {
        operationId: "listen",
        summary: "Live events as server-sent events",
        parameters: [
          {
            name: "topics",
            in: "query",
            required: false,
            description: "Stream families with commas between them; all unless given",
            schema: { type: "string" },
          },
          {
            name: "instrument",
            in: "query",
            required: false,
            description: "Depth, trades and funding are of this one alone",
            schema: { type: "string", example: "FUT:BTCUSDT" },
          },
          {
            name: "after",
            in: "query",
            required: false,
            description: "The last event seen: what was missed since comes first. The same as the header Last-Event-ID",
            schema: { type: "integer" },
          },
        ],
      },
      "text/event-stream",
    ),
  },
  "/openapi.json": {
    get: read({ operationId: "getOpenApi", summary: "This document: all services' paths in one" }, "application/json"),
  },
  "/docs": { get: read({ operationId: "getReference", summary: "The same to read, and to try" }, "text/html") },
};
