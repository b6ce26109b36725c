/** What an open trade is worth now, exactly. */
import { type Amount, add, dec, div, mul, neg, sub, toNumber, zero } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";

export interface Worth {
  /** Of what is still open, before the fee of closing it, USDT. */
  unrealised: Amount;
  /** Unrealised over margin: return on equity, a fraction. */
  roe: number | undefined;
  notional: Amount;
}

export function worthOf(trade: Trade, price: string): Worth {
  const at = dec(price);
  const qty = dec(trade.open_qty);
  const move = sub(at, dec(trade.avg_entry));
  const unrealised = mul(trade.side === "BUY" ? move : neg(move), qty);
  const margin = dec(trade.margin_usdt);
  const roe = margin > 0n ? toNumber(div(unrealised, margin, "nearest")) : undefined;
  return { unrealised, roe, notional: mul(at, qty) };
}

const HALF = dec("0.5");
export const midOf = (bid: string, ask: string): Amount => mul(add(dec(bid), dec(ask)), HALF);

export const totalOf = (values: readonly string[]): Amount =>
  values.reduce<Amount>((sum, value) => add(sum, dec(value)), zero);
