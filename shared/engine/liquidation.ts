/** Forced ends and payments of futures positions: liquidation at the mark, and funding on its interval. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, abs, add, max, min, mul, neg, show, sub, toStep, zero } from "../domain/money.ts";
import type { Exchange } from "./exchange.ts";
import { isLiquidatable, maintenance, type Position, unrealised } from "./futures.ts";
import { SETTLE_STEP } from "./listing.ts";
import { futuresFunds } from "./margin.ts";

/** Closes every position of the instrument whose margin no longer carries it at `mark`; what a thin book leaves open waits for the next call. */
export function liquidate(exchange: Exchange, instrument: InstrumentId, mark: Amount): void {
  for (const position of exchange.state.positions.values()) {
    if (position.instrument === instrument && isDue(exchange, position, mark)) force(exchange, position, mark);
  }
}

function isDue(exchange: Exchange, position: Position, mark: Amount): boolean {
  const { state } = exchange;
  if (position.qty === zero) return false;
  const listing = state.listing(position.instrument);
  if (position.margin_type === "ISOLATED") {
    return isLiquidatable(listing, position, { mark, margin: state.isolatedMargin(position) });
  }
  return crossEquity(exchange, position.account) <= crossMaintenance(exchange, position.account);
}

function crossEquity(exchange: Exchange, account: string): Amount {
  let equity = futuresFunds(exchange.state, account, (instrument) => exchange.mark(instrument)).wallet;
  for (const [position, mark] of crossPositions(exchange, account)) equity = add(equity, unrealised(position, mark));
  return equity;
}

function crossMaintenance(exchange: Exchange, account: string): Amount {
  let total = zero;
  for (const [position, mark] of crossPositions(exchange, account)) {
    total = add(total, maintenance(exchange.state.listing(position.instrument), abs(mul(position.qty, mark))));
  }
  return total;
}

function* crossPositions(exchange: Exchange, account: string): Generator<[Position, Amount]> {
  for (const position of exchange.state.positions.values()) {
    const mark = exchange.mark(position.instrument);
    const counts = position.account === account && position.margin_type === "CROSSED" && position.qty !== zero;
    if (counts && mark !== undefined) yield [position, mark];
  }
}

/** Ends the account's orders there, closes by market, takes the clearance fee from what is left or pays what is missing. */
function force(exchange: Exchange, position: Position, mark: Amount): void {
  const { state } = exchange;
  const { account, instrument } = position;
  for (const order of state.openOrders(account, { instrument })) exchange.end(order, "liquidation");
  for (const algo of [...state.openAlgos.values()]) {
    if (algo.account !== account || algo.instrument !== instrument) continue;
    exchange.record({ fact: "algo_ended", algo_id: algo.algo_id, status: "EXPIRED", reason: "liquidation" });
  }
  const before = { margin: state.isolatedMargin(position), realised: position.realised, qty: position.qty };
  exchange.place({
    account,
    instrument,
    client_id: `autoclose-${exchange.time}-${state.order_seq + 1}`,
    side: position.qty > 0n ? "SELL" : "BUY",
    type: "MARKET",
    tif: "GTC",
    price: zero,
    qty: abs(position.qty),
    reduce_only: true,
    forced: true,
  });
  const closed = abs(sub(before.qty, position.qty));
  if (closed > 0n) clear(exchange, position, { before, closed, mark });
}

function clear(
  exchange: Exchange,
  position: Position,
  { before, closed, mark }: { before: { margin: Amount; realised: Amount }; closed: Amount; mark: Amount },
): void {
  const { state } = exchange;
  const { account, instrument } = position;
  const listing = state.listing(instrument);
  const gained = sub(position.realised, before.realised);
  const left =
    position.margin_type === "ISOLATED"
      ? add(sub(before.margin, state.isolatedMargin(position)), gained)
      : state.free(account, "FUT", listing.quote);
  const fee = toStep(mul(mul(closed, mark), listing.liquidation_fee), SETTLE_STEP, "up");
  const clearance = min(max(zero, left), fee);
  const covered = max(zero, neg(left));
  exchange.record({ fact: "liquidated", account, instrument, clearance: show(clearance), covered: show(covered) });
}

/** Longs pay shorts qty × mark × rate when the rate is above zero, and get it when below. */
export function fund(exchange: Exchange, instrument: InstrumentId, due: { rate: Amount; mark: Amount }): void {
  for (const position of exchange.state.positions.values()) {
    if (position.instrument !== instrument || position.qty === zero) continue;
    const qty = neg(toStep(mul(mul(position.qty, due.mark), due.rate), SETTLE_STEP, "nearest"));
    if (qty === zero) continue;
    const { account } = position;
    exchange.record({
      fact: "funded",
      account,
      instrument,
      rate: show(due.rate),
      mark: show(due.mark),
      qty: show(qty),
    });
  }
}
