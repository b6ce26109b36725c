/** Folds one fact into the exchange's state: the only code that moves its money and changes its orders. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, abs, add, dec, max, min, mul, neg, sub, zero } from "../domain/money.ts";
import type { AlgoTerms, Fact, OrderTerms } from "./facts.ts";
import { decideFill, initialMargin, releasedMargin } from "./futures.ts";
import { HOUSE, move, type Posting } from "./ledger.ts";
import { amountOf, type ExchangeState, holdOf, isOpen, type VenueOrder, walletOf } from "./state.ts";

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
      activated(mustOrder(state, fact.order_id), at);
      break;
    case "list_accepted":
      listAccepted(state, fact, at);
      break;
    case "list_ended":
      listEnded(state, fact.list_id, at);
      break;
    case "algo_accepted":
      algoAccepted(state, fact.algo, at);
      break;
    case "algo_triggered":
      algoTriggered(state, fact.algo_id, at);
      break;
    case "algo_ended":
      algoEnded(state, fact, at);
      break;
    case "leverage":
      leverage(state, fact, at);
      break;
    case "margin_type":
      Object.assign(state.position(fact.account, fact.instrument), { margin_type: fact.margin_type, updated_at: at });
      break;
    case "funded":
      funded(state, fact, at);
      break;
    case "liquidated":
      liquidated(state, fact, at);
      break;
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
    state.addIncome({ ...row, type: "TRANSFER" });
  }
}

function fresh(terms: OrderTerms, margin: string, at: number): VenueOrder {
  return {
    ...terms,
    price: dec(terms.price),
    qty: dec(terms.qty),
    stop_price: amountOf(terms.stop_price),
    quote_qty: amountOf(terms.quote_qty),
    list_id: terms.list_id,
    algo_id: terms.algo_id,
    forced: terms.forced ?? false,
    filled: zero,
    quote_filled: zero,
    status: "NEW",
    end_reason: undefined,
    working: terms.stop_price === undefined,
    margin: dec(margin),
    created_at: at,
    working_at: terms.stop_price === undefined ? at : -1,
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
  if (order.filled > order.qty) throw new Error(`Invariant: order ${order.order_id} is filled beyond its quantity`);
  order.status = order.filled === order.qty ? "FILLED" : "PARTIALLY_FILLED";
  order.updated_at = at;
  state.trade_seq = Math.max(state.trade_seq, fact.trade_id);
  const fill = { order, price, qty, value, fee: dec(fact.fee), fee_asset: fact.fee_asset, at };
  const realised = order.instrument.startsWith("FUT:") ? futuresFill(state, fill) : spotFill(state, fill);
  const { order_id, client_id, account, instrument, side } = order;
  const said = { trade_id: fact.trade_id, order_id, client_id, account, instrument, side };
  const { fee, fee_asset } = fill;
  state.addTrade({ ...said, price, qty, quote_qty: value, maker: fact.maker, fee, fee_asset, realised, at });
  if (order.instrument.startsWith("FUT:")) {
    const row = { account, instrument, asset: fee_asset, trade_id: fact.trade_id, at };
    if (realised !== zero) state.addIncome({ ...row, type: "REALIZED_PNL", qty: realised });
    if (fee !== zero) state.addIncome({ ...row, type: "COMMISSION", qty: neg(fee) });
  }
  if (!isOpen(order)) closeOrder(state, order);
}

interface Fill {
  order: VenueOrder;
  price: Amount;
  qty: Amount;
  value: Amount;
  fee: Amount;
  fee_asset: string;
  at: number;
}

/** Gives from the order's hold, then from the wallet; takes into the wallet, less the fee. */
function spotFill(state: ExchangeState, { order, qty, value, fee, fee_asset }: Fill): Amount {
  const { base, quote } = state.listing(order.instrument);
  const owner = walletOf(order.account, "SPOT");
  const buys = order.side === "BUY";
  const [givenAsset, given, takenAsset, taken] = buys ? [quote, value, base, qty] : [base, qty, quote, value];
  const part = holdOf(order);
  const reserved = buys && order.price > 0n ? mul(order.price, qty) : given;
  const held = min(state.ledger.balance(owner, "hold", givenAsset, part), max(reserved, given));
  const postings: Posting[] = [
    { owner, bucket: "hold", part, asset: givenAsset, amount: neg(held) },
    { owner, bucket: "wallet", asset: givenAsset, amount: sub(held, given) },
    { owner: HOUSE, bucket: "market", asset: givenAsset, amount: given },
    { owner: HOUSE, bucket: "market", asset: takenAsset, amount: neg(taken) },
    { owner, bucket: "wallet", asset: takenAsset, amount: taken },
    { owner, bucket: "wallet", asset: fee_asset, amount: neg(fee) },
    { owner: HOUSE, bucket: "fees", asset: fee_asset, amount: fee },
  ];
  state.ledger.post(postings);
  return zero;
}

