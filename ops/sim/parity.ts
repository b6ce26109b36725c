/**
 * Whether two runs of one recording saw the same and decided the same, as far as the recording alone determines it.
 *
 * Determined: the moments at which bars close, all features at them, and a decision whose guards on the account passed.
 * Not determined: what depends on when fills came (open positions, losses, budget, equity), on the machine (age of the
 * features, health) or on a person (kill switch, pauses). A decision that such a guard ended in either run is counted
 * as `account` and not compared; nor is the size of one taken at another health level.
 */
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import type { Decision, GuardResult, Signal } from "../../shared/domain/decision.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { readAll } from "./pages.ts";

export interface Seen {
  signals: readonly Signal[];
  decisions: readonly Decision[];
}
export interface Parity {
  /** Signals of bar closes, in either run. */
  signals: number;
  /** Decisions compared, and how many of them opened a trade. */
  decisions: number;
  opened: number;
  /** Decisions that the account or the machine ended in either run. */
  account: number;
  /** In words; empty: the same. */
  differences: string[];
}

const NOT_THE_MARKETS: ReadonlySet<string> = new Set([
  "kill_switch",
  "health",
  "health_no_entries",
  "bus",
  "strategy_paused",
  "features_age_ms",
  "cooldown_after_stop",
  "losses_in_row",
  "daily_loss_usdt",
  "drawdown",
  "budget_usdt",
  "entries_per_market",
  "position_open",
  "exposure_instrument_usdt",
  "exposure_total_usdt",
  "exposure_correlated_usdt",
]);

export const readSeen = async (store: (owner: "s02" | "s03") => Store): Promise<Seen> => ({
  signals: await readAll(store("s02"), signalsSeen),
  decisions: await readAll(store("s03"), decisionsMade),
});

export function parityOf(one: Seen, other: Seen): Parity {
  const parity: Parity = { signals: 0, decisions: 0, opened: 0, account: 0, differences: [] };
  const [signals, others] = [barCloses(one), barCloses(other)];
  const [decisions, otherDecisions] = [bySignal(one), bySignal(other)];
  for (const id of new Set([...signals.keys(), ...others.keys()])) {
    parity.signals++;
    const [a, b] = [signals.get(id), others.get(id)];
    if (!a || !b) {
      parity.differences.push(`${nameOf((a ?? b) as Signal)}: only in the ${a ? "first" : "second"}`);
      continue;
    }
    for (const what of unlike(seenOf(a), seenOf(b))) parity.differences.push(`${nameOf(a)}: ${what}`);
    compareDecisions(parity, [decisions.get(id), otherDecisions.get(id)], nameOf(a));
  }
  return parity;
}

const barCloses = ({ signals }: Seen): Map<string, Signal> =>
  new Map(signals.filter(({ trigger }) => trigger.kind === "bar").map((signal) => [signal.signal_id, signal]));

const bySignal = ({ decisions }: Seen): Map<string, Decision> =>
  new Map(decisions.map((decision) => [decision.signal_id, decision]));

const nameOf = ({ strategy_id, instrument, trigger }: Signal): string =>
  `${strategy_id} ${instrument} ${trigger.what} ${new Date(trigger.exch_ts).toISOString()}`;

/** All that the market says at a signal: not our clock, not the revision's number. */
const seenOf = ({ trigger, features: { exch_ts, bid, ask, stale, quality, values } }: Signal): object => ({
  ...{ what: trigger.what, exch_ts: trigger.exch_ts, newest_ts: exch_ts, bid, ask, stale },
  quality: quality.join(),
  ...values,
});

function compareDecisions(parity: Parity, [a, b]: [Decision | undefined, Decision | undefined], name: string): void {
  if (!a || !b) {
    if (a || b) parity.differences.push(`${name}: decided only in the ${a ? "first" : "second"}`);
    return;
  }
  if ([a, b].some(({ decision }) => NOT_THE_MARKETS.has(decision.reason)) || healthOf(a) !== healthOf(b)) {
    parity.account++;
    return;
  }
  parity.decisions++;
  if (a.decision.action === "open") parity.opened++;
  for (const what of unlike(decidedOf(a), decidedOf(b))) parity.differences.push(`${name}: ${what}`);
}

const healthOf = ({ guards }: Decision): GuardResult["value"] | undefined =>
  guards.find(({ name }) => name === "health")?.value;

const decidedOf = ({ decision, rules, guards, sizing }: Decision): object => ({
  ...decision,
  ...sizing,
  rules: rules.map(({ rule_id, fired, effect }) => `${rule_id} ${fired} ${effect}`).join(),
  steps: sizing?.steps.join(),
  guards: guards
    .filter(({ name }) => !NOT_THE_MARKETS.has(name))
    .map(({ name, passed }) => `${name} ${passed}`)
    .join(),
});

/** The fields in which two flat objects differ, with both values. */
function unlike(a: object, b: object): string[] {
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter((key) => one[key] !== other[key])
    .map((key) => `${key} ${String(one[key])}, ${String(other[key])}`);
}
