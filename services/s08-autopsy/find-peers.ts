/** Finds trades to hold one against: closed before it, of its direction, a like size and, where it is known, its regime. */
import { decisionsMade } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { Decision, Signal } from "../../shared/domain/decision.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Regime, regimeOf } from "../../shared/trading/factors/regime.ts";

/** The newest are looked at, and so many are enough. */
const LOOKED_AT_MAX = 1_000;
const PEERS_MAX = 200;
/** A like size: from half to twice the notional. */
const SIZE_FACTOR = 2;

export interface PeersFound {
  readonly regime: Regime | undefined;
  readonly from: number;
  readonly to: number;
  readonly looked_at: number;
  readonly trades: readonly Trade[];
}

export const notionalOf = ({ avg_entry, entry_qty }: Trade): number => Number(avg_entry) * Number(entry_qty);

export const regimeThen = (of: { signal: Signal | undefined; decision: Decision | undefined }): Regime | undefined =>
  regimeOf(of.signal?.features.values.regime ?? of.decision?.features.regime);

export async function findPeers(
  store: Pick<Store, "get" | "query">,
  trade: Trade & { closed_at: number },
  why: { signal: Signal | undefined; decision: Decision | undefined },
): Promise<PeersFound> {
  const regime = regimeThen(why);
  const notional = notionalOf(trade);
  const [from, to] = [notional / SIZE_FACTOR, notional * SIZE_FACTOR];
  const { items } = await store.query(trades, {
    where: { status: "CLOSED", closed_at: { lt: trade.closed_at } },
    sort: { field: "closed_at", order: "desc" },
    limit: LOOKED_AT_MAX,
  });
  const alike = items
    .map(({ value }) => value)
    .filter((each) => each.account === trade.account && each.side === trade.side && each.trade_id !== trade.trade_id)
    .filter((each) => notionalOf(each) >= from && notionalOf(each) <= to);
  const found: Trade[] = [];
  for (const each of alike) {
    if (found.length === PEERS_MAX) break;
    if (regime === undefined || (await regimeAt(store, each)) === regime) found.push(each);
  }
  return { regime, from, to, looked_at: items.length, trades: found };
}

async function regimeAt(store: Pick<Store, "get">, { signal_id }: Trade): Promise<Regime | undefined> {
  if (signal_id === undefined) return undefined;
  const decision = (await store.get(decisionsMade, signal_id))?.value;
  return regimeOf(decision?.features.regime);
}
