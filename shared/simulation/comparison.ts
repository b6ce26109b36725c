/**
 * Two revisions over the same signals of the past: taken page by page, of which only sums are kept.
 *
 * What it holds grows with the days of the window and with what the two bundles name, never with how many signals come.
 */
import type { BundleView } from "../domain/bundle.ts";
import type { Decision } from "../domain/decision.ts";
import type { Instrument } from "../domain/instrument.ts";
import type {
  ChangedSignal,
  Horizon,
  SensitivityAnalysis,
  SensitivityAsked,
  SimulatedEffect,
  SimulationSummary,
} from "../domain/simulation.ts";
import { compileBundle } from "../trading/decision/compiled.ts";
import { atOnce, type InParts } from "../trading/stats/in-parts.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import { EffectTally } from "./effect.ts";
import { Reservoir } from "./reservoir.ts";
import { sensitivityInParts } from "./sensitivity.ts";
import { SummaryTally } from "./summary.ts";
import { createWeigher, type SeenSignal } from "./weigher.ts";

export interface ComparisonOptions {
  readonly active: BundleView;
  readonly candidate: BundleView;
  /** The exchange's filters, of every instrument that a signal may be of. */
  readonly listings: readonly Instrument[];
  readonly horizons: readonly Horizon[];
  readonly sensitivity?: SensitivityAsked | undefined;
}
export interface Compared {
  readonly summary: SimulationSummary;
  readonly approx_effect: SimulatedEffect[];
  readonly sensitivity_analysis?: SensitivityAnalysis;
  /** The first of those that changed. */
  readonly changed: ChangedSignal[];
}
export interface Comparison {
  /** Signals taken so far. */
  readonly taken: number;
  take(page: readonly SeenSignal[]): void;
  /** The same for the same signals in the same order, whatever the pages. */
  result(): Compared;
  resultInParts(): InParts<Compared>;
}

export const CHANGED_MAX = 200;

/** Throws INVALID for a bundle that lint would have refused. */
export function createComparison(options: ComparisonOptions): Comparison {
  const { horizons, sensitivity } = options;
  const listings = new Map(options.listings.map((each) => [each.instrument, each]));
  const candidate = compileBundle(options.candidate);
  const weighActive = createWeigher(compileBundle(options.active), listings);
  const weighCandidate = createWeigher(candidate, listings);
  const chance = (what: string) => seededChance(`${options.active.hash}|${options.candidate.hash}|${what}`);
  const summary = new SummaryTally();
  const effects = horizons.map((horizon) => ({ horizon, tally: new EffectTally(horizon) }));
  const sample = new Reservoir<SeenSignal>(sensitivity?.n_eval ?? 0, chance("sample"));
  const changed: ChangedSignal[] = [];
  let taken = 0;

  function takeOne(seen: SeenSignal): void {
    taken++;
    const [was, is] = [weighActive(seen), weighCandidate(seen)];
    // Of the candidate alone: how it stands to the other one says nothing about its own edges.
    if (is.unweighable === undefined) sample.take(seen);
    const differs = summary.take(seen.signal, was, is);
    if (was.unweighable !== undefined || is.unweighable !== undefined) return;
    if (differs && changed.length < CHANGED_MAX) changed.push(changedSignal(seen, shown(was), shown(is)));
    const opened = { active: openOf(was.decision), candidate: openOf(is.decision) };
    if (!opened.active && !opened.candidate) return;
    for (const { horizon, tally } of effects) tally.take(seen.signal.ts, opened, seen.labels[horizon]);
  }

  function* resultInParts(): InParts<Compared> {
    const compared = {
      summary: summary.result(),
      approx_effect: effects.map(({ horizon, tally }) => tally.result(chance(`effect ${horizon}`))),
      changed,
    };
    if (!sensitivity) return compared;
    const parts = { candidate, weigh: weighCandidate, sample: sample.items, asked: sensitivity };
    return { ...compared, sensitivity_analysis: yield* sensitivityInParts(parts, chance("sensitivity")) };
  }

  return {
    get taken() {
      return taken;
    },
    take: (page) => page.forEach(takeOne),
    result: () => atOnce(resultInParts()),
    resultInParts,
  };
}

const openOf = (decision: Decision | undefined): Decision | undefined =>
  decision?.decision.action === "open" ? decision : undefined;

function changedSignal({ signal }: SeenSignal, active: string, candidate: string): ChangedSignal {
  const { signal_id, ts, strategy_id, instrument } = signal;
  return { signal_id, ts, strategy_id, instrument, active, candidate };
}

/** `BUY 0.02 at 60000.1, stop 59800, target 60300`, or `skip: no_entry`. */
function shown({ reason, decision }: { reason: string; decision?: Decision }): string {
  const open = openOf(decision);
  if (!open?.sizing) return `skip: ${reason}`;
  const { qty, entry_price, stop_price, take_profit_price } = open.sizing;
  return `${open.decision.side} ${qty} at ${entry_price}, stop ${stop_price}, target ${take_profit_price}`;
}
