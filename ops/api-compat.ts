/** Documented paths are version 1: tells what of them a newer document has lost. */
import type { ApiDocument, Json, Operation } from "../services/s12-gateway/api-merge.ts";

/** What was taken back on purpose, as `lostIn` names it, each with why. */
export const WITHDRAWN: ReadonlyMap<string, string> = new Map();

/** Each loss in one line: a path's method, a required field of an answer, or a request that takes less than before. */
export function lostIn(before: ApiDocument, after: ApiDocument): string[] {
  return operationsOf(before).flatMap(({ name, operation }) => {
    const now = operationsOf(after).find((each) => each.name === name)?.operation;
    if (!now) return [name];
    const answered = new Set(requiredIn(after, answerOf(now)));
    const lost = requiredIn(before, answerOf(operation)).filter((field) => !answered.has(field));
    const wanted = new Set(requiredIn(before, bodyOf(operation)));
    const demanded = requiredIn(after, bodyOf(now)).filter((field) => isTop(field) && !wanted.has(field));
    return [
      ...lost.map((field) => `${name} answers no ${field}`),
      ...demanded.map((field) => `${name} now demands ${field}`),
    ];
  });
}

const isTop = (field: string): boolean => !/[.[]/.test(field);

const operationsOf = ({ paths }: ApiDocument) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
const answerOf = (operation: Operation): Json | undefined =>
  operation.responses["200"]?.content?.["application/json"]?.schema;
const bodyOf = (operation: Operation): Json | undefined => operation.requestBody?.content["application/json"]?.schema;

interface Schema {
  $ref?: string;
  properties?: Record<string, Json>;
  required?: string[];
  items?: Json;
  allOf?: Json[];
}

/** Paths of all fields that are always there: `items[].order_id`. */
function requiredIn(document: ApiDocument, given: Json | undefined, open: readonly string[] = []): string[] {
  const schema = given as Schema | undefined;
  if (schema === undefined) return [];
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    // A shape within itself says nothing new.
    return open.includes(name) ? [] : requiredIn(document, document.components?.schemas?.[name], [...open, name]);
  }
  const below = (prefix: string, inner: Json | undefined) =>
    requiredIn(document, inner, open).map((field) => (field.startsWith("[]") ? prefix + field : `${prefix}.${field}`));
  return [
    ...(schema.required ?? []).flatMap((field) => [field, ...below(field, schema.properties?.[field])]),
    ...(schema.items === undefined
      ? []
      : requiredIn(document, schema.items, open).map((f) => (f.startsWith("[]") ? `[]${f}` : `[].${f}`))),
    ...(schema.allOf ?? []).flatMap((each) => requiredIn(document, each, open)),
  ];
}
