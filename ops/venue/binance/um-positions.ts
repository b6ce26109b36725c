/** How USDⓈ-M futures print positions, balances and accounts in REST answers. */
import type { InstrumentId } from "../../../shared/domain/instrument.ts";
import { type Amount, abs, add, mul, showFixed, sub, sum, zero } from "../../../shared/domain/money.ts";
import { adlQuantile } from "../../../shared/engine/adl.ts";
import {
  breakEvenPrice,
  entryPrice,
  initialMargin,
  liquidationPrice,
  maintenance,
  type Position,
  unrealised,
} from "../../../shared/engine/futures.ts";
import { crossHealth } from "../../../shared/engine/liquidation.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { exposureOf, futuresFunds, notionalMax, openOrderMargin } from "../../../shared/engine/margin.ts";
import { type Desk, markPrice } from "./desk.ts";
import { averageDigits, money } from "./um-format.ts";

export interface PositionView {
  readonly listing: Listing;
  readonly position: Position;
  readonly mark: Amount;
  /** Zero for a cross position. */
  readonly margin: Amount;
  readonly unrealised: Amount;
  readonly notional: Amount;
  readonly maintenance: Amount;
  readonly initial: Amount;
  readonly openMargin: Amount;
  readonly bids: Amount;
  readonly asks: Amount;
  readonly liquidation: Amount;
  readonly quantile: number;
}

/** Positions of an instrument: one in one-way mode, LONG and SHORT in hedge mode. */
export function positionViews(desk: Desk, account: string, instrument: InstrumentId): PositionView[] {
  const legs = desk.exchange.state.futures.legs(account, instrument);
  const dual = desk.exchange.state.futures.isDual(account);
  return legs.filter(({ side }) => dual === (side !== "BOTH")).map((position) => positionView(desk, position));
}

/** A position with everything that follows from its mark; the entry price stands in while there is no mark. */
function positionView(desk: Desk, position: Position): PositionView {
  const { exchange } = desk;
  const { state } = exchange;
  const { account, instrument, side, leverage } = position;
  const listing = state.listing(instrument);
  const mark = markPrice(desk, listing) ?? entryPrice(position);
  const notional = mul(position.qty, mark);
  const dual = side !== "BOTH";
  const exposure = exposureOf(state, { account, instrument }, mark);
  const bids = side === "SHORT" ? zero : exposure.bids;
  const asks = side === "LONG" ? zero : exposure.asks;
  const own = { long: side === "SHORT" ? zero : exposure.long, short: side === "SHORT" ? exposure.short : zero };
  return {
    ...{ listing, position, mark, notional, bids, asks },
    margin: position.margin_type === "ISOLATED" ? state.isolatedMargin(position) : zero,
    unrealised: unrealised(position, mark),
    maintenance: maintenance(listing, abs(notional)),
    initial: initialMargin(abs(notional), leverage),
    openMargin: openOrderMargin({ ...own, bids, asks }, { dual, leverage }),
    liquidation: liquidationOf(desk, position, mark),
    quantile: position.qty === zero ? 0 : adlQuantile(exchange, position, mark),
  };
}

/** Isolated: by its own margin. Cross: by the wallet and what the account's other cross positions gain and need. */
function liquidationOf(desk: Desk, position: Position, mark: Amount): Amount {
  const { exchange } = desk;
  const { state } = exchange;
  const listing = state.listing(position.instrument);
  if (position.qty === zero) return zero;
  if (position.margin_type === "ISOLATED") {
    return liquidationPrice([position], state.isolatedMargin(position), listing);
  }
  const legs = state.futures.legs(position.account, position.instrument).filter(({ qty }) => qty !== zero);
  const { equity, needed } = crossHealth(exchange, position.account);
  const isMarked = exchange.mark(position.instrument) !== undefined;
  const own = (of: (leg: Position) => Amount): Amount => (isMarked ? sum(legs.map(of)) : zero);
  const others = sub(
    equity,
    own((leg) => unrealised(leg, mark)),
  );
  const othersNeed = sub(
    needed,
    own((leg) => maintenance(listing, abs(mul(leg.qty, mark)))),
  );
  return liquidationPrice(legs, sub(others, othersNeed), listing);
}

const isShown = ({ position, openMargin }: PositionView): boolean => position.qty !== zero || openMargin !== zero;
const futuresOf = (desk: Desk): Listing[] => desk.listed.filter((listing) => listing.market === "FUT");
const viewsOf = (desk: Desk, account: string, listings: readonly Listing[]): PositionView[] =>
  listings.flatMap((listing) => positionViews(desk, account, listing.instrument));

