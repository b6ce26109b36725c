/** Spot commission rates as Binance answers them: of a symbol, of an order that is only tried, and of the account. */
import { type Amount, showFixed, zero } from "../../../shared/domain/money.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { BNB_DISCOUNT, DISCOUNT_ASSET } from "../../../shared/engine/spot-fees.ts";
import { type Call, mustListing } from "./desk.ts";
import { errors } from "./errors.ts";
import { eight } from "./spot-format.ts";

const NONE = { maker: eight(zero), taker: eight(zero) };
const NO_SIDES = { buyer: eight(zero), seller: eight(zero) };
const ratesOf = ({ maker_fee, taker_fee }: Listing) => ({ maker: eight(maker_fee), taker: eight(taker_fee) });

const discountOf = ({ desk, account }: Call) => ({
  enabledForAccount: desk.exchange.state.bnbBurn.has(account),
  enabledForSymbol: true,
  discountAsset: DISCOUNT_ASSET,
  discount: eight(BNB_DISCOUNT),
});

/** `GET /api/v3/account/commission`. */
export function commission(call: Call): unknown {
  const listing = mustListing(call, "SPOT");
  return {
    symbol: listing.symbol,
    standardCommission: { ...ratesOf(listing), ...NO_SIDES },
    specialCommission: { ...NONE, ...NO_SIDES },
    taxCommission: { ...NONE, ...NO_SIDES },
    discount: discountOf(call),
  };
}

/** What `order/test` answers with `computeCommissionRates`. */
export const commissionForOrder = (call: Call, listing: Listing): unknown => ({
  standardCommissionForOrder: ratesOf(listing),
  specialCommissionForOrder: NONE,
  taxCommissionForOrder: NONE,
  discount: discountOf(call),
});

/** Whether spot fees are paid in BNB; there is no margin interest to pay. */
export const bnbBurn = ({ desk, account }: Call): unknown => ({
  spotBNBBurn: desk.exchange.state.bnbBurn.has(account),
  interestBNBBurn: false,
});

export function setBnbBurn(call: Call): unknown {
  const { params, desk, account, now } = call;
  if (params.has("spotBNBBurn")) {
    const on = params.bool("spotBNBBurn");
    const { exchange } = desk;
    if (on !== exchange.state.bnbBurn.has(account)) {
      exchange.run(now, () => exchange.record({ fact: "bnb_burn", account, on }));
    }
  } else if (!params.has("interestBNBBurn")) throw errors.eitherOf("spotBNBBurn", "interestBNBBurn");
  return bnbBurn(call);
}

/** The account's part of `GET /api/v3/account`; 10 stands for 0.1 %. */
export function accountCommission({ desk }: Call): Record<string, unknown> {
  const first = desk.listed.find((listing) => listing.market === "SPOT");
  const [maker, taker] = [first?.maker_fee ?? zero, first?.taker_fee ?? zero];
  const basisPoints = (rate: Amount): number => Number(showFixed((rate * 10_000n) as Amount, 0));
  return {
    makerCommission: basisPoints(maker),
    takerCommission: basisPoints(taker),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: eight(maker), taker: eight(taker), ...NO_SIDES },
  };
}
