/** Where exchanges differ and ccxt's unified interface does not level it; those without an entry speak the plain one. */
import type { SubmitOrder } from "../../../shared/contracts.ts";
import type { Market } from "../../../shared/domain/instrument.ts";
import { hostsOf } from "../hosts.ts";
import type { Settings } from "../types.ts";
import type { CcxtClient, Params } from "./unified.ts";

export interface Dialect {
  /** Its class for futures, where ccxt has one apart. */
  readonly futures?: string;
  /** Spot and futures draw on one wallet, so its balances are told once. */
  readonly oneWallet?: boolean;
  /** ccxt checks its book updates for gaps. */
  readonly checksBooks?: boolean;
  options?(market: Market): Params;
  /** Addresses other than ccxt's own. */
  urls?(settings: Settings, market: Market): Params;
  /** Names an order by our id, in questions for one order and in cancels. */
  named?(clientOrderId: string): Params;
  /** What a question for an order by the exchange's id takes. */
  readonly byId?: Params;
  /** One order is asked for by `fetchOrder`; else by lists that `named` narrows. */
  readonly asksOne?: boolean;
  /** What a spot market buy by quantity takes; absent: cannot be done. */
  readonly spotMarketBuy?: Params;
  /** What a stop's trigger price is compared with. */
  working?(type: SubmitOrder["working_type"]): Params;
  /** Whose an event of the account's is, where both markets' come on one stream. */
  marketOf?(info: Params): Market | undefined;
  /** True for a conditional order that is numbered apart from orders, by what the exchange said of it. */
  isStop?(info: Params): boolean;
  /** The order that a conditional one sent once it was set off, where that is another one. */
  sentOrder?(info: Params): string | undefined;
  /** Narrows the list of fills to those of one order. */
  fillsOf?(orderId: string): Params;
  /** Names fills after one, where times are too coarse to page by. */
  after?(fillId: string): Params;
  rights?(client: CcxtClient): Promise<{ canWithdraw: boolean; isIpBound: boolean }>;
  multiAssets?(client: CcxtClient): Promise<boolean>;
}

/** One of ccxt's calls that are named after the exchange's own paths. */
async function call<T>(client: CcxtClient, method: string, params: Params = {}): Promise<T> {
  return (client[method] as (params: Params) => Promise<T>)(params);
}

const binance: Dialect = {
  futures: "binanceusdm",
  checksBooks: true,
  asksOne: true,
  spotMarketBuy: {},
  options: (market) => ({
    fetchMarkets: { types: [market === "SPOT" ? "spot" : "linear"] },
    fetchMargins: false,
    // Its streams of the account go by this older name.
    defaultType: market === "SPOT" ? "spot" : "future",
    warnOnFetchOpenOrdersWithoutSymbol: false,
  }),
  urls(settings, market) {
    const { spot, fut, spotWs, futWs, spotApiWs } = hostsOf(settings);
    const rest = { public: `${spot}/api/v3`, private: `${spot}/api/v3`, v1: `${spot}/api/v1`, sapi: `${spot}/sapi/v1` };
    const fapi = (version: string) => `${fut}/fapi/${version}`;
    return {
      ...rest,
      ...{ fapiPublic: fapi("v1"), fapiPrivate: fapi("v1"), fapiPublicV2: fapi("v2"), fapiPrivateV2: fapi("v2") },
      ...{ fapiPublicV3: fapi("v3"), fapiPrivateV3: fapi("v3"), fapiData: `${fut}/futures/data` },
      // ccxt tells spot from futures by "/stream", and routes futures by what ends in "/ws".
      ws:
        market === "SPOT" ? { spot: `${spotWs}/stream/ws`, "ws-api": { spot: spotApiWs } } : { future: `${futWs}/ws` },
    };
  },
  named: (clientOrderId) => ({ clientOrderId }),
  working: (type) => ({ workingType: type ?? "MARK_PRICE" }),
  isStop: (info) => info.algoId !== undefined || info.aid !== undefined,
  sentOrder(info) {
    const id = String(info.actualOrderId ?? info.ai ?? "");
    return id === "" || id === "0" ? undefined : id;
  },
  fillsOf: (orderId) => ({ orderId }),
  after: (fillId) => ({ fromId: String(BigInt(fillId) + 1n) }),
  async rights(client) {
    const told = await call<Params>(client, "sapiGetAccountApiRestrictions");
    return { canWithdraw: told.enableWithdrawals !== false, isIpBound: told.ipRestrict === true };
  },
  async multiAssets(client) {
    return (await call<Params>(client, "fapiPrivateGetMultiAssetsMargin")).multiAssetsMargin === true;
  },
};

const bybit: Dialect = {
  oneWallet: true,
  spotMarketBuy: { marketUnit: "baseCoin", createMarketBuyOrderRequiresPrice: false },
  options: (market) => ({ fetchMarkets: { types: [market === "SPOT" ? "spot" : "linear"] } }),
  named: (orderLinkId) => ({ orderLinkId }),
  marketOf: ({ category }) => (category === "spot" ? "SPOT" : category === "linear" ? "FUT" : undefined),
  byId: { acknowledged: true },
  fillsOf: (orderId) => ({ orderId }),
  working: (type) => ({ triggerBy: type === "CONTRACT_PRICE" ? "LastPrice" : "MarkPrice" }),
  async rights(client) {
    const { result } = await call<{ result: Params }>(client, "privateGetV5UserQueryApi");
    const { permissions, ips } = result as { permissions?: { Wallet?: unknown[] }; ips?: unknown[] };
    const isIpBound = ips !== undefined && ips.length > 0 && !ips.includes("*");
    return { canWithdraw: permissions?.Wallet?.includes("Withdraw") !== false, isIpBound };
  },
};

const DIALECTS: Readonly<Record<string, Dialect>> = { binance, bybit };
const PLAIN: Dialect = {};
export const dialectOf = (exchange: string): Dialect =>
  Object.hasOwn(DIALECTS, exchange) ? (DIALECTS[exchange] as Dialect) : PLAIN;
/** Those that have passed the contract suite here. */
export const isProven = (exchange: string): boolean => Object.hasOwn(DIALECTS, exchange);
