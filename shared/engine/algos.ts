/** Conditional futures orders: kept until mark or last price does what they wait for, then sent as MARKET or LIMIT. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, add, dec, div, max, min, mul, one, show, sub, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { Refusal } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import type { AlgoTerms, AlgoType, PriceMatch, Tif, WorkingType } from "./facts.ts";
import type { StpMode } from "./matcher.ts";
import { matchedPrice } from "./price-match.ts";
import type { VenueAlgo } from "./state.ts";

/** Over all symbols of an account. */
const OPEN_ALGOS_MAX = 200;

export interface PlaceAlgo {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly client_id: string;
  readonly side: Side;
  readonly type: AlgoType;
  /** Zero for a trailing one. */
  readonly trigger_price: Amount;
  readonly working_type: WorkingType;
  /** Zero with `close_position`. */
  readonly qty: Amount;
  readonly reduce_only: boolean;
  readonly close_position: boolean;
  readonly price_protect: boolean;
  /** STOP and TAKE_PROFIT without `price_match`: the limit of the order that is sent. */
  readonly price?: Amount;
  readonly tif?: Tif;
  readonly good_till?: number;
  readonly price_match?: PriceMatch;
  readonly stp?: StpMode;
  readonly position_side?: "LONG" | "SHORT";
  readonly activate_price?: Amount;
  /** Percent. */
  readonly callback_rate?: Amount;
}

/** A stop triggers against the position's favour, a take-profit with it; a trailing order has no trigger price. */
export function isTriggered(algo: Pick<PlaceAlgo, "side" | "type" | "trigger_price">, price: Amount): boolean {
  if (algo.type === "TRAILING_STOP_MARKET") return false;
  const above = algo.type.startsWith("STOP") === (algo.side === "BUY");
  return above ? price >= algo.trigger_price : price <= algo.trigger_price;
}

/**
 * A trailing SELL follows the highest price once the market has reached its activation price, and triggers at
 * extreme × (1 − callback); a BUY follows the lowest and triggers at extreme × (1 + callback). Answers the extreme as
 * it is with this price; nothing before it is activated.
 */
export function decideTrail(
  algo: Pick<VenueAlgo, "side" | "activate_price" | "callback_rate" | "extreme">,
  price: Amount,
): { extreme: Amount | undefined; triggered: boolean } {
  const buys = algo.side === "BUY";
  if (algo.extreme === undefined) {
    const from = algo.activate_price;
    const isActive = from === undefined || (buys ? price <= from : price >= from);
    return { extreme: isActive ? price : undefined, triggered: false };
  }
  const extreme = buys ? min(algo.extreme, price) : max(algo.extreme, price);
  const part = div(algo.callback_rate ?? zero, dec("100"), "nearest");
  const limit = mul(extreme, buys ? add(one, part) : sub(one, part));
  return { extreme, triggered: buys ? price >= limit : price <= limit };
}

/**
 * Keeps a conditional order; `price` is what its working type watches.
 * Throws a Refusal WRONG_SIDE, REDUCE_ONLY, WOULD_TRIGGER, CLOSE_EXISTS, DUPLICATE_ID or TOO_MANY_ALGOS.
 */
export function placeAlgo(exchange: Exchange, asked: PlaceAlgo, price: Amount | undefined): VenueAlgo {
  const { state } = exchange;
  if (state.futures.isDual(asked.account) !== (asked.position_side !== undefined)) throw new Refusal("WRONG_SIDE");
  // A hedge's side says which way closes it.
  if (asked.close_position && asked.position_side === (asked.side === "BUY" ? "LONG" : "SHORT")) {
    throw new Refusal("REDUCE_ONLY");
  }
  const open = [...state.openAlgos.values()].filter((algo) => algo.account === asked.account);
  if (open.some((algo) => algo.client_id === asked.client_id)) throw new Refusal("DUPLICATE_ID");
  if (open.length >= OPEN_ALGOS_MAX) throw new Refusal("TOO_MANY_ALGOS");
  if (asked.close_position && open.some((algo) => closesAlike(algo, asked))) throw new Refusal("CLOSE_EXISTS");
  if (price !== undefined && isLate(asked, price)) throw new Refusal("WOULD_TRIGGER");
  const algo_id = state.algo_seq + 1;
  exchange.record({ fact: "algo_accepted", algo: termsOf(asked, algo_id) });
  const algo = state.algos.get(algo_id) as VenueAlgo;
  if (algo.type === "TRAILING_STOP_MARKET" && price !== undefined) trail(exchange, algo, price);
  return algo;
}

