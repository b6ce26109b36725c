/** What the book does not take of a liquidation: the insurance fund does or, when it is spent, the traders who gained. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, abs, add, div, max, min, mul, show, sub, zero } from "../domain/money.ts";
import { opposite, type Side } from "../domain/order.ts";
import type { Exchange } from "./exchange.ts";
import type { OrderTerms, PositionSide } from "./facts.ts";
import { type Position, unrealised } from "./futures.ts";
import { FUND } from "./futures-state.ts";
import { HOUSE } from "./ledger.ts";

/** Smaller than any account's equity that ranks: an account without any has the highest leverage. */
const LEAST_EQUITY = 1n as Amount;

interface Taken {
  readonly qty: Amount;
  readonly price: Amount;
}

/**
 * How early a position is deleveraged: PnL % × effective leverage while it gains, PnL % ÷ effective leverage while it
 * loses; PnL % is of what was paid, effective leverage is notional ÷ (margin + PnL). Source: Binance FAQ "What is
 * auto-deleveraging (ADL)".
 */
export function adlScore(exchange: Exchange, position: Position, mark: Amount): Amount {
  const { state } = exchange;
  const pnl = unrealised(position, mark);
  const isolated = position.margin_type === "ISOLATED";
  const margin = isolated ? state.isolatedMargin(position) : state.free(position.account, "FUT", "USDT");
  const equity = max(LEAST_EQUITY, add(margin, pnl));
  const share = div(pnl, max(LEAST_EQUITY, abs(position.cost)), "nearest");
  const leverage = div(abs(mul(position.qty, mark)), equity, "nearest");
  if (pnl > zero) return mul(share, leverage);
  return leverage === zero ? share : div(share, leverage, "nearest");
}

/** Positions of a direction, the first to be deleveraged first. */
export function adlQueue(
  exchange: Exchange,
  { instrument, longs }: { instrument: InstrumentId; longs: boolean },
  mark: Amount,
): Position[] {
  const ranked = [...exchange.state.positions.values()]
    .filter((each) => each.instrument === instrument && each.account !== FUND)
    .filter(({ qty }) => (longs ? qty > zero : qty < zero))
    .map((position) => ({ position, score: adlScore(exchange, position, mark) }));
  ranked.sort((a, b) => (a.score === b.score ? 0 : a.score > b.score ? -1 : 1));
  return ranked.map(({ position }) => position);
}

/** 0 to 4: the fifth of its queue that a position stands in, 4 is the first to go. */
export function adlQuantile(exchange: Exchange, position: Position, mark: Amount): number {
  const queue = adlQueue(exchange, { instrument: position.instrument, longs: position.qty > zero }, mark);
  const place = queue.indexOf(position);
  return place < 0 ? 0 : Math.floor((5 * (queue.length - 1 - place)) / queue.length);
}

/** What the fund owns at the marks. */
export function fundEquity(exchange: Exchange): Amount {
  let equity = exchange.state.ledger.balance(HOUSE, "insurance", "USDT");
  for (const position of exchange.state.futures.of(FUND)) {
    const mark = exchange.mark(position.instrument);
    if (mark !== undefined && position.qty !== zero) equity = add(equity, unrealised(position, mark));
  }
  return equity;
}

/** Closes against the traders on the other side, when the fund cannot carry the loss; answers what is left. */
export function deleverage(
  exchange: Exchange,
  position: Position,
  { qty, price, mark }: Taken & { mark: Amount },
): Amount {
  const worse = position.qty > zero ? sub(price, mark) : sub(mark, price);
  if (fundEquity(exchange) >= mul(max(zero, worse), qty)) return qty;
  const { instrument } = position;
  let left = qty;
  for (const other of adlQueue(exchange, { instrument, longs: position.qty < zero }, mark)) {
    if (left === zero) break;
    if (other.account === position.account) continue;
    const taken = min(left, abs(other.qty));
    cross(exchange, position, { account: other.account, side: other.side, name: "adl_autoclose", qty: taken, price });
    left = sub(left, taken);
  }
  return left;
}

/** The fund takes the position at the price at which its owner has nothing left. */
export function takeOver(exchange: Exchange, position: Position, taken: Taken): void {
  cross(exchange, position, { account: FUND, side: "BOTH", name: "fund", ...taken });
}

/** A trade of two forced orders beside the book, without fees. */
function cross(
  exchange: Exchange,
  position: Position,
  other: Taken & { account: string; side: PositionSide; name: string },
): void {
  const { instrument, account } = position;
  const side: Side = position.qty > zero ? "SELL" : "BUY";
  const one = { account, instrument, side, position_side: position.side, name: "autoclose" };
  const two = { account: other.account, instrument, side: opposite(side), position_side: other.side, name: other.name };
  const ids = [one, two].map((each) => accept(exchange, each, other));
  ids.forEach((order_id, i) => {
    const trade_id = exchange.state.trade_seq + 1;
    const terms = { trade_id, order_id, price: show(other.price), qty: show(other.qty) };
    exchange.record({ fact: "traded", ...terms, maker: i === 1, fee: "0", fee_asset: "USDT" });
  });
  exchange.knockOut(other.account, instrument);
}

function accept(
  exchange: Exchange,
  {
    name,
    position_side,
    ...of
  }: Pick<OrderTerms, "account" | "instrument" | "side"> & {
    name: string;
    position_side: PositionSide;
  },
  { qty, price }: Taken,
): number {
  const order_id = exchange.state.order_seq + 1;
  const order: OrderTerms = {
    ...of,
    ...(position_side === "BOTH" ? {} : { position_side }),
    order_id,
    client_id: `${name}-${exchange.time}-${order_id}`,
    type: "LIMIT",
    tif: "IOC",
    price: show(price),
    qty: show(qty),
    reduce_only: of.account !== FUND,
    close_position: false,
    forced: true,
  };
  exchange.record({ fact: "accepted", order, hold: null, margin: "0" });
  return order_id;
}
