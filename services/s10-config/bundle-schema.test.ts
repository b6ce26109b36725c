/** The bundle's JSON Schema: every field explained, and nothing explained that is not there. */
import { expect, test } from "bun:test";
import { BUNDLE_HELP } from "./bundle-help.ts";
import { bundleJsonSchema, type JsonSchema } from "./bundle-schema.ts";

/** Every field as `place name`, with its description. */
function fieldsOf(node: JsonSchema | undefined, path: string): [string, string | undefined][] {
  const own = Object.entries(node?.properties ?? {}).flatMap(([name, field]): [string, string | undefined][] => [
    [`${path} ${name}`, field.description],
    ...fieldsOf(field, path === "" ? name : `${path}.${name}`),
  ]);
  const branches = [...(node?.anyOf ?? []), ...(node?.oneOf ?? [])].flatMap((branch) => fieldsOf(branch, path));
  return [...own, ...(node?.items ? fieldsOf(node.items, `${path}[]`) : []), ...branches];
}

test("every field of a bundle is explained, and no other", () => {
  const schema = bundleJsonSchema();
  const fields = [...fieldsOf(schema, ""), ...fieldsOf(schema.$defs?.Condition, "Condition")];
  expect(fields.filter(([, description]) => !description).map(([name]) => name)).toEqual([]);
  const known = Object.entries(BUNDLE_HELP).flatMap(([path, help]) =>
    Object.keys(help).map((name) => `${path} ${name}`),
  );
  expect(known.filter((name) => !fields.some(([field]) => field === name))).toEqual([]);
});

test("a draft on a base need not be whole; another must", () => {
  const schema = bundleJsonSchema();
  expect([schema.if, schema.required]).toEqual([{ required: ["extends"] }, ["rev"]]);
  expect((schema.else as JsonSchema).required).toContain("strategies");
});
