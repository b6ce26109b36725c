/** Spot account endpoints: balances, commission, trades, and the trades that self-trade prevention kept from happening. */
import { zero } from "../../../shared/domain/money.ts";
import { type Call, mustListing, type Routes, signed } from "./desk.ts";
import { errors } from "./errors.ts";
import { checkDay, pageTrades } from "./pages.ts";
import { accountCommission, commission } from "./spot-commission.ts";
import { spotFilters } from "./spot-filters.ts";
import { eight, spotBalances, spotPrevented, spotTrade } from "./spot-format.ts";

const PAGE_DEFAULT = 500;
const PAGE_MAX = 1_000;

function account(call: Call): unknown {
  const { desk, account: name, now, params } = call;
  const { state } = desk.exchange;
  const nonZero = params.bool("omitZeroBalances");
  const rows = spotBalances(state, name).filter((row) => !nonZero || row.free !== zero || row.locked !== zero);
  return {
    ...accountCommission(call),
    canTrade: true,
    canWithdraw: false,
    canDeposit: false,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: now,
    accountType: "SPOT",
    balances: rows.map((row) => ({ asset: row.asset, free: eight(row.free), locked: eight(row.locked) })),
    permissions: ["SPOT"],
    uid: 1,
  };
}

function trades(call: Call): unknown {
  const { params, desk } = call;
  const listing = mustListing(call, "SPOT");
  const isTimed = params.has("startTime") || params.has("endTime");
  if (isTimed && (params.has("fromId") || params.has("orderId"))) throw errors.combination();
  checkDay(params);
  return pageTrades(call, listing).map((trade) => spotTrade(desk.exchange.state, trade));
}

/** Of the account's orders, by match or by order. */
function preventedMatches({ desk, params, account: name, ...call }: Call): unknown {
  const { instrument } = mustListing({ desk, params, account: name, ...call }, "SPOT");
  const [matchId, orderId] = [params.int("preventedMatchId"), params.int("orderId")];
  if (matchId === undefined && orderId === undefined) throw errors.eitherOf("preventedMatchId", "orderId");
  const from = params.int("fromPreventedMatchId") ?? 0;
  const { state } = desk.exchange;
  const isMine = (id: number): boolean => state.orders.get(id)?.account === name;
  const rows = state.prevented.filter(
    (match) =>
      match.instrument === instrument &&
      isMine(match.taker_id) &&
      match.match_id >= from &&
      (matchId === undefined || match.match_id === matchId) &&
      (orderId === undefined || match.taker_id === orderId || match.maker_id === orderId),
  );
  return rows.slice(0, params.limit(PAGE_DEFAULT, PAGE_MAX)).map((match) => spotPrevented(state, match));
}

export const spotAccountRoutes: Routes = {
  "GET /api/v3/account": signed(20, account),
  "GET /api/v3/account/commission": signed(20, commission),
  "GET /api/v3/myTrades": signed((params) => (params.has("orderId") ? 5 : 20), trades),
  "GET /api/v3/myPreventedMatches": signed((params) => (params.has("orderId") ? 20 : 2), preventedMatches),
  // No smart order routing here, so nothing is ever allocated.
  "GET /api/v3/myAllocations": signed(20, (call) => {
    mustListing(call, "SPOT");
    return [];
  }),
  "GET /api/v3/myFilters": signed(40, (call) => ({
    exchangeFilters: [],
    symbolFilters: spotFilters(mustListing(call, "SPOT")),
    assetFilters: [],
  })),
};
