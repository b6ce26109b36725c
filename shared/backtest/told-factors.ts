/** Which factors a tape can tell: those that need what it lacks are missing, as they are live, and never guessed. */
import { parseFactor } from "../trading/factors/registry.ts";
import type { TapeForm } from "./tape.ts";

/** What the fill model declares: guards look at these. Deeper levels and imbalances are not declared. */
const DECLARED: ReadonlySet<string> = new Set([
  "mid",
  "spread_bps",
  "depth_top1_usdt",
  "depth_top2_usdt",
  "depth_top3_usdt",
]);

const HEARD: Readonly<Record<TapeForm, ReadonlySet<string>>> = {
  book: new Set(["bar", "trade", "ticker", "depth", "funding"]),
  trades: new Set(["bar", "trade", "funding"]),
  bars: new Set(["bar", "funding"]),
};

export interface ToldFactors {
  /** For the factor engine. */
  readonly told: readonly string[];
  readonly missing: readonly string[];
}

/** `ids` as a bundle wants them; what they are made of counts too. */
export function toldFactors(form: TapeForm, ids: readonly string[]): ToldFactors {
  const told = ids.filter((id) => isTold(form, id));
  return { told, missing: ids.filter((id) => !told.includes(id)) };
}

function isTold(form: TapeForm, id: string): boolean {
  if (form === "book" || DECLARED.has(id)) return true;
  const factor = parseFactor(id);
  // Unknown ones are told of elsewhere.
  if (factor === undefined) return true;
  const { family, params } = factor;
  return (
    family.needs.every((need) => HEARD[form].has(need)) &&
    (family.uses?.(params) ?? []).every((one) => isTold(form, one))
  );
}

/** `factors=missing: obi_5, microprice`; undefined where all are told. */
export const missingText = ({ missing }: ToldFactors): string | undefined =>
  missing.length === 0 ? undefined : `factors=missing, which the data cannot tell: ${missing.join(", ")}`;
