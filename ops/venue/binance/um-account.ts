/** USDⓈ-M account endpoints: balances, positions, brackets, fees, trading status, listen keys. */
import { showFixed } from "../../../shared/domain/money.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { notionalMax } from "../../../shared/engine/margin.ts";
import { type Call, keyed, maybeListing, mustListing, type Routes, signed } from "./desk.ts";
import { errors } from "./errors.ts";
import {
  accountConfig,
  accountV2,
  accountV3,
  adlQuantiles,
  balances,
  positionRiskV2,
  positionRiskV3,
} from "./um-positions.ts";

/** The symbol's listing, or every one. */
function listingsOf(call: Call): Listing[] {
  const one = maybeListing(call, "FUT");
  return one ? [one] : call.desk.listed.filter((listing) => listing.market === "FUT");
}

function symbolConfig(call: Call): unknown {
  return listingsOf(call).map((listing) => {
    const position = call.desk.exchange.state.position(call.account, listing.instrument);
    return {
      symbol: listing.symbol,
      marginType: position.margin_type,
      isAutoAddMargin: false,
      leverage: position.leverage,
      maxNotionalValue: showFixed(notionalMax(listing, position.leverage), 0),
    };
  });
}

function leverageBracket(call: Call): unknown {
  return listingsOf(call).map((listing) => ({
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
    rpiCommissionRate: showFixed(listing.maker_fee, 6),
  };
}

function adlQuantile(call: Call): unknown {
  const one = maybeListing(call, "FUT");
  const rows = listingsOf(call).map((listing) => adlQuantiles(call.desk, call.account, listing));
  const held = rows.filter((row) => row !== undefined);
  return one ? (held[0] ?? []) : held;
}

/** No rule of this venue ever locks an account. */
const tradingStatus = ({ now }: Call): unknown => ({ indicators: {}, updateTime: now });

function feeBurn(call: Call): unknown {
  call.params.mustText("feeBurn");
  if (call.params.bool("feeBurn")) throw errors.invalid("feeBurn");
  return { code: 200, msg: "success" };
}

function openListenKey({ desk, account, apiKey = "", now }: Call): unknown {
  return { listenKey: desk.listenKeys.open({ account, apiKey }, now) };
}

function extendListenKey(call: Call): unknown {
  if (!call.desk.listenKeys.extend(call.apiKey ?? "", call.now)) throw errors.listenKey();
  return openListenKey(call);
}

function closeListenKey({ desk, apiKey = "" }: Call): unknown {
  desk.endListening(desk.listenKeys.close(apiKey));
  return {};
}

const riskV2 = (call: Call): unknown => positionRiskV2(call.desk, call.account, listingsOf(call));
const riskV3 = (call: Call): unknown => positionRiskV3(call.desk, call.account, listingsOf(call));
const wallet = ({ desk, account }: Call): unknown => balances(desk, account);

export const umAccountRoutes: Routes = {
  "GET /fapi/v2/account": signed(5, ({ desk, account }) => accountV2(desk, account)),
  "GET /fapi/v3/account": signed(5, ({ desk, account }) => accountV3(desk, account)),
  "GET /fapi/v2/balance": signed(5, wallet),
  "GET /fapi/v3/balance": signed(5, wallet),
  "GET /fapi/v2/positionRisk": signed(5, riskV2),
  "GET /fapi/v3/positionRisk": signed(5, riskV3),
  "GET /fapi/v1/accountConfig": signed(5, ({ desk, account }) => accountConfig(desk, account)),
  "GET /fapi/v1/symbolConfig": signed(5, symbolConfig),
  "GET /fapi/v1/leverageBracket": signed(1, leverageBracket),
  "GET /fapi/v1/commissionRate": signed(20, commissionRate),
  "GET /fapi/v1/adlQuantile": signed(5, adlQuantile),
  "GET /fapi/v1/apiTradingStatus": signed(1, tradingStatus),
  "GET /fapi/v1/feeBurn": signed(30, () => ({ feeBurn: false })),
  "POST /fapi/v1/feeBurn": signed(1, feeBurn),
  "POST /fapi/v1/listenKey": keyed(1, openListenKey),
  "PUT /fapi/v1/listenKey": keyed(1, extendListenKey),
  "DELETE /fapi/v1/listenKey": keyed(1, closeListenKey),
};
