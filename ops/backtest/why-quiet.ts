/** Why a bundle's strategies were never triggered: what they wait for, and whether such data can tell it at all. */
import type { TapeHead } from "../../shared/backtest/tape.ts";
import { toldFactors } from "../../shared/backtest/told-factors.ts";
import type { Bundle, BundleTrigger } from "../../shared/domain/bundle.ts";
import { TIMEFRAME_MS } from "../../shared/domain/market.ts";

type Head = Pick<TapeHead, "form" | "timeframe" | "listings">;

/** A line for each strategy that is enabled. */
export function whyQuiet(bundle: Bundle, head: Head): string[] {
  const there = new Set(head.listings.map(({ instrument }) => instrument));
  return bundle.strategies
    .filter(({ enabled }) => enabled)
    .map(({ strategy_id, instruments, triggers }) => {
      if (!instruments.some((instrument) => there.has(instrument)))
        return `${strategy_id} trades ${instruments.join(", ")}, which the data does not have`;
      return `${strategy_id} ${triggers.map((trigger) => waitOf(trigger, head)).join("; ")}`;
    });
}

function waitOf(trigger: BundleTrigger, { form, timeframe }: Head): string {
  if (trigger.kind === "bar") {
    const isShorter =
      form === "bars" && timeframe !== undefined && TIMEFRAME_MS[trigger.timeframe] < TIMEFRAME_MS[timeframe];
    return `looks at every bar of ${trigger.timeframe}${isShorter ? `, and the data is bars of ${timeframe}` : ""}`;
  }
  const { factor, level, direction } = trigger;
  const isUnknown = toldFactors(form, [factor]).missing.length > 0;
  return `waits for ${factor} to go ${direction} through ${level}${isUnknown ? `, which ${form} do not tell` : ""}`;
}
