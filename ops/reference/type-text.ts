/** A JSON Schema's type in a word or two, for tables of people. */

const CHOICES_MAX = 8;

interface Shape {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  items?: unknown;
  anyOf?: unknown[];
  oneOf?: unknown[];
  $ref?: string;
}

export function typeOf(given: unknown): string {
  const shape = (typeof given === "object" && given !== null ? given : {}) as Shape;
  if (shape.$ref !== undefined) return shape.$ref.slice(shape.$ref.lastIndexOf("/") + 1);
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum) return choices(shape.enum);
  const either = shape.anyOf ?? shape.oneOf;
  if (either) return [...new Set(either.map(typeOf))].join(" or ");
  if (shape.type === "array") return `list of ${typeOf(shape.items)}`;
  if (Array.isArray(shape.type)) return shape.type.join(" or ");
  return shape.type ?? "any";
}

function choices(values: readonly unknown[]): string {
  const shown = values.slice(0, CHOICES_MAX).map(String).join(" · ");
  return values.length > CHOICES_MAX ? `${shown} · …` : shown;
}
