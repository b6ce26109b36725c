/** What a futures account may set: leverage, margin type, position mode, multi-assets mode, an isolated position's margin. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, abs, add, neg, show, sub, zero } from "../domain/money.ts";
import { Refusal } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import type { MarginType, OfPosition } from "./facts.ts";
import { initialMargin, isLiquidatable, type Position } from "./futures.ts";
import {
  exposureOf,
  futuresFunds,
  notionalMax,
  notionalOf,
  openOrderMargin,
  removableMargin,
  worstNotional,
} from "./margin.ts";

type Of = { account: string; instrument: InstrumentId };

const available = (exchange: Exchange, account: string): Amount =>
  futuresFunds(exchange.state, account, (instrument) => exchange.mark(instrument)).available;

/** Throws a Refusal LEVERAGE (isolated, lower, with a position), MAX_POSITION, MIN_LEVERAGE or NO_MARGIN. */
export function setLeverage(exchange: Exchange, of: Of, leverage: number): void {
  const { state } = exchange;
  const legs = state.futures.legs(of.account, of.instrument);
  const was = legs[0] as Position;
  if (was.leverage === leverage) return;
  const held = legs.filter((leg) => leg.qty !== zero);
  const isolated = was.margin_type === "ISOLATED";
  if (isolated && held.length > 0 && leverage < was.leverage) throw new Refusal("LEVERAGE");
  const listing = state.listing(of.instrument);
  const mark = exchange.mark(of.instrument);
  const exposure = exposureOf(state, of, mark);
  const dual = state.futures.isDual(of.account);
  if (worstNotional(exposure, dual) > notionalMax(listing, leverage)) throw new Refusal("MAX_POSITION");
  if (isolated) checkIsolated(exchange, held, leverage);
  const need = (at: number): Amount => {
    const positions = isolated ? [] : held;
    const margins = positions.map((leg) => initialMargin(abs(notionalOf(leg, mark)), at));
    return margins.reduce(add, openOrderMargin(exposure, { dual, leverage: at }));
  };
  const more = sub(need(leverage), need(was.leverage));
  if (more > available(exchange, of.account)) throw new Refusal("MIN_LEVERAGE");
  exchange.record({ fact: "leverage", ...of, leverage });
}

/** A higher leverage frees margin: what is left must not be liquidated at once. */
function checkIsolated(exchange: Exchange, held: readonly Position[], leverage: number): void {
  for (const leg of held) {
    const mark = exchange.mark(leg.instrument);
    const margin = initialMargin(abs(leg.cost), leverage);
    const listing = exchange.state.listing(leg.instrument);
    if (mark !== undefined && isLiquidatable(listing, leg, { mark, margin })) throw new Refusal("NO_MARGIN");
  }
}

/** Throws a Refusal NO_CHANGE, MULTI_ASSETS, HAS_POSITION or HAS_ORDERS. */
export function setMarginType(exchange: Exchange, of: Of, margin_type: MarginType): void {
  const { state } = exchange;
  const legs = state.futures.legs(of.account, of.instrument);
  if (legs[0]?.margin_type === margin_type) throw new Refusal("NO_CHANGE");
  if (margin_type === "ISOLATED" && state.futures.multiAssets.has(of.account)) throw new Refusal("MULTI_ASSETS");
  if (legs.some((leg) => leg.qty !== zero)) throw new Refusal("HAS_POSITION");
  if (state.openOrders(of.account, { instrument: of.instrument }).length > 0) throw new Refusal("HAS_ORDERS");
  exchange.record({ fact: "margin_type", ...of, margin_type });
}

/** Hedge mode or one-way, for every instrument. Throws a Refusal SAME_SIDES, SIDES_WITH_ORDERS or SIDES_WITH_POSITION. */
export function setPositionMode(exchange: Exchange, account: string, dual: boolean): void {
  const { state } = exchange;
  if (state.futures.isDual(account) === dual) throw new Refusal("SAME_SIDES");
  const algos = [...state.openAlgos.values()].some((algo) => algo.account === account);
  if (algos || state.openOrders(account, { market: "FUT" }).length > 0) throw new Refusal("SIDES_WITH_ORDERS");
  if (state.futures.of(account).some(({ qty }) => qty !== zero)) throw new Refusal("SIDES_WITH_POSITION");
  exchange.record({ fact: "position_mode", account, dual });
}

/** Throws a Refusal SAME_ASSETS_MODE, ASSETS_WITH_ORDERS or ASSETS_WITH_ISOLATED. */
export function setMultiAssets(exchange: Exchange, account: string, on: boolean): void {
  const { state } = exchange;
  if (state.futures.multiAssets.has(account) === on) throw new Refusal("SAME_ASSETS_MODE");
  if (state.openOrders(account, { market: "FUT" }).length > 0) throw new Refusal("ASSETS_WITH_ORDERS");
  const isolated = state.futures.of(account).some(({ margin_type }) => margin_type === "ISOLATED");
  if (on && isolated) throw new Refusal("ASSETS_WITH_ISOLATED");
  exchange.record({ fact: "multi_assets", account, on });
}

/** Adds to an isolated position's margin, or takes from it. Throws a Refusal NOT_ISOLATED, NO_POSITION, NO_CROSS or NO_ISOLATED. */
export function changeMargin(exchange: Exchange, of: OfPosition, qty: Amount): void {
  const { state } = exchange;
  const position = state.position(of.account, of.instrument, of.position_side);
  if (position.margin_type !== "ISOLATED") throw new Refusal("NOT_ISOLATED");
  if (position.qty === zero) throw new Refusal("NO_POSITION");
  if (qty > available(exchange, of.account)) throw new Refusal("NO_CROSS");
  const removable = removableMargin(state, position, exchange.mark(of.instrument));
  if (neg(qty) > removable) throw new Refusal("NO_ISOLATED");
  exchange.record({ fact: "position_margin", ...of, qty: show(qty) });
}
