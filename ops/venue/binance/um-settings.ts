/** What a USDⓈ-M account sets: leverage, margin type, position mode, multi-assets mode, an isolated position's margin. */
import { neg, showFixed, toNumber, zero } from "../../../shared/domain/money.ts";
import { notionalMax } from "../../../shared/engine/margin.ts";
import {
  changeMargin,
  setLeverage,
  setMarginType,
  setMultiAssets,
  setPositionMode,
} from "../../../shared/engine/settings.ts";
import { type Call, mustListing, type Routes, signed } from "./desk.ts";
import { errors } from "./errors.ts";
import { umErrors } from "./um-errors.ts";
import { positionSideOf } from "./um-order-read.ts";

const DONE = { code: 200, msg: "success" } as const;

function leverage(call: Call): unknown {
  const listing = mustListing(call, "FUT");
  const asked = call.params.int("leverage");
  if (asked === undefined) throw errors.mandatory("leverage");
  const most = listing.brackets[0]?.leverage_max ?? 1;
  if (asked < 1 || asked > most) throw umErrors.leverage(asked);
  const { exchange } = call.desk;
  exchange.run(call.now, () => setLeverage(exchange, { account: call.account, instrument: listing.instrument }, asked));
  return { leverage: asked, maxNotionalValue: showFixed(notionalMax(listing, asked), 0), symbol: listing.symbol };
}

function marginType(call: Call): unknown {
  const { instrument } = mustListing(call, "FUT");
  const asked = call.params.mustText("marginType");
  if (asked !== "ISOLATED" && asked !== "CROSSED") throw errors.invalid("marginType");
  const { exchange } = call.desk;
  exchange.run(call.now, () => setMarginType(exchange, { account: call.account, instrument }, asked));
  return DONE;
}

function positionMode(call: Call): unknown {
  call.params.mustText("dualSidePosition");
  const dual = call.params.bool("dualSidePosition");
  const { exchange } = call.desk;
  exchange.run(call.now, () => setPositionMode(exchange, call.account, dual));
  return DONE;
}

function multiAssets(call: Call): unknown {
  call.params.mustText("multiAssetsMargin");
  const on = call.params.bool("multiAssetsMargin");
  const { exchange } = call.desk;
  exchange.run(call.now, () => setMultiAssets(exchange, call.account, on));
  return DONE;
}

/** Type 1 adds, 2 takes away. */
function positionMargin(call: Call): unknown {
  const { instrument } = mustListing(call, "FUT");
  const type = call.params.int("type");
  if (type === undefined) throw errors.mandatory("type");
  if (type !== 1 && type !== 2) throw errors.invalid("type");
  const amount = call.params.mustAmount("amount");
  if (amount <= zero) throw umErrors.amount();
  const position_side = positionSideOf(call);
  const of = { account: call.account, instrument, ...(position_side === undefined ? {} : { position_side }) };
  const { exchange } = call.desk;
  exchange.run(call.now, () => changeMargin(exchange, of, type === 1 ? amount : neg(amount)));
  return { amount: toNumber(amount), code: 200, msg: "Successfully modify position margin.", type };
}

export const umSettingsRoutes: Routes = {
  "POST /fapi/v1/leverage": signed(1, leverage),
  "POST /fapi/v1/marginType": signed(1, marginType),
  "GET /fapi/v1/positionSide/dual": signed(30, ({ desk, account }) => ({
    dualSidePosition: desk.exchange.state.futures.isDual(account),
  })),
  "POST /fapi/v1/positionSide/dual": signed(1, positionMode),
  "GET /fapi/v1/multiAssetsMargin": signed(30, ({ desk, account }) => ({
    multiAssetsMargin: desk.exchange.state.futures.multiAssets.has(account),
  })),
  "POST /fapi/v1/multiAssetsMargin": signed(1, multiAssets),
  "POST /fapi/v1/positionMargin": signed(1, positionMargin),
};
