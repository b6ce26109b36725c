/** The stores and the exchange that the accounts are made from, for tests: fills, funding, transfers, income. */
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { fundingRecords } from "../../shared/collections/exchange.ts";
import { fills as fillsKept } from "../../shared/collections/orders.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { Income } from "../../shared/contracts.ts";
import type { Fill } from "../../shared/domain/order.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { HoldingsSpot } from "./holdings-spot.ts";
import { Statements } from "./statements.ts";
import type { Ports } from "./types.ts";

export const DAY = 86_400_000;
export const START = Date.UTC(2026, 0, 5);

export class Ledgers {
  readonly clock = new VirtualClock(START);
  readonly stores = new Map<ServiceId, SqliteStore>();
  readonly income: Income[] = [];
  readonly alerts: string[] = [];
  /** Whether the exchange answers nothing about a time. */
  refuses: (ts: number) => boolean = () => false;
  private seq = 0;

  store(owner: ServiceId): SqliteStore {
    const kept = this.stores.get(owner);
    if (kept) return kept;
    const now = () => this.clock.now();
    const others = (other: ServiceId) => this.store(other);
    const opened = openStore({ path: ":memory:", owner, collections: COLLECTIONS, others, now });
    this.stores.set(owner, opened);
    return opened;
  }

  /** As a process that has just begun has them. */
  boot(): { holdings: HoldingsSpot; statements: Statements } {
    const ports = {
      account: "main",
      store: this.store("s06"),
      clock: this.clock,
      exchange: {
        getIncome: async ({ from_ts, to_ts }: { from_ts: number; to_ts: number }) => {
          if (this.refuses(from_ts)) throw new Error("no income for you");
          return { income: this.income.filter((row) => row.ts >= from_ts && row.ts <= to_ts) };
        },
      } as unknown as Ports["exchange"],
      warn: (message: string, fields: unknown) => void this.alerts.push(`warn ${message} ${JSON.stringify(fields)}`),
      alert: (_severity: string, code: string, message: string) => void this.alerts.push(`${code} ${message}`),
    };
    const holdings = new HoldingsSpot(ports);
    return { holdings, statements: new Statements(ports, holdings) };
  }

  async at(ts: number): Promise<void> {
    await this.clock.run(ts);
  }

  /** The router books it; the exchange's history has what is futures. */
  async fill(over: Partial<Fill>, isTold = true): Promise<Fill> {
    const fill: Fill = {
      ...{ fill_id: String(++this.seq), account: "main", instrument: "SPOT:BTCUSDT", intent_id: "i" },
      ...{ client_order_id: "c", order_id: "o", kind: "ENTRY", side: "BUY", price: "100", qty: "1", fee: "0" },
      ...{ fee_asset: "USDT", fee_usdt: "0", maker: false, mid_at_send: 100, slippage_bps: 0, ts: this.clock.now() },
      ...over,
    };
    await this.store("s04").commit([put(fillsKept, fill)]);
    if (!fill.instrument.startsWith("FUT:") || !isTold) return fill;
    const { instrument, fill_id, ts } = fill;
    const row = { market: "FUT", instrument, fill_id, ts } as const;
    if (fill.realised_usdt !== undefined) {
      const id = `REALIZED_PNL:${fill_id}`;
      this.income.push({ ...row, income_id: id, kind: "REALISED_PNL", asset: "USDT", amount: fill.realised_usdt });
    }
    const fee = `-${fill.fee}`;
    this.income.push({ ...row, income_id: `FEE:${fill_id}`, kind: "COMMISSION", asset: fill.fee_asset, amount: fee });
    return fill;
  }

  async funding(amount: string, isRecorded = true): Promise<void> {
    const [ts, instrument] = [this.clock.now(), "FUT:BTCUSDT"];
    const income_id = `FUNDING:${++this.seq}`;
    this.income.push({ income_id, market: "FUT", instrument, kind: "FUNDING", asset: "USDT", amount, ts });
    const record = { income_id, account: "main", instrument, asset: "USDT", amount_usdt: amount, ts };
    if (isRecorded) await this.store("s01").commit([put(fundingRecords, record)]);
  }
}