/** Moves margin in and out of the position, realises PnL against the market, takes the fee from the wallet. */
function futuresFill(state: ExchangeState, { order, price, qty, fee, fee_asset: asset, at }: Fill): Amount {
  const position = state.position(order.account, order.instrument);
  const owner = walletOf(order.account, "FUT");
  const before = abs(position.qty);
  const effect = decideFill(position, { side: order.side, price, qty });
  const margin = state.isolatedMargin(position);
  const released = effect.closed > 0n ? releasedMargin(margin, effect.closed, before) : zero;
  const isolated = position.margin_type === "ISOLATED";
  const added = isolated ? initialMargin(effect.opened, position.leverage) : zero;
  const change = sub(added, released);
  const part = order.instrument;
  state.ledger.post([
    { owner, bucket: "margin", part, asset, amount: change },
    { owner, bucket: "wallet", asset, amount: sub(sub(effect.realised, change), fee) },
    { owner: HOUSE, bucket: "market", asset, amount: neg(effect.realised) },
    { owner: HOUSE, bucket: "fees", asset, amount: fee },
  ]);
  position.qty = effect.qty;
  position.cost = effect.cost;
  position.realised = add(position.realised, effect.realised);
  position.updated_at = at;
  return effect.realised;
}

/** Takes the order off the open ones and gives back what is left of its hold, once no leg shares it. */
function closeOrder(state: ExchangeState, order: VenueOrder): void {
  state.open.delete(order.order_id);
  if (order.instrument.startsWith("FUT:")) return;
  const list = order.list_id === undefined ? undefined : state.lists.get(order.list_id);
  if (list?.order_ids.some((id) => isOpen(mustOrder(state, id)))) return;
  const { base, quote } = state.listing(order.instrument);
  releaseHold(state, order, order.side === "BUY" ? quote : base);
}

function releaseHold(state: ExchangeState, order: VenueOrder, asset: string): void {
  const owner = walletOf(order.account, "SPOT");
  const part = holdOf(order);
  const left = state.ledger.balance(owner, "hold", asset, part);
  state.ledger.post(move(left, { owner, bucket: "hold", part }, { owner, bucket: "wallet", asset }));
}

function ended(state: ExchangeState, fact: Extract<Fact, { fact: "ended" }>, at: number): void {
  const order = mustOrder(state, fact.order_id);
  if (!isOpen(order)) throw new Error(`Invariant: order ${order.order_id} has ended before`);
  order.status = fact.reason === "canceled" ? "CANCELED" : "EXPIRED";
  order.end_reason = fact.reason;
  order.updated_at = at;
  closeOrder(state, order);
}

function activated(order: VenueOrder, at: number): void {
  order.working = true;
  order.working_at = at;
  order.updated_at = at;
}

function listAccepted(state: ExchangeState, fact: Extract<Fact, { fact: "list_accepted" }>, at: number): void {
  state.list_seq = Math.max(state.list_seq, fact.list.list_id);
  state.lists.set(fact.list.list_id, { ...fact.list, order_ids: [], done: false, created_at: at, updated_at: at });
  setAside(state, { account: fact.list.account, part: `l${fact.list.list_id}` }, fact.hold);
}

