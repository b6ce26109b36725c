/** What S4, S3, S7, S9 and S10 keep, for comparing with backtests and for measuring models. */
import { put } from "../../shared/changes.ts";
import { configActive, configBundles } from "../../shared/collections/config.ts";
import { type CostCurve, costCurves } from "../../shared/collections/execution.ts";
import { type Label, labels12h } from "../../shared/collections/labels.ts";
import { models } from "../../shared/collections/models.ts";
import { fills, orders } from "../../shared/collections/orders.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { ModelCard } from "../../shared/domain/model.ts";
import type { Fill } from "../../shared/domain/order.ts";
import type { Op, ServiceId } from "../../shared/kit/ports.ts";
import type { WatchWorld } from "./watch.fixture.ts";

const commit = async (watch: WatchWorld, owner: ServiceId, ops: Op[]) => {
  for (let at = 0; at < ops.length; at += 500) await watch.world.store(owner).commit(ops.slice(at, at + 500));
};
export const hashOf = (letter: string): string => letter.repeat(64);

/** A bundle in force; `model`: the hash of the model that its strategy asks. */
export async function inForce(watch: WatchWorld, rev: number, model?: string): Promise<void> {
  const strategy = {
    ...{ strategy_id: "one", instruments: ["FUT:BTCUSDT"], triggers: [{ kind: "bar", timeframe: "1h" }] },
    ...(model !== undefined && { model: { model_id: "tiny", hash: model, cutoffs: [{ p_min: 0.5, size_mult: 1 }] } }),
  };
  const bundle = {
    ...{ format: 1, bundle_id: "b", rev, factors: [], strategies: [strategy] },
    instruments: [{ instrument: "FUT:BTCUSDT" }],
  };
  const record = {
    bundle_id: "b",
    rev,
    hash: `h${rev}`,
    status: "ACTIVE" as const,
    bundle,
    author: "ann",
    created_at: 0,
  };
  const active = { id: "active" as const, rev, bundle_id: "b", hash: `h${rev}`, activated_at: 0 };
  await commit(watch, "s10", [put(configBundles, record), put(configActive, active)]);
}

export async function curve(watch: WatchWorld, base_bps: number): Promise<void> {
  const fitted = { instrument: "FUT:BTCUSDT", base_bps, slope_bps: 0, fills: 50 } as unknown as CostCurve;
  await commit(watch, "s04", [put(costCurves, fitted)]);
}

let nth = 0;
interface Traded {
  readonly bps?: number;
  readonly maker?: boolean;
  readonly posted?: boolean;
  readonly ackMs?: number;
}
/** So many orders with a fill each, just now. */
export async function traded(watch: WatchWorld, count: number, how: Traded = {}): Promise<void> {
  const { bps = 1, maker = false, posted = false, ackMs = 50 } = how;
  const now = watch.clock.now();
  const ops = Array.from({ length: count }).flatMap(() => {
    const order = watch.order({ type: posted ? "LIMIT_MAKER" : "MARKET", acked_at: now + ackMs });
    const fill = {
      ...{ fill_id: `f${++nth}`, instrument: "FUT:BTCUSDT", client_order_id: order.client_order_id, kind: "ENTRY" },
      ...{ price: "100", qty: "1", maker, mid_at_send: 100, slippage_bps: bps, ts: now },
    } as unknown as Fill;
    return [put(orders, order), put(fills, fill)];
  });
  await commit(watch, "s04", ops);
}

/** So many signals on which the model said something, each with what came of it: by `skill` as it said. */
export async function labelled(watch: WatchWorld, count: number, { hash, skill }: { hash: string; skill: number }) {
  const card = { model_id: "tiny", hash, label_horizon: 12 } as unknown as ModelCard;
  await commit(watch, "s09", [put(models, card)]);
  const chance = watch.world.random.fork(`labels ${hash} ${skill}`);
  const rows = Array.from({ length: count }, () => {
    const ts = watch.clock.now() - 1 - ++nth;
    const [p, drawn] = [chance.next(), chance.next()];
    const signal_id = `s${nth}`;
    const decision = { signal_id, strategy_id: "one", model: { model_id: "tiny", hash, p, size_mult: 1 }, ts };
    const label = {
      signal_id,
      class: drawn < 0.5 + skill * (p - 0.5) ? "pos" : "neg",
      ts,
      t0: nth * 1_000,
      until: nth * 1_000 + 1,
    };
    return [decision as unknown as Decision, label as unknown as Label] as const;
  });
  await commit(
    watch,
    "s03",
    rows.map(([decision]) => put(decisionsMade, decision)),
  );
  await commit(
    watch,
    "s07",
    rows.map(([, label]) => put(labels12h, label)),
  );
}
