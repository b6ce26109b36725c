/** Reads what a spot order is asked to be, alone or as one of a list, and refuses it as Binance does. */
import type { Amount } from "../../../shared/domain/money.ts";
import { isOnStep, zero } from "../../../shared/domain/money.ts";
import type { Side } from "../../../shared/domain/order.ts";
import type { MatchType } from "../../../shared/engine/facts.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import type { StpMode } from "../../../shared/engine/matcher.ts";
import type { Leg } from "../../../shared/engine/stops.ts";
import type { Call } from "./desk.ts";
import { BinanceError, errors } from "./errors.ts";
import { madeClientId } from "./order-fields.ts";
import type { Params } from "./request.ts";

export interface SpotAsked {
  readonly listing: Listing;
  readonly type: MatchType;
  readonly side: Side;
  readonly tif: "GTC" | "IOC" | "FOK";
  /** Only of types with a limit. */
  readonly price: Amount | undefined;
  readonly stop: Amount | undefined;
  /** Basis points. */
  readonly trailing: number | undefined;
  /** Nothing where a quote quantity is given, or where the order sells what another one bought. */
  readonly qty: Amount | undefined;
  readonly quoteQty: Amount | undefined;
  readonly iceberg: Amount | undefined;
  readonly stp: StpMode;
  readonly clientId: string;
  readonly strategyId: number | undefined;
  readonly strategyType: number | undefined;
}

