/** Orders of ours whose intents were lost with the store: booked under intents of their own, as far as they traded. */
import type { Holding, IntentRecord } from "../../shared/collections/orders.ts";
import type { ExchangeFill, ExchangeOrder } from "../../shared/contracts.ts";
import { type InstrumentId, marketOf } from "../../shared/domain/instrument.ts";
import { dec, show, sum } from "../../shared/domain/money.ts";
import { isTerminal, type Order, opposite, type Side } from "../../shared/domain/order.ts";
import { worstCase } from "../../shared/trading/execution/budget.ts";
import { isLive, storyWith } from "../../shared/trading/execution/order-state.ts";
import { type Dispatch, reportOf } from "./dispatch.ts";
import { linkOf } from "./execute.ts";
import type { LostAsk } from "./lost-asks.ts";
import { type OutsideParts, outsideIntent } from "./outside.ts";

const BY = "RECONCILIATION" as const;
/** The leg of those that no leg of an intent in the books explains. */
export const LOST = "lost";

export interface LostParts extends OutsideParts {
  readonly dispatch: Pick<Dispatch, "cancel">;
}

export class LostOrders {
  private readonly parts: LostParts;

  constructor(parts: LostParts) {
    this.parts = parts;
  }

  /**
   * What it closed belongs to the trade that it closed; what it opened is a trade of its own. `ask`: what the order was
   * sent for, where that is known; whoever asked learns from its fills that it was done.
   */
  async book(said: ExchangeOrder, fills: readonly ExchangeFill[], ask?: LostAsk & { qty: string }): Promise<void> {
    const { book, booking } = this.parts;
    const holding = book.holding(said.instrument) ?? book.blank(said.instrument);
    const isClosing = holding.qty !== "0" && holding.side === opposite(said.side);
    const holder =
      isClosing && holding.entry_intent_id !== undefined ? await book.ensure(holding.entry_intent_id) : undefined;
    const adds = holding.qty !== "0" && !isClosing;
    const kind = isClosing ? (ask?.kind ?? closingKind(said)) : adds ? "ADD" : "ENTRY";
    const { trade_id } = holding;
    const isAsked = ask !== undefined && holding.qty !== "0" && trade_id !== undefined;
    const { instrument, side } = said;
    const own = isAsked && outsideIntent(this.parts, { ...ask, instrument, side, trade_id });
    const record = own || holder || this.intentOf(said, { kind: adds ? "ADD" : "ENTRY", fills, holding });
    await booking.takeOutside(this.rowOf(said, record, kind), record, { by: BY, fills, report: reportOf(said) });
  }

  /**
   * What stands at the exchange to protect the position is taken over with its price: where the stop was moved since
   * the backup, it must not be moved back.
   */
  async protectedBy(instrument: InstrumentId, ours: readonly ExchangeOrder[]): Promise<void> {
    const { book } = this.parts;
    const holding = book.holding(instrument);
    if (!holding?.side || holding.qty === "0" || holding.entry_intent_id === undefined) return;
    const record = await book.ensure(holding.entry_intent_id);
    const covers = coversAmong(ours, { side: holding.side, isSpot: marketOf(instrument) === "SPOT" });
    if (!record || covers.length === 0) return;
    const known = new Set<string>();
    for (const { said } of covers) if (await book.find(said.client_order_id)) known.add(said.client_order_id);
    await book.change(
      instrument,
      () => {
        const held = book.holding(instrument) ?? holding;
        const rows = covers
          .filter(({ said }) => !known.has(said.client_order_id))
          .map((cover) => this.coverRow(cover, record, held.next_leg));
        const next = { ...held, ...levelsOf(covers), next_leg: held.next_leg + (rows.length > 0 ? 1 : 0) };
        const holdingNow = { ...next, ...this.reserved(next), updated_at: this.parts.ports.clock.now() };
        return { orders: rows, holding: holdingNow, ops: rows.map(linkOf) };
      },
      "full",
    );
  }

  /**
   * The others, traded or not, under the client ids they left by: none is sent under one of them again. Those that
   * still stand belong to nothing any more, and are cancelled.
   */
  async keep(said: ExchangeOrder): Promise<void> {
    const { book, booking, dispatch } = this.parts;
    const { client_order_id } = said;
    if (!(await book.find(client_order_id))) {
      const record = this.intentOf(said, { kind: "ENTRY", fills: [], holding: book.blank(said.instrument) });
      const row = this.rowOf(said, record, said.reduce_only ? closingKind(said) : "ENTRY");
      await booking.takeOutside(row, record, { by: BY, report: reportOf(said) });
    }
    const row = book.order(client_order_id);
    if (row?.leg === LOST && isLive(row)) await dispatch.cancel(row, BY);
  }

