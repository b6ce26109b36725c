/** Where in the text of a bundle a path is, and which path a place in the text belongs to. */
import { type Document, isMap, isPair, isScalar, isSeq, type Node, type ParsedNode, parseDocument } from "yaml";

export type Path = readonly (string | number)[];
export interface Span {
  readonly from: number;
  readonly to: number;
}
export interface YamlFault extends Span {
  readonly message: string;
}
export interface YamlText {
  readonly text: string;
  readonly document: Document.Parsed<ParsedNode>;
  /** What keeps it from being YAML at all. */
  readonly faults: readonly YamlFault[];
}

export function readYaml(text: string): YamlText {
  const document = parseDocument(text, { uniqueKeys: true, strict: true, version: "1.2", prettyErrors: false });
  const faults = document.errors.map(({ message, pos: [from, to] }) => ({ message, from, to: Math.max(to, from + 1) }));
  return { text, document, faults };
}

const ALIASES_MAX = 50;
/** Undefined where it cannot be read. */
export function saidBy({ document, faults }: YamlText): unknown {
  try {
    return faults.length > 0 ? undefined : document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch {
    return undefined;
  }
}

/** `rules[3].when` as `["rules", 3, "when"]`. */
export function readPath(path: string): Path {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? key! : Number(index),
  );
}
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");

interface Found {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}
/** The deepest part of the path that stands in the text, with the key it stands under. */
function findNode({ document }: YamlText, path: Path): Found & { isWhole: boolean } {
  let found: Found = { key: undefined, value: document.contents ?? undefined };
  for (const part of path) {
    const next = stepInto(found.value, part);
    if (!next) return { ...found, isWhole: false };
    found = next;
  }
  return { ...found, isWhole: true };
}
function stepInto(node: Node | undefined, part: string | number): Found | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return pair && { key: pair.key as Node, value: (pair.value as Node | null) ?? undefined };
  }
  if (!isSeq(node) || typeof part !== "number" || part >= node.items.length) return undefined;
  const item = node.items[part];
  return { key: undefined, value: isPair(item) ? undefined : (item as Node) };
}

const spanOf = (node: Node | undefined): Span | undefined =>
  node?.range ? { from: node.range[0], to: Math.max(node.range[1], node.range[0] + 1) } : undefined;

/** The key at a path; of what has none its first line. What is missing is shown where it should be. */
export function keySpan(yaml: YamlText, path: string): Span {
  const { key, value } = findNode(yaml, readPath(path));
  return firstLine(yaml.text, spanOf(key) ?? spanOf(value) ?? { from: 0, to: 1 });
}
/** The value at a path where it is a single one, else its key. */
export function valueSpan(yaml: YamlText, path: string): Span {
  const { value, isWhole } = findNode(yaml, readPath(path));
  const span = isWhole && isScalar(value) ? spanOf(value) : undefined;
  return span ?? keySpan(yaml, path);
}

function firstLine(text: string, { from, to }: Span): Span {
  const end = text.indexOf("\n", from);
  return { from, to: Math.max(from + 1, end < 0 ? to : Math.min(to, end)) };
}

/** The path of what stands at an offset; of empty room that of the map or list around it. */
export function pathAt({ document }: YamlText, offset: number): Path {
  const path: (string | number)[] = [];
  let node: Node | undefined = document.contents ?? undefined;
  while (node) {
    const next = childAt(node, offset);
    if (!next) return path;
    path.push(next.part);
    node = next.node;
  }
  return path;
}

function childAt(node: Node, offset: number): { part: string | number; node: Node | undefined } | undefined {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const [from, to] = [key.range?.[0] ?? 0, (value as Node | null)?.range?.[1] ?? key.range?.[1] ?? 0];
      if (offset >= from && offset <= to) return { part: String(key.value), node: (value as Node | null) ?? undefined };
    }
    return undefined;
  }
  if (!isSeq(node)) return undefined;
  const at = node.items.findIndex((item) => {
    const range = (item as Node | null)?.range;
    return range ? offset >= range[0] && offset <= range[1] : false;
  });
  return at < 0 ? undefined : { part: at, node: node.items[at] as Node };
}

/** The keys that stand in the map at a path, and where another one would come; undefined where there is no map. */
export function mapAt(yaml: YamlText, path: Path): { keys: string[]; insertAt: number; indent: string } | undefined {
  const { value, isWhole } = findNode(yaml, path);
  if (!isWhole || !isMap(value)) return undefined;
  const keys = value.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []));
  const [first, last] = [value.items[0], value.items.at(-1)];
  if (value.flow || !first || !last || !isScalar(first.key)) return undefined;
  const start = first.key.range?.[0] ?? 0;
  const column = start - (yaml.text.lastIndexOf("\n", start - 1) + 1);
  const end = (last.value as Node | null)?.range?.[1] ?? (last.key as Node).range?.[1] ?? start;
  // A block's own end is after its last line break.
  const before = yaml.text.slice(0, end).trimEnd().length;
  const lineEnd = yaml.text.indexOf("\n", before);
  return { keys, insertAt: lineEnd < 0 ? yaml.text.length : lineEnd, indent: " ".repeat(column) };
}

/** A text as a value on one line, quoted as what it replaces was. */
export function asScalar(suggestion: string, replaced: string): string {
  if (replaced.startsWith("'")) return `'${suggestion.replaceAll("'", "''")}'`;
  return replaced.startsWith('"') || !/^[\w.+-]+$/.test(suggestion) ? JSON.stringify(suggestion) : suggestion;
}
