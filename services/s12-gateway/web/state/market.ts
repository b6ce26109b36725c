/** The watched instrument's market, folded from live events and shown at most once per frame. */
import type { Depth, Funding, MarketTrade, Ticker } from "../../../../shared/domain/market.ts";
import type { LiveEvent } from "../api/live-feed.ts";
import { BAR_MS, type Bar, type ChartTimeframe, foldTrade, gatherBars, mergeBars } from "./bars.ts";

export const TRADES_MAX = 40;

export interface MarketState {
  readonly instrument: string;
  readonly timeframe: ChartTimeframe;
  readonly ticker: Ticker | undefined;
  /** The newest of every instrument, for the tabs and for positions elsewhere. */
  readonly tickers: Readonly<Record<string, Ticker>>;
  readonly depth: Depth | undefined;
  /** Of a future: the rate to come, and when it is due. */
  readonly funding: Funding | undefined;
  /** Newest first. */
  readonly trades: readonly MarketTrade[];
  readonly bars: readonly Bar[];
  /** One-second bars of all trades heard, from which a change of timeframe starts. */
  readonly seconds: readonly Bar[];
  /** When S1 had the newest frame of this instrument, server's clock. */
  readonly dataTs: number;
}

export const emptyMarket = (
  instrument: string,
  timeframe: ChartTimeframe,
  tickers: MarketState["tickers"] = {},
): MarketState => ({
  instrument,
  timeframe,
  ticker: tickers[instrument],
  tickers,
  depth: undefined,
  funding: undefined,
  trades: [],
  bars: [],
  seconds: [],
  dataTs: 0,
});

export const withTimeframe = (state: MarketState, timeframe: ChartTimeframe): MarketState =>
  state.timeframe === timeframe ? state : { ...state, timeframe, bars: gatherBars(state.seconds, BAR_MS[timeframe]) };

export const withHistory = (state: MarketState, fetched: readonly Bar[]): MarketState => ({
  ...state,
  bars: mergeBars(state.bars, fetched),
});

/** Of other instruments only the best prices are kept. */
export function foldMarket(state: MarketState, { topic, event }: Pick<LiveEvent, "topic" | "event">): MarketState {
  const market = event as Ticker | Depth | MarketTrade | Funding;
  if (topic === "ticker") {
    const tickers = { ...state.tickers, [market.instrument]: market as Ticker };
    if (market.instrument !== state.instrument) return { ...state, tickers };
    return { ...state, tickers, dataTs: Math.max(state.dataTs, market.ts), ticker: market as Ticker };
  }
  if (market.instrument !== state.instrument) return state;
  const dataTs = Math.max(state.dataTs, market.ts);
  if (topic === "depth") {
    const depth = market as Depth;
    return state.depth && depth.ok && depth.seq < state.depth.seq ? state : { ...state, dataTs, depth };
  }
  if (topic === "funding") return { ...state, dataTs, funding: market as Funding };
  if (topic === "trade") {
    const trade = market as MarketTrade;
    const trades = [trade, ...state.trades].slice(0, TRADES_MAX);
    const seconds = foldTrade(state.seconds, trade, BAR_MS["1s"]);
    return { ...state, dataTs, trades, seconds, bars: foldTrade(state.bars, trade, BAR_MS[state.timeframe]) };
  }
  return state;
}
