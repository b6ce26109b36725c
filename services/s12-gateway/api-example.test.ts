import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import openapi from "../../docs/reference/openapi.json";
import { exampled, exampleOf } from "./api-example.ts";
import examples from "./api-examples.json";
import type { ApiDocument, Json } from "./api-merge.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const document = openapi as unknown as ApiDocument;
const operations = Object.values(document.paths).flatMap((each) => Object.values(each));

/** What is wrong with a value by a schema of the document; nothing where it fits. */
function wrong(schema: unknown, value: unknown): string {
  const text = JSON.stringify({ ...(schema as object), $defs: document.components?.schemas });
  const shape = z.fromJSONSchema(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")));
  const judged = shape.safeParse(value);
  return judged.success ? "" : z.prettifyError(judged.error);
}

describe("the documented API (`bun run examples` records what no longer fits its shape)", () => {
  test("shows an example of what every operation takes, after its shape", () => {
    for (const { operationId, parameters = [], requestBody } of operations) {
      for (const { name, in: where, required, schema, example } of parameters) {
        const isMissing = required && where !== "header" && example === undefined;
        expect([operationId, name, isMissing ?? false]).toEqual([operationId, name, false]);
        if (example !== undefined) expect([operationId, name, wrong(schema, example)]).toEqual([operationId, name, ""]);
      }
      const body = requestBody?.content["application/json"];
      if (body) expect([operationId, wrong(body.schema, body.example)]).toEqual([operationId, ""]);
    }
  });
  test("shows an example of what every operation answers, after its shape", () => {
    for (const { operationId, responses } of operations) {
      const [media] = Object.values(responses["200"]?.content ?? {});
      if (!media) continue;
      expect([operationId, media.example === undefined]).toEqual([operationId, false]);
      expect([operationId, wrong(media.schema, media.example)]).toEqual([operationId, ""]);
    }
  });
  test("takes most of them from a run, of operations that there are", () => {
    const known = new Set(operations.map(({ operationId }) => operationId));
    for (const name of Object.keys(examples)) expect([name, known.has(name)]).toEqual([name, true]);
    expect(Object.keys(examples).length).toBeGreaterThan(operations.length * 0.7);
  });
  test("gives no secret away in them", () => {
    const text = JSON.stringify(examples);
    expect(text).not.toMatch(/eyJ[\w-]{10}|chk_[0-9a-f]{16}|otpauth:|BEGIN [A-Z ]*KEY/);
    for (const name of ["password", "one_time_password", "access_token", "refresh_token", "api_key", "secret"]) {
      const values = [...text.matchAll(new RegExp(`"${name}":"([^"]*)"`, "g"))].map((match) => match[1]);
      expect([name, values.filter((value) => value !== "not-shown")]).toEqual([name, []]);
    }
  });
});

describe("an example made after a shape", () => {
  const rows: [string, Json, Json][] = [
    ["a known one", { type: "string", example: "FUT:BTCUSDT" }, "FUT:BTCUSDT"],
    ["the first of several", { type: "string", enum: ["A", "B"] }, "A"],
    ["what fits a pattern", { type: "string", pattern: "^\\d+$" }, "1"],
    ["at least as long as wanted", { type: "string", minLength: 70 }, "x".repeat(70)],
    ["as great as wanted", { type: "integer", minimum: 3 }, 3],
    [
      "required fields alone",
      { type: "object", properties: { a: { type: "boolean" }, b: {} }, required: ["a"] },
      { a: false },
    ],
    ["a pair", { type: "array", prefixItems: [{ type: "number" }, { const: "x" }] }, [1, "x"]],
    [
      "all of several",
      { allOf: [{ $ref: "#/components/schemas/Known" }, { properties: { b: { const: 2 } }, required: ["b"] }] },
      { a: 1, b: 2 },
    ],
    ["one of several", { anyOf: [{ type: "string" }, { type: "number" }] }, "text"],
    ["a shape within itself", { $ref: "#/components/schemas/Circle" }, { next: {} }],
  ];
  const shapes = {
    Known: { type: "object", properties: { a: { const: 1 } }, required: ["a"] },
    Circle: { type: "object", properties: { next: { $ref: "#/components/schemas/Circle" } }, required: ["next"] },
  };
  for (const [what, shape, made] of rows) test(what, () => expect(exampleOf(shape, shapes)).toEqual(made));

  test("gives way to what a run has shown, by where it goes", () => {
    const schema = { type: "object", properties: { hash: { type: "string" } } };
    const operation = {
      operationId: "approve",
      parameters: [{ name: "id", in: "path" as const, required: true, schema: { type: "string" } }],
      requestBody: { content: { "application/json": { schema } } },
      responses: { "200": { content: { "application/json": { schema } } } },
    };
    const bare = { openapi: "3.1.0", info: { title: "", version: "" }, paths: { "/a/{id}": { post: operation } } };
    const shown = exampled(bare, { approve: { input: { id: "7", hash: "h" }, answer: { hash: "g" } } });
    const { parameters, requestBody, responses } = shown.paths["/a/{id}"]!.post!;
    expect(parameters?.[0]?.example).toBe("7");
    expect(requestBody?.content["application/json"]?.example).toEqual({ hash: "h" });
    expect(responses["200"]?.content?.["application/json"]?.example).toEqual({ hash: "g" });
  });
});
