/** A bundle's changes in words: a line for each, and a few that say what they come to. */
import type { BundleChange, ChangedKind } from "./bundle-diff.ts";

const WORDS: Readonly<Record<Exclude<ChangedKind, "flags" | "bundle">, readonly [string, string]>> = {
  factors: ["factor", "factors"],
  strategies: ["strategy", "strategies"],
  rules: ["rule", "rules"],
  instruments: ["instrument", "instruments"],
  models: ["model", "models"],
};
const NAMES_SHOWN = 5;
const VALUE_CHARACTERS_MAX = 80;
const OPS = ["added", "removed", "changed"] as const;

/** `2 rules changed: a, b`, one line for each kind and what happened to it; empty where nothing differs. */
export function diffSummary(changes: readonly BundleChange[]): string[] {
  const kinds = [...new Set(changes.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const of = changes.filter((change) => change.kind === kind);
    if (kind === "bundle") return [`The bundle's ${listed(of.map(({ path }) => path))} changed`];
    if (kind === "flags") return [...new Set(of.map(({ id }) => id))].map((id) => flagsLine(id, of));
    return OPS.flatMap((op) => documentsLine(WORDS[kind], op, of));
  });
}

function documentsLine(words: readonly [string, string], op: (typeof OPS)[number], of: readonly BundleChange[]) {
  const ids = [...new Set(of.filter((change) => opOf(change) === op).map(({ id }) => id))];
  return ids.length === 0 ? [] : [`${ids.length} ${words[ids.length === 1 ? 0 : 1]} ${op}: ${listed(ids)}`];
}

function flagsLine(id: string, of: readonly BundleChange[]): string {
  const own = of.filter((change) => change.id === id);
  return `flags.${id}: ${listed(own.map(({ path, before, after }) => `${path} ${valueText(before)} → ${valueText(after)}`))}`;
}

/** What happened to the whole document: something within it came or went means that it changed. */
const opOf = ({ op, path }: BundleChange): BundleChange["op"] => (path === "" ? op : "changed");

/** One change: `when.v: 0.5 → 0.6`, within its document. */
export function changeText({ op, path, before, after }: BundleChange): string {
  const at = path === "" ? "the whole" : path;
  if (op === "added") return `${at}: ${valueText(after)} is new`;
  if (op === "removed") return `${at}: ${valueText(before)} is gone`;
  return `${at}: ${valueText(before)} → ${valueText(after)}`;
}

/** As JSON, cut where it is long. */
export function valueText(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX)}…`;
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return `${names.slice(0, NAMES_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
