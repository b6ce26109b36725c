/** Folds one fact into the exchange's state: the only code that moves its money and changes its orders. */
import { add, dec, mul, neg, zero } from "../domain/money.ts";
import { applyAlgoFact } from "./algo-fold.ts";
import type { Fact, OrderTerms } from "./facts.ts";
import { applyFuturesFact, type Fill, futuresFill } from "./futures-fold.ts";
import { HOUSE, move } from "./ledger.ts";
import { applySpotFact, closeSpot, spotFill } from "./spot-fold.ts";
import { amountOf, type ExchangeState, holdOf, isOpen, remaining, type VenueOrder, walletOf } from "./state.ts";

type Traded = Extract<Fact, { fact: "traded" }>;

/** Throws "Invariant: …" when the fact does not fit the state, as a journal of something else would not. */
export function applyFact(state: ExchangeState, fact: Fact, at: number): void {
  switch (fact.fact) {
    case "moved":
      moved(state, fact, at);
      break;
    case "accepted":
      accepted(state, fact, at);
      break;
    case "traded":
      traded(state, fact, at);
      break;
    case "ended":
      ended(state, fact, at);
      break;
    case "activated":
      activated(state, mustOrder(state, fact.order_id), at);
      break;
    case "list_accepted":
      listAccepted(state, fact, at);
      break;
    case "list_ended":
      listEnded(state, fact.list_id, at);
      break;
    case "prevented":
    case "amended":
    case "trailed":
    case "begun":
    case "bnb_burn":
      applySpotFact(state, fact, at);
      break;
    case "key_switched":
      if (fact.on) state.keysOff.delete(fact.key);
      else state.keysOff.add(fact.key);
      break;
    case "algo_accepted":
    case "algo_triggered":
    case "algo_placed":
    case "algo_trailed":
    case "algo_ended":
      applyAlgoFact(state, fact, at);
      break;
    default:
      applyFuturesFact(state, fact, at);
  }
}

export function mustOrder(state: ExchangeState, orderId: number): VenueOrder {
  const order = state.orders.get(orderId);
  if (!order) throw new Error(`Invariant: order ${orderId} is not known`);
  return order;
}

function moved(state: ExchangeState, fact: Extract<Fact, { fact: "moved" }>, at: number): void {
  const qty = dec(fact.qty);
  const owner = walletOf(fact.account, fact.market);
  state.accounts.add(fact.account);
  state.ledger.post(move(qty, { owner: HOUSE, bucket: "outside" }, { owner, bucket: "wallet", asset: fact.asset }));
  if (fact.market === "FUT") {
    const row = { account: fact.account, instrument: undefined, asset: fact.asset, qty, trade_id: undefined, at };
    state.addIncome({ ...row, type: "TRANSFER", why: fact.why });
  }
}

function fresh(terms: OrderTerms, margin: string, at: number): VenueOrder {
  const { pending, ...kept } = terms;
  const works = !pending && terms.stop_price === undefined && terms.trailing_delta === undefined;
  return {
    ...kept,
    price: dec(terms.price),
    qty: dec(terms.qty),
    stop_price: amountOf(terms.stop_price),
    quote_qty: amountOf(terms.quote_qty),
    list_id: terms.list_id,
    algo_id: terms.algo_id,
    forced: terms.forced ?? false,
    position_side: terms.position_side ?? "BOTH",
    good_till: terms.good_till,
    price_match: terms.price_match,
    iceberg_qty: amountOf(terms.iceberg_qty),
    trailing_delta: terms.trailing_delta,
    stp: terms.stp ?? "NONE",
    strategy_id: terms.strategy_id,
    strategy_type: terms.strategy_type,
    leads: terms.leads ?? false,
    trail: undefined,
    trailing_at: -1,
    prevented: zero,
    prevented_match: undefined,
    filled: zero,
    quote_filled: zero,
    status: terms.pending ? "PENDING_NEW" : "NEW",
    end_reason: undefined,
    cancel_id: undefined,
    working: works,
    margin: dec(margin),
    created_at: at,
    working_at: works ? at : -1,
    updated_at: at,
  };
}

