/** The part of ccxt's unified interface that is called here, as it answers when amounts are kept as text. */

export type Params = Record<string, unknown>;
/** Text where the client was told to keep it, else a float. */
export type Numeric = string | number | undefined | null;

export interface CcxtMarket {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly settle?: string | undefined;
  readonly spot?: boolean;
  readonly swap?: boolean;
  readonly linear?: boolean;
  readonly active?: boolean | undefined;
  readonly contractSize?: Numeric;
  readonly precision: { readonly price?: Numeric; readonly amount?: Numeric };
  readonly limits: Readonly<Record<"amount" | "cost", { readonly min?: Numeric; readonly max?: Numeric } | undefined>>;
}
export interface CcxtOrder {
  readonly id?: string;
  readonly clientOrderId?: string | undefined;
  readonly symbol?: string;
  readonly status?: string | undefined;
  readonly type?: string | undefined;
  readonly side?: string | undefined;
  readonly amount?: Numeric;
  readonly price?: Numeric;
  readonly triggerPrice?: Numeric;
  readonly stopPrice?: Numeric;
  readonly stopLossPrice?: Numeric;
  readonly takeProfitPrice?: Numeric;
  readonly average?: Numeric;
  readonly filled?: Numeric;
  readonly reduceOnly?: boolean | undefined;
  readonly timestamp?: number | undefined;
  readonly lastUpdateTimestamp?: number | undefined;
  readonly info?: Params;
}
export interface CcxtTrade {
  readonly id?: string | undefined;
  readonly order?: string | undefined;
  readonly symbol: string;
  readonly side?: string | undefined;
  readonly takerOrMaker?: string | undefined;
  readonly price: Numeric;
  readonly amount: Numeric;
  readonly timestamp?: number | undefined;
  readonly fee?: { readonly cost?: Numeric; readonly currency?: string | undefined } | undefined;
  readonly info?: Params;
}
export interface CcxtPosition {
  readonly symbol: string;
  readonly side?: string | undefined;
  readonly contracts?: Numeric;
  readonly entryPrice?: Numeric;
  readonly markPrice?: Numeric;
  readonly unrealizedPnl?: Numeric;
  readonly liquidationPrice?: Numeric;
  readonly leverage?: Numeric;
  readonly notional?: Numeric;
  readonly initialMargin?: Numeric;
  readonly collateral?: Numeric;
  readonly marginMode?: string | undefined;
  readonly hedged?: boolean | undefined;
  readonly timestamp?: number | undefined;
}
export interface CcxtBook {
  readonly bids: readonly (readonly Numeric[])[];
  readonly asks: readonly (readonly Numeric[])[];
  readonly timestamp?: number | undefined;
}
export interface CcxtFunding {
  readonly markPrice?: Numeric;
  readonly indexPrice?: Numeric;
  readonly fundingRate?: Numeric;
  readonly timestamp?: number | undefined;
  readonly fundingTimestamp?: number | undefined;
  readonly nextFundingTimestamp?: number | undefined;
}
/** By asset under `free` and `used`. */
export type CcxtBalances = Readonly<Record<string, unknown>>;

type List<T> = (symbol?: string, since?: number, limit?: number, params?: Params) => Promise<T[]>;

/** The part of ccxt's unified interface that is called here. */
export interface CcxtClient {
  readonly id: string;
  readonly has: Record<string, boolean | string | undefined>;
  readonly timeframes?: Readonly<Record<string, unknown>>;
  readonly precisionMode: number;
  readonly options: Params;
  urls: Params;
  markets: Readonly<Record<string, CcxtMarket>>;
  number: unknown;
  fetchImplementation: unknown;
  milliseconds: () => number;
  amountToPrecision: (symbol: string, amount: unknown) => string;
  priceToPrecision: (symbol: string, price: unknown) => string;
  client(url: string): unknown;
  setSandboxMode(on: boolean): void;
  loadHttpProxyAgent(): Promise<unknown>;
  loadMarkets(reload?: boolean): Promise<unknown>;
  loadTimeDifference(): Promise<number>;
  fetchTime(): Promise<number>;
  createOrder(symbol: string, type: string, side: string, ...rest: unknown[]): Promise<CcxtOrder>;
  cancelOrder(id: string | undefined, symbol: string, params?: Params): Promise<CcxtOrder>;
  fetchOrder(id: string | undefined, symbol: string, params?: Params): Promise<CcxtOrder>;
  fetchOpenOrders: List<CcxtOrder>;
  fetchClosedOrders: List<CcxtOrder>;
  fetchCanceledOrders: List<CcxtOrder>;
  fetchCanceledAndClosedOrders: List<CcxtOrder>;
  fetchOrders: List<CcxtOrder>;
  fetchMyTrades: List<CcxtTrade>;
  fetchOrderTrades(id: string, symbol: string, since?: number, limit?: number, params?: Params): Promise<CcxtTrade[]>;
  fetchPositions(symbols?: string[]): Promise<CcxtPosition[]>;
  fetchBalance(params?: Params): Promise<CcxtBalances>;
  fetchOHLCV(symbol: string, timeframe: string, since?: number, limit?: number, params?: Params): Promise<Numeric[][]>;
  fetchFundingRate(symbol: string): Promise<CcxtFunding>;
  fetchFundingRateHistory: List<CcxtFunding>;
  fetchOrderBook(symbol: string, limit?: number): Promise<CcxtBook>;
  fetchTrades: List<CcxtTrade>;
  fetchPositionMode(symbol?: string): Promise<{ hedged?: boolean }>;
  setLeverage(leverage: number, symbol: string): Promise<unknown>;
  setMarginMode(mode: string, symbol: string, params?: Params): Promise<unknown>;
  watchOrderBook(symbol: string): Promise<CcxtBook>;
  watchTrades(symbol: string): Promise<CcxtTrade[]>;
  watchOrders(): Promise<CcxtOrder[]>;
  watchMyTrades(): Promise<CcxtTrade[]>;
  watchBalance(): Promise<CcxtBalances>;
  watchPositions(): Promise<CcxtPosition[]>;
  close(): Promise<unknown>;
  [method: string]: unknown;
}
