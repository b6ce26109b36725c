/** A draft that names a base and holds only what differs: made whole before it is linted and stored. */
import { nearest } from "./nearest.ts";
import type { LintFinding } from "./types.ts";

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** Fewer digits of a hash could be meant by chance. */
const HASH_DIGITS_MIN = 8;

/** What an item of a list is called; lists that are not here are taken whole from the draft. */
const ID_OF: Readonly<Record<string, string>> = {
  strategies: "strategy_id",
  rules: "rule_id",
  instruments: "instrument",
};
/** Within an item these are filled up from the base's; every other key that the draft says stands as it is said. */
const DEEP = ["sizing", "position"];

export interface Bases {
  /** Content hashes of the stored revisions, newest first. */
  readonly hashes: readonly string[];
  /** The stored content with that hash. */
  load(hash: string): Promise<unknown>;
}
export type Whole = { document: unknown; fault?: undefined } | { document?: undefined; fault: LintFinding };

/** The document as it is where it extends nothing. The whole no longer says what it was made from. */
export async function withBase(document: unknown, bases: Bases): Promise<Whole> {
  if (!isTree(document) || document.extends === undefined) return { document };
  const { extends: named, ...own } = document;
  const hash = foundHash(named, bases.hashes);
  if (hash === undefined) return { fault: unknownBase(named, bases.hashes) };
  const base = await bases.load(hash);
  return { document: isTree(base) ? merged(base, own) : own };
}

function foundHash(named: unknown, hashes: readonly string[]): string | undefined {
  if (typeof named !== "string" || named.length < HASH_DIGITS_MIN) return undefined;
  const fitting = [...new Set(hashes.filter((hash) => hash.startsWith(named)))];
  return fitting.length === 1 ? fitting[0] : undefined;
}

function unknownBase(named: unknown, hashes: readonly string[]): LintFinding {
  const suggestion = (typeof named === "string" ? nearest(named, hashes) : undefined) ?? hashes[0];
  const said = typeof named === "string" ? `"${named.slice(0, 64)}"` : "this";
  const hint = suggestion === undefined ? "" : `; the nearest is "${suggestion}"`;
  return {
    path: "extends",
    code: "UNKNOWN_BASE",
    message: `${said} is the content hash of no one stored revision${hint}`,
    ...(suggestion !== undefined && { suggestion }),
  };
}

/** Lists of named items by their names, factors added, flags in depth; all else as the draft says it. */
export function merged(base: Tree, own: Tree): Tree {
  const whole: Tree = { ...base, ...own };
  // The base's note tells why the base was made.
  if (own.note === undefined) delete whole.note;
  for (const [list, id] of Object.entries(ID_OF)) {
    const [was, is] = [base[list], own[list]];
    if (Array.isArray(was) && Array.isArray(is)) whole[list] = byName(was, is, id);
  }
  if (Array.isArray(base.factors) && Array.isArray(own.factors)) {
    whole.factors = [...base.factors, ...own.factors.filter((factor) => !(base.factors as unknown[]).includes(factor))];
  }
  if (isTree(base.flags) && isTree(own.flags)) whole.flags = inDepth(base.flags, own.flags);
  return whole;
}

function byName(base: readonly unknown[], own: readonly unknown[], id: string): unknown[] {
  const nameOf = (item: unknown): unknown => (isTree(item) ? item[id] : undefined);
  const known = new Map(base.map((item) => [nameOf(item), item]));
  const onBase = (item: unknown): unknown => {
    const was = nameOf(item) === undefined ? undefined : known.get(nameOf(item));
    return isTree(was) && isTree(item) ? oneItem(was, item) : item;
  };
  const changes = new Map(own.map((item) => [nameOf(item), item]));
  const kept = base.map((item) =>
    changes.has(nameOf(item)) && nameOf(item) !== undefined ? onBase(changes.get(nameOf(item))) : item,
  );
  // Of two that change the same item both are kept: lint tells of the name that stands twice.
  const isIn = (item: unknown): boolean => known.has(nameOf(item)) && changes.get(nameOf(item)) === item;
  return [...kept, ...own.filter((item) => nameOf(item) === undefined || !isIn(item)).map(onBase)];
}

function oneItem(base: Tree, own: Tree): Tree {
  const deep = DEEP.filter((key) => isTree(base[key]) && isTree(own[key]));
  return {
    ...base,
    ...own,
    ...Object.fromEntries(deep.map((key) => [key, inDepth(base[key] as Tree, own[key] as Tree)])),
  };
}

/** Lists are values here: the draft's stands in place of the base's. */
function inDepth(base: Tree, own: Tree): Tree {
  const whole: Tree = { ...base };
  for (const [key, value] of Object.entries(own)) {
    const was = base[key];
    whole[key] = isTree(was) && isTree(value) ? inDepth(was, value) : value;
  }
  return whole;
}
