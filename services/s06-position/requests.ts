/** What people ask of open trades: move a stop, take a part, add, close; planned first, done unless it is a dry run. */
import { dec, isOnStep } from "../../shared/domain/money.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Ask } from "../../shared/trading/position/ask.ts";
import { type At, addAsk, closeAsk, stageAsk, stageOf, stopAsk, stopOf } from "../../shared/trading/position/plans.ts";
import { isBetter, isPast } from "../../shared/trading/position/stops.ts";
import { paramsOf } from "../../shared/trading/position/trade-params.ts";
import type { Asked, Asks, Wish } from "./asks.ts";
import type { Caretaker } from "./caretaker.ts";
import type { Prices } from "./prices.ts";
import type { TradesBook } from "./trades-book.ts";
import type { ManageAnswer, ManageRequest, Ports } from "./types.ts";

type Action = ManageRequest["actions"][number];

/** Who asks; `key` names the request, so that the same one asked again after a crash has one effect. */
export interface Asker {
  readonly actor: string;
  readonly key: string | undefined;
}

interface Parts {
  readonly ports: Ports;
  readonly book: TradesBook;
  readonly asks: Asks;
  readonly caretaker: Caretaker;
  readonly prices: Prices;
}

/** One request under way: what it plans and what came of it. */
interface Work {
  readonly request: ManageRequest;
  readonly asker: Asker;
  readonly answer: ManageAnswer;
}

export class Requests {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  async manage(request: ManageRequest, asker: Asker): Promise<ManageAnswer> {
    const { book } = this.parts;
    book.mustBeWhole();
    if (request.actions.includes("SET_STOP")) {
      if (request.stop_price === undefined) refuse("INVALID", "stop_price is required for SET_STOP");
      if (request.instruments.length !== 1) refuse("INVALID", "SET_STOP takes exactly one instrument");
    }
    const plan = { stop_moves: [], reduces: [], adds: [] };
    const answer: ManageAnswer = { plan, managed: [], orders: [], errors: [] };
    const wanted = new Set(request.instruments);
    const trades = book.all().filter((trade) => wanted.size === 0 || wanted.has(trade.instrument));
    if (trades.length === 0 && wanted.size > 0) refuse("NO_POSITION", "no trade is open there");
    const action = request.actions[0] as Action;
    for (const instrument of wanted) {
      if (book.open(instrument)) continue;
      answer.errors.push({ trade_id: "", instrument, action, message: "no trade is open there" });
    }
    for (const trade of trades) await this.manageOne(trade, { request, asker, answer });
    return answer;
  }

  /** Action by action, each on the trade as the one before has left it; on a dry run, as it would have. */
  private async manageOne(trade: Trade, work: Work): Promise<void> {
    const { request, answer } = work;
    const { trade_id, instrument } = trade;
    let planned = trade;
    for (const action of request.actions) {
      try {
        const now = request.dry_run ? planned : this.parts.book.open(instrument);
        if (now?.trade_id !== trade_id) refuse("NO_POSITION", "the trade is closed");
        const wish = wishOf(action, work.asker);
        const earlier = request.dry_run ? undefined : earlierOf(now, wish);
        const ask = earlier === undefined ? await this.planOf(action, now, work) : undefined;
        if (earlier !== undefined) answer.orders.push(earlier);
        else if (ask && request.dry_run) planned = ask.change(now, "");
        else if (ask) answer.orders.push(await this.go(now, ask, wish));
        if (!answer.managed.includes(trade_id)) answer.managed.push(trade_id);
      } catch (error) {
        answer.errors.push({ trade_id, instrument, action, message: asProblem(error).message });
      }
    }
  }

  /** What the action asks of the router, noted in the plan; nothing when there is nothing to do. */
  private async planOf(action: Action, trade: Trade, { request, answer }: Work): Promise<Ask | undefined> {
    const { caretaker, ports } = this.parts;
    const { trade_id, instrument } = trade;
    const { plan } = answer;
    const now = ports.clock.now();
    if (action === "CLOSE") {
      if (trade.status === "PENDING_CLOSING") return undefined;
      plan.reduces.push({ trade_id, instrument, qty: trade.open_qty, reason: "close" });
      return closeAsk("close");
    }
    if (trade.status !== "ACTIVE") refuse("WRONG_STATE", "the trade is closing");
    if (action === "PARTIAL_TP") {
      const stage = stageOf(trade, this.at(trade));
      if (stage) plan.reduces.push({ trade_id, instrument, qty: stage.qty, reason: stage.reason });
      return stage && stageAsk(stage);
    }
    if (action === "ADD_IF_OK") {
      const add = await caretaker.mayAdd(trade);
      if (typeof add === "string") return refuse("RULE", `no add: ${add}`);
      plan.adds.push({ trade_id, instrument, qty: add.qty, reason: add.reason });
      return addAsk(add, caretaker.addTimes(trade));
    }
    const set = action === "SET_STOP" ? request.stop_price : undefined;
    const stop = set === undefined ? stopOf(trade, this.at(trade)) : this.checkedStop(trade, set);
    if (stop) plan.stop_moves.push({ trade_id, instrument, ...stop });
    return stop && stopAsk(trade, stop, now);
  }

  private async go(trade: Trade, ask: Ask, wish: Wish): Promise<string> {
    const asked = await this.parts.asks.ask(trade, ask, { urgent: ask.action === "CLOSE", wish });
    if (!asked) return refuse("WRONG_STATE", "the router has not answered the last ask about this trade yet");
    const refusal = await this.firstWord(asked);
    if (refusal) throw refusal;
    return asked.intent_id;
  }

  /** The router's refusal, if it comes in time: what is only not answered yet is asked again later. */
  private async firstWord({ answer }: Asked) {
    const { clock, settings } = this.parts.ports;
    const late = new AbortController();
    const patience = clock.sleep(settings.requestWaitMs, late.signal).catch(() => undefined);
    const problem = await Promise.race([answer, patience.then(() => undefined)]);
    late.abort();
    return problem && problem.status < 500 ? problem : undefined;
  }

  private at(trade: Trade): At {
    const { prices } = this.parts;
    const price = prices.known(trade);
    const listing = prices.listing(trade.instrument);
    if (price === undefined || !listing) return refuse("UNAVAILABLE", `no current price of ${trade.instrument}`);
    return { price, listing };
  }

  /** On its tick, on the losing side of the price, and never back. */
  private checkedStop(trade: Trade, text: string) {
    const { price, listing } = this.at(trade);
    const stop = dec(text);
    if (!isOnStep(stop, dec(listing.tick_size))) refuse("OFF_TICK", `${text} is no multiple of ${listing.tick_size}`);
    if (isPast(trade, stop, price)) refuse("INVALID", `the price has passed ${text} already: close instead`);
    if (!isBetter(trade, stop)) refuse("RULE", `a stop is never moved back; it is at ${trade.stop_price}`);
    return { stop_price: text, reason: "set" };
  }
}

const KEY_CHARACTERS = 16;
const wishOf = (action: Action, { actor, key }: Asker): Wish => ({
  actor,
  what: `position.${action.toLowerCase()}`,
  key: key === undefined ? undefined : digest(key, action).slice(0, KEY_CHARACTERS),
});

/** What this very request became before: its first answer was lost in a crash. */
const earlierOf = (trade: Trade, { key }: Wish): string | undefined =>
  key === undefined ? undefined : paramsOf(trade).requests?.find((request) => request.key === key)?.intent_id;
