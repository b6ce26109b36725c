/** Rebuilds an instrument's trades from the router's fills where quantities, averages or fees differ; once is enough. */
import { fills, holdings, intents } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import { type Amount, dec, mul, neg, show, zero } from "../../shared/domain/money.ts";
import type { Fill } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { bookKey } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { adjustedTo, closeAsDust, emptyTrade } from "../../shared/trading/position/trade.ts";
import { FORCED_EXIT, withFill } from "../../shared/trading/position/trade-fills.ts";
import { isOpen, paramsOf, withParams } from "../../shared/trading/position/trade-params.ts";
import type { MissedFills } from "./missed-fills.ts";
import type { Results } from "./results.ts";
import type { TradeChange, TradesBook } from "./trades-book.ts";
import type { Ports } from "./types.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: TradesBook;
  readonly missed: MissedFills;
  readonly results: Pick<Results, "take">;
  need(instrument: string): Promise<void>;
  listing(instrument: string): Instrument | undefined;
  changed(instrument: string): void;
}

export interface Repaired {
  done: "REBUILT" | "NONE";
  before: string;
  after: string;
  detail: string;
}

/** Trades that began longer ago and are closed stay as they are. */
const LOOK_BACK_MS = 7 * 86_400_000;
const TRADES_MAX = 100;
const PAGE = 1_000;
/** What a trade and the fills it is made of must agree in. */
const SUMS = ["entry_qty", "exit_qty", "open_qty", "avg_entry", "avg_exit", "fees_usdt"] as const;

export class Repairs {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * First what never came here is taken, then each trade is compared with its own fills, and where the router holds
   * less or more than they say, because it took the exchange's word, that is taken too. An open trade without any fills
   * is ABANDONED, unless the router holds it: then fills are missing there, and nothing is done.
   */
  async run(instrument: string, by: { run_id: string; actor: string }): Promise<Repaired> {
    const { book, missed, results } = this.parts;
    book.mustBeWhole();
    await this.parts.need(instrument);
    const before = described(book.open(instrument));
    const news = (await missed.all()).filter(({ result }) => result.intent.instrument === instrument);
    await results.take(news);
    const details = news.length === 0 ? [] : [`${news.length} fills had not been heard of`];
    await book.change(instrument, (open) => this.changeOf(open, instrument, { ...by, details }));
    this.parts.changed(instrument);
    const after = described(book.open(instrument));
    return { done: details.length > 0 ? "REBUILT" : "NONE", before, after, detail: details.join("; ") };
  }

  private async changeOf(
    open: Trade | undefined,
    instrument: string,
    { details, ...by }: { run_id: string; actor: string; details: string[] },
  ): Promise<TradeChange | undefined> {
    const changed: Trade[] = [];
    const events: NonNullable<TradeChange["events"]>[number][] = [];
    const ops: Op[] = [];
    let standing = open;
    for (const trade of await this.recent(instrument, open)) {
      const held = await this.heldOf(trade);
      const mine = await this.fillsOf(trade);
      // A fill booked meanwhile is in one of the two only: the next run will see it in both.
      const isStill = held !== undefined && held === (await this.heldOf(trade));
      const work = { mine, held: isStill ? held : undefined };
      const rebuilt = mine.length === 0 ? await this.withoutFills(trade) : await this.rebuilt(trade, work);
      if (!rebuilt) continue;
      if (isOpen(rebuilt) && standing && standing.trade_id !== trade.trade_id) {
        this.parts.ports.alert("ERROR", "TRADES_OVERLAP", `${instrument}: ${trade.trade_id} is open by its fills too`);
        continue;
      }
      if (standing?.trade_id === trade.trade_id && !isOpen(rebuilt)) standing = undefined;
      if (isOpen(rebuilt)) standing = rebuilt;
      changed.push(rebuilt);
      details.push(`${trade.trade_id}: ${described(trade)} → ${described(rebuilt)}`);
      events.push({ kind: kindOf(trade, rebuilt), trade: rebuilt, detail: "rebuilt from the router's fills" });
      ops.push(this.auditOf(trade, rebuilt, by), ...(await this.marksOf(mine)));
    }
    if (changed.length === 0) return undefined;
    return { trades: changed.toSorted((a, b) => Number(isOpen(a)) - Number(isOpen(b))), events, ops };
  }

  /** Those that began lately, oldest first, and the open one, however old. */
  private async recent(instrument: string, open: Trade | undefined): Promise<Trade[]> {
    const { store, clock, account } = this.parts.ports;
    const { items } = await store.query(trades, {
      where: { instrument, opened_at: { gte: clock.now() - LOOK_BACK_MS } },
      sort: { field: "opened_at", order: "desc" },
      limit: TRADES_MAX,
    });
    const found = items.map(({ value }) => value).filter((trade) => trade.account === account);
    const others = found.filter(({ trade_id, status }) => trade_id !== open?.trade_id && status !== "ABANDONED");
    return [...others.toReversed(), ...(open ? [open] : [])];
  }

