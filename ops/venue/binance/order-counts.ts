/** How many new orders a request places, for the order limits, and which requests order faults apply to. */

const COUNTS: Readonly<Record<string, number>> = {
  "POST /api/v3/order": 1,
  "POST /api/v3/order/cancelReplace": 1,
  "POST /api/v3/sor/order": 1,
  "POST /api/v3/order/oco": 2,
  "POST /api/v3/orderList/oco": 2,
  "POST /api/v3/orderList/oto": 2,
  "POST /api/v3/orderList/opo": 2,
  "POST /api/v3/orderList/otoco": 3,
  "POST /api/v3/orderList/opoco": 3,
  "POST /fapi/v1/order": 1,
  "PUT /fapi/v1/order": 1,
  "POST /fapi/v1/algoOrder": 1,
};
const BATCHES = new Set(["POST /fapi/v1/batchOrders", "PUT /fapi/v1/batchOrders"]);
/** A batch counts as this many, whatever it holds. */
const BATCH_COUNT = 5;

/** None for a request that places nothing. */
export function ordersIn(route: string): number {
  return BATCHES.has(route) ? BATCH_COUNT : (COUNTS[route] ?? 0);
}

export const isPlacing = (route: string): boolean => COUNTS[route] !== undefined && route.startsWith("POST ");

const CANCELS = new Set([
  "DELETE /api/v3/order",
  "DELETE /api/v3/orderList",
  "DELETE /api/v3/openOrders",
  "DELETE /fapi/v1/order",
  "DELETE /fapi/v1/allOpenOrders",
  "DELETE /fapi/v1/algoOrder",
  "DELETE /fapi/v1/algoOpenOrders",
]);

export const isCancelling = (route: string): boolean => CANCELS.has(route);
