/**
 * Whether a value is already what a schema would make of it, asked without making anything.
 *
 * What our own services hand each other nearly always is. Then it can be taken as it stands, at a fraction of the cost
 * of parsing it, which tells on orders: they are rare, so that the code which parses them is never warm. A `true` says
 * that parsing would succeed and answer an equal value; a `false` says nothing, and is followed by parsing.
 */
import type { z } from "@hono/zod-openapi";

type Fits = (value: unknown) => boolean;

interface Def {
  readonly type: string;
  readonly checks?: readonly { readonly _zod: { readonly def: Check } }[];
  readonly coerce?: boolean;
  /** Of a schema that is a check too, such as `z.int()` or `z.email()`. */
  readonly check?: string;
  readonly catchall?: unknown;
  /** False of a union of which just one may fit. */
  readonly inclusive?: boolean;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}
interface Check {
  readonly check: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly value?: number | bigint | Date;
  readonly inclusive?: boolean;
}

/** What this does not know about is parsed. */
const never: Fits = () => false;
const made = new WeakMap<z.ZodType, Fits>();

const defOf = (schema: z.ZodType): Def => (schema as unknown as { _zod: { def: Def } })._zod.def;

/** True only when parsing `value`, which is plain data, would succeed and answer its equal. */
export const fits = <T>(schema: z.ZodType<T>, value: unknown): value is T => fitsOf(schema)(value);

/** Says by hand when a value fits a schema that transforms. */
export function fitsWhen(schema: z.ZodType, when: Fits): void {
  made.set(schema, when);
}

function fitsOf(schema: z.ZodType): Fits {
  const known = made.get(schema);
  if (known) return known;
  // A shape that holds itself finds this while it is made.
  made.set(schema, (value) => fitsOf(schema)(value));
  const fresh = make(schema);
  made.set(schema, fresh);
  return fresh;
}

function make(schema: z.ZodType): Fits {
  const def = defOf(schema);
  const checks = checksOf(def);
  if (!checks || def.coerce || def.check !== undefined) return never;
  const kind = kindOf(schema, def);
  if (checks.length === 0) return kind;
  return (value) => {
    if (!kind(value)) return false;
    for (const check of checks) if (!check(value)) return false;
    return true;
  };
}

function kindOf(schema: z.ZodType, def: Def): Fits {
  switch (def.type) {
    case "string":
      return (value) => typeof value === "string";
    case "number":
      return (value) => typeof value === "number" && Number.isFinite(value);
    case "boolean":
      return (value) => typeof value === "boolean";
    case "enum":
    case "literal":
      return oneOf(schema._zod.values!);
    case "optional":
      return mayBeUndefined(schema, def.innerType!) ? or(undefined, fitsOf(def.innerType!)) : fitsOf(def.innerType!);
    case "nullable":
      return or(null, fitsOf(def.innerType!));
    case "default":
      // What is left out is filled in by parsing.
      return butUndefined(fitsOf(def.innerType!));
    case "array":
      return everyItem(fitsOf(def.element!));
    case "object":
      return def.catchall === undefined ? everyField(def.shape!) : never;
    case "record":
      return isAnyText(def.keyType!) ? everyMember(fitsOf(def.valueType!)) : never;
    case "union":
      return def.inclusive !== false && def.options!.every(isPlain) ? anyOf(def.options!.map(fitsOf)) : never;
    default:
      return never;
  }
}

/** Undefined where one of them is not known here. */
function checksOf({ checks = [] }: Def): Fits[] | undefined {
  const found = checks.map(({ _zod }) => checkOf(_zod.def));
  return found.every((check) => check !== undefined) ? found : undefined;
}

function checkOf({ check, format, pattern, minimum, maximum, value: limit, inclusive }: Check): Fits | undefined {
  switch (check) {
    case "min_length":
      return (value) => hasLength(value as string | unknown[], minimum!);
    case "max_length":
      // In UTF-16 units, of which there are no fewer than of the code points that are allowed.
      return (value) => (value as string | unknown[]).length <= maximum!;
    case "greater_than":
      return typeof limit === "number"
        ? (value) => (value as number) > limit || isAt(limit, value, inclusive)
        : undefined;
    case "less_than":
      return typeof limit === "number"
        ? (value) => (value as number) < limit || isAt(limit, value, inclusive)
        : undefined;
    case "number_format":
      return format === "safeint" ? Number.isSafeInteger : undefined;
    case "string_format":
      // One with a memory of where it stopped is left to its owner.
      return format === "regex" && !pattern!.global && !pattern!.sticky
        ? (value) => pattern!.test(value as string)
        : undefined;
    default:
      return undefined;
  }
}

const isAt = (limit: number, value: unknown, inclusive = false): boolean => inclusive && value === limit;

/** Texts are measured in code points, of which each takes one or two of the units that are counted here. */
const hasLength = (value: string | readonly unknown[], minimum: number): boolean =>
  value.length >= (typeof value === "string" && minimum > 1 ? 2 * minimum : minimum);

/** Not where parsing fills in the default of what is within, nor where a key may be absent and no more. */
const mayBeUndefined = (schema: z.ZodType, inner: z.ZodType): boolean =>
  (inner._zod.optin as string | undefined) !== "defaulted" && !schema._zod.traits.has("$ZodExactOptional");

const butUndefined =
  (inner: Fits): Fits =>
  (value) =>
    value !== undefined && inner(value);

const or =
  (other: unknown, inner: Fits): Fits =>
  (value) =>
    value === other || inner(value);

/** Of a field that may be undefined parsing demands that it is there: it cannot be told apart here. */
const oneOf = (known: ReadonlySet<unknown>): Fits => butUndefined((value) => known.has(value));

const anyOf =
  (options: readonly Fits[]): Fits =>
  (value) =>
    options.some((option) => option(value));

/**
 * Of several options the first that parses counts. An object may leave out what a later one has, and what is not known
 * here may alter what a later one takes as it is.
 */
const PLAIN = new Set(["string", "number", "boolean", "enum", "literal"]);
const isPlain = (schema: z.ZodType): boolean => PLAIN.has(defOf(schema).type) && fitsOf(schema) !== never;
const isAnyText = (schema: z.ZodType): boolean => {
  const { type, checks = [] } = defOf(schema);
  return type === "string" && checks.length === 0;
};

/** Of an object of a class parsing makes a plain one. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

function everyItem(item: Fits): Fits {
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (let at = 0; at < value.length; at++) if (!item(value[at])) return false;
    return true;
  };
}

/** Nothing may be there that parsing would leave out. */
function everyField(shape: Readonly<Record<string, z.ZodType>>): Fits {
  const fields = Object.entries(shape).map(([key, schema]) => ({ key, inner: fitsOf(schema) }));
  const known = new Set(Object.keys(shape));
  return (value) => {
    if (!isPlainObject(value)) return false;
    for (const { key, inner } of fields) if (!inner(value[key])) return false;
    for (const key in value) if (!known.has(key)) return false;
    return true;
  };
}

function everyMember(member: Fits): Fits {
  return (value) => {
    if (!isPlainObject(value)) return false;
    for (const key in value) if (key === "__proto__" || !member(value[key])) return false;
    return true;
  };
}
