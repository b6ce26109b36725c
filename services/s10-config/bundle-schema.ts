/** The bundle's JSON Schema (2020-12) as editors use it: each field with what it is for. */
import { z } from "@hono/zod-openapi";
import { Bundle } from "../../shared/domain/bundle.ts";
import { BUNDLE_HELP } from "./bundle-help.ts";

export interface JsonSchema {
  [keyword: string]: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

/** What the schema library calls the one part that contains itself. */
const RECURSIVE = "__schema0";
const CONDITION = "Condition";

export function bundleJsonSchema(): JsonSchema {
  const made = JSON.stringify(z.toJSONSchema(Bundle, { io: "input", unrepresentable: "any" }));
  const { required = [], ...schema } = JSON.parse(made.replaceAll(RECURSIVE, CONDITION)) as JsonSchema;
  describe(schema, "");
  describe(schema.$defs?.[CONDITION], CONDITION);
  // A draft on a base holds only what differs.
  return { ...schema, required: ["rev"], if: { required: ["extends"] }, else: { required } };
}

/** Writes what is known of the fields at `path` and below into the schema. */
function describe(node: JsonSchema | undefined, path: string): void {
  if (!node) return;
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    const description = BUNDLE_HELP[path]?.[name];
    if (description !== undefined) field.description = description;
    describe(field, path === "" ? name : `${path}.${name}`);
  }
  describe(node.items, `${path}[]`);
  for (const branch of [...(node.anyOf ?? []), ...(node.oneOf ?? [])]) describe(branch, path);
}
