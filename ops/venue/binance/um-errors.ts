/** Errors that only USDⓈ-M endpoints have. */
import { BinanceError } from "./errors.ts";

const GOOD_TILL =
  "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than 253402300799000";

export const umErrors = {
  badPositionSide: () => new BinanceError(-4060, "Invalid position side."),
  leverage: (asked: number) => new BinanceError(-4028, `Leverage ${asked} is not valid`),
  amount: () => new BinanceError(-4055, "Amount must be positive."),
  workingType: () => new BinanceError(-4031, "Invalid parameter working type."),
  callbackRate: () => new BinanceError(-2007, "Invalid callBack rate"),
  activation: () => new BinanceError(-4135, "Invalid activation price"),
  closeType: (type: string) =>
    new BinanceError(-4136, `Target strategy invalid for orderType ${type},closePosition true.`),
  closeWithQty: () => new BinanceError(-4137, "Quantity must be zero with closePosition equals true."),
  takeBound: () =>
    new BinanceError(-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."),
  batchSize: () => new BinanceError(-4082, "Invalid number of batch place orders."),
  cancelSize: () => new BinanceError(-4032, "Exceed maximum cancel order size."),
  interval: (days: number) => new BinanceError(-4165, `Invalid time interval. Maximum time interval is ${days} days.`),
  startAfterEnd: () => new BinanceError(-1023, "Start time is greater than end time."),
  priceMatch: () => new BinanceError(-5037, "Invalid price match"),
  priceMatchType: () => new BinanceError(-5038, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT"),
  stp: () => new BinanceError(-5039, "Invalid self trade prevention mode"),
  goodTill: () => new BinanceError(-5040, GOOD_TILL),
} as const;