/** /fapi/v3/positionRisk: positions that are held or that open orders would open. */
export function positionRiskV3(desk: Desk, account: string, listings: readonly Listing[]): unknown[] {
  return viewsOf(desk, account, listings).filter(isShown).map(riskV3);
}

/** /fapi/v2/positionRisk: every symbol. */
export function positionRiskV2(desk: Desk, account: string, listings: readonly Listing[]): unknown[] {
  return viewsOf(desk, account, listings).map(riskV2);
}

function shared(view: PositionView): Record<string, unknown> {
  const { listing, position, margin } = view;
  const isolated = position.margin_type === "ISOLATED" && position.qty !== zero;
  return {
    symbol: listing.symbol,
    positionSide: position.side,
    positionAmt: showFixed(position.qty, listing.qty_digits),
    entryPrice: showFixed(entryPrice(position), averageDigits(listing)),
    breakEvenPrice: showFixed(breakEvenPrice(position), averageDigits(listing)),
    markPrice: money(view.mark),
    unRealizedProfit: money(view.unrealised),
    liquidationPrice: position.qty === zero ? "0" : showFixed(view.liquidation, listing.price_digits),
    isolatedMargin: isolated ? money(add(margin, view.unrealised)) : "0",
    notional: money(view.notional),
    isolatedWallet: isolated ? money(margin) : "0",
    updateTime: position.updated_at,
  };
}

function riskV3(view: PositionView): Record<string, unknown> {
  return {
    ...shared(view),
    marginAsset: view.listing.quote,
    initialMargin: money(add(view.initial, view.openMargin)),
    maintMargin: money(view.maintenance),
    positionInitialMargin: money(view.initial),
    openOrderInitialMargin: money(view.openMargin),
    adl: view.quantile,
    bidNotional: view.bids === zero ? "0" : money(view.bids),
    askNotional: view.asks === zero ? "0" : money(view.asks),
  };
}

function riskV2(view: PositionView): Record<string, unknown> {
  const { listing, position } = view;
  return {
    ...shared(view),
    marginType: position.margin_type === "ISOLATED" ? "isolated" : "cross",
    isAutoAddMargin: "false",
    leverage: String(position.leverage),
    maxNotionalValue: showFixed(notionalMax(listing, position.leverage), 0),
  };
}

interface Totals {
  readonly wallet: Amount;
  readonly pnl: Amount;
  readonly maintenance: Amount;
  readonly position: Amount;
  readonly order: Amount;
  readonly cross: Amount;
  readonly crossPnl: Amount;
  readonly available: Amount;
  readonly updated: number;
}

function totalsOf(desk: Desk, account: string, views: readonly PositionView[]): Totals {
  const { exchange } = desk;
  const funds = futuresFunds(exchange.state, account, (instrument) => exchange.mark(instrument));
  const total = (pick: (view: PositionView) => Amount): Amount => sum(views.map(pick));
  return {
    wallet: add(funds.wallet, exchange.state.ledger.total(`${account}:FUT`, "margin", "USDT")),
    pnl: total((view) => view.unrealised),
    maintenance: total((view) => view.maintenance),
    position: total((view) => view.initial),
    order: funds.orderMargin,
    cross: funds.wallet,
    crossPnl: funds.crossPnl,
    available: funds.available,
    // ccxt skips an asset that says it was never updated.
    updated: Math.max(1, ...views.map((view) => view.position.updated_at)),
  };
}

function account(totals: Totals): Record<string, unknown> {
  return {
    totalInitialMargin: money(add(totals.position, totals.order)),
    totalMaintMargin: money(totals.maintenance),
    totalWalletBalance: money(totals.wallet),
    totalUnrealizedProfit: money(totals.pnl),
    totalMarginBalance: money(add(totals.wallet, totals.pnl)),
    totalPositionInitialMargin: money(totals.position),
    totalOpenOrderInitialMargin: money(totals.order),
    totalCrossWalletBalance: money(totals.cross),
    totalCrossUnPnl: money(totals.crossPnl),
    availableBalance: money(totals.available),
    maxWithdrawAmount: money(totals.available),
  };
}

function asset(totals: Totals): Record<string, unknown> {
  return {
    asset: "USDT",
    walletBalance: money(totals.wallet),
    unrealizedProfit: money(totals.pnl),
    marginBalance: money(add(totals.wallet, totals.pnl)),
    maintMargin: money(totals.maintenance),
    initialMargin: money(add(totals.position, totals.order)),
    positionInitialMargin: money(totals.position),
    openOrderInitialMargin: money(totals.order),
    crossWalletBalance: money(totals.cross),
    crossUnPnl: money(totals.crossPnl),
    availableBalance: money(totals.available),
    maxWithdrawAmount: money(totals.available),
  };
}

