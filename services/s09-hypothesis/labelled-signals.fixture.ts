/** Stores that hold signals with labels drawn from a logistic truth, as S2 and S7 would have left them. */
import { seededRandom } from "../../shared/adapters/random.ts";
import { put } from "../../shared/changes.ts";
import { LABELS, type Label } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { SimWorld } from "../../shared/testing/world.ts";
import { signalWith } from "../../shared/trading/decision/decision.fixture.ts";
import { sigmoid } from "../../shared/trading/stats/log-loss.ts";
import { normalQuantile } from "../../shared/trading/stats/normal.ts";

export const HOUR_MS = 3_600_000;
export const BEGIN = Date.UTC(2026, 0, 5);
const EVERY_MS = HOUR_MS;
const BATCH = 500;

/** Log-odds of a `pos` label per unit; `obi_5` and `ret_10s` are normal with deviations of 0.3 and 5. */
export const TRUTH = { bias: -0.4, obi_5: 4, ret_10s: -0.2, side: 0.3 } as const;

interface Wish {
  seed?: string;
  count: number;
  /** Of the signals, one after another by the hour. */
  strategies?: readonly string[];
  truth?: { bias: number; obi_5: number; ret_10s: number; side: number };
}

export interface Labelled {
  signal: Signal;
  label: Label;
}

export function labelledSignals({ seed = "labelled", count, strategies = ["lean"], truth = TRUTH }: Wish): Labelled[] {
  const random = seededRandom(seed);
  const normal = () => normalQuantile(random.next() || 0.5);
  return Array.from({ length: count }, (_, i) => {
    const ts = BEGIN + i * EVERY_MS;
    const [obi_5, ret_10s, side] = [0.3 * normal(), 5 * normal(), random.next() < 0.5 ? 1 : -1] as const;
    const z = truth.bias + truth.obi_5 * obi_5 + truth.ret_10s * ret_10s + truth.side * side;
    const values = { obi_5, ret_10s, spread_bps: 1 + random.next(), mid: 60_000 + 100 * normal(), regime: 0 };
    const strategy_id = strategies[i % strategies.length]!;
    const made = signalWith({ ...values, depth_top1_usdt: i % 5 === 0 ? null : 1_000 + i }, { ts, exch_ts: ts - 5 });
    const signal: Signal = { ...made, signal_id: `signal-${String(i).padStart(6, "0")}`, strategy_id };
    return { signal, label: labelOf(signal, side === 1 ? "BUY" : "SELL", random.next() < sigmoid(z) ? "pos" : "neg") };
  });
}

function labelOf(signal: Signal, side: "BUY" | "SELL", name: Label["class"]): Label {
  const t0 = signal.trigger.exch_ts;
  const until = t0 + 12 * HOUR_MS;
  const { signal_id, account, instrument, strategy_id, ts } = signal;
  const roi_net = name === "pos" ? 0.02 : -0.02;
  const money = { margin_usdt: "100", gross_usdt: "2.1", fees_usdt: "0.1", funding_usdt: "0", net_usdt: "2" };
  return {
    ...{ signal_id, horizon_h: 12, account, instrument, strategy_id, side, class: name, roi_net, ts, t0, until },
    ...{ counterfactual: Number(signal_id.slice(-1)) % 2 === 0, reason: "open", rules: [], qty: "0.01" },
    ...{ entry_price: "60000", entry_at: t0, exit_reason: "mark", open_qty: "0.01", leverage: 10, ...money },
    ...{ fills: 1, price_source: "EXCHANGE_KLINES_1M", config_rev: 7, inputs_hash: signal_id, revision: 1 },
    computed_at: until + 60_000,
  };
}

export async function store(world: SimWorld, labelled: readonly Labelled[]): Promise<void> {
  for (let from = 0; from < labelled.length; from += BATCH) {
    const some = labelled.slice(from, from + BATCH);
    await world.store("s02").commit(some.map(({ signal }) => put(signalsSeen, signal)));
    await world.store("s07").commit(some.map(({ label }) => put(LABELS[label.horizon_h], label)));
  }
}

/** When all labels of so many signals are known. */
export const afterAll12h = (count: number): number => BEGIN + (count + 24) * HOUR_MS;
