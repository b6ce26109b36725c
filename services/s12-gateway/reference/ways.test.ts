import { expect, test } from "bun:test";
import type { Operation } from "../api-merge.ts";
import { clientLine, curlLine } from "./ways.ts";

const responses = { "200": {} };
const read: Operation = {
  operationId: "listOrders",
  security: [],
  parameters: [
    { name: "limit", in: "query", example: 2 },
    { name: "instrument", in: "query", example: "FUT:BTCUSDT" },
    { name: "cursor", in: "query" },
  ],
  responses,
};
const change: Operation = {
  operationId: "approve",
  security: [],
  parameters: [
    { name: "id", in: "path", required: true, example: "a/1" },
    { name: "idempotency-key", in: "header", required: true },
  ],
  requestBody: { content: { "application/json": { example: { hash: "it's" } } } },
  responses,
};

test("a read is one line of curl, with its query", () => {
  expect(curlLine({ path: "/api/v1/orders", method: "get", operation: read })).toBe(
    'curl "$CHIMERA/api/v1/orders?limit=2&instrument=FUT%3ABTCUSDT" \\\n  -H "Authorization: Bearer $CHIMERA_API_KEY"',
  );
});
test("a change has its method, its key and its body, quoted for a shell", async () => {
  const line = curlLine({ path: "/approvals/{id}/approve", method: "post", operation: change });
  expect(line).toContain('"$CHIMERA/approvals/a%2F1/approve" \\\n  -X POST');
  expect(line).toContain('-H "Idempotency-Key: $(uuidgen)"');
  const shell = Bun.spawnSync(["sh", "-c", `printf %s ${line.slice(line.indexOf("-d ") + 3)}`]);
  expect(JSON.parse(shell.stdout.toString())).toEqual({ hash: "it's" });
});
test("the client is given both in one, and nothing where nothing is known", () => {
  expect(clientLine(read)).toBe('await chimera.listOrders({ limit: 2, instrument: "FUT:BTCUSDT" });');
  expect(clientLine(change)).toBe(`await chimera.approve({ id: "a/1", hash: "it's" });`);
  expect(clientLine({ operationId: "budget", responses })).toBe("await chimera.budget();");
});
