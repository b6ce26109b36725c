/** What is told of a factor: the family that its id belongs to, its unit, and the window that its history is kept in. */
import type { FactorFamily, KeptFeatures } from "../../../../shared/client/gen/types.ts";

export type FactorWindow = KeptFeatures["window"];
export const FACTOR_WINDOWS = ["1m", "5m", "15m", "1h", "4h", "1d"] as const satisfies readonly FactorWindow[];

const PLACES: Readonly<Record<string, string>> = { "{n}": "\\d+", "{tf}": "\\d+[smhd]", "{w}": "\\d+[smhd]" };
const readers = new Map<string, RegExp>();

function readerOf(pattern: string): RegExp {
  const known = readers.get(pattern);
  if (known) return known;
  const made = new RegExp(`^${pattern.replace(/\{(n|tf|w)\}/g, (place) => PLACES[place] ?? "")}$`);
  readers.set(pattern, made);
  return made;
}

/** The part after @ names another instrument. */
export function familyOf(id: string, families: readonly FactorFamily[]): FactorFamily | undefined {
  const [own = ""] = id.split("@");
  return families.find(({ pattern }) => readerOf(pattern).test(own));
}

export type FactorUnit = "bps" | "usdt" | "price";
export function unitOf({ pattern, formula }: Pick<FactorFamily, "pattern" | "formula">): FactorUnit | undefined {
  if (/_bps(_|$)/.test(pattern) || /, in bps$/.test(formula)) return "bps";
  if (/_usdt$/.test(pattern)) return "usdt";
  return /\bin price\b|^price\b/.test(formula) ? "price" : undefined;
}

/** Bars' factors are kept with the bars of their own timeframe, all others by the minute; undefined: too short to be kept. */
export function windowOf(id: string, { frequency }: Pick<FactorFamily, "frequency">): FactorWindow | undefined {
  if (frequency === "event") return "1m";
  const [own = ""] = id.split("@");
  const timeframe = /_(\d+[smhd])$/.exec(own)?.[1];
  return timeframe === undefined ? "1m" : FACTOR_WINDOWS.find((window) => window === timeframe);
}
