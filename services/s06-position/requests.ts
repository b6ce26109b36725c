/** What people ask of open trades: move a stop, take a part, close; planned first, done unless it is a dry run. */
import { dec, isOnStep } from "../../shared/domain/money.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { isBetter, isPast } from "../../shared/trading/position/stops.ts";
import type { Caretaker } from "./caretaker.ts";
import type { Prices } from "./prices.ts";
import type { TradesBook } from "./trades-book.ts";
import type { ManageAnswer, ManageRequest } from "./types.ts";

type Action = ManageRequest["actions"][number];

export class Requests {
  private readonly book: TradesBook;
  private readonly caretaker: Caretaker;
  private readonly prices: Prices;

  constructor(parts: { book: TradesBook; caretaker: Caretaker; prices: Prices }) {
    this.book = parts.book;
    this.caretaker = parts.caretaker;
    this.prices = parts.prices;
  }

  async manage(request: ManageRequest): Promise<ManageAnswer> {
    this.book.mustBeWhole();
    if (request.actions.includes("SET_STOP")) {
      if (request.stop_price === undefined) refuse("INVALID", "stop_price is required for SET_STOP");
      if (request.instruments.length !== 1) refuse("INVALID", "SET_STOP takes exactly one instrument");
    }
    const answer: ManageAnswer = {
      plan: { stop_moves: [], reduces: [], adds: [] },
      managed: [],
      orders: [],
      errors: [],
    };
    const wanted = request.instruments;
    const trades = this.book.all().filter((trade) => wanted.length === 0 || wanted.includes(trade.instrument));
    if (trades.length === 0 && wanted.length > 0) refuse("NO_POSITION", "no trade is open there");
    for (const trade of trades) {
      for (const action of request.actions) {
        try {
          const order = await this.act(action, trade, { request, answer });
          if (order !== undefined) answer.orders.push(order);
          if (!answer.managed.includes(trade.trade_id)) answer.managed.push(trade.trade_id);
        } catch (error) {
          answer.errors.push({ trade_id: trade.trade_id, action, message: asProblem(error).message });
        }
      }
    }
    return answer;
  }

  private async act(
    action: Action,
    trade: Trade,
    { request, answer }: { request: ManageRequest; answer: ManageAnswer },
  ): Promise<string | undefined> {
    const { trade_id, instrument } = trade;
    const { plan } = answer;
    const go = !request.dry_run;
    switch (action) {
      case "CLOSE":
        plan.reduces.push({ trade_id, instrument, qty: trade.open_qty, reason: "close" });
        return go ? this.caretaker.close(trade, "close") : undefined;
      case "SET_STOP": {
        const stop_price = this.checkedStop(trade, request.stop_price as string);
        plan.stop_moves.push({ trade_id, instrument, stop_price, reason: "set" });
        return go ? this.caretaker.moveStop(trade, { stop_price, reason: "set" }) : undefined;
      }
      case "TRAIL_SL": {
        const stop = this.caretaker.stopOf(trade, this.at(trade));
        if (!stop) return undefined;
        plan.stop_moves.push({ trade_id, instrument, ...stop });
        return go ? this.caretaker.moveStop(trade, stop) : undefined;
      }
      case "PARTIAL_TP": {
        const stage = this.caretaker.stageOf(trade, this.at(trade));
        if (!stage) return undefined;
        plan.reduces.push({ trade_id, instrument, qty: stage.qty, reason: stage.reason });
        return go ? this.caretaker.takeStage(trade, stage) : undefined;
      }
      case "ADD_IF_OK":
        return refuse("RULE", "the rules this trade was opened with allow no add now");
    }
  }

  private at(trade: Trade) {
    const price = this.prices.exit(trade);
    const listing = this.prices.listing(trade.instrument);
    if (price === undefined || !listing) return refuse("UNAVAILABLE", `no current price of ${trade.instrument}`);
    return { price, listing };
  }

  /** On its tick, on the losing side of the price, and never back. */
  private checkedStop(trade: Trade, text: string): string {
    const { price, listing } = this.at(trade);
    const stop = dec(text);
    if (!isOnStep(stop, dec(listing.tick_size))) refuse("OFF_TICK", `${text} is no multiple of ${listing.tick_size}`);
    if (isPast(trade, stop, price)) refuse("INVALID", `the price has passed ${text} already: close instead`);
    if (!isBetter(trade, stop)) refuse("RULE", `a stop is never moved back; it is at ${trade.stop_price}`);
    return text;
  }
}
