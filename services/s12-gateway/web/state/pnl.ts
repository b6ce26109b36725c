/** What an open trade is worth now, exactly. */
import { type Amount, add, dec, mul, zero } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { roe, unrealised } from "../../../../shared/trading/position/trade.ts";

export interface Worth {
  /** Of what is still open, before the fee of closing it, USDT. */
  unrealised: Amount;
  /** Unrealised over the margin of what is open: return on equity, a fraction; undefined without margin. */
  roe: number | undefined;
  notional: Amount;
}

export function worthOf(trade: Trade, price: string): Worth {
  const at = dec(price);
  return {
    unrealised: unrealised(trade, at),
    roe: dec(trade.margin_usdt) > zero ? roe(trade, at) : undefined,
    notional: mul(at, dec(trade.open_qty)),
  };
}

const HALF = dec("0.5");
export const midOf = (bid: string, ask: string): Amount => mul(add(dec(bid), dec(ask)), HALF);

export const totalOf = (values: readonly string[]): Amount =>
  values.reduce<Amount>((sum, value) => add(sum, dec(value)), zero);