function listEnded(state: ExchangeState, listId: number, at: number): void {
  const list = state.lists.get(listId);
  if (!list) throw new Error(`Invariant: order list ${listId} is not known`);
  list.done = true;
  list.updated_at = at;
}

function algoAccepted(state: ExchangeState, terms: AlgoTerms, at: number): void {
  state.algo_seq = Math.max(state.algo_seq, terms.algo_id);
  state.indexAlgo({
    ...terms,
    trigger_price: dec(terms.trigger_price),
    qty: dec(terms.qty),
    status: "NEW",
    reason: "",
    order_id: undefined,
    triggered_at: 0,
    created_at: at,
    updated_at: at,
  });
}

function algoTriggered(state: ExchangeState, algoId: number, at: number): void {
  const algo = state.algos.get(algoId);
  if (!algo) throw new Error(`Invariant: conditional order ${algoId} is not known`);
  algo.status = "TRIGGERED";
  algo.triggered_at = at;
  algo.updated_at = at;
  state.openAlgos.delete(algoId);
}

function algoEnded(state: ExchangeState, fact: Extract<Fact, { fact: "algo_ended" }>, at: number): void {
  const algo = state.algos.get(fact.algo_id);
  if (!algo) throw new Error(`Invariant: conditional order ${fact.algo_id} is not known`);
  algo.status = fact.status;
  algo.reason = fact.reason;
  algo.order_id = fact.order_id;
  algo.updated_at = at;
  state.openAlgos.delete(fact.algo_id);
}

/** Isolated margin follows the leverage: more is taken from the wallet, and freed margin returns to it. */
function leverage(state: ExchangeState, fact: Extract<Fact, { fact: "leverage" }>, at: number): void {
  const position = state.position(fact.account, fact.instrument);
  position.leverage = fact.leverage;
  position.updated_at = at;
  if (position.margin_type !== "ISOLATED" || position.qty === zero) return;
  const wanted = initialMargin(abs(position.cost), fact.leverage);
  moveMargin(
    state,
    { account: fact.account, instrument: fact.instrument },
    sub(wanted, state.isolatedMargin(position)),
  );
}

function moveMargin(
  state: ExchangeState,
  { account, instrument }: { account: string; instrument: InstrumentId },
  change: Amount,
): void {
  const owner = walletOf(account, "FUT");
  const { quote } = state.listing(instrument);
  const to = { owner, bucket: "margin", part: instrument, asset: quote } as const;
  state.ledger.post(move(change, { owner, bucket: "wallet" }, to));
}

function funded(state: ExchangeState, fact: Extract<Fact, { fact: "funded" }>, at: number): void {
  const position = state.position(fact.account, fact.instrument);
  const { quote: asset } = state.listing(fact.instrument);
  const qty = dec(fact.qty);
  const isolated = position.margin_type === "ISOLATED";
  const owner = walletOf(fact.account, "FUT");
  state.ledger.post([
    { owner, bucket: isolated ? "margin" : "wallet", part: isolated ? fact.instrument : "", asset, amount: qty },
    { owner: HOUSE, bucket: "funding", asset, amount: neg(qty) },
  ]);
  const row = { account: fact.account, instrument: fact.instrument, asset, trade_id: undefined, at };
  state.addIncome({ ...row, type: "FUNDING_FEE", qty });
}

function liquidated(state: ExchangeState, fact: Extract<Fact, { fact: "liquidated" }>, at: number): void {
  const { quote: asset } = state.listing(fact.instrument);
  const owner = walletOf(fact.account, "FUT");
  const gain = sub(dec(fact.covered), dec(fact.clearance));
  state.ledger.post([
    { owner, bucket: "wallet", asset, amount: gain },
    { owner: HOUSE, bucket: "insurance", asset, amount: neg(gain) },
  ]);
  const row = { account: fact.account, instrument: fact.instrument, asset, trade_id: undefined, at };
  state.addIncome({ ...row, type: "INSURANCE_CLEAR", qty: gain });
}
