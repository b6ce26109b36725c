/** Turns what the bundle's schema says about a document into findings with paths and suggestions. */
import type { z } from "@hono/zod-openapi";
import { Bundle } from "../../shared/domain/bundle.ts";
import { bundleJsonSchema, type JsonSchema } from "./bundle-schema.ts";
import type { LintCode } from "./lint-codes.ts";
import { nearest } from "./nearest.ts";
import type { LintFinding } from "./types.ts";

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

const schema = bundleJsonSchema();

/** `["rules", 3, "when"]` as `rules[3].when`. */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");

/** More faults than anybody reads; a document of nothing but faults would else cost an answer many times its size. */
export const FINDINGS_MAX = 200;

/** The faults the schema finds, each once, up to FINDINGS_MAX. */
export function schemaFaults(document: unknown): LintFinding[] {
  const parsed = Bundle.safeParse(document, { reportInput: true });
  if (parsed.success) return [];
  return parsed.error.issues
    .slice(0, FINDINGS_MAX)
    .flatMap((issue) => findings(issue, issue.path))
    .slice(0, FINDINGS_MAX);
}

function findings(issue: Issue, path: Path): LintFinding[] {
  if (issue.code === "unrecognized_keys") return issue.keys.slice(0, FINDINGS_MAX).map((key) => unknownKey(key, path));
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return likeliest(issue.errors).flatMap((inner) => findings(inner, [...path, ...inner.path]));
  }
  const finding = { path: pathText(path), code: CODES[issue.code] ?? "INVALID_VALUE", message: issue.message };
  if (issue.code !== "invalid_value" || typeof issue.input !== "string") return [finding];
  const suggestion = nearest(issue.input, issue.values.map(String));
  return [{ ...finding, ...(suggestion !== undefined && { suggestion }) }];
}

/** What the schema says that lint has a word for. */
const CODES: Partial<Record<Issue["code"], LintCode>> = {
  invalid_type: "INVALID_TYPE",
  too_big: "TOO_BIG",
  too_small: "TOO_SMALL",
  invalid_format: "INVALID_FORMAT",
};

/** The branch that was meant: the one with the least wrong at its top, then the least wrong in all. */
function likeliest(branches: readonly Issue[][]): Issue[] {
  const shallow = (issues: Issue[]) =>
    issues.reduce((n, i) => n + (i.code === "unrecognized_keys" ? i.keys.length : Number(i.path.length <= 1)), 0);
  const ranked = branches.toSorted((a, b) => shallow(a) - shallow(b) || a.length - b.length);
  return ranked[0] ?? [];
}

function unknownKey(key: string, path: Path): LintFinding {
  const suggestion = nearest(key, keysAt(path));
  const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
  return {
    path: pathText([...path, key]),
    code: "UNKNOWN_KEY",
    message: `"${key.slice(0, 64)}" is no key here${hint}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** The keys that the schema knows at a path, through unions and references. */
function keysAt(path: Path): string[] {
  let nodes: JsonSchema[] = open(schema);
  for (const part of path) {
    nodes = nodes.flatMap((node) => open(step(node, part)));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function step(node: JsonSchema, part: PropertyKey): JsonSchema | undefined {
  if (typeof part === "number") return node.prefixItems?.[part] ?? node.items;
  return node.properties?.[String(part)];
}

function open(node: JsonSchema | undefined): JsonSchema[] {
  if (!node) return [];
  if (node.$ref !== undefined) return open(resolve(node.$ref));
  const branches = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return [node, ...branches.flatMap((branch) => open(branch))];
}

function resolve(ref: string): JsonSchema | undefined {
  if (ref === "#") return schema;
  return schema.$defs?.[ref.slice(ref.lastIndexOf("/") + 1)];
}