const STOPS: ReadonlySet<string> = new Set(["STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]);
const TIMED: ReadonlySet<string> = new Set(["LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"]);
const LIMITED: ReadonlySet<string> = new Set([...TIMED, "LIMIT_MAKER"]);
const TYPES: ReadonlySet<string> = new Set([...LIMITED, ...STOPS, "MARKET"]);
/** Types that wait for a price. */
export const isStopType = (type: string): boolean => STOPS.has(type);

export const STP_MODES: readonly StpMode[] = ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"];
const STP_DEFAULT: StpMode = "EXPIRE_MAKER";
/** Binance knows it, and no symbol here allows it. */
const STP_FOREIGN = "TRANSFER";
const STRATEGY_TYPE_MIN = 1_000_000;
const STRATEGY_TYPE_MAX = 2 ** 31 - 1;
const DECIMALS_MAX = 8;

/** With every signed request; the last two come over the WebSocket API. */
const COMMON = ["symbol", "timestamp", "recvWindow", "apiKey", "returnRateLimits"];
const OF_ORDER = [
  ...["type", "timeInForce", "quantity", "quoteOrderQty", "price", "stopPrice", "trailingDelta", "icebergQty"],
  ...["strategyId", "strategyType"],
];
const PEGS = ["pegPriceType", "pegOffsetType", "pegOffsetValue"];

/** Throws −1104 for a parameter that nothing here reads; `prefixes` are those of the request's orders. */
export function refuseUnread(params: Params, { prefixes, others }: { prefixes: string[]; others: string[] }): void {
  const known = new Set([...COMMON, ...others, "newOrderRespType", "selfTradePreventionMode"]);
  for (const prefix of prefixes) {
    for (const name of [...OF_ORDER, "side"]) known.add(named(prefix, name));
    known.add(prefix === "" ? "newClientOrderId" : named(prefix, "clientOrderId"));
    for (const peg of PEGS) {
      if (params.has(named(prefix, peg))) throw errors.rejected("Pegged orders are not supported for this symbol.");
    }
  }
  const sent = [...params.map().keys()];
  const read = sent.filter((name) => known.has(name));
  if (read.length < sent.length) throw errors.unread(read.length, sent.length);
}

/** The name of a parameter: as it is, or behind the name of its order in the list. */
const named = (prefix: string, name: string): string =>
  prefix === "" ? name : `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** An unsigned decimal of at most eight decimals, above zero. */
export function decimal(params: Params, name: string): Amount | undefined {
  const amount = params.amount(name);
  if (amount === undefined) return undefined;
  if (!isOnStep(amount, (10n ** BigInt(18 - DECIMALS_MAX)) as Amount)) {
    throw new BinanceError(-1111, `Parameter '${name}' has too much precision.`);
  }
  return amount;
}

function above(params: Params, name: string, what: string): Amount | undefined {
  const amount = decimal(params, name);
  if (amount !== undefined && amount <= zero) throw new BinanceError(-1013, `Invalid ${what}.`);
  return amount;
}

const must = <T>(value: T | undefined, name: string): T => {
  if (value === undefined) throw errors.mandatory(name);
  return value;
};

export function readStp(params: Params): StpMode {
  const mode = params.text("selfTradePreventionMode") ?? STP_DEFAULT;
  const allowed = STP_MODES.find((each) => each === mode);
  if (allowed !== undefined) return allowed;
  if (mode !== STP_FOREIGN) throw errors.invalid("selfTradePreventionMode");
  throw new BinanceError(-1013, "This symbol does not allow the specified self-trade prevention mode.");
}

export type ResponseKind = "ACK" | "RESULT" | "FULL";

/** Read before anything is done, so that a wrong one places nothing. */
export function readResponseKind(params: Params, standard: ResponseKind): ResponseKind {
  const kind = params.text("newOrderRespType") ?? standard;
  if (kind !== "ACK" && kind !== "RESULT" && kind !== "FULL") throw errors.invalid("newOrderRespType");
  return kind;
}

export interface Reading {
  readonly listing: Listing;
  readonly side: Side;
  /** Before every name, as in `abovePrice`; empty for a single order. */
  readonly prefix: string;
  /** The quantity where it is not the order's own parameter; null where there is none to read. */
  readonly qty?: Amount | null;
}

/** Throws Binance's error for the first parameter that is missing, malformed or not wanted with the type. */
export function readSpotOrder({ params, desk }: Call, { listing, side, prefix, qty }: Reading): SpotAsked {
  const name = (plain: string) => named(prefix, plain);
  const type = params.mustText(name("type"));
  if (!TYPES.has(type)) throw errors.type();
  refuseUnwanted(params, type, name);
  const tif = TIMED.has(type) ? readTif(params, name("timeInForce")) : "GTC";
  const sizes = readSizes(params, { type, name, qty });
  const price = LIMITED.has(type) ? must(above(params, name("price"), "price"), name("price")) : undefined;
  const stop = above(params, name("stopPrice"), "stopPrice");
  const trailing = readTrailing(params, name("trailingDelta"));
  if (STOPS.has(type) && stop === undefined && trailing === undefined) {
    throw errors.eitherOf(name("stopPrice"), name("trailingDelta"));
  }
  const iceberg = readIceberg(params, name("icebergQty"), { tif, qty: sizes.qty });
  const clientId = params.clientId(prefix === "" ? "newClientOrderId" : name("clientOrderId")) ?? madeClientId(desk);
  const strategyType = whole(params, name("strategyType"), STRATEGY_TYPE_MAX);
  if (strategyType !== undefined && strategyType < STRATEGY_TYPE_MIN) {
    throw new BinanceError(-1134, `${name("strategyType")} was less than ${STRATEGY_TYPE_MIN}.`);
  }
  return {
    ...{ listing, side, tif, price, stop, trailing, iceberg, clientId, strategyType, ...sizes },
    type: type as MatchType,
    stp: readStp(params),
    strategyId: whole(params, name("strategyId"), Number.MAX_SAFE_INTEGER),
  };
}

function refuseUnwanted(params: Params, type: string, name: (plain: string) => string): void {
  const unwanted: [string, boolean][] = [
    ["price", LIMITED.has(type)],
    ["timeInForce", TIMED.has(type)],
    ["stopPrice", STOPS.has(type)],
    ["trailingDelta", STOPS.has(type)],
    ["icebergQty", LIMITED.has(type)],
    ["quoteOrderQty", type === "MARKET"],
  ];
  for (const [plain, isWanted] of unwanted) {
    if (!isWanted && params.has(name(plain))) throw errors.notRequired(name(plain));
  }
}

function readTif(params: Params, name: string): "GTC" | "IOC" | "FOK" {
  const tif = params.mustText(name);
  if (tif !== "GTC" && tif !== "IOC" && tif !== "FOK") throw errors.tif();
  return tif;
}

function readSizes(
  params: Params,
  { type, name, qty }: { type: string; name: (plain: string) => string; qty?: Amount | null | undefined },
): { qty: Amount | undefined; quoteQty: Amount | undefined } {
  if (qty !== undefined) return { qty: qty ?? undefined, quoteQty: undefined };
  const [quantity, quote] = [name("quantity"), name("quoteOrderQty")];
  const own = above(params, quantity, "quantity");
  const quoteQty = above(params, quote, "quantity");
  if (own !== undefined && quoteQty !== undefined) throw errors.combination();
  if (type !== "MARKET") return { qty: must(own, quantity), quoteQty };
  if (own === undefined && quoteQty === undefined) throw errors.eitherOf(quantity, quote);
  return { qty: own, quoteQty };
}

/** Told back as it was sent, so it must be exact. */
function whole(params: Params, name: string, max: number): number | undefined {
  const value = params.int(name);
  if (value !== undefined && value > max) throw errors.invalid(name);
  return value;
}

function readTrailing(params: Params, name: string): number | undefined {
  const delta = params.int(name);
  if (delta !== undefined && (delta < 1 || !Number.isSafeInteger(delta))) throw errors.invalid(name);
  return delta;
}

/** Zero is none. */
function readIceberg(
  params: Params,
  name: string,
  { tif, qty }: { tif: string; qty: Amount | undefined },
): Amount | undefined {
  const iceberg = decimal(params, name);
  if (iceberg === undefined || iceberg === zero) return undefined;
  if (tif !== "GTC") throw new BinanceError(-1014, "Unsupported order combination.");
  if (qty !== undefined && iceberg > qty) throw errors.rejected("IcebergQty exceeds QTY.");
  return iceberg === qty ? undefined : iceberg;
}

/** As the engine takes a waiting order or one of a list. */
export const legOf = (asked: SpotAsked): Leg => ({
  client_id: asked.clientId,
  type: asked.type,
  price: asked.price ?? zero,
  tif: asked.tif,
  stop_price: asked.stop,
  trailing_delta: asked.trailing,
  iceberg_qty: asked.iceberg,
  stp: asked.stp,
  strategy_id: asked.strategyId,
  strategy_type: asked.strategyType,
});
