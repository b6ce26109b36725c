/** What the trades have earned and what the account is worth. */
import { put } from "../../shared/changes.ts";
import { positionsSnapshots, trades as tradesKept } from "../../shared/collections/trades.ts";
import { instrumentsOf } from "../../shared/domain/arms.ts";
import { type Amount, add, dec, max, mul, show, sub, sum, toNumber, zero } from "../../shared/domain/money.ts";
import type { Balance, ExchangePosition, Trade } from "../../shared/domain/trade.ts";
import type { Query, Test } from "../../shared/kit/ports.ts";
import { unrealised } from "../../shared/trading/position/trade.ts";
import type { Prices } from "./prices.ts";
import type { TradesBook } from "./trades-book.ts";
import type { Equity, OpenPosition, PnlRow, Ports } from "./types.ts";

const DAY_MS = 86_400_000;
const PAGE = 1_000;
const PEAK_SNAPSHOTS = 1_000;

export class Accounting {
  private readonly ports: Ports;
  private readonly book: TradesBook;
  private readonly prices: Prices;
  positions: readonly ExchangePosition[] = [];
  /** As last asked; nothing before that. */
  private balances: readonly Balance[] | undefined;
  private equityNow: Amount | undefined;
  private peak = zero;

  constructor(ports: Ports, book: TradesBook, prices: Prices) {
    this.ports = ports;
    this.book = book;
    this.prices = prices;
  }

  /** The highest equity of the snapshots kept, so that drawdown survives a restart. */
  async load(): Promise<void> {
    const query: Query = { sort: { field: "ts", order: "desc" }, limit: PEAK_SNAPSHOTS };
    for (const { value } of (await this.ports.store.query(positionsSnapshots, query)).items) {
      if (value.equity_usdt === undefined) continue;
      this.equityNow ??= dec(value.equity_usdt);
      this.peak = max(this.peak, dec(value.equity_usdt));
    }
  }

  /**
   * Asks the exchange what the account holds; answers the positions. The equity stays as it was while a coin of the
   * wallet has no price yet: after a start it would seem lost.
   */
  async measure(): Promise<readonly ExchangePosition[]> {
    const { exchange, account } = this.ports;
    const [{ positions }, { balances }] = await Promise.all([
      exchange.getPositions({ account }),
      exchange.getBalances({ account }),
    ]);
    this.positions = positions;
    this.balances = balances;
    if (balances.some((row) => this.awaitsPrice(row))) return positions;
    const wallets = balances.map((row) => mul(add(dec(row.free), dec(row.locked)), this.worth(row.asset)));
    this.equityNow = add(sum(wallets), sum(positions.map((p) => dec(p.unrealised_usdt))));
    this.peak = max(this.peak, this.equityNow);
    return positions;
  }

  /** What the exchange says is in the spot wallet. */
  spotWallet(asset: string): Amount | undefined {
    const held = this.balances?.filter((row) => row.market === "SPOT" && row.asset === asset);
    return held && sum(held.map((row) => add(dec(row.free), dec(row.locked))));
  }

  async snapshot(): Promise<void> {
    const ts = this.ports.clock.now();
    if (this.equityNow === undefined) return;
    const value = { snapshot_id: String(ts), positions: [...this.positions], equity_usdt: show(this.equityNow), ts };
    await this.ports.store.commit([put(positionsSnapshots, value)]);
  }

  /** Its pair is traded here or still held by a trade, so that a price is on its way. */
  private awaitsPrice({ asset, free, locked }: Balance): boolean {
    const pair = `SPOT:${asset}USDT`;
    if (this.prices.bid(pair) !== undefined || add(dec(free), dec(locked)) === zero) return false;
    if (this.prices.listing(pair)?.status === "HALTED") return false;
    return instrumentsOf(this.ports.config()).includes(pair) || this.book.open(pair) !== undefined;
  }

  private worth(asset: string): Amount {
    if (asset === "USDT") return dec("1");
    return dec(this.prices.bid(`SPOT:${asset}USDT`) ?? "0");
  }

