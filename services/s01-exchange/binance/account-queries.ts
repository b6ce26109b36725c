/** What the account holds and did, asked over REST: fills, positions, balances; and the market's history. */
import type { z } from "@hono/zod-openapi";
import type { ExchangeFill, History } from "../../../shared/contracts.ts";
import { type InstrumentId, type Market, marketOf, symbolOf } from "../../../shared/domain/instrument.ts";
import type { Kline, Timeframe } from "../../../shared/domain/market.ts";
import type { Balance, ExchangePosition } from "../../../shared/domain/trade.ts";
import { refuse } from "../../../shared/errors.ts";
import type { Surroundings } from "../types.ts";
import { isHeld, readFill, readFutBalances, readKlines, readPosition, readSpotBalances } from "./order-wire.ts";
import type { Params, Rest } from "./rest.ts";

const PAGE = 1_000;
const FILLS_MAX = 50_000;
const signed = { auth: "signed", urgent: true } as const;

/** What Binance has bars of; shorter ones are made from trades by whoever needs them. */
const INTERVALS: Record<Market, readonly Timeframe[]> = {
  SPOT: ["1s", "1m", "5m", "15m", "1h", "4h", "1d"],
  FUT: ["1m", "5m", "15m", "1h", "4h", "1d"],
};

export class AccountQueries {
  private readonly around: Surroundings;
  private readonly rests: Record<Market, Rest>;

  constructor(around: Surroundings, rests: Record<Market, Rest>) {
    this.around = around;
    this.rests = rests;
  }

  /** Oldest first; of one order, or since `fromTs` (epoch ms), or the newest thousand. */
  async fills(ask: { instrument: InstrumentId; order_id?: string; from_ts?: number }): Promise<ExchangeFill[]> {
    const market = marketOf(ask.instrument);
    const path = market === "SPOT" ? "/api/v3/myTrades" : "/fapi/v1/userTrades";
    const symbol = symbolOf(ask.instrument);
    const startTime = ask.order_id === undefined && ask.from_ts !== undefined ? Math.floor(ask.from_ts) : undefined;
    let params: Params = { symbol, orderId: ask.order_id, startTime, limit: PAGE };
    const fills: ExchangeFill[] = [];
    while (fills.length < FILLS_MAX) {
      const rows = await this.rests[market].call<unknown[]>("GET", path, params, signed);
      const page = rows.map(readFill);
      fills.push(...page);
      const isWhole = ask.order_id !== undefined || startTime === undefined || page.length < PAGE;
      if (isWhole) break;
      params = { symbol, fromId: String(BigInt(page.at(-1)!.fill_id) + 1n), limit: PAGE };
    }
    return fills;
  }

  /** Those that are held; spot has none. */
  async positions(account: string, instrument?: InstrumentId): Promise<ExchangePosition[]> {
    if (instrument !== undefined && marketOf(instrument) === "SPOT") return [];
    const params = { symbol: instrument && symbolOf(instrument) };
    const rows = await this.rests.FUT.call<unknown[]>("GET", "/fapi/v3/positionRisk", params, signed);
    return rows.map((row) => readPosition(account, row)).filter(isHeld);
  }

  async balances(): Promise<Balance[]> {
    const [spot, fut] = await Promise.all([
      this.rests.SPOT.call("GET", "/api/v3/account", { omitZeroBalances: true }, { auth: "signed" }),
      this.rests.FUT.call("GET", "/fapi/v3/account", {}, { auth: "signed" }),
    ]);
    return [...readSpotBalances(spot), ...readFutBalances(fut)];
  }

  /** Oldest first; `from_ts` and `to_ts` are epoch ms and bound the opening times. The last bar may be open. */
  async history(ask: z.output<typeof History>): Promise<Kline[]> {
    const market = marketOf(ask.instrument);
    if (!INTERVALS[market].includes(ask.timeframe)) {
      refuse("INVALID", `${market} has no ${ask.timeframe} bars; there are ${INTERVALS[market].join(", ")}.`, {
        errors: [{ field: "timeframe", message: "is not kept by the exchange" }],
      });
    }
    const path = market === "SPOT" ? "/api/v3/klines" : "/fapi/v1/klines";
    const params = {
      symbol: symbolOf(ask.instrument),
      interval: ask.timeframe,
      startTime: ask.from_ts,
      endTime: ask.to_ts,
      limit: ask.limit,
    };
    const rows = readKlines(await this.rests[market].call("GET", path, params, { auth: "none" }));
    const now = this.around.clock.now();
    return rows.map(([open_ts, open, high, low, close, volume, close_ts, quote_volume, trades]) => ({
      instrument: ask.instrument,
      exch_ts: close_ts,
      ts: now,
      timeframe: ask.timeframe,
      open_ts,
      close_ts,
      open,
      high,
      low,
      close,
      volume,
      quote_volume,
      trades,
      closed: close_ts < now + this.rests[market].clockOffsetMs,
    }));
  }
}
