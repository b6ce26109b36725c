/** What Binance lists: its filters as instruments, and the limits it tells along with them. */
import { z } from "@hono/zod-openapi";
import { Instrument, type Market } from "../../../shared/domain/instrument.ts";
import type { Clock } from "../../../shared/kit/ports.ts";
import type { VenueListing } from "../venue-port.ts";
import type { Rest } from "./rest.ts";

const Filter = z.looseObject({ filterType: z.string() });
const Symbol_ = z.looseObject({
  symbol: z.string(),
  status: z.string().optional(),
  contractType: z.string().optional(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  filters: z.array(Filter),
});
const ExchangeInfo = z.looseObject({
  symbols: z.array(z.unknown()),
  rateLimits: z
    .array(
      z.looseObject({ rateLimitType: z.string(), interval: z.string(), intervalNum: z.number(), limit: z.number() }),
    )
    .default([]),
});

export function binanceListing(clock: Clock, rests: Record<Market, Rest>): VenueListing {
  return {
    markets: ["SPOT", "FUT"],
    async list(market, isFirst) {
      const path = market === "SPOT" ? "/api/v3/exchangeInfo" : "/fapi/v1/exchangeInfo";
      // No exit can be sent before the listing is known, so the first one may take of the weight that is kept for exits.
      const ask = { auth: "none", urgent: isFirst } as const;
      const info = ExchangeInfo.parse(await rests[market].call("GET", path, {}, ask));
      const limit = info.rateLimits.find((r) => r.rateLimitType === "REQUEST_WEIGHT" && r.interval === "MINUTE");
      if (limit) rests[market].setWeightLimit(limit.limit);
      rests[market].setOrderLimits(info.rateLimits.filter((r) => r.rateLimitType === "ORDERS"));
      const now = clock.now();
      return info.symbols.flatMap((row) => readInstrument(market, row, now) ?? []);
    },
  };
}

/** Nothing for what we do not trade: dated contracts, names outside A–Z and 0–9, rows without their filters. */
export function readInstrument(market: Market, row: unknown, now: number): Instrument | undefined {
  const parsed = Symbol_.safeParse(row);
  if (!parsed.success) return undefined;
  const { symbol, status, contractType, baseAsset, quoteAsset, filters } = parsed.data;
  if (market === "FUT" && contractType !== "PERPETUAL") return undefined;
  const filter = (...types: string[]) => filters.find((f) => types.includes(f.filterType)) ?? { filterType: "" };
  const price = filter("PRICE_FILTER");
  const lot = filter("LOT_SIZE");
  const notional = filter("NOTIONAL", "MIN_NOTIONAL");
  const percent = filter("PERCENT_PRICE", "PERCENT_PRICE_BY_SIDE");
  const instrument = Instrument.safeParse({
    instrument: `${market}:${symbol}`,
    market,
    symbol,
    base: baseAsset,
    quote: quoteAsset,
    status: status === undefined || status === "TRADING" ? "TRADING" : "HALTED",
    tick_size: price.tickSize,
    step_size: lot.stepSize,
    min_qty: lot.minQty,
    max_qty: lot.maxQty,
    min_notional: notional.minNotional ?? notional.notional ?? "0",
    price_up: percent.multiplierUp ?? percent.bidMultiplierUp,
    price_down: percent.multiplierDown ?? percent.askMultiplierDown,
    updated_at: now,
  });
  return instrument.success ? instrument.data : undefined;
}
