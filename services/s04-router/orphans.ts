/** What strangers have opened: closed to the last unit, or taken over with a stop where the budget has room for it. */
import type { z } from "@hono/zod-openapi";
import type { Holding } from "../../shared/collections/orders.ts";
import type { RepairHolding, RepairHoldingAnswer } from "../../shared/contracts.ts";
import type { Instrument, InstrumentId } from "../../shared/domain/instrument.ts";
import { type Amount, add, dec, show } from "../../shared/domain/money.ts";
import { type Intent, opposite, type Side } from "../../shared/domain/order.ts";
import { asProblem } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import { budgetOf, hasRoom, worstCase } from "../../shared/trading/execution/budget.ts";
import { defaultStop } from "../../shared/trading/execution/levels.ts";
import type { KillSwitch } from "./kill.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import { OUTSIDE } from "./outside.ts";
import type { SharedBudget } from "./shared-budget.ts";
import type { Ports } from "./types.ts";

export interface Orphan {
  readonly qty: Amount;
  readonly leverage: number;
}
type Settled = Pick<z.output<typeof RepairHoldingAnswer>, "done" | "detail">;

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly market: MarketView;
  readonly kill: KillSwitch;
  readonly sharedBudget: SharedBudget | undefined;
  /** Admits an exit of the router's own; false when it is known already. */
  exit(intent: Intent): Promise<boolean>;
  /** Lets the instrument's protection look at what has changed without an order. */
  poke(instrument: InstrumentId): void;
}

export class Orphans {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** `qty` of what is held on the instrument is nobody's; `leverage` is the position's at the exchange. */
  async settle(ask: RepairHolding, { qty, leverage }: Orphan): Promise<Settled> {
    const { book } = this.parts;
    const holding = book.holding(ask.instrument);
    if (!holding?.side || holding.qty === "0") return { done: "BOOKED", detail: "nothing is left of it" };
    const why =
      ask.orphans === "KEEP" ? await this.keep(ask, holding, { qty, leverage }) : "nobody's positions are closed";
    if (why === undefined) return { done: "ADOPTED", detail: `${show(qty)} taken over, with a stop` };
    return this.close(ask, holding, { qty, why });
  }

  private async close(ask: RepairHolding, holding: Holding, of: { qty: Amount; why: string }): Promise<Settled> {
    const { ports, exit } = this.parts;
    const { instrument, trade_id, side } = holding;
    const intent: Intent = {
      intent_id: `orphan:${digest("orphan", ask.run_id, instrument).slice(0, 40)}`,
      account: ports.account,
      instrument,
      kind: "EXIT",
      side: opposite(side as Side),
      qty: show(of.qty),
      type: "MARKET",
      working_type: "MARK_PRICE",
      reduce_only: true,
      leverage: 1,
      margin: "ISOLATED",
      ...(trade_id === undefined ? {} : { trade_id }),
      tags: ["safety", OUTSIDE],
    };
    try {
      await exit(intent);
      return { done: "CLOSING", detail: `${show(of.qty)} by ${intent.intent_id}: ${of.why}` };
    } catch (error) {
      const { message } = asProblem(error);
      // A futures position without a stop is closed by the protection; what enlarged ours is covered by our stop.
      ports.alert("ERROR", "ORPHAN_NOT_CLOSED", `${instrument}: ${show(of.qty)} could not be closed: ${message}`);
      return { done: "BOOKED", detail: `${show(of.qty)} could not be closed: ${message}` };
    }
  }

  /** Answers why not. What is already protected keeps its stop; what is not gets the one its size allows. */
  private async keep(ask: RepairHolding, holding: Holding, { qty, leverage }: Orphan): Promise<string | undefined> {
    const { ports, book, market, kill, sharedBudget } = this.parts;
    const { instrument } = holding;
    if (!kill.entriesAllowed()) return `the kill switch is on: ${kill.reason()}`;
    const listing = market.listing(instrument) as Instrument;
    const stop = holding.stop_price === undefined ? this.stopOf(holding, listing, leverage) : dec(holding.stop_price);
    const { risk, execution } = ports.config().bundle.flags;
    const price = dec(holding.avg_entry);
    const need = worstCase({ side: holding.side as Side, qty, price, stop, takerFee: execution.taker_fee });
    if (!hasRoom(budgetOf(dec(risk.budget_usdt), book.holdings(), book.running()), need)) {
      return `the risk budget has no room for ${show(need)} USDT`;
    }
    const store = async () => {
      await this.adopt(ask, instrument, { need, stop });
      this.parts.poke(instrument);
    };
    if (!sharedBudget) {
      await store();
      return undefined;
    }
    try {
      await sharedBudget.within({ instrument, intent_id: `adopt:${digest(ask.run_id, instrument)}` }, need, store);
      return undefined;
    } catch (error) {
      return asProblem(error).message;
    }
  }

  private adopt(ask: RepairHolding, instrument: InstrumentId, of: { need: Amount; stop: Amount }): Promise<boolean> {
    const { ports, book } = this.parts;
    const ops = [
      ports.audit({
        actor: `reconciliation ${ask.run_id}`,
        what: "adopt position",
        ref: instrument,
        outcome: `stop ${show(of.stop)}, ${show(of.need)} USDT at risk`,
      }),
    ];
    return book.change(
      instrument,
      () => {
        const current = book.holding(instrument);
        if (!current || current.qty === "0") return undefined;
        const reserved_usdt = show(add(dec(current.reserved_usdt), of.need));
        return { holding: { ...current, reserved_usdt, stop_price: current.stop_price ?? show(of.stop) }, ops };
      },
      "full",
    );
  }

  private stopOf(holding: Holding, listing: Instrument, leverage: number): Amount {
    const { sizing, execution } = this.parts.ports.config().bundle.flags;
    const rules = { lossCap: dec(sizing.loss_cap_usdt), takerFee: dec(execution.taker_fee) };
    return defaultStop({ side: holding.side as Side, leverage }, dec(holding.avg_entry), {
      qty: dec(holding.qty),
      listing,
      rules,
    });
  }
}
