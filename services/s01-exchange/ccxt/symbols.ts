/** ccxt's markets as our instruments: names both ways, filters as text, contracts as quantities of the base asset. */
import { Instrument, type InstrumentId, instrumentOf, type Market } from "../../../shared/domain/instrument.ts";
import { type Amount, dec, div, isDecimal, mul, one, show } from "../../../shared/domain/money.ts";
import type { CcxtMarket, Numeric } from "./unified.ts";

/** ccxt's ways to tell how fine prices and amounts are. */
const DECIMAL_PLACES = 2;
const TICK_SIZE = 4;
const QTY_MAX = "1000000000";

/** A plain decimal, or nothing for what is none. */
export function textOf(value: Numeric): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? show(dec(value)) : undefined;
  return typeof value === "string" && isDecimal(value) ? value : undefined;
}

export interface Known {
  readonly instrument: InstrumentId;
  /** ccxt's name: `BTC/USDT` or `BTC/USDT:USDT`. */
  readonly symbol: string;
  /** Base assets a contract; 1 on spot. */
  readonly size: Amount;
  readonly quote: string;
}

export class Symbols {
  private readonly byInstrument = new Map<InstrumentId, Known>();
  private readonly bySymbol = new Map<string, Known>();

  /** Takes what ccxt lists of one market; answers it as instruments. */
  take(market: Market, rows: readonly CcxtMarket[], told: { precisionMode: number; now: number }): Instrument[] {
    return rows.flatMap((row) => {
      const instrument = readMarket(market, row, told);
      if (!instrument) return [];
      const size = dec(textOf(row.contractSize) ?? "1");
      const known = { instrument: instrument.instrument, symbol: row.symbol, size, quote: row.quote };
      this.byInstrument.set(known.instrument, known);
      this.bySymbol.set(known.symbol, known);
      return [instrument];
    });
  }

  get(instrument: InstrumentId): Known | undefined {
    return this.byInstrument.get(instrument);
  }

  of(symbol: string | undefined): Known | undefined {
    return symbol === undefined ? undefined : this.bySymbol.get(symbol);
  }
}

export const contractsOf = ({ size }: Known, qty: string): string =>
  size === one ? qty : show(div(dec(qty), size, "down"));
export const qtyOf = ({ size }: Known, contracts: Numeric): string => {
  const text = textOf(contracts) ?? "0";
  return size === one ? text : show(mul(dec(text), size, "nearest"));
};

/** Nothing for what is not traded here: dated, inverse and options contracts, names outside A–Z and 0–9. */
export function readMarket(
  market: Market,
  row: CcxtMarket,
  { precisionMode, now }: { precisionMode: number; now: number },
): Instrument | undefined {
  const isOurs =
    market === "SPOT" ? row.spot === true : row.swap === true && row.linear === true && row.settle === row.quote;
  const size = textOf(row.contractSize) ?? "1";
  if (!isOurs || dec(size) <= 0n) return undefined;
  const step = (value: Numeric) => {
    const text = textOf(value);
    if (text === undefined) return undefined;
    if (precisionMode === TICK_SIZE) return text;
    return precisionMode === DECIMAL_PLACES ? show(dec(10 ** -Number(text))) : undefined;
  };
  const times = (value: string | undefined) => value && show(mul(dec(value), dec(size), "nearest"));
  const { amount, cost } = row.limits;
  const read = Instrument.safeParse({
    instrument: instrumentOf(market, `${row.base}${row.quote}`),
    market,
    symbol: `${row.base}${row.quote}`,
    base: row.base,
    quote: row.quote,
    status: row.active === false ? "HALTED" : "TRADING",
    tick_size: step(row.precision.price),
    step_size: times(step(row.precision.amount)),
    min_qty: times(textOf(amount?.min)) ?? times(step(row.precision.amount)),
    max_qty: times(textOf(amount?.max)) ?? QTY_MAX,
    min_notional: textOf(cost?.min) ?? "0",
    updated_at: now,
  });
  return read.success ? read.data : undefined;
}
