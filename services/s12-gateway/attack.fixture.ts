/** What an attacker sends: nasty values for every place a request has, made from what a service documents of itself. */

export interface Operation {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  serviceOnly: boolean;
  open: boolean;
  pathNames: string[];
  queryNames: string[];
  body: Schema | undefined;
}
export interface Attack {
  what: string;
  path: string;
  init: RequestInit;
}

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  example?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  minimum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  $ref?: string;
}
interface Parameter {
  name: string;
  in: string;
}
interface Documented {
  tags?: string[];
  security?: unknown[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}
export interface Document {
  paths: Record<string, Record<string, Documented>>;
  components?: { schemas?: Record<string, Schema> };
}

const asCursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** For query and path parameters. */
export const NASTY_TEXTS: readonly string[] = [
  "",
  " ",
  "NaN",
  "-0",
  "-1",
  "1e309",
  "1000000000",
  "9007199254740993",
  "null",
  "true",
  "[]",
  "{}",
  "__proto__",
  "constructor",
  "../../../etc/passwd",
  "..%2f..%2fkeys%2fservice.key",
  "\0",
  "\r\nSet-Cookie: a=b",
  "'; DROP TABLE c_orders;--",
  '") OR 1=1 //',
  "{FUT:BTCUSDT}",
  "FUT:BTCUSDT\0",
  "FUT:ВТСUSDT",
  "💥",
  "\ud800",
  "<script>alert(1)</script>",
  "x".repeat(4_000),
  asCursor(null),
  asCursor([["ts desc"], { a: 1 }, []]),
  asCursor(["ts desc", "k", { a: 1 }]),
  asCursor(["ts desc", "k", [1]]),
  asCursor(["ts desc", "\0", null]),
  asCursor(["", "k", null]),
];
/** Sent as they are, since no encoding would make them. */
export const RAW_TEXTS: readonly string[] = ["%", "%zz", "%ff%fe", "%00", "%2e%2e%2f", "%252e%252e", "a%2fb", ";a=b"];

/** For a place in a JSON body; as JSON text, since some have no value of their own. */
export const NASTY_JSON: readonly string[] = [
  "null",
  "true",
  "[]",
  "{}",
  "[[[[[[[[]]]]]]]]",
  "-0",
  "-1",
  "1e309",
  "-1e309",
  "0.1e-400",
  "123456789012345678901234567890",
  '""',
  '" "',
  '"NaN"',
  '"1e309"',
  '"-0"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202eFUT:BTCUSDT"',
  '"FUT:ВТСUSDT"',
  '"{FUT:BTCUSDT}"',
  '"__proto__"',
  `"${"9".repeat(400)}"`,
  `"${"x".repeat(20_000)}"`,
  '{"__proto__":{"role":"admin"},"constructor":{"prototype":{"role":"admin"}}}',
];

/** Every operation of a service's own document. */
export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, documented]): Operation => {
      const names = (kind: string) => (documented.parameters ?? []).filter((p) => p.in === kind).map((p) => p.name);
      return {
        method: method.toUpperCase() as Operation["method"],
        path,
        serviceOnly: documented.tags?.includes("service only") ?? false,
        open: documented.security === undefined,
        pathNames: names("path"),
        queryNames: names("query"),
        body: documented.requestBody?.content["application/json"]?.schema,
      };
    }),
  );
}

export const fill = (path: string, text: string): string => path.replace(/\{\w+\}/g, text);
/** Lone surrogates have no encoding; what a client would send for one is U+FFFD. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

/** A time that ends before it begins. */
export const BACKWARDS = "from after to";
/** Reads with garbage in one place at a time. */
export function readAttacks({ path, pathNames, queryNames }: Operation): Attack[] {
  const plain = fill(path, "FUT:BTCUSDT");
  const texts = [...NASTY_TEXTS.map(encoded), ...RAW_TEXTS];
  const attack = (what: string, target: string): Attack => ({ what, path: target, init: {} });
  return [
    ...(pathNames.length === 0 ? [] : texts.filter((text) => text !== "")).map((text) =>
      attack(`path ${text.slice(0, 40)}`, fill(path, text)),
    ),
    ...queryNames.flatMap((name) =>
      texts.map((text) => attack(`${name}=${text.slice(0, 40)}`, `${plain}?${name}=${text}`)),
    ),
    ...queryNames.map((name) => attack(`${name} twice`, `${plain}?${name}=1&${name}=1`)),
    ...(queryNames.includes("from_ts") && queryNames.includes("to_ts")
      ? [attack(BACKWARDS, `${plain}?from_ts=2&to_ts=1`)]
      : []),
    attack("a parameter nobody knows", `${plain}?__proto__=1&constructor=2`),
  ];
}

