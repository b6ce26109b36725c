/** The `sapi` calls that clients make: transfers between the wallets, what a key may do, coins and fees, system status. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { type Amount, abs, show, sub, zero } from "../../../shared/domain/money.ts";
import { futuresFunds } from "../../../shared/engine/margin.ts";
import { type Call, type Desk, maybeListing, type Routes, signed, unsigned } from "./desk.ts";
import { BinanceError, errors } from "./errors.ts";
import { PERMISSIONS } from "./request.ts";
import { bnbBurn, setBnbBurn } from "./spot-commission.ts";
import { eight, spotBalances } from "./spot-format.ts";

const TYPES = { MAIN_UMFUTURE: ["SPOT", "FUT"], UMFUTURE_MAIN: ["FUT", "SPOT"] } as const;
type TransferType = keyof typeof TYPES;
const isType = (type: string): type is TransferType => Object.hasOwn(TYPES, type);
const TRANSFERS_MAX = 100;

function typeOf(call: Call): TransferType {
  const type = call.params.mustText("type");
  if (!isType(type)) throw errors.invalid("type");
  return type;
}

function transfer(call: Call): unknown {
  return { tranId: move(call, typeOf(call)) };
}

/** The old way: 1 is from spot to futures, 2 back. */
function futuresTransfer(call: Call): unknown {
  const type = call.params.mustText("type");
  if (type !== "1" && type !== "2") throw errors.invalid("type");
  return { tranId: move(call, type === "1" ? "MAIN_UMFUTURE" : "UMFUTURE_MAIN") };
}

function move({ desk, params, account, now }: Call, type: TransferType): number {
  const asset = params.mustText("asset");
  const qty = params.mustAmount("amount");
  if (qty <= zero) throw errors.invalid("amount");
  const { exchange } = desk;
  const quotes = new Set(desk.listed.filter((each) => each.market === "FUT").map((each) => each.quote));
  if (!quotes.has(asset)) throw errors.invalid("asset");
  const [from, to] = TYPES[type];
  if (available(desk, account, { market: from, asset }) < qty)
    throw new BinanceError(-5002, "You have insufficient balance.");
  return exchange.run(now, () => {
    exchange.move(account, from, { asset, qty: sub(zero, qty), why: `transfer ${type}` });
    exchange.move(account, to, { asset, qty, why: `transfer ${type}` });
    return exchange.state.income.length;
  });
}

/** What may leave a wallet: on futures not what backs positions and orders. */
function available(desk: Desk, account: string, { market, asset }: { market: Market; asset: string }): Amount {
  const { exchange } = desk;
  if (market === "SPOT") return exchange.state.free(account, market, asset);
  return futuresFunds(exchange.state, account, (instrument) => exchange.mark(instrument)).available;
}

/** Newest first, a page of `size` rows. */
function transfers(call: Call): unknown {
  const type = typeOf(call);
  const { params } = call;
  const [start, end] = [params.int("startTime"), params.int("endTime")];
  const page = params.int("current") ?? 1;
  const size = Math.min(params.int("size") ?? 10, TRANSFERS_MAX);
  if (page < 1 || size < 1) throw errors.invalid(page < 1 ? "current" : "size");
  const mine = call.desk.exchange.state.income
    .filter((row) => row.account === call.account && row.why === `transfer ${type}`)
    .filter((row) => !call.desk.isHidden(row.at, call.now))
    .filter((row) => row.at >= (start ?? 0) && row.at <= (end ?? Infinity))
    .reverse();
  const rows = mine.slice((page - 1) * size, page * size).map((row) => ({
    asset: row.asset,
    amount: show(abs(row.qty)),
    type,
    status: "CONFIRMED",
    tranId: row.income_id,
    timestamp: row.at,
  }));
  return { total: mine.length, rows };
}

const coins = (desk: Desk): string[] =>
  [...new Set(desk.listed.flatMap((listing) => [listing.base, listing.quote]))].sort();