  private coverRow({ said, kind, level }: Cover, record: IntentRecord, number: number): Order {
    const { price: _price, stop_price: _stop, ...row } = this.rowOf(said, record, kind);
    const isPair = !said.conditional;
    const leg = `${kind === "SL" ? "sl" : "tp"}${number}`;
    const at = isPair && kind === "TP" ? { price: level } : { stop_price: level };
    return { ...row, ...at, leg, ...(isPair && kind === "SL" && { type: "STOP_MARKET" }), status: "NEW" };
  }

  /** What it may lose down to its stop counts in the budget, even where that has no room: then nothing else is entered. */
  private reserved(holding: Holding): Pick<Holding, "reserved_usdt"> | object {
    if (dec(holding.reserved_usdt) > 0n || holding.stop_price === undefined || !holding.side) return {};
    const { execution } = this.parts.ports.config().bundle.flags;
    const { side, qty, avg_entry, stop_price } = holding;
    const sizes = { side, qty: dec(qty), price: dec(avg_entry), stop: dec(stop_price) };
    return { reserved_usdt: show(worstCase({ ...sizes, takerFee: execution.taker_fee })) };
  }

  private intentOf(
    said: ExchangeOrder,
    of: { kind: "ENTRY" | "ADD"; fills: readonly ExchangeFill[]; holding: Holding },
  ): IntentRecord {
    const { kind, fills, holding } = of;
    const { instrument, side, client_order_id } = said;
    const traded = sum(fills.map((fill) => dec(fill.qty)));
    const adds = kind === "ADD" && holding.trade_id !== undefined;
    return outsideIntent(this.parts, {
      ...{ intent_id: `${LOST}:${client_order_id}`, instrument, kind, side },
      qty: show(traded === 0n ? dec(said.qty) : traded),
      ...(adds && { trade_id: holding.trade_id as string }),
    });
  }

  private rowOf(said: ExchangeOrder, record: IntentRecord, kind: Order["kind"]): Order {
    const { account, clock } = this.parts.ports;
    const now = clock.now();
    const { instrument, client_order_id, order_id, side, type, price, stop_price, reduce_only } = said;
    // The exchange pads them with zeros.
    const qty = show(dec(said.qty));
    const row: Order = {
      ...{ client_order_id, account, instrument, intent_id: record.intent_id, leg: LOST, kind, side, type, qty },
      ...(price !== undefined && { price: show(dec(price)) }),
      ...(stop_price !== undefined && { stop_price: show(dec(stop_price)) }),
      ...{ reduce_only, status: "UNKNOWN" as const, order_id, filled_qty: "0" },
      // When it was sent is lost; it was not after its last change.
      ...{ created_at: Math.min(now, said.updated_at), updated_at: now },
    };
    const detail = "sent by us after the backup from which the books were restored";
    return { ...row, story: storyWith(row, { ts: now, status: "UNKNOWN", by: BY, detail }) };
  }
}

interface Cover {
  said: ExchangeOrder;
  kind: "SL" | "TP";
  level: string;
}

/** Of a position on `side`: its stop and target on futures, the newest of each; on spot the pair, if both stand. */
function coversAmong(ours: readonly ExchangeOrder[], of: { side: Side; isSpot: boolean }): Cover[] {
  const standing = ours.filter((said) => !isTerminal(said.status) && said.side === opposite(of.side));
  const covers = standing.flatMap((said): Cover[] => {
    if (!of.isSpot && !(said.conditional && said.reduce_only)) return [];
    const isStop = said.type.startsWith("STOP");
    const level = of.isSpot && !isStop ? said.price : said.stop_price;
    return level === undefined ? [] : [{ said, kind: isStop ? "SL" : "TP", level: show(dec(level)) }];
  });
  const newest = (kind: Cover["kind"]) => covers.findLast((cover) => cover.kind === kind);
  const found = [newest("SL"), newest("TP")].flatMap((cover) => cover ?? []);
  const isPair = found.length === 2 && found[0]?.said.qty === found[1]?.said.qty;
  return of.isSpot && !isPair ? [] : found;
}

function levelsOf(covers: readonly Cover[]): Pick<Holding, "stop_price" | "take_profit_price"> {
  const named = covers.map(({ kind, level }) => [kind === "SL" ? "stop_price" : "take_profit_price", level]);
  return Object.fromEntries(named);
}

function closingKind({ type }: ExchangeOrder): Order["kind"] {
  if (type.startsWith("STOP")) return "SL";
  return type.startsWith("TAKE_PROFIT") ? "TP" : "EXIT";
}
