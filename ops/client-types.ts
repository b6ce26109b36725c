/** TypeScript types from JSON Schema, as the API's client says them: what is sent and what is answered apart. */
import type { Json } from "../services/s12-gateway/api-merge.ts";

export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: Json[];
  const?: Json;
  default?: Json;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  prefixItems?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** `sent`: what has a default may be left out. `answered`: it is always there. */
export type Way = "sent" | "answered";

export interface Types {
  /** A type expression. */
  of(schema: Schema, way: Way): string;
  /** An object's members, one a line. */
  members(schema: Schema, way: Way): string[];
  /** Declarations of all named types that were used so far, in order. */
  declarations(): string[];
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const PRIMITIVES: Record<string, string> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};

export const said = (name: string): string => (IDENTIFIER.test(name) ? name : JSON.stringify(name));
/** A comment, made so that no text can end it. */
export const told = (text: string): string => `/** ${text.replaceAll("*/", "*\\/").replace(/\s+/g, " ").trim()} */`;
const nameIn = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);

/** Types of a document's named schemas and of whatever refers to them. */
export function createTypes(schemas: Readonly<Record<string, Schema>>): Types {
  const used = new Map<string, { schema: Schema; way: Way }>();

  /** Whether what is sent differs from what is answered, anywhere within. */
  function hasDefault(schema: Schema, open: readonly string[] = []): boolean {
    if (schema.default !== undefined) return true;
    if (schema.$ref !== undefined) {
      const name = nameIn(schema.$ref);
      return !open.includes(name) && hasDefault(schemas[name] ?? {}, [...open, name]);
    }
    return inside(schema).some((each) => hasDefault(each, open));
  }

  function named(ref: string, way: Way): string {
    const known = nameIn(ref);
    const schema = schemas[known] ?? {};
    const plain = known.replace(/[^\w$]+(\w)/g, (_, letter: string) => letter.toUpperCase());
    const isOwn = way === "sent" && hasDefault(schema, [known]);
    const name = isOwn ? `${plain}Sent` : plain;
    if (!used.has(name)) {
      used.set(name, { schema, way });
      // What it refers to is used too.
      of(schema, way);
    }
    return name;
  }

  function of(schema: Schema, way: Way): string {
    if (schema.$ref !== undefined) return named(schema.$ref, way);
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum) return union(schema.enum.map((each) => JSON.stringify(each)));
    const parts = [
      ...(schema.allOf ?? []).map((each) => of(each, way)).filter((type) => type !== "unknown"),
      ...choice(schema.anyOf ?? schema.oneOf, way),
    ];
    const own = ownType(schema, way);
    if (own !== "unknown") parts.unshift(own);
    return parts.length === 0 ? "unknown" : [...new Set(parts)].join(" & ");
  }

  function choice(schemasOf: readonly Schema[] | undefined, way: Way): string[] {
    if (!schemasOf) return [];
    const types = union(schemasOf.map((each) => of(each, way)));
    return [types.includes(" | ") ? `(${types})` : types];
  }

  function ownType(schema: Schema, way: Way): string {
    const types = schema.type === undefined ? [] : [schema.type].flat();
    if (types.length === 0 && schema.properties) return objectType(schema, way);
    return types.length === 0 ? "unknown" : union(types.map((type) => oneType(type, schema, way)));
  }

  function oneType(type: string, schema: Schema, way: Way): string {
    if (type === "object") return objectType(schema, way);
    if (type !== "array") return PRIMITIVES[type] ?? "unknown";
    if (schema.prefixItems) return `[${schema.prefixItems.map((each) => of(each, way)).join(", ")}]`;
    const item = of(schema.items ?? {}, way);
    return / [|&] /.test(item) ? `(${item})[]` : `${item}[]`;
  }

  function objectType(schema: Schema, way: Way): string {
    const rest = schema.additionalProperties;
    const lines = members(schema, way);
    if (lines.length > 0) return `{\n${indented(lines).join("\n")}\n}`;
    if (typeof rest === "object") return `Record<string, ${of(rest, way)}>`;
    return rest === false ? "Record<string, never>" : schema.properties ? "{}" : "Record<string, unknown>";
  }

  function members(schema: Schema, way: Way): string[] {
    return Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
      const type = of(each, way);
      // Anything may be nothing too: of that no shape says whether it is there.
      const isAlways = way === "answered" && (each.default !== undefined || type === "unknown");
      const isThere = isAlways || schema.required?.includes(name);
      const about = each.description === undefined ? [] : [told(each.description)];
      return [...about, `${said(name)}${isThere ? "" : "?"}: ${type};`];
    });
  }

  return {
    of,
    members,
    declarations: () =>
      [...used]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { schema, way }]) => {
          const about = schema.description === undefined ? "" : `${told(schema.description)}\n`;
          return `${about}export type ${name} = ${of(schema, way)};\n`;
        }),
  };
}

const union = (types: readonly string[]): string => [...new Set(types)].join(" | ");
const inside = (schema: Schema): Schema[] => [
  ...Object.values(schema.properties ?? {}),
  ...(typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : []),
  ...(schema.items ? [schema.items] : []),
  ...(schema.prefixItems ?? []),
  ...(schema.anyOf ?? []),
  ...(schema.oneOf ?? []),
  ...(schema.allOf ?? []),
];

export const indented = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => line.split("\n")).map((line) => `  ${line}`);
