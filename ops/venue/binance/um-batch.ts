/** USDⓈ-M orders in batches: each is placed, modified or cancelled by itself, and answered by itself. */
import { Refusal } from "../../../shared/engine/checks.ts";
import { type Call, type Routes, signed } from "./desk.ts";
import { BinanceError, errors, refused } from "./errors.ts";
import { Params } from "./request.ts";
import { umErrors } from "./um-errors.ts";
import { cancelOrder, modifyOrder, placeOrder } from "./um-orders.ts";

const BATCH_MAX = 5;
const CANCELS_MAX = 10;

/** A JSON array parameter; nothing where it is absent. Throws −1130 for what is no array. */
function listOf(params: Params, name: string): unknown[] | undefined {
  const text = params.text(name);
  if (text === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list;
  } catch {
    // Said below.
  }
  throw errors.invalid(name);
}

const textOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");

function paramsOf(entry: unknown): Params {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw errors.invalid("batchOrders");
  return new Params(new Map(Object.entries(entry).map(([name, value]) => [name, textOf(value)])));
}

/** What one of them answers, or its error in place of it. */
function each(call: Call, params: () => Params, run: (call: Call) => unknown): unknown {
  try {
    return run({ ...call, params: params() });
  } catch (error) {
    const said = error instanceof Refusal ? refused(error.why, "FUT") : error;
    if (said instanceof BinanceError) return { code: said.code, msg: said.message };
    throw error;
  }
}

function batch(run: (call: Call) => unknown): (call: Call) => unknown {
  return (call) => {
    const entries = listOf(call.params, "batchOrders");
    if (!entries) throw errors.mandatory("batchOrders");
    if (entries.length === 0 || entries.length > BATCH_MAX) throw umErrors.batchSize();
    return entries.map((entry) => each(call, () => paramsOf(entry), run));
  };
}

/** By order ids or, without them, by client ids; ccxt writes the names in lower case. */
function cancelBatch(call: Call): unknown {
  const symbol = call.params.mustText("symbol");
  const ids = listOf(call.params, "orderIdList") ?? listOf(call.params, "orderidlist");
  const names = listOf(call.params, "origClientOrderIdList") ?? listOf(call.params, "origclientorderidlist");
  const [name, values] = ids ? ["orderId", ids] : ["origClientOrderId", names];
  if (!values) throw errors.mandatory("orderIdList");
  if (values.length === 0 || values.length > CANCELS_MAX) throw umErrors.cancelSize();
  return values.map((value) => {
    const of = new Map([
      ["symbol", symbol],
      [name as string, textOf(value)],
    ]);
    return each(call, () => new Params(of), cancelOrder);
  });
}

export const umBatchRoutes: Routes = {
  "POST /fapi/v1/batchOrders": signed(5, batch(placeOrder)),
  "PUT /fapi/v1/batchOrders": signed(5, batch(modifyOrder)),
  "DELETE /fapi/v1/batchOrders": signed(1, cancelBatch),
};
