/** Reads a bundle document from YAML or JSON text, without trusting it, and tells where in the text a path is. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { refuse } from "../../shared/errors.ts";

const TEXT_BYTES_MAX = 4_000_000;
/** Aliases multiply; a document may use few. */
const ALIASES_MAX = 50;
const PROBLEMS_SHOWN = 10;
/** More brackets open at once are no bundle, whatever stands in its texts; a parser would go down with them. */
const BRACKETS_OPEN_MAX = 1_000;

/** Counted from 1, as editors do. */
export interface Place {
  line: number;
  column: number;
}
export interface TextFault extends Partial<Place> {
  message: string;
}
export interface BundleText {
  /** What the text says; undefined where it has faults. */
  readonly value: unknown;
  /** Why it is no YAML or JSON. */
  readonly faults: readonly TextFault[];
  /** Where a path such as `rules[3].when.f` is; of one that is not there, its nearest parent. */
  placeOf(path: string): Place | undefined;
}

/** JSON is YAML, so one parser reads both. Refuses with MALFORMED and the line of each fault. */
export function readBundleText(text: string): unknown {
  const { value, faults } = openBundleText(text);
  const [first] = faults;
  if (!first) return value;
  const errors = faults.map(({ line, message }) => ({
    field: line === undefined ? "document" : `line ${line}`,
    message,
  }));
  return refuse("MALFORMED", `The bundle is no YAML or JSON: ${errors[0]?.field}: ${first.message}`, { errors });
}

/** Refuses with TOO_LARGE alone; what is wrong with the text is told as faults. */
export function openBundleText(text: string): BundleText {
  if (text.length > TEXT_BYTES_MAX) refuse("TOO_LARGE", `A bundle has at most ${TEXT_BYTES_MAX} characters.`);
  if (bracketsOpen(text) > BRACKETS_OPEN_MAX) {
    return { value: undefined, faults: [{ message: "The bundle is nested too deeply." }], placeOf: () => undefined };
  }
  const lines = new LineCounter();
  // Keys that stand twice are looked for below: the parser compares each with each, which takes minutes for many.
  const document = parseDocument(text, { uniqueKeys: false, strict: true, version: "1.2", lineCounter: lines });
  const placeOf = (path: string) => placeIn(document, lines, path);
  if (document.errors.length > 0) {
    const faults = document.errors.slice(0, PROBLEMS_SHOWN).map((error) => ({
      ...(error.linePos && { line: error.linePos[0].line, column: error.linePos[0].col }),
      message: error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? error.code,
    }));
    return { value: undefined, faults, placeOf };
  }
  const repeated = repeatedKeys(document, lines);
  if (repeated.length > 0) return { value: undefined, faults: repeated, placeOf };
  try {
    return { value: document.toJS({ maxAliasCount: ALIASES_MAX }), faults: [], placeOf };
  } catch {
    return { value: undefined, faults: [{ message: "The bundle uses too many aliases." }], placeOf };
  }
}

/** At the most; brackets within texts count as well. */
function bracketsOpen(text: string): number {
  let [open, most] = [0, 0];
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open = Math.max(0, open + (bracket === "[" || bracket === "{" ? 1 : -1));
    most = Math.max(most, open);
  }
  return most;
}

/** The first keys that stand a second time in their map. */
function repeatedKeys(document: Document, lines: LineCounter): TextFault[] {
  const faults: TextFault[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value) && faults.length < PROBLEMS_SHOWN) {
          const { line, col } = lines.linePos(key.range?.[0] ?? 0);
          faults.push({ line, column: col, message: "Map keys must be unique" });
        }
        seen.add(key.value);
      }
    },
  });
  return faults;
}

function placeIn(document: Document, lines: LineCounter, path: string): Place | undefined {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0];
  for (const part of path.matchAll(/[^.[\]]+/g)) {
    const next = stepTo(document, node, part[0]);
    if (!next) break;
    offset = next.offset ?? offset;
    node = next.node;
  }
  if (offset === undefined) return undefined;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function stepTo(document: Document, node: Node | null, part: string) {
  const here = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(here)) {
    const item = here.items[Number(part)] as Node | undefined;
    return item && { node: item, offset: item.range?.[0] };
  }
  if (!isMap(here)) return undefined;
  const pair = here.items.find(({ key }) => isScalar(key) && String(key.value) === part);
  return pair && { node: pair.value as Node | null, offset: (pair.key as Node).range?.[0] };
}
