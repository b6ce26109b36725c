/** What is held on spot and what it cost: the router's fills replayed from the newest snapshot that nothing late can change. */
import { put } from "../../shared/changes.ts";
import { fills as fillsKept } from "../../shared/collections/orders.ts";
import { holdingsSpotSnapshots, type SpotHolding } from "../../shared/collections/trades.ts";
import { dec, show } from "../../shared/domain/money.ts";
import type { Fill } from "../../shared/domain/order.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { readAll } from "../../shared/read-all.ts";
import {
  applySpotFill,
  averageCost,
  bySpotTime,
  type CostBasis,
  type Disposal,
  NO_HOLDINGS,
} from "../../shared/trading/position/cost-basis.ts";
import { dayOf, daysBetween, spanOf } from "../../shared/trading/position/statement.ts";
import type { Ports } from "./types.ts";

/** Fills become known later than they happened, after a reconciliation by a week: so long a day is worked out anew. */
const SETTLED_MS = 8 * 24 * 3_600_000;
const COMMIT_ROWS_MAX = 200;

interface Kept {
  basis: CostBasis;
  /** All fills up to this time, itself included, are in it. */
  ts: number;
}

export class HoldingsSpot {
  private readonly ports: Pick<Ports, "account" | "store" | "clock">;

  constructor(ports: Pick<Ports, "account" | "store" | "clock">) {
    this.ports = ports;
  }

  /** With all fills there are: the exchange's clock may be ahead of ours. */
  async now(): Promise<CostBasis> {
    return (await this.replay(Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER)).basis;
  }

  /** What left the holdings within a span, both ends included. */
  async disposals({ from_ts, to_ts }: { from_ts: number; to_ts: number }): Promise<Disposal[]> {
    const { disposals } = await this.replay(from_ts - 1, to_ts);
    return disposals.filter(({ ts }) => ts >= from_ts);
  }

  /** Writes a snapshot for the end of each day that is over and may still have changed. */
  async keep(): Promise<void> {
    const { store, clock } = this.ports;
    const last = spanOf(dayOf(clock.now())).from_ts - 1;
    const from = await this.newest(Number.POSITIVE_INFINITY);
    const fills = await this.fillsOf(from?.ts, last);
    const first = from ? from.ts + 1 : fills[0]?.ts;
    if (first === undefined) return;
    let basis = from?.basis ?? NO_HOLDINGS;
    let next = 0;
    let ops: Op[] = [];
    for (const day of daysBetween(dayOf(first), dayOf(last))) {
      const { to_ts } = spanOf(day);
      for (let fill = fills[next]; fill && fill.ts <= to_ts; fill = fills[++next]) {
        basis = applySpotFill(basis, fill).basis;
      }
      ops.push(put(holdingsSpotSnapshots, this.snapshotOf({ basis, ts: to_ts }, day)));
      if (ops.length < COMMIT_ROWS_MAX) continue;
      await store.commit(ops);
      ops = [];
    }
    if (ops.length > 0) await store.commit(ops);
  }

  private async replay(before: number, to_ts: number): Promise<{ basis: CostBasis; disposals: Disposal[] }> {
    const from = await this.newest(before);
    let basis = from?.basis ?? NO_HOLDINGS;
    const disposals: Disposal[] = [];
    for (const fill of await this.fillsOf(from?.ts, to_ts)) {
      const after = applySpotFill(basis, fill);
      basis = after.basis;
      disposals.push(...after.disposals);
    }
    return { basis, disposals };
  }

  /** The newest settled snapshot that is not after `before`. */
  private async newest(before: number): Promise<Kept | undefined> {
    const { store, clock, account } = this.ports;
    const ts = { lte: Math.min(before, clock.now() - SETTLED_MS) };
    const query = { where: { account, ts }, sort: { field: "ts", order: "desc" }, limit: 1 } as const;
    const kept = (await store.query(holdingsSpotSnapshots, query)).items[0]?.value;
    if (!kept) return undefined;
    const lots = kept.holdings.map(({ asset, qty, cost_usdt }) => [asset, { qty: dec(qty), cost: dec(cost_usdt) }]);
    return { basis: { lots: new Map(lots as never), realised: dec(kept.realised_usdt) }, ts: kept.ts };
  }

  private async fillsOf(after: number | undefined, to_ts: number): Promise<Fill[]> {
    const { store, account } = this.ports;
    const ts = { lte: to_ts, ...(after !== undefined && { gt: after }) };
    const found = await readAll(store, fillsKept, ["ts", { ts }]);
    return found.filter((fill) => fill.account === account).sort(bySpotTime);
  }

  private snapshotOf({ basis, ts }: Kept, day: string) {
    const { account } = this.ports;
    const realised_usdt = show(basis.realised);
    return { snapshot_id: `${account}/${day}`, account, holdings: holdingsOf(basis), realised_usdt, ts };
  }
}

/** By asset. */
export const holdingsOf = ({ lots }: CostBasis): SpotHolding[] =>
  [...lots]
    .map(([asset, lot]) => ({
      ...{ asset, qty: show(lot.qty) },
      ...{ avg_cost_usdt: show(averageCost(lot)), cost_usdt: show(lot.cost) },
    }))
    .sort((a, b) => (a.asset < b.asset ? -1 : 1));