/** True when the market is past what it would wait for. */
function isLate(asked: PlaceAlgo, price: Amount): boolean {
  const from = asked.activate_price;
  if (asked.type !== "TRAILING_STOP_MARKET" || from === undefined) return isTriggered(asked, price);
  return asked.side === "BUY" ? from >= price : from <= price;
}

/** One order that closes the position a direction and type. */
function closesAlike(algo: VenueAlgo, asked: PlaceAlgo): boolean {
  const same = algo.instrument === asked.instrument && algo.side === asked.side && algo.type === asked.type;
  return same && algo.close_position && algo.position_side === (asked.position_side ?? "BOTH");
}

function termsOf(asked: PlaceAlgo, algo_id: number): AlgoTerms {
  const { price, activate_price, callback_rate, ...terms } = asked;
  return {
    ...terms,
    algo_id,
    trigger_price: show(asked.trigger_price),
    qty: show(asked.close_position ? zero : asked.qty),
    ...(price === undefined ? {} : { price: show(price) }),
    ...(activate_price === undefined ? {} : { activate_price: show(activate_price) }),
    ...(callback_rate === undefined ? {} : { callback_rate: show(callback_rate) }),
  };
}

/** Throws UNKNOWN_ORDER for one that no longer waits. */
export function cancelAlgo(exchange: Exchange, algo: VenueAlgo | undefined): VenueAlgo {
  if (!algo || !exchange.state.openAlgos.has(algo.algo_id)) throw new Refusal("UNKNOWN_ORDER");
  exchange.record({ fact: "algo_ended", algo_id: algo.algo_id, status: "CANCELED", reason: "" });
  return algo;
}

/** True when some conditional order of the instrument watches this price: spares reading it otherwise. */
export function watches(exchange: Exchange, instrument: InstrumentId, working: WorkingType): boolean {
  for (const algo of exchange.state.openAlgos.values()) {
    if (algo.instrument === instrument && algo.working_type === working) return true;
  }
  return false;
}

export interface Watched {
  readonly instrument: InstrumentId;
  readonly working: WorkingType;
  readonly price: Amount;
  /** The instrument's other price, mark or last, that price protection compares with. */
  readonly other?: Amount | undefined;
}

/** Sends every conditional order that `price` triggers, oldest first. */
export function triggerAlgos(exchange: Exchange, watched: Watched): void {
  const { instrument, working, price } = watched;
  for (const algo of [...exchange.state.openAlgos.values()]) {
    if (algo.instrument !== instrument || algo.working_type !== working || algo.status !== "NEW") continue;
    const due = algo.type === "TRAILING_STOP_MARKET" ? trail(exchange, algo, price) : isTriggered(algo, price);
    if (due && !(algo.price_protect && isApart(exchange, watched))) trigger(exchange, algo);
  }
}

/** True when mark and last price are too far from each other to trust either. */
function isApart(exchange: Exchange, { instrument, price, other }: Watched): boolean {
  if (other === undefined) return false;
  const apart = price > other ? sub(price, other) : sub(other, price);
  return apart > mul(other, exchange.state.listing(instrument).trigger_protect);
}

function trail(exchange: Exchange, algo: VenueAlgo, price: Amount): boolean {
  const { extreme, triggered } = decideTrail(algo, price);
  if (extreme !== undefined && extreme !== algo.extreme) {
    exchange.record({ fact: "algo_trailed", algo_id: algo.algo_id, price: show(extreme) });
  }
  return triggered;
}

function trigger(exchange: Exchange, algo: VenueAlgo): void {
  const { algo_id } = algo;
  exchange.record({ fact: "algo_triggered", algo_id });
  try {
    send(exchange, algo);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const nothing = error.why === "REDUCE_ONLY";
    exchange.record({ fact: "algo_ended", algo_id, status: nothing ? "EXPIRED" : "REJECTED", reason: error.why });
  }
}

function send(exchange: Exchange, algo: VenueAlgo): void {
  const { account, instrument, client_id, side, algo_id, qty, close_position, position_side: held } = algo;
  const limit = algo.type === "STOP" || algo.type === "TAKE_PROFIT";
  const { price_match } = algo;
  const matched = price_match && matchedPrice(exchange, { instrument, side, match: price_match });
  exchange.place({
    ...{ account, instrument, client_id, side, algo_id, qty, close_position, stp: algo.stp },
    type: limit ? "LIMIT" : "MARKET",
    tif: limit ? algo.tif : "GTC",
    price: limit ? (matched ?? algo.price) : zero,
    reduce_only: algo.reduce_only || close_position,
    ...(held === "BOTH" ? {} : { position_side: held }),
    ...(algo.good_till === undefined || !limit ? {} : { good_till: algo.good_till }),
    ...(price_match === undefined ? {} : { price_match }),
  });
}
