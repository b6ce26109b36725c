/** What the bundle's JSON Schema says about a place: what may stand there, its limits, and the keys it may have. */
import type { Path } from "./yaml-places.ts";

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export interface KeyHelp {
  readonly key: string;
  readonly required: boolean;
  /** What counts where it is left out; undefined: nothing does. */
  readonly standard: unknown;
  readonly description: string | undefined;
}
export interface SchemaHelp {
  /** Each way a value may be. */
  readonly kinds: readonly string[];
  readonly description: string | undefined;
  readonly choices: readonly unknown[];
  readonly standard: unknown;
  /** Such as `≥ 1`, `≤ 125`. */
  readonly limits: readonly string[];
  readonly keys: readonly KeyHelp[];
}

/** Undefined: no such place. `document` tells alternatives apart, where it says which one is meant. */
export function helpAt(schema: Record<string, unknown>, path: Path, document?: unknown): SchemaHelp | undefined {
  const root = schema as Schema;
  let value = document;
  let nodes = meant(opened(root, [root]), value);
  for (const part of path) {
    value = Object(value)[part];
    nodes = meant(
      opened(
        root,
        nodes.flatMap((node) => step(node, part)),
      ),
      value,
    );
  }
  if (nodes.length === 0) return undefined;
  const first = <T>(of: (node: Schema) => T | undefined): T | undefined =>
    nodes.map(of).find((value) => value !== undefined);
  return {
    kinds: distinct(nodes.flatMap(({ type }): readonly string[] => (typeof type === "string" ? [type] : (type ?? [])))),
    description: first(({ description }) => description),
    choices: distinct(nodes.flatMap((node) => node.enum ?? (node.const === undefined ? [] : [node.const]))),
    standard: first((node) => node.default),
    limits: distinct(nodes.flatMap(limitsOf)),
    keys: keysOf(root, nodes),
  };
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Of alternatives with a fixed value, such as kinds of triggers, those whose value stands there. */
function meant(nodes: Schema[], value: unknown): Schema[] {
  const said = Object(value) as Record<string, unknown>;
  const fitting = nodes.filter(({ properties = {} }) =>
    Object.entries(properties).every(([key, of]) => of.const === undefined || (said[key] ?? of.const) === of.const),
  );
  return fitting.length > 0 ? fitting : nodes;
}

/** Through references and alternatives to what they stand for; a default beside a reference stays with it. */
function opened(root: Schema, nodes: readonly Schema[]): Schema[] {
  return nodes.flatMap((node): Schema[] => {
    const beside = {
      ...(node.default !== undefined && { default: node.default }),
      ...(node.description !== undefined && { description: node.description }),
    };
    const inner = node.$ref === undefined ? [] : [referred(root, node.$ref)];
    const parts = [...inner, ...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
    if (parts.length === 0) return [node];
    return opened(root, parts).map((part) => ({ ...part, ...beside }));
  });
}
function referred(root: Schema, ref: string): Schema {
  if (ref === "#") return root;
  return root.$defs?.[ref.replace("#/$defs/", "")] ?? {};
}

function step(node: Schema, part: string | number): Schema[] {
  if (typeof part === "number") return [node.prefixItems?.[part] ?? node.items].filter((each) => each !== undefined);
  const own = node.properties?.[part];
  if (own) return [own];
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}

/** Whole numbers that JSON can hold are no limit that anybody set. */
const isSet = (limit: number | undefined): limit is number =>
  limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;

function limitsOf(node: Schema): string[] {
  const bounds = [
    ["≥", node.minimum],
    [">", node.exclusiveMinimum],
    ["≤", node.maximum],
    ["<", node.exclusiveMaximum],
  ] as const;
  const told = bounds.flatMap(([sign, limit]) => (isSet(limit) ? [`${sign} ${limit}`] : []));
  return node.pattern === undefined ? told : [...told, `/${node.pattern}/`];
}

function keysOf(root: Schema, nodes: readonly Schema[]): KeyHelp[] {
  // What only one of several ways needs is not needed.
  const maps = nodes.filter(({ properties }) => properties !== undefined);
  const all = maps.flatMap((node) =>
    Object.entries(node.properties ?? {}).map(([key, property]): KeyHelp => {
      const said = opened(root, [property]);
      return {
        key,
        required: maps.every(({ required = [] }) => required.includes(key)),
        standard: said.map((each) => each.default).find((value) => value !== undefined),
        description: said.map((each) => each.description).find((value) => value !== undefined),
      };
    }),
  );
  return all.filter(({ key }, i) => all.findIndex((other) => other.key === key) === i);
}
