/** Forced ends of futures positions: at the maintenance margin they go to the book, the insurance fund or other traders. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, abs, add, div, max, min, mul, neg, show, sub, toStep, toSteps, zero } from "../domain/money.ts";
import { deleverage, takeOver } from "./adl.ts";
import type { Exchange } from "./exchange.ts";
import type { OfPosition } from "./facts.ts";
import { bankruptcyPrice, isLiquidatable, maintenance, type Position, unrealised } from "./futures.ts";
import { FUND } from "./futures-state.ts";
import { bracketOf, type Listing, qtyOf, SETTLE_STEP } from "./listing.ts";
import { isOpen } from "./state.ts";

/** The fund sells what it took over no further from the mark than this, in thousandths. */
const FUND_SLIPPAGE = 5n;

/** Closes what is no longer carried by its margin at the instrument's mark, then lets the fund sell what it took over. */
export function liquidate(exchange: Exchange, instrument: InstrumentId, mark: Amount): void {
  const { positions } = exchange.state;
  for (const position of [...positions.values()]) {
    if (position.instrument !== instrument || position.account === FUND) continue;
    if (position.qty === zero) continue;
    if (position.margin_type === "ISOLATED") {
      while (isDue(exchange, position, mark)) force(exchange, position);
    } else {
      while (isCrossDue(exchange, position.account)) force(exchange, worstCross(exchange, position.account));
    }
  }
  sellFund(exchange, instrument, mark);
}

function isDue(exchange: Exchange, position: Position, mark: Amount): boolean {
  const { state } = exchange;
  return isLiquidatable(state.listing(position.instrument), position, { mark, margin: state.isolatedMargin(position) });
}

function isCrossDue(exchange: Exchange, account: string): boolean {
  const { equity, needed } = crossHealth(exchange, account);
  return needed > zero && equity <= needed;
}

/** What the wallet and the cross positions are worth at their marks, and the maintenance margin these need. */
export function crossHealth(exchange: Exchange, account: string): { equity: Amount; needed: Amount } {
  const { state } = exchange;
  let equity = state.free(account, "FUT", "USDT");
  let needed = zero;
  for (const [position, mark] of crossPositions(exchange, account)) {
    equity = add(equity, unrealised(position, mark));
    needed = add(needed, maintenance(state.listing(position.instrument), abs(mul(position.qty, mark))));
  }
  return { equity, needed };
}

function* crossPositions(exchange: Exchange, account: string): Generator<[Position, Amount]> {
  for (const position of exchange.state.futures.of(account)) {
    const mark = exchange.mark(position.instrument);
    const counts = position.margin_type === "CROSSED" && position.qty !== zero;
    if (counts && mark !== undefined) yield [position, mark];
  }
}

/** The one that loses most goes first. */
function worstCross(exchange: Exchange, account: string): Position {
  const all = [...crossPositions(exchange, account)].map(([position, mark]) => ({
    position,
    pnl: unrealised(position, mark),
  }));
  return all.reduce((worst, each) => (each.pnl < worst.pnl ? each : worst)).position;
}

const ofPosition = ({ account, instrument, side }: Position): OfPosition =>
  side === "BOTH" ? { account, instrument } : { account, instrument, position_side: side };

/** One step: ends orders, closes down to the next lower bracket (in the lowest: all), takes the clearance fee. */
function force(exchange: Exchange, position: Position): void {
  const { state } = exchange;
  const { instrument } = position;
  const listing = state.listing(instrument);
  const mark = exchange.mark(instrument) as Amount;
  endOrders(exchange, position);
  const isolated = position.margin_type === "ISOLATED";
  const equity = isolated
    ? add(state.isolatedMargin(position), unrealised(position, mark))
    : crossHealth(exchange, position.account).equity;
  const price = bankruptcyPrice(position, { mark, equity }, listing);
  const before = { margin: state.isolatedMargin(position), realised: position.realised };
  const qty = closingQty(listing, position, mark);
  const left = sub(qty, sellToBook(exchange, position, { qty, price }));
  if (left > zero) {
    const rest = deleverage(exchange, position, { qty: left, price, mark });
    if (rest > zero) takeOver(exchange, position, { qty: rest, price });
  }
  clear(exchange, position, { before, closed: qty, mark });
}

