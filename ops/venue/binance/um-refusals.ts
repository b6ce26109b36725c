/** What the engine's refusals are called on USDⓈ-M futures: Binance's code and message. */
import type { Refused } from "../../../shared/engine/checks.ts";

const NOT_MAKER =
  "Due to the order could not be executed as maker, the Post Only order will be rejected. " +
  "The order will not be recorded in the order history";
const NOT_WHOLE =
  "Due to the order could not be filled immediately, the FOK order has been rejected. " +
  "The order will not be recorded in the order history";

export const UM_REFUSED: Partial<Record<Refused, readonly [code: number, message: string]>> = {
  DUPLICATE_ID: [-4116, "ClientOrderId is duplicated."],
  NO_BALANCE: [-2018, "Balance is insufficient."],
  NO_MARGIN: [-2019, "Margin is insufficient."],
  REDUCE_ONLY: [-2022, "ReduceOnly Order is rejected."],
  WOULD_TRIGGER: [-2021, "Order would immediately trigger."],
  WOULD_TAKE: [-5022, NOT_MAKER],
  FOK: [-5021, NOT_WHOLE],
  NO_DEPTH: [-1112, "No orders on book for symbol."],
  LEVERAGE: [-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions."],
  MAX_POSITION: [-2027, "Exceeded the maximum allowable position at current leverage."],
  UNKNOWN_ORDER: [-2011, "Unknown order sent."],
  NO_CHANGE: [-4046, "No need to change margin type."],
  HAS_ORDERS: [-4047, "Margin type cannot be changed if there exists open orders."],
  HAS_POSITION: [-4048, "Margin type cannot be changed if there exists position."],
  TOO_MANY: [-2025, "Reach max open order limit."],
  MIN_LEVERAGE: [-2028, "Leverage is smaller than permitted: insufficient margin balance."],
  SAME_SIDES: [-4059, "No need to change position side."],
  SIDES_WITH_ORDERS: [-4067, "Position side cannot be changed if there exists open orders."],
  SIDES_WITH_POSITION: [-4068, "Position side cannot be changed if there exists position."],
  WRONG_SIDE: [-4061, "Order's position side does not match user's setting."],
  MULTI_ASSETS: [-4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode."],
  SAME_ASSETS_MODE: [-4171, "Adjusted asset mode is currently set and does not need to be adjusted repeatedly"],
  ASSETS_WITH_ORDERS: [-4170, "Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures."],
  ASSETS_WITH_ISOLATED: [
    -4167,
    "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under isolated-margin mode.",
  ],
  NOT_ISOLATED: [-4049, "Add margin only support for isolated position."],
  NO_POSITION: [-4054, "Cannot add position margin: position is 0."],
  NO_CROSS: [-4050, "Cross balance insufficient."],
  NO_ISOLATED: [-4051, "Isolated balance insufficient."],
  CLOSE_EXISTS: [-4130, "An open stop or take profit order with GTE and closePosition in the direction is existing."],
  TOO_MANY_ALGOS: [-4045, "Reach max stop order limit."],
  NO_MATCH: [-5041, "No depth matches this BBO order"],
  LIMIT_ONLY: [-5025, "Only limit order is supported."],
  SAME_ORDER: [-5027, "No need to modify the order."],
  TOO_MANY_CHANGES: [-5026, "Exceed maximum modify order limit."],
};