/** Nothing can be deposited to or withdrawn from a paper venue. */
function capital({ desk, account }: Call): unknown {
  const balances = new Map(spotBalances(desk.exchange.state, account).map((row) => [row.asset, row]));
  return coins(desk).map((coin) => ({
    coin,
    name: coin,
    depositAllEnable: false,
    withdrawAllEnable: false,
    free: eight(balances.get(coin)?.free ?? zero),
    locked: eight(balances.get(coin)?.locked ?? zero),
    freeze: "0",
    withdrawing: "0",
    ipoing: "0",
    ipoable: "0",
    storage: "0",
    isLegalMoney: false,
    trading: true,
    networkList: [],
  }));
}

function restrictions({ desk, apiKey }: Call): unknown {
  const key = desk.keys.ofKey(apiKey);
  const may = Object.fromEntries(
    PERMISSIONS.map((name) => [name, key.permissions === undefined || key.permissions.includes(name)]),
  );
  return {
    ipRestrict: key.ip_restricted ?? false,
    createTime: 0,
    enableWithdrawals: key.can_withdraw ?? false,
    enableInternalTransfer: false,
    enableVanillaOptions: false,
    enableMargin: false,
    enablePortfolioMarginTrading: false,
    ...may,
  };
}

function tradeFee(call: Call): unknown {
  const one = maybeListing(call, "SPOT");
  const listings = one ? [one] : call.desk.listed.filter((listing) => listing.market === "SPOT");
  return listings.map(({ symbol, maker_fee, taker_fee }) => ({
    symbol,
    makerCommission: show(maker_fee),
    takerCommission: show(taker_fee),
  }));
}

/** What the account holds on spot; zero balances only when one asset is asked for. */
function userAssets({ desk, params, account }: Call): unknown {
  const asset = params.text("asset");
  return spotBalances(desk.exchange.state, account)
    .filter((row) => (asset === undefined ? row.free !== zero || row.locked !== zero : row.asset === asset))
    .map((row) => {
      const { free, locked } = { free: eight(row.free), locked: eight(row.locked) };
      return { asset: row.asset, free, locked, freeze: "0", withdrawing: "0", ipoable: "0", btcValuation: "0" };
    });
}

const NO_TRADING_LIMIT = {
  isLocked: false,
  plannedRecoverTime: 0,
  triggerCondition: { GCR: 150, IFER: 150, UFR: 300 },
  updateTime: 0,
};

export const sapiRoutes: Routes = {
  "GET /sapi/v1/system/status": unsigned(1, () => ({ status: 0, msg: "normal" })),
  "POST /sapi/v1/asset/transfer": signed(1, transfer),
  "GET /sapi/v1/asset/transfer": signed(1, transfers),
  "POST /sapi/v1/futures/transfer": signed(1, futuresTransfer),
  "GET /sapi/v1/account/apiRestrictions": signed(1, restrictions),
  "GET /sapi/v1/account/status": signed(1, () => ({ data: "Normal" })),
  "GET /sapi/v1/account/apiTradingStatus": signed(1, () => ({ data: NO_TRADING_LIMIT })),
  "GET /sapi/v1/capital/config/getall": signed(10, capital),
  "GET /sapi/v1/capital/deposit/hisrec": signed(1, () => []),
  "GET /sapi/v1/capital/withdraw/history": signed(1, () => []),
  "GET /sapi/v1/asset/tradeFee": signed(1, tradeFee),
  "POST /sapi/v3/asset/getUserAsset": signed(5, userAssets),
  "POST /sapi/v1/asset/get-funding-asset": signed(1, () => []),
  "GET /sapi/v1/bnbBurn": signed(1, bnbBurn),
  "POST /sapi/v1/bnbBurn": signed(1, setBnbBurn),
  // There is no margin trading and no coin-margined market: clients ask when they load markets.
  "GET /sapi/v1/margin/allPairs": signed(1, () => []),
  "GET /sapi/v1/margin/isolated/allPairs": signed(1, () => []),
  "GET /dapi/v1/exchangeInfo": unsigned(1, ({ now }) => ({ timezone: "UTC", serverTime: now, symbols: [] })),
};