/** /fapi/v3/account: the wallet in one asset, and every position held or backing orders. */
export function accountV3(desk: Desk, name: string): Record<string, unknown> {
  const views = viewsOf(desk, name, futuresOf(desk));
  const totals = totalsOf(desk, name, views);
  return {
    ...account(totals),
    assets: [{ ...asset(totals), updateTime: totals.updated }],
    positions: views.filter(isShown).map((view) => {
      const risk = riskV3(view);
      const { symbol, positionSide, positionAmt, isolatedMargin, notional, isolatedWallet } = risk;
      const { initialMargin: initial, maintMargin, updateTime } = risk;
      return {
        ...{ symbol, positionSide, positionAmt, unrealizedProfit: risk.unRealizedProfit, isolatedMargin },
        ...{ notional, isolatedWallet, initialMargin: initial, maintMargin, updateTime },
      };
    }),
  };
}

/** /fapi/v2/account: every symbol, with the account's modes. */
export function accountV2(desk: Desk, name: string): Record<string, unknown> {
  const views = viewsOf(desk, name, futuresOf(desk));
  const totals = totalsOf(desk, name, views);
  const { feeTier, canTrade, canDeposit, canWithdraw, multiAssetsMargin, tradeGroupId } = accountConfig(desk, name);
  return {
    ...{ feeTier, feeBurn: false, canTrade, canDeposit, canWithdraw, updateTime: 0, multiAssetsMargin, tradeGroupId },
    ...account(totals),
    assets: [{ ...asset(totals), marginAvailable: true, updateTime: totals.updated }],
    positions: views.map(({ listing, position, ...view }) => ({
      symbol: listing.symbol,
      initialMargin: money(add(view.initial, view.openMargin)),
      maintMargin: money(view.maintenance),
      unrealizedProfit: money(view.unrealised),
      positionInitialMargin: money(view.initial),
      openOrderInitialMargin: money(view.openMargin),
      leverage: String(position.leverage),
      isolated: position.margin_type === "ISOLATED",
      entryPrice: showFixed(entryPrice(position), averageDigits(listing)),
      breakEvenPrice: showFixed(breakEvenPrice(position), averageDigits(listing)),
      maxNotional: showFixed(notionalMax(listing, position.leverage), 0),
      bidNotional: view.bids === zero ? "0" : money(view.bids),
      askNotional: view.asks === zero ? "0" : money(view.asks),
      positionSide: position.side,
      positionAmt: showFixed(position.qty, listing.qty_digits),
      notional: money(view.notional),
      isolatedWallet: position.margin_type === "ISOLATED" ? money(view.margin) : "0",
      updateTime: position.updated_at,
    })),
  };
}

export function accountConfig(desk: Desk, name: string): Record<string, unknown> {
  const { futures } = desk.exchange.state;
  return {
    ...{ feeTier: 0, canTrade: true, canDeposit: true, canWithdraw: true },
    dualSidePosition: futures.isDual(name),
    updateTime: 0,
    multiAssetsMargin: futures.multiAssets.has(name),
    tradeGroupId: -1,
  };
}

/** /fapi/v2/balance and /fapi/v3/balance. */
export function balances(desk: Desk, name: string): unknown[] {
  const totals = totalsOf(desk, name, viewsOf(desk, name, futuresOf(desk)));
  return [
    {
      accountAlias: name,
      asset: "USDT",
      balance: money(totals.wallet),
      crossWalletBalance: money(totals.cross),
      crossUnPnl: money(totals.crossPnl),
      availableBalance: money(totals.available),
      maxWithdrawAmount: money(totals.available),
      marginAvailable: true,
      updateTime: totals.updated,
    },
  ];
}

/** /fapi/v1/adlQuantile of one symbol: LONG and SHORT in hedge mode, HEDGE being a sign that both stand side by side. */
export function adlQuantiles(desk: Desk, name: string, listing: Listing): Record<string, unknown> | undefined {
  const views = positionViews(desk, name, listing.instrument);
  if (views.every(({ position }) => position.qty === zero)) return undefined;
  const sides = Object.fromEntries(views.map(({ position, quantile }) => [position.side, quantile]));
  const dual = desk.exchange.state.futures.isDual(name);
  return { symbol: listing.symbol, adlQuantile: dual ? { ...sides, HEDGE: 0 } : { ...sides, LONG: 0, SHORT: 0 } };
}
