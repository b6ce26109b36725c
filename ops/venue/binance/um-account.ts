/** USDⓈ-M account endpoints: balances, positions, leverage, margin type, fees, income, listen keys. */

import { showFixed, zero } from "../../../shared/domain/money.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { setLeverage as setLeverageOf, setMarginType as setMarginTypeOf } from "../../../shared/engine/settings.ts";
import { type Call, keyed, maybeListing, mustListing, type Routes, signed } from "./desk.ts";
import { BinanceError, errors } from "./errors.ts";
import { money, positionView, umAccount, umPositionRisk } from "./um-format.ts";

const MAX_NOTIONAL_DIGITS = 0;
const INCOME_MAX = 1_000;

const futures = (call: Call): Listing[] => call.desk.listed.filter((listing) => listing.market === "FUT");

function positionRisk(call: Call): unknown {
  const one = maybeListing(call, "FUT");
  const views = (one ? [one] : futures(call)).map((each) => positionView(call.desk, call.account, each.instrument));
  return views.filter((view) => view.position.qty !== zero || view.openMargin !== zero).map(umPositionRisk);
}

function setLeverage(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const leverage = call.params.int("leverage");
  if (leverage === undefined) throw errors.mandatory("leverage");
  const bracket = listing.brackets.find((each) => each.leverage_max >= leverage);
  const most = listing.brackets[0]?.leverage_max ?? 1;
  if (leverage < 1 || leverage > most || !bracket) throw new BinanceError(-4028, `Leverage ${leverage} is not valid`);
  const { exchange } = call.desk;
  exchange.run(call.now, () =>
    setLeverageOf(exchange, { account: call.account, instrument: listing.instrument }, leverage),
  );
  const largest = listing.brackets.filter((each) => each.leverage_max >= leverage).at(-1) ?? bracket;
  return { leverage, maxNotionalValue: showFixed(largest.cap, MAX_NOTIONAL_DIGITS), symbol: listing.symbol };
}

function setMarginType(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const asked = call.params.mustText("marginType");
  if (asked !== "ISOLATED" && asked !== "CROSSED") throw errors.invalid("marginType");
  const { exchange } = call.desk;
  exchange.run(call.now, () =>
    setMarginTypeOf(exchange, { account: call.account, instrument: listing.instrument }, asked),
  );
  return { code: 200, msg: "success" };
}

/** This venue holds one-way positions only: asking for what is there answers −4059, as Binance does. */
function setPositionMode(call: Call): unknown {
  call.params.mustText("dualSidePosition");
  if (call.params.bool("dualSidePosition")) throw errors.invalid("dualSidePosition");
  throw new BinanceError(-4059, "No need to change position side.");
}

function symbolConfig(call: Call): unknown {
  const one = maybeListing(call, "FUT");
  return (one ? [one] : futures(call)).map((listing) => {
    const position = call.desk.exchange.state.position(call.account, listing.instrument);
    return {
      symbol: listing.symbol,
      marginType: position.margin_type,
      isAutoAddMargin: "false",
      leverage: position.leverage,
      maxNotionalValue: showFixed(listing.brackets.at(-1)?.cap ?? zero, MAX_NOTIONAL_DIGITS),
    };
  });
}

function leverageBracket(call: Call): unknown {
  const one = maybeListing(call, "FUT");
  return (one ? [one] : futures(call)).map((listing) => ({
    symbol: listing.symbol,
    notionalCoef: 1,
    brackets: listing.brackets.map((bracket, i) => ({
      bracket: i + 1,
      initialLeverage: bracket.leverage_max,
      notionalCap: Number(showFixed(bracket.cap, 0)),
      notionalFloor: Number(showFixed(bracket.floor, 0)),
      maintMarginRatio: Number(showFixed(bracket.mmr, 6)),
      cum: Number(showFixed(bracket.cum, 2)),
    })),
  }));
}

function commissionRate(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  return {
    symbol: listing.symbol,
    makerCommissionRate: showFixed(listing.maker_fee, 6),
    takerCommissionRate: showFixed(listing.taker_fee, 6),
  };
}

function income(call: Call): unknown {
  const { params, desk, account } = call;
  const listing = maybeListing(call, "FUT");
  const [type, start, end] = [params.text("incomeType"), params.int("startTime"), params.int("endTime")];
  const limit = params.limit(100, INCOME_MAX);
  const rows = desk.exchange.state.income.filter(
    (row) =>
      row.account === account &&
      (listing === undefined || row.instrument === listing.instrument) &&
      (type === undefined || row.type === type) &&
      (start === undefined || row.at >= start) &&
      (end === undefined || row.at <= end),
  );
  return (start === undefined ? rows.slice(-limit) : rows.slice(0, limit)).map((row) => ({
    symbol: row.instrument === undefined ? "" : desk.exchange.state.listing(row.instrument).symbol,
    incomeType: row.type,
    income: money(row.qty),
    asset: row.asset,
    info: row.trade_id === undefined ? row.type : String(row.trade_id),
    time: row.at,
    tranId: row.income_id,
    tradeId: row.trade_id === undefined ? "" : String(row.trade_id),
  }));
}

function extendListenKey({ desk, account, now }: Call): unknown {
  if (!desk.listenKeys.extend(account, now)) throw errors.listenKey();
  return { listenKey: desk.listenKeys.open(account, now) };
}

function closeListenKey({ desk, account }: Call): unknown {
  desk.listenKeys.close(account);
  return {};
}

export const umAccountRoutes: Routes = {
  "GET /fapi/v3/account": signed(5, ({ desk, account }) => umAccount(desk, account)),
  "GET /fapi/v3/positionRisk": signed(5, positionRisk),
  "POST /fapi/v1/leverage": signed(1, setLeverage),
  "POST /fapi/v1/marginType": signed(1, setMarginType),
  "GET /fapi/v1/positionSide/dual": signed(30, () => ({ dualSidePosition: false })),
  "POST /fapi/v1/positionSide/dual": signed(1, setPositionMode),
  "GET /fapi/v1/symbolConfig": signed(5, symbolConfig),
  "GET /fapi/v1/leverageBracket": signed(1, leverageBracket),
  "GET /fapi/v1/commissionRate": signed(20, commissionRate),
  "GET /fapi/v1/income": signed(30, income),
  "POST /fapi/v1/listenKey": keyed(1, ({ desk, account, now }) => ({
    listenKey: desk.listenKeys.open(account, now),
  })),
  "PUT /fapi/v1/listenKey": keyed(1, extendListenKey),
  "DELETE /fapi/v1/listenKey": keyed(1, closeListenKey),
};