const JSON_TYPE = { "content-type": "application/json" };

/** Bodies that no operation may take: they are refused whatever the operation is. */
export function malformedAttacks({ method, path }: Operation): Attack[] {
  const target = fill(path, "attack");
  const sent = (what: string, body: BodyInit | null, headers: Record<string, string> = JSON_TYPE): Attack => ({
    what,
    path: target,
    init: { method, headers: { "idempotency-key": `attack ${what}`, ...headers }, body },
  });
  return [
    sent("null", "null"),
    sent("an array", "[]"),
    sent("a number", "1"),
    sent("a text", '"x"'),
    sent("broken JSON", '{"a":'),
    sent("two values", "{} {}"),
    sent("deep JSON", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`),
    sent("deep arrays", "[".repeat(10_000)),
    sent("more than a megabyte", `{"a":"${"x".repeat(1_100_000)}"}`),
    sent("invalid UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
    sent("UTF-16", new Uint8Array(Buffer.from('{"a":1}', "utf16le"))),
    sent("a form", "enable=true&reason=x", { "content-type": "application/x-www-form-urlencoded" }),
    sent("plain text", '{"enable":true,"reason":"x"}', { "content-type": "text/plain" }),
    sent("a length that lies", "{", { ...JSON_TYPE, "content-length": "99999999" }),
  ];
}

/** A body as the document wants it, with garbage in one place at a time. */
export function bodyAttacks({ method, path, body }: Operation, document: Document): Attack[] {
  const target = fill(path, "attack");
  const schema = body === undefined ? {} : open(body, document);
  const base = sample(schema, document) as Record<string, unknown>;
  return placesOf(schema, document).flatMap((place) =>
    NASTY_JSON.map((nasty): Attack => {
      const text = JSON.stringify(withMark(base, place)).replace(`"${MARK}"`, () => nasty);
      const what = `${place.join(".")} = ${nasty.slice(0, 40)}`;
      const headers = { ...JSON_TYPE, "idempotency-key": `attack ${path} ${what}`.replace(/[^\x20-\x7e]/g, "?") };
      return { what, path: target, init: { method, headers, body: text } };
    }),
  );
}

const MARK = "attack-goes-here";
const PLACE_DEPTH_MAX = 3;

function open(schema: Schema, document: Document): Schema {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    return open(document.components?.schemas?.[name] ?? {}, document);
  }
  const inner = schema.anyOf?.[0] ?? schema.oneOf?.[0];
  if (inner) return { ...open(inner, document), ...(schema.example !== undefined && { example: schema.example }) };
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => open(part, document)), { allOf: undefined });
  return schema;
}

function placesOf(given: Schema, document: Document, depth = 1): string[][] {
  const { properties = {} } = open(given, document);
  return Object.entries(properties).flatMap(([name, inner]) => [
    [name],
    ...(depth < PLACE_DEPTH_MAX ? placesOf(inner, document, depth + 1).map((rest) => [name, ...rest]) : []),
  ]);
}

/** The least value that fits a schema, as far as the document says what fits. */
export function sample(given: Schema, document: Document): unknown {
  const schema = open(given, document);
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "string") return "attack";
  if (type === "boolean") return false;
  if (type === "integer" || type === "number") return Math.max(schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1);
  if (type === "array") {
    return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}, document));
  }
  const required = schema.required ?? [];
  return Object.fromEntries(required.map((name) => [name, sample(schema.properties?.[name] ?? {}, document)]));
}

/** A copy of `base` with a mark at the place, making the objects on the way. */
function withMark(base: Record<string, unknown>, [name, ...rest]: readonly string[]): Record<string, unknown> {
  const key = name as string;
  const inner = base[key];
  const below = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : {};
  return { ...base, [key]: rest.length === 0 ? MARK : withMark(below as Record<string, unknown>, rest) };
}
