/** Fills, positions, balances and bars through ccxt. */
import type { z } from "@hono/zod-openapi";
import type { ExchangeFill, FundingRate, History } from "../../../shared/contracts.ts";
import { type InstrumentId, marketOf } from "../../../shared/domain/instrument.ts";
import type { Kline } from "../../../shared/domain/market.ts";
import type { Balance, ExchangePosition } from "../../../shared/domain/trade.ts";
import { refuse } from "../../../shared/errors.ts";
import { algoIdOf } from "../binance/order-wire.ts";
import type { Surroundings } from "../types.ts";
import type { AskFills, Span, VenueQueries } from "../venue-port.ts";
import type { CcxtLine } from "./line.ts";
import type { Lines } from "./orders.ts";
import type { Known } from "./symbols.ts";
import type { CcxtClient, CcxtTrade, Params } from "./unified.ts";
import { readBalances, readBar, readFill, readFundingRates, readPosition } from "./unified-read.ts";

const PAGE = 100;
const FILLS_MAX = 50_000;
const RATES_MAX = 1_000;

export class CcxtQueries implements VenueQueries {
  private readonly around: Surroundings;
  private readonly lines: Lines;

  constructor(around: Surroundings, lines: Lines) {
    this.around = around;
    this.lines = lines;
  }

  async fills(ask: AskFills): Promise<ExchangeFill[]> {
    const line = this.lines[marketOf(ask.instrument)];
    const known = line.need(ask.instrument);
    const { order_id, from_ts } = ask;
    const rows =
      order_id !== undefined
        ? await this.ofOrder(line, known, order_id)
        : from_ts === undefined
          ? await line.ask((client) => client.fetchMyTrades(known.symbol))
          : await this.since(line, known, Math.floor(from_ts));
    const once = new Map(rows.map((row) => [row.id, row]));
    return [...once.values()].map((row) => readFill(known, row)).sort((a, b) => a.ts - b.ts);
  }

  /** A stop has no fills of its own, but the order that it sent has; none when it sent none. */
  private async ofOrder(line: CcxtLine, known: Known, orderId: string): Promise<CcxtTrade[]> {
    const stop = algoIdOf(orderId);
    const find = (client: CcxtClient) => client.fetchOrder(stop, known.symbol, { trigger: true });
    const info = stop === undefined ? undefined : ((await line.ask(find)).info ?? {});
    const id = info === undefined ? orderId : line.dialect.sentOrder?.(info);
    if (id === undefined) return [];
    const params = line.dialect.fillsOf?.(id);
    return line.ask((client) => ofOrder(client, known, { id, ...(params && { params }) }));
  }

  /** By time, and by fill id where the exchange can: more fills in one millisecond than a page has are not skipped. */
  private async since(line: CcxtLine, known: Known, from: number): Promise<CcxtTrade[]> {
    const found = new Map<string | undefined, CcxtTrade>();
    const { after } = line.dialect;
    let since: number | undefined = from;
    let params = {};
    while (found.size < FILLS_MAX) {
      const page: CcxtTrade[] = await line.ask((client) => client.fetchMyTrades(known.symbol, since, PAGE, params));
      const before = found.size;
      for (const row of page) found.set(row.id, row);
      if (page.length < PAGE) break;
      const last = page.reduce((a, b) => ((b.timestamp ?? 0) >= (a.timestamp ?? 0) ? b : a));
      if (after && last.id !== undefined) {
        params = after(last.id);
        since = undefined;
      } else {
        if (found.size === before)
          refuse("UNAVAILABLE", `${known.instrument} had more fills at once than can be paged.`);
        since = last.timestamp;
      }
    }
    return [...found.values()];
  }

  async positions(account: string, instrument?: InstrumentId): Promise<ExchangePosition[]> {
    if (instrument !== undefined && marketOf(instrument) === "SPOT") return [];
    const line = this.lines.FUT;
    const symbols = instrument === undefined ? undefined : [line.need(instrument).symbol];
    const rows = await line.ask((client) => client.fetchPositions(symbols));
    return rows.flatMap((row) => {
      const known = line.symbols.of(row.symbol);
      return (known && readPosition(account, known, row)) ?? [];
    });
  }

  /** A wallet that serves both markets is told once, as that of futures. */
  async balances(): Promise<Balance[]> {
    const { clock } = this.around;
    const { SPOT, FUT } = this.lines;
    const lines = FUT.dialect.oneWallet ? [FUT] : [SPOT, FUT];
    const told = await Promise.all(
      lines.map(async (line) =>
        readBalances(line.market, await line.ask((client) => client.fetchBalance()), clock.now()),
      ),
    );
    return told.flat();
  }

  async fundingRates(instrument: InstrumentId, { from_ts, to_ts }: Span): Promise<FundingRate[]> {
    if (marketOf(instrument) !== "FUT") refuse("INVALID", `${instrument} has no funding.`);
    const line = this.lines.FUT;
    const known = line.need(instrument);
    const client = await line.open();
    if (!client.has.fetchFundingRateHistory) refuse("UNAVAILABLE", `${client.id} does not tell past funding rates.`);
    const params = { until: Math.ceil(to_ts) };
    const ask = (each: CcxtClient) =>
      each.fetchFundingRateHistory(known.symbol, Math.floor(from_ts), RATES_MAX, params);
    return readFundingRates(await line.ask(ask)).filter(({ ts }) => ts >= from_ts && ts <= to_ts);
  }

  async history({ instrument, timeframe, limit, from_ts, to_ts }: z.output<typeof History>): Promise<Kline[]> {
    const line = this.lines[marketOf(instrument)];
    const known = line.need(instrument);
    const client = await line.open();
    if (client.timeframes?.[timeframe] === undefined) {
      refuse("INVALID", `This exchange has no ${timeframe} bars; there are ${Object.keys(client.timeframes ?? {})}.`, {
        errors: [{ field: "timeframe", message: "is not kept by the exchange" }],
      });
    }
    const params = to_ts === undefined ? {} : { until: to_ts };
    const rows = await line.ask((each) => each.fetchOHLCV(known.symbol, timeframe, from_ts, limit, params));
    const now = this.around.clock.now();
    const bars = rows.map((row) => readBar(row, { instrument, timeframe, now: now + line.offsetMs }));
    return bars
      .filter(
        (bar) => (from_ts === undefined || bar.open_ts >= from_ts) && (to_ts === undefined || bar.open_ts <= to_ts),
      )
      .sort((a, b) => a.open_ts - b.open_ts)
      .slice(-(limit ?? bars.length));
  }
}

async function ofOrder(client: CcxtClient, { symbol }: Known, told: { id: string; params?: Params }) {
  const { id, params } = told;
  const isAsked = params === undefined && client.has.fetchOrderTrades === true;
  if (isAsked) return client.fetchOrderTrades(id, symbol);
  return (await client.fetchMyTrades(symbol, undefined, undefined, params)).filter((row) => row.order === id);
}