/** Down to where its bracket begins, so that less maintenance margin is asked of the rest; all of it in the lowest one. */
function closingQty(listing: Listing, position: Position, mark: Amount): Amount {
  const held = abs(position.qty);
  const { floor } = bracketOf(listing, mul(held, mark));
  const kept = toStep(div(floor, mark, "down"), listing.step, "down");
  return kept < held ? sub(held, kept) : held;
}

/** What is open on the position's margin: of its instrument when isolated, else of every instrument on the wallet. */
function endOrders(exchange: Exchange, position: Position): void {
  const { state } = exchange;
  const { account, instrument } = position;
  const isolated = position.margin_type === "ISOLATED";
  for (const order of state.openOrders(account, isolated ? { instrument } : { market: "FUT" })) {
    const shared = state.position(account, order.instrument).margin_type === position.margin_type;
    if (shared && isOpen(order)) exchange.end(order, "liquidation");
  }
  for (const algo of [...state.openAlgos.values()]) {
    if (algo.account !== account || algo.instrument !== instrument) continue;
    exchange.record({ fact: "algo_ended", algo_id: algo.algo_id, status: "EXPIRED", reason: "liquidation" });
  }
}

/** Sells (or buys) what the book takes at the price or better; answers how much that was. */
function sellToBook(exchange: Exchange, position: Position, { qty, price }: { qty: Amount; price: Amount }): Amount {
  const { account, instrument } = position;
  const listing = exchange.state.listing(instrument);
  const side = position.qty > 0n ? "SELL" : "BUY";
  const limit = { side, kind: "limit", ticks: toSteps(price, listing.tick), lots: toSteps(qty, listing.step) } as const;
  const offered = exchange.deps.matcher(instrument).preview(limit);
  const lots = offered.reduce((total, [, there]) => total + there, 0);
  if (lots === 0) return zero;
  const there = qtyOf(listing, lots);
  const order = exchange.place({
    ...{ account, instrument, side, price, qty: there, type: "LIMIT", tif: "IOC", reduce_only: true, forced: true },
    ...(position.side === "BOTH" ? {} : { position_side: position.side }),
    client_id: account === FUND ? `fund-${exchange.time}-${exchange.state.order_seq + 1}` : autoclose(exchange),
  });
  return order.filled;
}

/** As Binance names them, unique. */
export const autoclose = (exchange: Exchange): string => `autoclose-${exchange.time}-${exchange.state.order_seq + 1}`;

/** The clearance fee as far as the closed part's margin carries it; what a cross account owes after its last position. */
function clear(
  exchange: Exchange,
  position: Position,
  { before, closed, mark }: { before: { margin: Amount; realised: Amount }; closed: Amount; mark: Amount },
): void {
  const { state } = exchange;
  const { account, instrument } = position;
  const listing = state.listing(instrument);
  const gained = sub(position.realised, before.realised);
  const isolated = position.margin_type === "ISOLATED";
  const wallet = state.free(account, "FUT", listing.quote);
  const left = isolated ? add(sub(before.margin, state.isolatedMargin(position)), gained) : wallet;
  const fee = toStep(mul(mul(closed, mark), listing.liquidation_fee), SETTLE_STEP, "up");
  const clearance = min(max(zero, left), fee);
  const isLast = isolated || [...crossPositions(exchange, account)].length === 0;
  const covered = isLast ? max(zero, neg(left)) : zero;
  if (clearance === zero && covered === zero) return;
  exchange.record({
    fact: "liquidated",
    ...ofPosition(position),
    clearance: show(clearance),
    covered: show(covered),
  });
}

function sellFund(exchange: Exchange, instrument: InstrumentId, mark: Amount): void {
  const position = exchange.state.position(FUND, instrument);
  if (position.qty === zero) return;
  const { tick } = exchange.state.listing(instrument);
  const sells = position.qty > 0n;
  const part = (mark * FUND_SLIPPAGE) / 1000n;
  const price = toStep((sells ? mark - part : mark + part) as Amount, tick, sells ? "up" : "down");
  if (price > zero) sellToBook(exchange, position, { qty: abs(position.qty), price });
}
