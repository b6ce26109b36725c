/** Books funding payments into the trades that held the position, each once, however often and late it is told. */
import { done } from "../../shared/changes.ts";
import { fundingRecords } from "../../shared/collections/exchange.ts";
import { trades } from "../../shared/collections/trades.ts";
import { dec } from "../../shared/domain/money.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { readAll } from "../../shared/read-all.ts";
import { withFunding } from "../../shared/trading/position/trade.ts";
import { GROUP } from "./missed-fills.ts";
import type { TradesBook } from "./trades-book.ts";
import type { Ports } from "./types.ts";

/** The fills of a trade may become known later than the payment for it: so long it waits for its trade. */
const WAITS_MS = 48 * 3_600_000;
/** More trades than this do not begin between a trade's beginning and its end on one instrument. */
const TRADES_MAX = 10;

export interface Payment {
  readonly account: string;
  readonly instrument: string;
  readonly income_id: string;
  /** Signed: what the wallet gained. */
  readonly amount_usdt: string;
  readonly exch_ts: number;
}

export class FundingBooking {
  private readonly ports: Pick<Ports, "account" | "store" | "clock">;
  private readonly book: TradesBook;

  constructor(ports: Pick<Ports, "account" | "store" | "clock">, book: TradesBook) {
    this.ports = ports;
    this.book = book;
  }

  /** Where no trade was open at that time, the payment is the account's alone, until a trade turns up after all. */
  async hear(payment: Payment): Promise<void> {
    const { account, store } = this.ports;
    const { instrument, income_id, amount_usdt, exch_ts } = payment;
    if (payment.account !== account) return;
    const message = { stream: fundingRecords.name, id: income_id };
    await this.book.change(instrument, async (open) => {
      if (await store.isDone(message.stream, GROUP, message.id)) return undefined;
      const trade = await this.tradeAt(payment, open);
      return trade && { trades: [withFunding(trade, dec(amount_usdt), exch_ts)], ops: [done(message, GROUP)] };
    });
  }

  /** What S1 has on record and no trade has taken: the news was lost, or the trade's fills came later. */
  async catchUp(): Promise<void> {
    const ts = { gte: this.ports.clock.now() - WAITS_MS };
    const records = await readAll(this.ports.store, fundingRecords, ["ts", { ts }]);
    for (const record of records) await this.hear({ ...record, exch_ts: record.ts });
  }

  /** Of two that meet at that moment, the one that ended had held the position. */
  private async tradeAt({ account, instrument, exch_ts }: Payment, open?: Trade): Promise<Trade | undefined> {
    const { items } = await this.ports.store.query(trades, {
      where: { instrument, opened_at: { lte: exch_ts } },
      sort: { field: "opened_at", order: "desc" },
      limit: TRADES_MAX,
    });
    const held = items
      .map(({ value }) => (value.trade_id === open?.trade_id ? open : value))
      .filter((trade) => trade.account === account && trade.status !== "ABANDONED")
      .filter((trade) => exch_ts <= (trade.closed_at ?? exch_ts));
    return held.at(-1);
  }
}
