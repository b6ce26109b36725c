/** Examples for the API's document: what a recorded run sent and got, and where there was none, made after the shape. */
import type { ApiDocument, Json, Operation, Parameter } from "./api-merge.ts";

/** By operation: what it was given, by name, and what it answered. */
export type Examples = Record<string, { input?: Json; answer?: Json }>;
type Shapes = Readonly<Record<string, Json>>;

interface Shape {
  $ref?: string;
  type?: string | string[];
  enum?: Json[];
  const?: Json;
  default?: Json;
  example?: Json;
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: Shape | boolean;
  items?: Shape;
  prefixItems?: Shape[];
  minItems?: number;
  anyOf?: Shape[];
  oneOf?: Shape[];
  allOf?: Shape[];
  pattern?: string;
  minLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
}

const JSON_TYPE = "application/json";

/** A service's document with examples of all its operations. */
export function exampled(document: ApiDocument, examples: Examples): ApiDocument {
  const shapes: Shapes = document.components?.schemas ?? {};
  const shown = (operation: Operation) => withExamples(operation, shapes, examples[operation.operationId ?? ""]);
  const paths = Object.entries(document.paths).map(([path, operations]) => {
    const all = Object.entries(operations).map(([method, operation]) => [method, shown(operation)] as const);
    return [path, Object.fromEntries(all)] as const;
  });
  return { ...document, paths: Object.fromEntries(paths) };
}

/** With an example in each parameter, the body and the answer. */
function withExamples(operation: Operation, shapes: Shapes, { input, answer }: Examples[string] = {}): Operation {
  const given = (input ?? {}) as Record<string, Json>;
  const parameters = operation.parameters?.map((parameter) => withValue(parameter, given[parameter.name], shapes));
  const named = new Set(parameters?.map(({ name }) => name));
  const inBody = Object.fromEntries(Object.entries(given).filter(([name]) => !named.has(name)));
  const body = operation.requestBody?.content[JSON_TYPE];
  const done = operation.responses["200"];
  const said = done?.content?.[JSON_TYPE];
  return {
    ...operation,
    ...(parameters && { parameters }),
    ...(operation.requestBody &&
      body && {
        requestBody: {
          ...operation.requestBody,
          content: {
            ...operation.requestBody.content,
            [JSON_TYPE]: { ...body, example: input === undefined ? exampleOf(body.schema, shapes) : inBody },
          },
        },
      }),
    responses: {
      ...operation.responses,
      ...(done &&
        said && {
          "200": {
            ...done,
            content: { ...done.content, [JSON_TYPE]: { ...said, example: answer ?? exampleOf(said.schema, shapes) } },
          },
        }),
    },
  };
}

/** What may be left out, and was, shows none. */
function withValue(parameter: Parameter, value: Json | undefined, shapes: Shapes): Parameter {
  const made = value ?? (parameter.required ? exampleOf(parameter.schema, shapes) : undefined);
  return made === undefined || parameter.example !== undefined ? parameter : { ...parameter, example: made };
}

/** The smallest value of that shape: required fields alone, the first of what may be chosen. */
export function exampleOf(given: Json | undefined, shapes: Shapes, open: readonly string[] = []): Json {
  const shape = (given ?? {}) as Shape;
  if (shape.$ref !== undefined) {
    const name = shape.$ref.slice(shape.$ref.lastIndexOf("/") + 1);
    return open.includes(name) ? {} : exampleOf(shapes[name], shapes, [...open, name]);
  }
  const known = shape.example ?? shape.const ?? shape.default ?? shape.enum?.[0];
  if (known !== undefined) return known;
  const of = (each: Shape | undefined) => exampleOf(each as Json, shapes, open);
  const choice = shape.anyOf ?? shape.oneOf ?? [];
  const parts = [...(shape.allOf ?? []), ...choice.slice(0, 1)].map(of);
  if (shape.type === undefined && !shape.properties && parts.length > 0) return together(parts);
  return together([ownExample(shape, of), ...parts]);
}

/** Only objects can be put together; of others the first stands. */
function together(parts: readonly Json[]): Json {
  const [first = null] = parts;
  return typeof first !== "object" || first === null || Array.isArray(first) ? first : Object.assign({}, ...parts);
}

function ownExample(shape: Shape, of: (each: Shape | undefined) => Json): Json {
  const type = [shape.type ?? (shape.properties ? "object" : "null")].flat()[0];
  if (type === "string") return textFor(shape);
  if (type === "boolean") return false;
  if (type === "number" || type === "integer") return shape.minimum ?? (shape.exclusiveMinimum ?? 0) + 1;
  if (type === "array")
    return shape.prefixItems?.map(of) ?? Array.from({ length: shape.minItems ?? 0 }, () => of(shape.items));
  if (type !== "object") return null;
  const wanted = Object.entries(shape.properties ?? {}).filter(([name]) => shape.required?.includes(name));
  return Object.fromEntries(wanted.map(([name, each]) => [name, of(each)]));
}

const TEXTS = [
  "text",
  "1",
  "123456",
  "0.1",
  "FUT:BTCUSDT",
  "BTCUSDT",
  "2026-01-01",
  "a".repeat(64),
  "a".repeat(32),
  "1.0.0",
];
function textFor({ pattern, minLength = 0 }: Shape): string {
  const fits = (text: string) => text.length >= minLength && (pattern === undefined || new RegExp(pattern).test(text));
  return TEXTS.find(fits) ?? "x".repeat(minLength);
}
