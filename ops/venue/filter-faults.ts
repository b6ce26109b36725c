/** Filters that change behind a client's back: what exchangeInfo says from then on, and which orders fail on them. */
import { type InstrumentId, instrumentOf, type Market } from "../../shared/domain/instrument.ts";
import { type Amount, dec, isOnStep, mul } from "../../shared/domain/money.ts";
import { BinanceError, errors } from "./binance/errors.ts";
import type { Params } from "./binance/request.ts";

/** Decimal texts. A tick and a step must be whole multiples of those that the book is kept in. */
export interface ChangedFilters {
  readonly tick?: string | undefined;
  readonly step?: string | undefined;
  readonly min_notional?: string | undefined;
}

/** What exchangeInfo calls an instrument that takes no orders for now. */
const CLOSED: Readonly<Record<Market, string>> = { SPOT: "HALT", FUT: "PENDING_TRADING" };

type Shown = { filterType: string } & Record<string, unknown>;

export class FilterFaults {
  private readonly changed = new Map<InstrumentId, ChangedFilters>();

  set(instrument: InstrumentId, filters: ChangedFilters): void {
    this.changed.set(instrument, { ...this.changed.get(instrument), ...filters });
  }

  list(): readonly ({ kind: "filters"; instrument: InstrumentId } & ChangedFilters)[] {
    return [...this.changed].map(([instrument, filters]) => ({ kind: "filters" as const, instrument, ...filters }));
  }

  clear(): void {
    this.changed.clear();
  }

  /** Throws as the market does for an order that fails on a changed filter. */
  check(instrument: InstrumentId, market: Market, params: Params): void {
    const filters = this.changed.get(instrument);
    if (filters === undefined) return;
    const prices = [
      "price",
      "stopPrice",
      "triggerPrice",
      "abovePrice",
      "belowPrice",
      "aboveStopPrice",
      "belowStopPrice",
    ];
    for (const name of prices) {
      if (filters.tick !== undefined && isOff(params.amount(name), filters.tick)) throw offTick(market);
    }
    const qty = params.amount("quantity");
    if (filters.step !== undefined && isOff(qty, filters.step)) throw offStep(market);
    const price = params.amount("price");
    const least = filters.min_notional;
    if (least === undefined || price === undefined || qty === undefined || params.text("reduceOnly") === "true") return;
    if (mul(price, qty) < dec(least)) throw tooSmall(market, least);
  }

  /** What exchangeInfo answers, with the changed filters and the status of closed instruments in place. */
  shown(market: Market, answer: unknown, isClosed: (instrument: InstrumentId) => boolean): unknown {
    const { symbols } = answer as { symbols?: { symbol: string; status: string; filters: Shown[] }[] };
    if (symbols === undefined) return answer;
    const shownOne = ({ symbol, status, filters, ...rest }: (typeof symbols)[number]): unknown => {
      const instrument = instrumentOf(market, symbol);
      const changed = this.changed.get(instrument) ?? {};
      const state = isClosed(instrument) ? CLOSED[market] : status;
      return { symbol, status: state, ...rest, filters: filters.map((filter) => put(filter, changed)) };
    };
    return { ...(answer as object), symbols: symbols.map(shownOne) };
  }
}

function put(filter: Shown, { tick, step, min_notional }: ChangedFilters): Shown {
  switch (filter.filterType) {
    case "PRICE_FILTER":
      return tick === undefined ? filter : { ...filter, tickSize: tick };
    case "LOT_SIZE":
    case "MARKET_LOT_SIZE":
      return step === undefined ? filter : { ...filter, stepSize: step };
    case "NOTIONAL":
      return min_notional === undefined ? filter : { ...filter, minNotional: min_notional };
    case "MIN_NOTIONAL":
      if (min_notional === undefined) return filter;
      return { ...filter, ...("notional" in filter ? { notional: min_notional } : { minNotional: min_notional }) };
    default:
      return filter;
  }
}

const isOff = (amount: Amount | undefined, step: string): boolean =>
  amount !== undefined && !isOnStep(amount, dec(step));

const offTick = (market: Market): BinanceError =>
  market === "SPOT" ? errors.filter("PRICE_FILTER") : new BinanceError(-4014, "Price not increased by tick size.");
const offStep = (market: Market): BinanceError =>
  market === "SPOT" ? errors.filter("LOT_SIZE") : new BinanceError(-4023, "Qty not increased by step size.");
const tooSmall = (market: Market, least: string): BinanceError =>
  market === "SPOT"
    ? errors.filter("NOTIONAL")
    : new BinanceError(-4164, `Order's notional must be no smaller than ${least} (unless you choose reduce only).`);
