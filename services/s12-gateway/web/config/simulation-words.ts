/** What a simulation says of the revision that was tried, in a few sentences; the one that counts most is the first. */
import type { SimulatedEffect, Simulation } from "../../../../shared/domain/simulation.ts";
import { numberText, percentText, usdtText } from "../format/numbers.ts";
import type { Translate } from "../i18n/translate.ts";
import { gateCounts } from "./gates.ts";

const DIGITS = 2;
const signed = (value: number): string => usdtText(value.toFixed(DIGITS), true);

export function simulationWords(t: Translate, simulation: Simulation): string[] {
  const { summary, approx_effect = [], sensitivity_analysis, bounds_guard = [], replay } = simulation;
  const lines: string[] = [];
  const effect = effectThatCounts(approx_effect);
  if (replay) {
    const difference = Number(replay.candidate.summary.net_usdt) - Number(replay.active.summary.net_usdt);
    lines.push(t("simulation.words.replay", { difference: signed(difference) }));
  }
  if (effect) lines.push(effectWords(t, effect));
  else if (approx_effect.length > 0) lines.push(t("simulation.words.no_labels"));
  if (summary) {
    const { signals, both_open, only_active, only_candidate } = summary;
    lines.push(
      t("simulation.words.opened", {
        signals: numberText(signals, 0),
        both: numberText(both_open, 0),
        active: numberText(only_active, 0),
        candidate: numberText(only_candidate, 0),
      }),
    );
    if (summary.not_weighed > 0)
      lines.push(t("simulation.words.not_weighed", { count: numberText(summary.not_weighed, 0) }));
  }
  if (sensitivity_analysis) {
    const { robustness, epsilon } = sensitivity_analysis;
    lines.push(t("simulation.words.robust", { share: percentText(robustness, 1), epsilon: percentText(epsilon, 1) }));
  }
  const { failed, open } = gateCounts(bounds_guard);
  if (failed > 0) lines.push(t("simulation.words.gates_failed", { count: failed }));
  else if (bounds_guard.length > 0)
    lines.push(t(open > 0 ? "simulation.words.gates_open" : "simulation.words.gates_passed"));
  return lines;
}

/** The horizon with most labels; of as many the longer one. */
export const effectThatCounts = (effects: readonly SimulatedEffect[]): SimulatedEffect | undefined =>
  effects
    .filter(({ labelled }) => labelled > 0)
    .toSorted((a, b) => b.labelled - a.labelled || b.horizon.localeCompare(a.horizon))[0];

function effectWords(t: Translate, { horizon, difference_usdt, interval_usdt }: SimulatedEffect): string {
  const told = { horizon: t("labels.hours", { h: Number.parseInt(horizon, 10) }), difference: signed(difference_usdt) };
  if (!interval_usdt) return t("simulation.words.effect_few", told);
  const [low, high] = interval_usdt;
  const range = { ...told, low: signed(low), high: signed(high) };
  if (low > 0) return t("simulation.words.effect_better", range);
  return t(high < 0 ? "simulation.words.effect_worse" : "simulation.words.effect_chance", range);
}
