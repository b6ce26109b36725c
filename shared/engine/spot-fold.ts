/** Folds spot facts into the state: what fills, prevented trades, cuts and turns do to holds, wallets and orders. */
import { type Amount, add, dec, max, min, mul, neg, sub, zero } from "../domain/money.ts";
import type { SpotFact } from "./facts.ts";
import type { Fill } from "./futures-fold.ts";
import { HOUSE, move, type Posting } from "./ledger.ts";
import { type ExchangeState, holdOf, isConditional, isOpen, remaining, type VenueOrder, walletOf } from "./state.ts";

type Of<F extends SpotFact["fact"]> = Extract<SpotFact, { fact: F }>;

export function applySpotFact(state: ExchangeState, fact: SpotFact, at: number): void {
  switch (fact.fact) {
    case "prevented":
      prevented(state, fact, at);
      break;
    case "amended":
      amended(state, fact, at);
      break;
    case "trailed":
      trailed(orderOf(state, fact.order_id), dec(fact.price), at);
      break;
    case "begun":
      begun(state, fact, at);
      break;
    case "bnb_burn":
      if (fact.on) state.bnbBurn.add(fact.account);
      else state.bnbBurn.delete(fact.account);
      break;
  }
}

function orderOf(state: ExchangeState, orderId: number): VenueOrder {
  const order = state.orders.get(orderId);
  if (!order) throw new Error(`Invariant: order ${orderId} is not known`);
  return order;
}

/** True where what an order buys is kept for the orders of its list that will sell it. */
function paysOthers(state: ExchangeState, order: VenueOrder): boolean {
  const list = order.leads && order.list_id !== undefined ? state.lists.get(order.list_id) : undefined;
  return list?.kind === "OPO" || list?.kind === "OPOCO";
}

/** Gives from the order's hold, then from the wallet; takes into the wallet, less the fee. */
export function spotFill(state: ExchangeState, { order, qty, value, fee, fee_asset }: Fill): Amount {
  const { base, quote } = state.listing(order.instrument);
  const owner = walletOf(order.account, "SPOT");
  const buys = order.side === "BUY";
  const [givenAsset, given, takenAsset, taken] = buys ? [quote, value, base, qty] : [base, qty, quote, value];
  const part = holdOf(order);
  const reserved = buys && order.price > 0n ? mul(order.price, qty) : given;
  const held = min(state.ledger.balance(owner, "hold", givenAsset, part), max(reserved, given));
  const kept = paysOthers(state, order) ? { bucket: "hold" as const, part: `l${order.list_id}` } : undefined;
  // What is kept for others pays the fee only where the wallet cannot.
  const feeFromKept = kept !== undefined && fee_asset === takenAsset && state.free(order.account, "SPOT", base) < fee;
  const postings: Posting[] = [
    { owner, bucket: "hold", part, asset: givenAsset, amount: neg(held) },
    { owner, bucket: "wallet", asset: givenAsset, amount: sub(held, given) },
    { owner: HOUSE, bucket: "market", asset: givenAsset, amount: given },
    { owner: HOUSE, bucket: "market", asset: takenAsset, amount: neg(taken) },
    { owner, ...(kept ?? { bucket: "wallet" as const }), asset: takenAsset, amount: taken },
    { owner, ...(feeFromKept ? kept : { bucket: "wallet" as const }), asset: fee_asset, amount: neg(fee) },
    { owner: HOUSE, bucket: "fees", asset: fee_asset, amount: fee },
  ];
  state.ledger.post(postings);
  return zero;
}

/** Gives back what is left of a closed order's hold, once no leg of its list shares it. */
export function closeSpot(state: ExchangeState, order: VenueOrder): void {
  const list = order.list_id === undefined || order.leads ? undefined : state.lists.get(order.list_id);
  if (list?.order_ids.some((id) => sharesHold(orderOf(state, id)))) return;
  const { base, quote } = state.listing(order.instrument);
  release(state, order, order.side === "BUY" ? quote : base);
}

const sharesHold = (leg: VenueOrder): boolean => !leg.leads && isOpen(leg);

/** Frees what is held of an asset, or only so much of it. */
function release(state: ExchangeState, order: VenueOrder, asset: string, qty?: Amount): void {
  const owner = walletOf(order.account, "SPOT");
  const part = holdOf(order);
  const held = state.ledger.balance(owner, "hold", asset, part);
  const freed = qty === undefined ? held : min(held, qty);
  state.ledger.post(move(freed, { owner, bucket: "hold", part }, { owner, bucket: "wallet", asset }));
}

function prevented(state: ExchangeState, fact: Of<"prevented">, at: number): void {
  const { match_id, stp } = fact;
  const [taker, maker] = [orderOf(state, fact.order_id), orderOf(state, fact.maker_id)];
  const [takerQty, makerQty] = [dec(fact.taker_qty), dec(fact.maker_qty)];
  const row = { match_id, stp, instrument: taker.instrument, taker_id: taker.order_id, maker_id: maker.order_id, at };
  state.prevented.push({
    ...row,
    ...{ price: dec(fact.price), qty: dec(fact.qty), taker_qty: takerQty, maker_qty: makerQty },
  });
  yieldQty(state, taker, { qty: takerQty, match_id, at });
  yieldQty(state, maker, { qty: makerQty, match_id, at });
}

function yieldQty(
  state: ExchangeState,
  order: VenueOrder,
  { qty, match_id, at }: { qty: Amount; match_id: number; at: number },
): void {
  if (qty === zero) return;
  order.prevented = add(order.prevented, qty);
  order.prevented_match = match_id;
  order.updated_at = at;
  const isSpot = order.instrument.startsWith("SPOT:");
  if (remaining(order) < 0n) throw new Error(`Invariant: more of order ${order.order_id} is prevented than was left`);
  if (remaining(order) === zero) {
    order.status = "EXPIRED_IN_MATCH";
    state.open.delete(order.order_id);
    if (isSpot) closeSpot(state, order);
  } else if (isSpot && order.price > 0n && (order.list_id === undefined || order.leads)) {
    const { base, quote } = state.listing(order.instrument);
    if (order.side === "BUY") release(state, order, quote, mul(order.price, qty));
    else release(state, order, base, qty);
  }
}

function amended(state: ExchangeState, fact: Of<"amended">, at: number): void {
  const order = orderOf(state, fact.order_id);
  const qty = dec(fact.qty);
  state.amendments.push({
    execution_id: state.amendments.length + 1,
    order_id: order.order_id,
    ...{ client_id_before: order.client_id, client_id: fact.client_id, qty_before: order.qty, qty, at },
  });
  if (order.client_id !== fact.client_id) state.renameOrder(order, fact.client_id);
  order.qty = qty;
  order.updated_at = at;
  if (fact.released) release(state, order, fact.released.asset, dec(fact.released.qty));
}

function trailed(order: VenueOrder, price: Amount, at: number): void {
  if (order.trail === undefined) order.trailing_at = at;
  order.trail = price;
}

/** What was bought beyond the quantity that is sold goes back to the wallet. */
function begun(state: ExchangeState, fact: Of<"begun">, at: number): void {
  const order = orderOf(state, fact.order_id);
  order.status = "NEW";
  order.updated_at = at;
  order.working = !isConditional(order);
  if (order.working) order.working_at = at;
  if (fact.qty === undefined) return;
  order.qty = dec(fact.qty);
  const { base } = state.listing(order.instrument);
  const held = state.ledger.balance(walletOf(order.account, "SPOT"), "hold", base, holdOf(order));
  if (held > order.qty) release(state, order, base, sub(held, order.qty));
}
