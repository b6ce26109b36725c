/** What the account has open and how it has done, kept from S6's trades and the entries on their way to S4. */
import { intents } from "../../shared/collections/orders.ts";
import { positionsSnapshots, trades } from "../../shared/collections/trades.ts";
import { dec, max, zero } from "../../shared/domain/money.ts";
import { isEntry } from "../../shared/domain/order.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { Shard } from "../../shared/kit/shard.ts";
import { AccountTally, dayOf } from "../../shared/trading/decision/account-tally.ts";

const DAY_MS = 86_400_000;
const PAGE = 1_000;

/** A cool-down after a stop may reach so far back behind midnight; results count from midnight alone. */
const CLOSED_BEFORE_MS = 7 * DAY_MS;

export class AccountBook extends AccountTally {
  private readonly store: Store;

  constructor(store: Store, clock: Clock, shard: Shard) {
    super(clock, (instrument) => shard.owns(instrument));
    this.store = store;
  }

  /** From S6's trades and S4's intents, as far as they are told; the streams then bring what came since. */
  async rebuild(): Promise<void> {
    this.day = dayOf(this.clock.now());
    for (const status of ["PENDING_ENTRY", "ACTIVE", "PENDING_CLOSING"]) {
      await this.readTrades({ status });
    }
    await this.readTrades({ status: "CLOSED", closed_at: { gte: this.day * DAY_MS - CLOSED_BEFORE_MS } });
    this.tally();
    const page = await this.store.query(intents, { where: { state: "RUNNING" }, limit: PAGE });
    for (const { value } of page.items) {
      const { intent, decision, answer } = value;
      if (!isEntry(intent.kind) || this.holds(intent.instrument)) continue;
      const notional = decision?.sizing?.notional_usdt ?? intent.notional_usdt ?? "0";
      this.begin(intent, notional, dec(answer.filled_qty) > 0n);
    }
    await this.readEquity();
  }

  /** After news were lost: what they would have told, from those who told it. */
  async catchUp(): Promise<void> {
    await this.rebuild();
    for (const id of this.openTrades.keys()) {
      const trade = (await this.store.get(trades, id))?.value;
      if (trade) this.take(trade);
    }
    for (const id of this.running.keys()) {
      const record = (await this.store.get(intents, id))?.value;
      if (record) this.onResult(record);
    }
    this.tally();
  }

  private async readTrades(where: Record<string, string | { gte: number }>): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.store.query(trades, { where, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const { value } of page.items) this.take(value);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  /** Equity as S6 last saw it; the peak is of all snapshots that are kept, newest thousand. */
  async readEquity(): Promise<void> {
    const limit = this.equity ? 1 : PAGE;
    const page = await this.store.query(positionsSnapshots, { sort: { field: "ts", order: "desc" }, limit });
    const seen = page.items.flatMap(({ value }) => (value.equity_usdt === undefined ? [] : [dec(value.equity_usdt)]));
    const now_usdt = seen[0];
    if (now_usdt === undefined) return;
    const peak_usdt = seen.reduce(max, this.equity?.peak_usdt ?? zero);
    this.equity = { now_usdt, peak_usdt };
  }
}
