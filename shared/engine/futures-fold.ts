/** Folds futures facts into the state: what fills, funding, margin and liquidation do to positions and their money. */
import { type Amount, abs, add, dec, neg, sub, zero } from "../domain/money.ts";
import type { FuturesFact, OfPosition } from "./facts.ts";
import { decideFill, type FillEffect, initialMargin, type Position, releasedMargin } from "./futures.ts";
import { FUND, marginPart } from "./futures-state.ts";
import { HOUSE, move } from "./ledger.ts";
import { type ExchangeState, type VenueOrder, walletOf } from "./state.ts";

const FUND_PURSE = { owner: HOUSE, bucket: "insurance" } as const;

type Of<F extends FuturesFact["fact"]> = Extract<FuturesFact, { fact: F }>;

export interface Fill {
  readonly order: VenueOrder;
  readonly price: Amount;
  readonly qty: Amount;
  readonly value: Amount;
  readonly fee: Amount;
  readonly fee_asset: string;
  readonly at: number;
}

export function applyFuturesFact(state: ExchangeState, fact: FuturesFact, at: number): void {
  switch (fact.fact) {
    case "leverage":
      leverage(state, fact, at);
      break;
    case "margin_type":
      for (const leg of state.futures.legs(fact.account, fact.instrument)) leg.margin_type = fact.margin_type;
      state.position(fact.account, fact.instrument).updated_at = at;
      break;
    case "funded":
      funded(state, fact, at);
      break;
    case "liquidated":
      liquidated(state, fact, at);
      break;
    case "position_mode":
      if (fact.dual) state.futures.dual.add(fact.account);
      else state.futures.dual.delete(fact.account);
      break;
    case "multi_assets":
      if (fact.on) state.futures.multiAssets.add(fact.account);
      else state.futures.multiAssets.delete(fact.account);
      break;
    case "position_margin":
      positionMargin(state, fact, at);
      break;
    case "modified":
      modified(state, fact, at);
      break;
    case "countdown":
      countdown(state, fact);
      break;
    case "funding_rate":
      state.futures.rates.push({
        instrument: fact.instrument,
        rate: dec(fact.rate),
        mark: dec(fact.mark),
        at,
      });
      break;
    case "insured":
      state.futures.isInsured = true;
      state.ledger.post(move(dec(fact.qty), { owner: HOUSE, bucket: "outside" }, { ...FUND_PURSE, asset: fact.asset }));
      break;
    default:
      throw new Error(`Invariant: "${(fact as { fact: string }).fact}" is no fact that is known here`);
  }
}

/** Where an account's futures money is: the insurance fund's is the house's. */
const purseOf = (account: string): { owner: string; bucket: "wallet" | "insurance" } =>
  account === FUND ? FUND_PURSE : { owner: walletOf(account, "FUT"), bucket: "wallet" };

const positionOf = (state: ExchangeState, { account, instrument, position_side }: OfPosition): Position =>
  state.position(account, instrument, position_side ?? "BOTH");

/** Moves margin in and out of the position, realises PnL against the market, takes the fee from the wallet. */
export function futuresFill(state: ExchangeState, { order, price, qty, fee, fee_asset: asset, at }: Fill): Amount {
  const position = state.position(order.account, order.instrument, order.position_side);
  const owner = walletOf(order.account, "FUT");
  const before = abs(position.qty);
  const effect = decideFill(position, { side: order.side, price, qty });
  const margin = state.isolatedMargin(position);
  const released = effect.closed > 0n ? releasedMargin(margin, effect.closed, before) : zero;
  const isolated = position.margin_type === "ISOLATED";
  const added = isolated ? initialMargin(effect.opened, position.leverage) : zero;
  const change = sub(added, released);
  state.ledger.post([
    { owner, bucket: "margin", part: marginPart(position), asset, amount: change },
    { ...purseOf(order.account), asset, amount: sub(sub(effect.realised, change), fee) },
    { owner: HOUSE, bucket: "market", asset, amount: neg(effect.realised) },
    { owner: HOUSE, bucket: "fees", asset, amount: fee },
  ]);
  position.carried = carriedAfter(position, effect, fee);
  position.qty = effect.qty;
  position.cost = effect.cost;
  position.realised = add(position.realised, effect.realised);
  position.updated_at = at;
  if (change !== zero) noteMargin(state, position, { qty: change, why: "TRADE", at });
  return effect.realised;
}