  /** In the order they happened; of one moment, entries first. */
  private async fillsOf({ trade_id, instrument, account, side }: Trade): Promise<Fill[]> {
    const found: Fill[] = [];
    let cursor: string | undefined;
    do {
      const query = { where: { trade_id }, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
      const page = await this.parts.ports.store.query(fills, query);
      found.push(...page.items.map(({ value }) => value));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    const exits = (fill: Fill) => Number(fill.side !== side);
    return found
      .filter((fill) => fill.instrument === instrument && fill.account === account)
      .sort((a, b) => a.ts - b.ts || exits(a) - exits(b) || a.fill_id.localeCompare(b.fill_id));
  }

  /** The trade as its fills make it; nothing when it is that already. */
  private async rebuilt(
    trade: Trade,
    { mine, held }: { mine: readonly Fill[]; held: Amount | undefined },
  ): Promise<Trade | undefined> {
    const listing = this.parts.listing(trade.instrument);
    const { first_qty: _first, added: _added, ...params } = paramsOf(trade);
    const { exit_reason: _reason, closed_at: _closed, avg_exit: _avg, ...before } = trade;
    const { adjusted_qty: _gone, adjusted_at: _since, ...opening } = before;
    let made = withParams({ ...emptyTrade(opening, trade.opened_at), funding_usdt: trade.funding_usdt }, params);
    for (const fill of mine) {
      const record = (await this.parts.ports.store.get(intents, fill.intent_id))?.value;
      const tags = record?.intent.tags;
      made = withFill(made, fill, { listing, intent: tags ? { tags } : {} }).trade;
    }
    const isDust = isOpen(made) && !isOpen(trade) && this.isTooSmall(made, listing);
    if (isDust) made = closeAsDust(made, trade.closed_at ?? trade.updated_at);
    if (isOpen(made) && held !== undefined && held !== dec(made.open_qty)) made = this.adjusted(trade, made, held);
    if (SUMS.every((field) => (made[field] ?? "0") === (trade[field] ?? "0")) && isOpen(made) === isOpen(trade)) return;
    return this.kept(trade, made);
  }

  /** What is gone without a fill was taken by others: nobody here asked for it. */
  private adjusted(trade: Trade, made: Trade, held: Amount): Trade {
    const isLess = held < dec(made.open_qty);
    const at = isOpen(trade) ? this.parts.ports.clock.now() : (trade.closed_at ?? trade.updated_at);
    const { adjusted_at = at } = trade;
    return { ...adjustedTo({ ...made, adjusted_at }, held, at), ...(isLess && { exit_reason: FORCED_EXIT }) };
  }

  /** What the router holds of the trade; nothing where it has no word of the instrument. */
  private async heldOf({ account, instrument, trade_id, side }: Trade): Promise<Amount | undefined> {
    const row = (await this.parts.ports.store.get(holdings, bookKey(account, instrument)))?.value;
    if (!row) return undefined;
    return row.trade_id === trade_id && row.side === side ? dec(row.qty) : zero;
  }

  /** What fills do not tell stays as it was. */
  private kept(trade: Trade, made: Trade): Trade {
    const { stops, stage, seq, opened_at, status } = trade;
    const closing = isOpen(made) && status === "PENDING_CLOSING" ? { status } : {};
    const reason = isOpen(trade) || isOpen(made) ? made.exit_reason : trade.exit_reason;
    const { exit_reason: _reason, ...rest } = made;
    const updated_at = this.parts.ports.clock.now();
    return { ...rest, ...closing, ...(reason && { exit_reason: reason }), stops, stage, seq, opened_at, updated_at };
  }

  private isTooSmall({ open_qty, avg_entry }: Trade, listing: Instrument | undefined): boolean {
    if (listing?.market !== "SPOT") return false;
    return dec(open_qty) < dec(listing.min_qty) || mul(dec(open_qty), dec(avg_entry)) < dec(listing.min_notional);
  }

  private async withoutFills(trade: Trade): Promise<Trade | undefined> {
    const { store, clock, account, alert } = this.parts.ports;
    if (!isOpen(trade)) return undefined;
    const held = (await store.get(holdings, bookKey(account, trade.instrument)))?.value;
    if (held && held.qty !== "0" && held.trade_id === trade.trade_id) {
      alert("ERROR", "FILLS_MISSING", `${trade.instrument}: the router holds ${trade.trade_id} without its fills`);
      return undefined;
    }
    const now = clock.now();
    const { stops, stage, seq, opened_at } = trade;
    const kept = { stops, stage, seq, opened_at, closed_at: now, updated_at: now };
    return { ...emptyTrade(trade, opened_at), ...kept, status: "ABANDONED" };
  }

  private auditOf(before: Trade, after: Trade, { run_id, actor }: { run_id: string; actor: string }): Op {
    const [was, is] = [sumsOf(before), sumsOf(after)];
    return this.parts.ports.audit({
      ...{ actor, what: "position.repair", ref: before.trade_id, before: was, after: is },
      outcome: `rebuilt from fills, run ${run_id}`,
    });
  }

  /** Those of them that were never heard of must not count a second time. */
  private async marksOf(mine: readonly Fill[]): Promise<Op[]> {
    const { missed } = this.parts;
    return (await missed.unheard(mine)).map((fill) => missed.mark(fill));
  }
}

const sumsOf = (trade: Trade) => ({
  status: trade.status,
  ...Object.fromEntries(SUMS.map((field) => [field, trade[field] ?? "0"])),
});

/** Signed, with its average entry. */
function described(trade: Trade | undefined): string {
  if (!trade || !isOpen(trade) || trade.open_qty === "0") return "0";
  const qty = dec(trade.open_qty);
  return `${show(trade.side === "BUY" ? qty : neg(qty))} @ ${trade.avg_entry}`;
}

function kindOf(before: Trade, after: Trade): "EXIT" | "TP_PARTIAL" | "ENTRY" {
  if (!isOpen(after)) return "EXIT";
  return dec(after.open_qty) < dec(before.open_qty) ? "TP_PARTIAL" : "ENTRY";
}
