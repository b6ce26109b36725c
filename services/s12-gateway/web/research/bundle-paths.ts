/** Every place of a bundle that a search could turn, with what stands there: suggestions for the form. */
import type { Bundle } from "../../../../shared/domain/bundle.ts";
import type { Value } from "../../../../shared/report/experiment/heat-map.ts";

export interface BundlePath {
  readonly path: string;
  readonly value: Value;
}

/** Items of these lists are named by their id, all others by their place. */
const ID_FIELDS = ["strategy_id", "rule_id", "instrument"] as const;
/** What says which bundle it is, and what trades nothing. */
const LEFT_OUT = /^(format|bundle_id|rev|extends|note|factors|instruments)(\.|$)|\.(title|note|strategy_id|rule_id)$/;
/** These bear on accounts, not on a result. */
const NO_EFFECT = /^flags\.(treasury|reconciliation|health)\./;

/**
 * What a strategy says comes first, then rules, then flags; a factor can be put in another's place as well. Of what
 * somebody pasted any part may be missing.
 */
export function pathsOf(bundle: Partial<Bundle>): BundlePath[] {
  const all: BundlePath[] = [];
  const strategies = Array.isArray(bundle.strategies) ? bundle.strategies : [];
  walk(bundle.strategies, "strategies", all);
  walk(bundle.rules, "rules", all);
  walk(bundle.flags, "flags", all);
  // What a strategy leaves to the flags may be said by it alone.
  for (const { strategy_id } of strategies) {
    for (const part of ["position", "sizing"] as const) {
      const inherited: BundlePath[] = [];
      walk(bundle.flags?.[part], `strategies.${strategy_id}.${part}`, inherited);
      // A list is not there to be reached into, and so is no object within.
      const depth = 4;
      const known = new Set(all.map(({ path }) => path));
      all.push(...inherited.filter(({ path }) => path.split(".").length === depth && !known.has(path)));
    }
  }
  const factors = (Array.isArray(bundle.factors) ? bundle.factors : []).map((id) => ({
    path: `factors.${id}`,
    value: id,
  }));
  return [...all.filter(({ path }) => !LEFT_OUT.test(path) && !NO_EFFECT.test(path)), ...factors];
}

function walk(node: unknown, path: string, into: BundlePath[]): void {
  if (typeof node === "number" || typeof node === "string" || typeof node === "boolean") {
    into.push({ path, value: node });
  } else if (Array.isArray(node)) {
    for (const [i, item] of node.entries()) walk(item, `${path}.${idOf(item) ?? i}`, into);
  } else if (typeof node === "object" && node !== null) {
    for (const [key, item] of Object.entries(node)) walk(item, `${path}.${key}`, into);
  }
}

function idOf(item: unknown): string | undefined {
  const fields = Object(item) as Record<string, unknown>;
  const field = ID_FIELDS.find((name) => typeof fields[name] === "string");
  return field && String(fields[field]);
}

/** Those that hold all of the words, the shorter paths first. */
export function suggested(paths: readonly BundlePath[], words: string, max: number): BundlePath[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return paths.filter(({ path }) => wanted.every((word) => path.toLowerCase().includes(word))).slice(0, max);
}

const VALUES_AROUND = [0.5, 0.75, 1, 1.25, 1.5];
const DIGITS = 3;
/** A first choice of values to try around the one that stands there. */
export function valuesAround(value: Value): string {
  if (typeof value === "boolean") return "true, false";
  const number = Number(value);
  if (typeof value === "string" && (value.trim() === "" || !Number.isFinite(number))) return value;
  if (number === 0) return "-1, 0, 1";
  const tried = VALUES_AROUND.map((factor) =>
    Number.isInteger(number) && Math.abs(number) > 3 ? Math.round(number * factor) : round(number * factor),
  );
  const texts = [...new Set(tried)].map(String);
  // Money stands in a bundle as text.
  return typeof value === "string" ? texts.map((text) => `"${text}"`).join(", ") : texts.join(", ");
}
const round = (value: number): number => Number(value.toPrecision(DIGITS));
