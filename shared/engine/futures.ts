/** Futures arithmetic: what a fill does to a position, its margin, its unrealised PnL, where it is liquidated. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, abs, add, dec, div, max, min, mul, neg, sub, toStep, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import type { MarginType, PositionSide } from "./facts.ts";
import { bracketOf, type Listing, SETTLE_STEP } from "./listing.ts";

export interface Position {
  account: string;
  instrument: InstrumentId;
  side: PositionSide;
  /** Signed base quantity. */
  qty: Amount;
  /** Signed quote value at which `qty` was entered; entry price = cost ÷ qty. */
  cost: Amount;
  leverage: number;
  margin_type: MarginType;
  /** Realised since the account exists, fees not deducted. */
  realised: Amount;
  /** What it has cost since it was opened: fees, less what was realised and received as funding. */
  carried: Amount;
  updated_at: number;
}

export interface FillEffect {
  qty: Amount;
  cost: Amount;
  realised: Amount;
  /** Notional that the fill opened. */
  opened: Amount;
  /** Unsigned quantity that the fill closed. */
  closed: Amount;
}

export const signOf = (side: Side): bigint => (side === "BUY" ? 1n : -1n);
const settle = (amount: Amount): Amount => toStep(amount, SETTLE_STEP, "nearest");

/** A fill of `qty` at `price`: closes what is opposite first, opens with the rest. PnL is settled to 10⁻⁸, cost keeps the remainder. */
export function decideFill(position: Position, fill: { side: Side; price: Amount; qty: Amount }): FillEffect {
  const signed = (fill.qty * signOf(fill.side)) as Amount;
  const opposite = position.qty !== zero && position.qty > 0n !== signed > 0n;
  const closed = opposite ? min(fill.qty, abs(position.qty)) : zero;
  let { cost } = position;
  let realised = zero;
  if (closed > 0n) {
    const direction = position.qty > 0n ? 1n : -1n;
    const proceeds = mul((closed * direction) as Amount, fill.price);
    const share = closed === abs(position.qty) ? cost : div(mul(cost, closed), abs(position.qty), "nearest");
    realised = settle(sub(proceeds, share));
    cost = sub(cost, sub(proceeds, realised));
    if (closed === abs(position.qty)) {
      realised = add(realised, neg(cost));
      cost = zero;
    }
  }
  const rest = sub(fill.qty, closed);
  const opened = mul(rest, fill.price);
  if (rest > 0n) cost = add(cost, (opened * signOf(fill.side)) as Amount);
  return { qty: add(position.qty, signed), cost, realised, opened, closed };
}

/** Margin a notional needs at a leverage, rounded up to what can be settled. */
export const initialMargin = (notional: Amount, leverage: number): Amount =>
  toStep(div(notional, dec(leverage), "up"), SETTLE_STEP, "up");

export const entryPrice = (position: Position): Amount =>
  position.qty === zero ? zero : div(position.cost, position.qty, "nearest");

/** Where closing it pays for its entry and for what it has cost since, the closing fee aside. */
export const breakEvenPrice = (position: Position): Amount =>
  position.qty === zero ? zero : div(add(position.cost, position.carried), position.qty, "nearest");

export const unrealised = (position: Position, mark: Amount): Amount =>
  settle(sub(mul(position.qty, mark), position.cost));

export function maintenance(listing: Listing, notional: Amount): Amount {
  const bracket = bracketOf(listing, notional);
  return max(zero, sub(mul(notional, bracket.mmr), bracket.cum));
}

/**
 * The mark price at which margin + unrealised PnL equals maintenance, zero where there is none:
 * (Σ cost − backing − Σ cum) ÷ (Σ qty − Σ |qty|·mmr), with signed quantities and costs.
 * `backing` is an isolated position's margin or, for cross, the wallet plus what other symbols' positions gain, less the
 * maintenance margin they need; both legs of a hedged cross symbol share it. It is the formula of Binance's FAQ
 * "How to calculate liquidation price of USDⓈ-M futures contracts" with WB − TMM1 + UPNL1 as `backing`. A position
 * falls in the bracket of its notional at the price found.
 */
export function liquidationPrice(legs: readonly Position[], backing: Amount, listing: Listing): Amount {
  let price = zero;
  // Brackets are few: the price settles after a pass or two.
  for (let pass = 0; pass < listing.brackets.length; pass++) {
    const found = priceInBrackets(legs, { backing, at: price }, listing);
    if (found === price) break;
    price = found;
  }
  return price;
}

function priceInBrackets(
  legs: readonly Position[],
  { backing, at }: { backing: Amount; at: Amount },
  listing: Listing,
): Amount {
  let above = neg(backing);
  let below = zero;
  for (const { qty, cost } of legs) {
    const bracket = bracketOf(listing, at === zero ? abs(cost) : abs(mul(qty, at)));
    above = add(above, sub(cost, bracket.cum));
    below = add(below, sub(qty, mul(abs(qty), bracket.mmr)));
  }
  if (below === zero) return zero;
  return max(zero, toStep(div(above, below, "nearest"), listing.tick, "nearest"));
}

/**
 * The price at which nothing is left of `equity`, its margin and PnL at the mark: mark − equity ÷ qty, cut to a tick
 * so that the account does not lose more than it has.
 */
export function bankruptcyPrice(position: Position, at: { mark: Amount; equity: Amount }, listing: Listing): Amount {
  const exact = sub(at.mark, div(at.equity, position.qty, "nearest"));
  const price = toStep(max(zero, exact), listing.tick, position.qty > 0n ? "up" : "down");
  return max(listing.tick, price);
}

export function isLiquidatable(listing: Listing, position: Position, state: { mark: Amount; margin: Amount }): boolean {
  if (position.qty === zero) return false;
  const equity = add(state.margin, unrealised(position, state.mark));
  return equity <= maintenance(listing, abs(mul(position.qty, state.mark)));
}

/** The part of isolated margin that closing `closed` of `qty` sets free. */
export function releasedMargin(margin: Amount, closed: Amount, qty: Amount): Amount {
  if (closed >= qty) return margin;
  return toStep(div(mul(margin, closed), qty, "down"), SETTLE_STEP, "down");
}