function accepted(state: ExchangeState, fact: Extract<Fact, { fact: "accepted" }>, at: number): void {
  const order = fresh(fact.order, fact.margin, at);
  state.order_seq = Math.max(state.order_seq, order.order_id);
  state.indexOrder(order);
  if (order.list_id !== undefined) state.lists.get(order.list_id)?.order_ids.push(order.order_id);
  if (fact.hold) setAside(state, { account: order.account, part: holdOf(order) }, fact.hold);
}

function setAside(
  state: ExchangeState,
  { account, part }: { account: string; part: string },
  hold: { asset: string; qty: string },
): void {
  const owner = walletOf(account, "SPOT");
  state.ledger.post(
    move(dec(hold.qty), { owner, bucket: "wallet" }, { owner, bucket: "hold", part, asset: hold.asset }),
  );
}

function traded(state: ExchangeState, fact: Traded, at: number): void {
  const order = mustOrder(state, fact.order_id);
  const qty = dec(fact.qty);
  const price = dec(fact.price);
  const value = mul(price, qty);
  order.filled = add(order.filled, qty);
  order.quote_filled = add(order.quote_filled, value);
  const left = remaining(order);
  if (left < 0n) throw new Error(`Invariant: order ${order.order_id} is filled beyond its quantity`);
  order.status = left === zero ? "FILLED" : "PARTIALLY_FILLED";
  order.updated_at = at;
  state.trade_seq = Math.max(state.trade_seq, fact.trade_id);
  const fill: Fill = { order, price, qty, value, fee: dec(fact.fee), fee_asset: fact.fee_asset, at };
  const realised = order.instrument.startsWith("FUT:") ? futuresFill(state, fill) : spotFill(state, fill);
  const { order_id, client_id, account, instrument, side } = order;
  const said = { trade_id: fact.trade_id, order_id, client_id, account, instrument, side };
  const { fee, fee_asset } = fill;
  const terms = { position_side: order.position_side, maker: fact.maker, fee, fee_asset };
  state.addTrade({ ...said, ...terms, price, qty, quote_qty: value, realised, at });
  if (order.instrument.startsWith("FUT:")) {
    const row = { account, instrument, asset: fee_asset, trade_id: fact.trade_id, at };
    if (realised !== zero) state.addIncome({ ...row, type: "REALIZED_PNL", qty: realised });
    if (fee !== zero) state.addIncome({ ...row, type: "COMMISSION", qty: neg(fee) });
  }
  if (!isOpen(order)) closeOrder(state, order);
}

/** Takes the order off the open ones and gives back what is left of its hold, once no leg shares it. */
function closeOrder(state: ExchangeState, order: VenueOrder): void {
  state.open.delete(order.order_id);
  if (order.instrument.startsWith("SPOT:")) closeSpot(state, order);
}

function ended(state: ExchangeState, fact: Extract<Fact, { fact: "ended" }>, at: number): void {
  const order = mustOrder(state, fact.order_id);
  if (!isOpen(order)) throw new Error(`Invariant: order ${order.order_id} has ended before`);
  order.status = fact.reason === "canceled" ? "CANCELED" : "EXPIRED";
  order.end_reason = fact.reason;
  order.cancel_id = fact.cancel_id;
  order.updated_at = at;
  closeOrder(state, order);
}

function activated(state: ExchangeState, order: VenueOrder, at: number): void {
  state.open.stopWaiting(order);
  order.working = true;
  order.working_at = at;
  order.updated_at = at;
}

function listAccepted(state: ExchangeState, fact: Extract<Fact, { fact: "list_accepted" }>, at: number): void {
  state.list_seq = Math.max(state.list_seq, fact.list.list_id);
  const { kind = "OCO", ...list } = fact.list;
  const filed = { ...list, kind, order_ids: [], done: false, created_at: at, updated_at: at };
  state.lists.set(list.list_id, filed);
  state.openLists.set(list.list_id, filed);
  setAside(state, { account: fact.list.account, part: `l${fact.list.list_id}` }, fact.hold);
}

function listEnded(state: ExchangeState, listId: number, at: number): void {
  const list = state.lists.get(listId);
  if (!list) throw new Error(`Invariant: order list ${listId} is not known`);
  list.done = true;
  state.openLists.delete(listId);
  list.updated_at = at;
}
