/** One comparison of drawn signals in a process of its own, whose memory is told: `simulate-once.ts HOW COUNT`. */

import { Bundle, type BundleView } from "../../shared/domain/bundle.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import { show } from "../../shared/domain/money.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { createComparison } from "../../shared/simulation/comparison.ts";
import { createWeigher, type SeenSignal } from "../../shared/simulation/weigher.ts";
import { compileBundle } from "../../shared/trading/decision/compiled.ts";
import { askedBundle } from "../backtest/asked-bundle.ts";
import { drawnPages } from "./drawn-signals.ts";
import { cpuMicros } from "./measure.ts";

const PAGE = 200;
const MIB_IN_KIB = 1_024;
const SENSITIVITY = { epsilon: 0.05, topk: 5, n_eval: 1_000 };

export interface Once {
  /** Processor time of weighing alone, not of drawing the signals. */
  readonly cpu_us: number;
  readonly peak_mib: number;
  readonly opened: number;
  readonly changed: number;
}

/** The shipped bundle, and beside it one that wants more of a long and makes half of the rest larger. */
export function pairOf(): { active: BundleView; candidate: BundleView; listings: Instrument[] } {
  const { bundle } = askedBundle(undefined, "book");
  const rules = [
    { rule_id: "bench-skip", when: { f: "obi_5", op: ">", v: 0.8 }, effect: { skip_entry: true } },
    { rule_id: "bench-more", when: { f: "ret_10s", op: ">", v: 0 }, effect: { size_mult: 1.1 } },
  ];
  const candidate = Bundle.parse({ ...bundle, rev: bundle.rev + 1, rules: [...rules, ...bundle.rules] });
  const view = (each: BundleView["bundle"], hash: string) => ({
    rev: each.rev,
    bundle_id: each.bundle_id,
    hash,
    bundle: each,
  });
  return { active: view(bundle, "active"), candidate: view(candidate, "candidate"), listings: listings() };
}

const listings = (): Instrument[] =>
  defaultListings().map(({ instrument, market, symbol, base, quote, tick, step, min_qty, max_qty, min_notional }) => ({
    ...{ instrument, market, symbol, base, quote, status: "TRADING", tick_size: show(tick), step_size: show(step) },
    ...{ min_qty: show(min_qty), max_qty: show(max_qty), min_notional: show(min_notional), updated_at: 0 },
  }));

/** Page after page, of which sums stay. */
function paged(count: number): Omit<Once, "peak_mib"> {
  const pair = pairOf();
  const comparison = createComparison({ ...pair, horizons: ["12h"], sensitivity: SENSITIVITY });
  let cpu_us = 0;
  for (const page of drawnPages(pair.active, count, PAGE)) cpu_us += cpuOf(() => comparison.take(page));
  const { both_open, only_active, changed } = comparison.result().summary;
  return { cpu_us, opened: both_open + only_active, changed };
}

/** As one would write it first: all signals, then all decisions of both, then the difference. */
function naive(count: number): Omit<Once, "peak_mib"> {
  const pair = pairOf();
  const signals: SeenSignal[] = [];
  for (const page of drawnPages(pair.active, count, PAGE)) signals.push(...page);
  const known = new Map(pair.listings.map((each) => [each.instrument, each]));
  let pairs: (Decision | undefined)[][] = [];
  const cpu_us = cpuOf(() => {
    const both = [pair.active, pair.candidate].map((view) => createWeigher(compileBundle(view), known));
    const decided = both.map((weigh) => signals.map((seen) => decisionOf(weigh(seen))));
    pairs = signals.map((_, i) => [decided[0]![i], decided[1]![i]]);
  });
  const size = (each: Decision | undefined) => JSON.stringify([each?.decision.side, each?.sizing?.qty]);
  const opened = pairs.filter(([was]) => was?.decision.action === "open").length;
  const changed = pairs.filter(([was, is]) => (was?.sizing || is?.sizing) && size(was) !== size(is)).length;
  return { cpu_us, opened, changed };
}

const decisionOf = (weighing: { decision?: Decision } | { unweighable: unknown }) =>
  "decision" in weighing ? weighing.decision : undefined;

function cpuOf(work: () => void): number {
  const begun = process.cpuUsage();
  work();
  return cpuMicros(begun);
}

if (import.meta.main) {
  const [how, count] = process.argv.slice(2);
  const found = (how === "naive" ? naive : paged)(Number(count));
  const once: Once = { ...found, peak_mib: process.resourceUsage().maxRSS / MIB_IN_KIB };
  process.stdout.write(JSON.stringify(once));
}