/** Nothing of a closed position; of one that was turned round, the fee of what it opened. */
function carriedAfter({ carried }: Position, { qty, opened, closed, realised }: FillEffect, fee: Amount): Amount {
  if (qty === zero) return zero;
  if (closed > zero && opened > zero) return ((fee * abs(qty)) / add(abs(qty), closed)) as Amount;
  return sub(add(carried, fee), realised);
}

function noteMargin(
  state: ExchangeState,
  { account, instrument, side }: Position,
  change: { qty: Amount; why: "TRADE" | "USER_ADJUST"; at: number },
): void {
  state.futures.marginChanges.push({ account, instrument, position_side: side, ...change });
}

/** Isolated margin follows the leverage: more is taken from the wallet, and freed margin returns to it. */
function leverage(state: ExchangeState, fact: Of<"leverage">, at: number): void {
  for (const leg of state.futures.legs(fact.account, fact.instrument)) {
    leg.leverage = fact.leverage;
    if (leg.margin_type !== "ISOLATED" || leg.qty === zero) continue;
    const wanted = initialMargin(abs(leg.cost), fact.leverage);
    moveMargin(state, leg, sub(wanted, state.isolatedMargin(leg)));
    leg.updated_at = at;
  }
  state.position(fact.account, fact.instrument).updated_at = at;
}

function moveMargin(state: ExchangeState, position: Position, change: Amount): void {
  const owner = walletOf(position.account, "FUT");
  const { quote } = state.listing(position.instrument);
  const to = { owner, bucket: "margin", part: marginPart(position), asset: quote } as const;
  state.ledger.post(move(change, { owner, bucket: "wallet" }, to));
}

function positionMargin(state: ExchangeState, fact: Of<"position_margin">, at: number): void {
  const position = positionOf(state, fact);
  const qty = dec(fact.qty);
  moveMargin(state, position, qty);
  position.updated_at = at;
  noteMargin(state, position, { qty, why: "USER_ADJUST", at });
}

function funded(state: ExchangeState, fact: Of<"funded">, at: number): void {
  const position = positionOf(state, fact);
  const { quote: asset } = state.listing(fact.instrument);
  const qty = dec(fact.qty);
  const isolated = position.margin_type === "ISOLATED";
  const margin = { owner: walletOf(fact.account, "FUT"), bucket: "margin", part: marginPart(position) } as const;
  state.ledger.post([
    { ...(isolated ? margin : purseOf(fact.account)), asset, amount: qty },
    { owner: HOUSE, bucket: "funding", asset, amount: neg(qty) },
  ]);
  position.carried = sub(position.carried, qty);
  const row = { account: fact.account, instrument: fact.instrument, asset, trade_id: undefined, at };
  state.addIncome({ ...row, type: "FUNDING_FEE", qty });
}

function liquidated(state: ExchangeState, fact: Of<"liquidated">, at: number): void {
  const { quote: asset } = state.listing(fact.instrument);
  const owner = walletOf(fact.account, "FUT");
  const gain = sub(dec(fact.covered), dec(fact.clearance));
  state.ledger.post([
    { owner, bucket: "wallet", asset, amount: gain },
    { ...FUND_PURSE, asset, amount: neg(gain) },
  ]);
  const row = { account: fact.account, instrument: fact.instrument, asset, trade_id: undefined, at };
  state.addIncome({ ...row, type: "INSURANCE_CLEAR", qty: gain });
}

function modified(state: ExchangeState, fact: Of<"modified">, at: number): void {
  const order = state.orders.get(fact.order_id);
  if (!order) throw new Error(`Invariant: order ${fact.order_id} is not known`);
  const before = { price: order.price, qty: order.qty };
  order.price = dec(fact.price);
  order.qty = dec(fact.qty);
  order.updated_at = at;
  state.futures.noteModification(order, before, at);
}

function countdown(state: ExchangeState, { account, instrument, deadline }: Of<"countdown">): void {
  const key = `${account}|${instrument}`;
  if (deadline === 0) state.futures.countdowns.delete(key);
  else state.futures.countdowns.set(key, { account, instrument, deadline });
}
