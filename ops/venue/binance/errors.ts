/** Binance's errors: code, HTTP status and message of everything this venue refuses, for both markets. */
import type { Market } from "../../../shared/domain/instrument.ts";
import type { Refused } from "../../../shared/engine/checks.ts";
import { UM_REFUSED } from "./um-refusals.ts";

export class BinanceError extends Error {
  readonly code: number;
  readonly status: number;
  /** Said with it, where part of a request succeeded. */
  readonly data: unknown;
  constructor(code: number, message: string, status = 400, data?: unknown) {
    super(message);
    this.name = "BinanceError";
    this.code = code;
    this.status = status;
    this.data = data;
  }
}

export const errorBody = (error: { code: number; message: string; data?: unknown }): string =>
  JSON.stringify({ code: error.code, msg: error.message, ...(error.data === undefined ? {} : { data: error.data }) });

/** Binance prints parameter values back; keep what a client sent short and plain. */
const plain = (text: string): string => text.replace(/[^\w .:,@/-]/g, "?").slice(0, 40);

export const errors = {
  disconnected: () => new BinanceError(-1001, "Internal error; unable to process your request. Please try again.", 503),
  timeout: () =>
    new BinanceError(
      -1007,
      "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
      408,
    ),
  stale: () => new BinanceError(-1021, "Timestamp for this request is outside of the recvWindow."),
  ahead: () => new BinanceError(-1021, "Timestamp for this request was 1000ms ahead of the server's time."),
  signature: () => new BinanceError(-1022, "Signature for this request is not valid."),
  recvWindow: () => new BinanceError(-1131, "recvWindow must be less than 60000"),
  unread: (read: number, sent: number) =>
    new BinanceError(-1104, `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`),
  empty: (name: string) => new BinanceError(-1105, `Parameter '${plain(name)}' was empty.`),
  duplicate: () => new BinanceError(-1101, "Duplicate values for a parameter detected."),
  combination: () => new BinanceError(-1128, "Combination of optional parameters invalid."),
  duplicateSymbol: () => new BinanceError(-1151, "Symbol is present multiple times in the list."),
  json: () => new BinanceError(-1135, "Invalid JSON Request"),
  unauthorized: () => new BinanceError(-1002, "You are not authorized to execute this request.", 401),
  hours: (most: number) => new BinanceError(-1127, `More than ${most} hours between startTime and endTime.`),
  interval1h: () => new BinanceError(-4166, "Search window is restricted to recent 1 hour."),
  tickerType: () => new BinanceError(-1139, "Invalid ticker type."),
  eitherOf: (one: string, other: string) =>
    new BinanceError(-1102, `Param '${one}' or '${other}' must be sent, but both were empty/null!`),
  gone: () => new BinanceError(-1020, "This operation is not supported."),
  keyFormat: () => new BinanceError(-2014, "API-key format invalid.", 401),
  key: () => new BinanceError(-2015, "Invalid API-key, IP, or permissions for action.", 401),
  mandatory: (name: string) =>
    new BinanceError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`),
  illegal: (name: string, range: string) =>
    new BinanceError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${range}'.`),
  tooMany: () => new BinanceError(-1101, "Too many parameters sent for this endpoint.", 413),
  notRequired: (name: string) => new BinanceError(-1106, `Parameter '${name}' sent when not required.`),
  precision: () => new BinanceError(-1111, "Precision is over the maximum defined for this asset."),
  noDepth: () => new BinanceError(-1112, "No orders on book for symbol."),
  tif: () => new BinanceError(-1115, "Invalid timeInForce."),
  type: () => new BinanceError(-1116, "Invalid orderType."),
  side: () => new BinanceError(-1117, "Invalid side."),
  interval: () => new BinanceError(-1120, "Invalid interval."),
  symbol: () => new BinanceError(-1121, "Invalid symbol."),
  listenKey: () => new BinanceError(-1125, "This listenKey does not exist."),
  invalid: (name: string) => new BinanceError(-1130, `Data sent for parameter '${plain(name)}' is not valid.`),
  filter: (name: string) => new BinanceError(-1013, `Filter failure: ${name}`),
  rejected: (message: string) => new BinanceError(-2010, message),
  unknownOrder: () => new BinanceError(-2011, "Unknown order sent."),
  noOrder: () => new BinanceError(-2013, "Order does not exist."),
  algoSwitch: () =>
    new BinanceError(
      -4120,
      "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
    ),
  /** No orders now; `why` is said with it. */
  closed: (market: Market, why: string) => {
    const [code, message] =
      market === "SPOT" ? [-1013, "Market is closed."] : [-4140, "Invalid symbol status for opening position."];
    return new BinanceError(code as number, why === "" ? (message as string) : `${message} ${why}`);
  },
  positionSide: () => new BinanceError(-4061, "Order's position side does not match user's setting."),
  path: (method: string, path: string) =>
    new BinanceError(-5000, `Path ${plain(path)}, Method ${plain(method)} is invalid`, 404),
} as const;

const SPOT: Partial<Record<Refused, [number, string]>> = {
  DUPLICATE_ID: [-2010, "Duplicate order sent."],
  NO_BALANCE: [-2010, "Account has insufficient balance for requested action."],
  WOULD_TAKE: [-2010, "Order would immediately match and take."],
  WOULD_TRIGGER: [-2010, "Order would trigger immediately."],
  OCO_PRICES: [-2010, "The relationship of the prices for the orders is not correct."],
  NO_DEPTH: [-2010, "Order book liquidity is less than symbol minimum quantity."],
  AMEND_PENDING: [-2038, "Order amend (pending OPO order) is not supported."],
  AMEND_TOO_OFTEN: [-2038, "Filter failure: MAX_NUM_ORDER_AMENDS"],
  AMEND_NOTHING: [-2038, "The requested action would change no state; rejecting"],
  AMEND_INCREASE: [-2038, "Order amend (quantity increase) is not supported."],
  AMEND_BELOW_FILLED: [-2038, "Order amend (quantity below the executed quantity) is not supported."],
  UNKNOWN_ORDER: [-2011, "Unknown order sent."],
  UNKNOWN_LIST: [-2011, "Unknown order list sent."],
  TOO_MANY: [-1013, "Filter failure: MAX_NUM_ORDERS"],
};
/** The engine's refusal in Binance's words. */
export function refused(why: Refused, market: Market): BinanceError {
  const [code, message] = (market === "FUT" ? UM_REFUSED : SPOT)[why] ?? [-1000, "An unknown error occurred."];
  return new BinanceError(code, message);
}
