/** How much of its limits an account has used, and what became of spot listen keys. */
import type { Market } from "../../../shared/domain/instrument.ts";
import { type Call, keyed, type Routes, signed } from "./desk.ts";
import { errors } from "./errors.ts";

function orderCounts({ desk, account, now }: Call, market: Market): unknown {
  return desk.limits.orders(market, account, now).map(({ interval, intervalNum, limit, count }) => {
    const used = market === "SPOT" ? { count } : {};
    return { rateLimitType: "ORDERS", interval, intervalNum, limit, ...used };
  });
}

/** Spot has no listen keys any more: its account events come over the WebSocket API. */
const gone = (): never => {
  throw errors.gone();
};

export const accountLimitRoutes: Routes = {
  "GET /api/v3/rateLimit/order": signed(40, (call) => orderCounts(call, "SPOT")),
  "GET /fapi/v1/rateLimit/order": signed(1, (call) => orderCounts(call, "FUT")),
  "POST /api/v3/userDataStream": keyed(2, gone),
  "PUT /api/v3/userDataStream": keyed(2, gone),
  "DELETE /api/v3/userDataStream": keyed(2, gone),
};
