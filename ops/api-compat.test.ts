import { expect, test } from "bun:test";
import type { ApiDocument, Json } from "../services/s12-gateway/api-merge.ts";
import { lostIn } from "./api-compat.ts";

const item: Json = {
  type: "object",
  properties: { id: { type: "string" }, more: { type: "object", properties: { a: {} }, required: ["a"] } },
  required: ["id", "more"],
};
const document = (schema: Json, body: Json = { type: "object" }): ApiDocument => ({
  openapi: "3.1.0",
  info: { title: "", version: "" },
  paths: {
    "/a": {
      post: {
        requestBody: { content: { "application/json": { schema: body } } },
        responses: { 200: { content: { "application/json": { schema } } } },
      },
    },
  },
  components: { schemas: { Item: schema } },
});
const list = (of: Json): Json => ({
  type: "object",
  properties: { items: { type: "array", items: of } },
  required: ["items"],
});

test("what is added is no loss", () => {
  const more = { ...(item as object), required: ["id", "more", "new"] } as Json;
  expect(lostIn(document(list(item)), document(list(more)))).toEqual([]);
});
test("a path, a method and a required field of an answer are missed, however deep", () => {
  const before = document(list(item));
  expect(lostIn(before, { ...before, paths: {} })).toEqual(["POST /a"]);
  expect(lostIn(before, { ...before, paths: { "/a": {} } })).toEqual(["POST /a"]);
  const less = { ...(item as { properties: object }), required: ["id"] } as Json;
  expect(lostIn(before, document(list(less)))).toEqual([
    "POST /a answers no items[].more",
    "POST /a answers no items[].more.a",
  ]);
});
test("a body that demands more than before is a loss", () => {
  const stricter: Json = { type: "object", required: ["why"] };
  expect(lostIn(document(item), document(item, stricter))).toEqual(["POST /a now demands why"]);
});
test("shapes are looked into by name, those within themselves too", () => {
  const ref: Json = { $ref: "#/components/schemas/Item" };
  const of = (required: string[]): ApiDocument => {
    const self: Json = { type: "object", properties: { next: ref, id: {} }, required };
    return { ...document(ref), components: { schemas: { Item: self } } };
  };
  expect(lostIn(of(["id", "next"]), of(["next"]))).toEqual(["POST /a answers no id"]);
});