  openPositions(): OpenPosition[] {
    return this.book.all().map((trade) => {
      const price = this.prices.exit(trade);
      const exchange = this.positions.find((p) => p.instrument === trade.instrument);
      const open = price === undefined ? undefined : unrealised(trade, price);
      const margin = dec(trade.margin_usdt);
      const share = dec(trade.entry_qty) === zero ? 0 : toNumber(dec(trade.open_qty)) / toNumber(dec(trade.entry_qty));
      return {
        trade,
        ...(price === undefined ? {} : { price: show(price) }),
        ...(open === undefined ? {} : { unrealised_usdt: show(open) }),
        ...(open === undefined || margin === zero || share === 0
          ? {}
          : { roe: toNumber(open) / (toNumber(margin) * share) }),
        ...(exchange ? { exchange } : {}),
      };
    });
  }

  async equity(): Promise<Equity> {
    const now = this.ports.clock.now();
    const today = await this.closed({ from_ts: now - (now % DAY_MS) });
    const open = this.openPositions();
    const floating = sum(open.map((p) => dec(p.unrealised_usdt ?? "0")));
    const realisedOpen = sum(open.map((p) => dec(p.trade.pnl_usdt)));
    const lost = this.equityNow === undefined ? zero : sub(this.peak, this.equityNow);
    return {
      ...(this.equityNow === undefined ? {} : { equity_usdt: show(this.equityNow) }),
      open_pnl_usdt: show(floating),
      pnl_today_usdt: show(add(add(sum(today.map((trade) => dec(trade.pnl_usdt))), realisedOpen), floating)),
      drawdown: this.peak === zero ? 0 : toNumber(lost) / toNumber(this.peak),
      drawdown_usdt: show(lost),
      ts: now,
    };
  }

  /** Closed trades summed by strategy, instrument or UTC day of closing; keys in order. */
  async pnl(by: "strategy" | "instrument" | "day", span: { from_ts?: number; to_ts?: number }): Promise<PnlRow[]> {
    const groups = new Map<string, Trade[]>();
    for (const trade of await this.closed(span)) {
      const key = keyOf(trade, by);
      groups.set(key, [...(groups.get(key) ?? []), trade]);
    }
    return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, trades]) => rowOf(key, trades));
  }

  /** Trades that closed within the span, newest first; what came before it is not read. */
  private async closed({ from_ts = 0, to_ts }: { from_ts?: number; to_ts?: number }): Promise<Trade[]> {
    const found: Trade[] = [];
    const closed_at: Test = { gte: from_ts, ...(to_ts === undefined ? {} : { lte: to_ts }) };
    const query: Query = {
      where: { status: "CLOSED", closed_at },
      sort: { field: "closed_at", order: "desc" },
      limit: PAGE,
    };
    let cursor: string | undefined;
    do {
      const page = await this.ports.store.query(tradesKept, cursor === undefined ? query : { ...query, cursor });
      found.push(...page.items.map((row) => row.value));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    return found;
  }
}

function keyOf(trade: Trade, by: "strategy" | "instrument" | "day"): string {
  if (by === "strategy") return trade.strategy_id;
  if (by === "instrument") return trade.instrument;
  const day = Math.floor((trade.closed_at ?? trade.updated_at) / DAY_MS) * DAY_MS;
  return new Date(day).toISOString().slice(0, 10);
}

function rowOf(key: string, trades: readonly Trade[]): PnlRow {
  const total = (field: "realised_usdt" | "fees_usdt" | "funding_usdt" | "pnl_usdt") =>
    show(sum(trades.map((trade) => dec(trade[field]))));
  return {
    key,
    trades: trades.length,
    wins: trades.filter((trade) => dec(trade.pnl_usdt) > zero).length,
    realised_usdt: total("realised_usdt"),
    fees_usdt: total("fees_usdt"),
    funding_usdt: total("funding_usdt"),
    pnl_usdt: total("pnl_usdt"),
  };
}
