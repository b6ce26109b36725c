/** What the gateway answers beside verbs, documented by hand: live events, this document, its page. */
import type { ApiDocument, Json, Operation } from "./api-merge.ts";

const TAG = "s12-gateway";
const problem = {
  description: "No valid token.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};
const roles = ["viewer", "researcher", "trader", "risk", "admin"];

function read(
  operation: Pick<Operation, "operationId" | "summary" | "parameters">,
  type: string,
  example: Json,
): Operation {
  const schema = type === "application/json" ? { type: "object" } : { type: "string" };
  return {
    ...operation,
    tags: [TAG],
    security: [{ token: [] }, { session: [] }],
    "x-roles": roles,
    responses: { "200": { description: "Done.", content: { [type]: { schema, example } } }, "401": problem },
  };
}

const HEARD = `event: hello
data: {"now":1767225690000,"mode":"paper","venue":"Paper venue","approvals":"single"}

id: 1767225691250-5f0c1e2a9b7d
event: alerts
data: {"key":"","ts":1767225691250,"event":{"alert_id":"6d1f","severity":"WARN","source":"s11","code":"LAG"}}

`;

export const OWN_PATHS: ApiDocument["paths"] = {
  "/events": {
    get: read(
      {
        operationId: "listen",
        summary: "Live events, over WebSocket where one is asked for, else as server-sent events",
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
            description:
              "The id of the last event seen: what was missed since comes first. As the header Last-Event-ID",
            schema: { type: "string" },
          },
        ],
      },
      "text/event-stream",
      HEARD,
    ),
  },
  "/openapi.json": {
    get: read({ operationId: "getOpenApi", summary: "This document: all services' paths in one" }, "application/json", {
      openapi: "3.1.0",
      info: { title: "Chimera", version: "1" },
      paths: {},
    }),
  },
  "/docs": {
    get: read(
      { operationId: "getReference", summary: "The same to read, and to try" },
      "text/html",
      "<!doctype html>…",
    ),
  },
};
