/** Orders on Binance: which endpoint and which words each kind needs, and what the answers mean. */
import type { ExchangeOrder, SubmitOco, SubmitOrder } from "../../../shared/contracts.ts";
import { type InstrumentId, type Market, marketOf, symbolOf } from "../../../shared/domain/instrument.ts";
import { isTerminal } from "../../../shared/domain/order.ts";
import { Problem, refuse } from "../../../shared/errors.ts";
import { ackTimed } from "../ack-time.ts";
import type { Surroundings } from "../types.ts";
import { isConditional, type OrderRef, type VenueOrders } from "../venue-port.ts";
import { AskedTogether } from "./asked-together.ts";
import { ordersSince } from "./order-history.ts";
import { orderPath, readConditional, readOrder } from "./order-wire.ts";
import { CODE, exchangeCode, type Params, type Rest } from "./rest.ts";

const ALGO = "/fapi/v1/algoOrder";
/**
 * All open orders of futures weigh 80 (40, and 40 for the conditional ones) of 2 400 a minute, and the reconciler asks
 * for them, the router where it has much open. At most 25 in a minute cannot reach the part that is kept for exits.
 */
const ALL_OPEN = { spacingMs: 3_000, atOnce: 5 };

/** Refusals that say our filters are out of date: price or quantity off its step, too small, too precise. */
const FILTER_CODES = [-1013, -1111, -4003, -4014, -4023, -4164];

export class Orders implements VenueOrders {
  private readonly around: Surroundings;
  private readonly rests: Readonly<Record<Market, Rest>>;
  /** Leverage as set by this process; an instrument that is not here has its margin type to be set too. */
  private readonly leverages = new Map<InstrumentId, number>();
  private readonly preparing = new Map<InstrumentId, Promise<void>>();
  private readonly allOpen: Record<Market, AskedTogether<ExchangeOrder[]>>;

  constructor(around: Surroundings, rests: Readonly<Record<Market, Rest>>) {
    this.around = around;
    this.rests = rests;
    const together = (market: Market) => new AskedTogether(around.clock, ALL_OPEN, () => this.openOrdersBy(market, {}));
    this.allOpen = { SPOT: together("SPOT"), FUT: together("FUT") };
  }

  /** `before` runs right before the bytes leave. Throws EXCHANGE_UNKNOWN when the order may live all the same. */
  async submit(order: SubmitOrder, before: () => void): Promise<ExchangeOrder> {
    const market = marketOf(order.instrument);
    const conditional = isConditional(order);
    const path = conditional ? ALGO : orderPath(order.instrument);
    const params = conditional ? conditionalParams(order) : market === "SPOT" ? spotParams(order) : futParams(order);
    const row = await ackTimed(this.around, market, () =>
      this.rests[market].call("POST", path, params, {
        auth: "signed",
        changes: true,
        urgent: order.reduce_only || !order.entry,
        places: true,
        before,
      }),
    );
    return understood(() =>
      conditional ? readConditional({ ...asked(order), ...(row as object) }).order : readOrder(market, row),
    );
  }

  /** Take-profit above and stop below for a SELL, the other way round for a BUY. */
  async submitOco(oco: SubmitOco, before: () => void): Promise<ExchangeOrder[]> {
    if (marketOf(oco.instrument) !== "SPOT") refuse("INVALID", "Only spot has order pairs.");
    const selling = oco.side === "SELL";
    const [target, stop] = selling ? ["above", "below"] : ["below", "above"];
    const params = {
      symbol: symbolOf(oco.instrument),
      listClientOrderId: oco.list_client_order_id,
      side: oco.side,
      quantity: oco.qty,
      [`${target}Type`]: "LIMIT_MAKER",
      [`${target}ClientOrderId`]: oco.take_profit_client_order_id,
      [`${target}Price`]: oco.take_profit_price,
      [`${stop}Type`]: "STOP_LOSS_LIMIT",
      [`${stop}ClientOrderId`]: oco.stop_client_order_id,
      [`${stop}StopPrice`]: oco.stop_price,
      [`${stop}Price`]: oco.stop_limit_price,
      [`${stop}TimeInForce`]: "GTC",
      newOrderRespType: "RESULT",
    };
    const ask = { auth: "signed", changes: true, urgent: selling, places: true, before } as const;
    const body = await ackTimed(this.around, "SPOT", () =>
      this.rests.SPOT.call<{ orderReports?: unknown[] }>("POST", "/api/v3/orderList/oco", params, ask),
    );
    return understood(() => (body.orderReports ?? []).map((row) => readOrder("SPOT", row)));
  }

  /** Throws Problem NOT_FOUND, which is no proof that the order does not exist. */
  async query(ref: OrderRef): Promise<ExchangeOrder> {
    const market = marketOf(ref.instrument);
    try {
      if (market === "FUT" && ref.conditional) return await this.queryConditional(ref);
      const params = { symbol: symbolOf(ref.instrument), origClientOrderId: ref.client_order_id };
      return readOrder(market, await this.ask(orderPath(ref.instrument), params));
    } catch (error) {
      throw isAbsent(error) ? notFound(ref, error) : error;
    }
  }

  /** An order that has ended already is answered as it ended. */
  async cancel(ref: OrderRef): Promise<ExchangeOrder> {
    const market = marketOf(ref.instrument);
    const changes = { auth: "signed", changes: true, urgent: true } as const;
    try {
      if (market === "FUT" && ref.conditional) {
        await this.rests.FUT.call("DELETE", ALGO, { clientAlgoId: ref.client_order_id }, changes);
        return await this.query(ref);
      }
      const params = { symbol: symbolOf(ref.instrument), origClientOrderId: ref.client_order_id };
      const row = await this.rests[market].call("DELETE", orderPath(ref.instrument), params, changes);
      return readOrder(market, ofList(row, ref.client_order_id));
    } catch (error) {
      const code = exchangeCode(error);
      if (code !== CODE.cancelRefused && code !== CODE.noSuchOrder) throw error;
      const order = await this.query(ref);
      // A conditional one that has triggered lives on as the order it sent.
      if (ref.conditional && !order.conditional && !isTerminal(order.status)) return this.cancelSent(order, error);
      if (isTerminal(order.status)) return order;
      throw error;
    }
  }

  /** Of all instruments one answer serves all who asked before its question was sent; never an older one. */
  openOrders(market: Market, instrument?: InstrumentId, forExit = false): Promise<ExchangeOrder[]> {
    if (instrument === undefined) return this.allOpen[market].answer();
    return this.openOrdersBy(market, { symbol: symbolOf(instrument) }, forExit);
  }

  since(instrument: InstrumentId, from_ts: number): Promise<ExchangeOrder[]> {
    const now = this.around.clock.now();
    return ordersSince((path, params) => this.list(path, params), instrument, { from_ts, now });
  }

  private async openOrdersBy(market: Market, params: Params, forExit = false): Promise<ExchangeOrder[]> {
    const list = (path: string) => this.list(path, params, forExit);
    if (market === "SPOT") return (await list("/api/v3/openOrders")).map((row) => readOrder("SPOT", row));
    const [plain, conditional] = await Promise.all([list("/fapi/v1/openOrders"), list("/fapi/v1/openAlgoOrders")]);
    return [...plain.map((row) => readOrder("FUT", row)), ...conditional.map((row) => readConditional(row).order)];
  }

  /** Isolated margin and this leverage, once per instrument and process; nothing is sent when both are known to stand. */
  async prepare(instrument: InstrumentId, leverage: number | undefined): Promise<void> {
    await this.preparing.get(instrument);
    const known = this.leverages.get(instrument);
    if (known !== undefined && (leverage === undefined || leverage === known)) return;
    const work = this.setMargin(instrument, { leverage, isFirst: known === undefined });
    this.preparing.set(instrument, work);
    try {
      await work;
    } finally {
      this.preparing.delete(instrument);
    }
  }

  isOffFilters(error: unknown): boolean {
    return FILTER_CODES.includes(exchangeCode(error) ?? 0);
  }

  /** Somebody else changed leverage or margin type: set both again before the next entry. */
  forgetMargin(instrument: InstrumentId, leverage?: number): void {
    if (leverage === undefined || this.leverages.get(instrument) !== leverage) this.leverages.delete(instrument);
  }

  private async setMargin(
    instrument: InstrumentId,
    { leverage, isFirst }: { leverage: number | undefined; isFirst: boolean },
  ): Promise<void> {
    const symbol = symbolOf(instrument);
    // Both have one effect however often they are sent, and no order follows a failure: not known is not done.
    const ask = { auth: "signed", enters: true } as const;
    if (isFirst) {
      const params = { symbol, marginType: "ISOLATED" };
      await this.rests.FUT.call("POST", "/fapi/v1/marginType", params, ask).catch((error) => {
        if (exchangeCode(error) !== CODE.marginTypeAlready) throw error;
      });
    }
    if (leverage !== undefined) await this.rests.FUT.call("POST", "/fapi/v1/leverage", { symbol, leverage }, ask);
    this.leverages.set(instrument, leverage ?? 0);
  }

  private async queryConditional(ref: OrderRef): Promise<ExchangeOrder> {
    const row = await this.ask(ALGO, { clientAlgoId: ref.client_order_id });
    const { order, sentOrderId } = readConditional(row);
    if (sentOrderId === undefined) return order;
    const sent = await this.ask("/fapi/v1/order", { symbol: symbolOf(ref.instrument), orderId: sentOrderId });
    return { ...readOrder("FUT", sent), client_order_id: order.client_order_id };
  }

  private async cancelSent(order: ExchangeOrder, cause: unknown): Promise<ExchangeOrder> {
    const params = { symbol: symbolOf(order.instrument), orderId: order.order_id };
    const ask = { auth: "signed", changes: true, urgent: true } as const;
    const row = await this.rests.FUT.call("DELETE", "/fapi/v1/order", params, ask).catch(() => {
      throw cause;
    });
    return { ...readOrder("FUT", row), client_order_id: order.client_order_id };
  }

  private ask(path: string, params: Params): Promise<unknown> {
    const market = path.startsWith("/fapi") ? "FUT" : "SPOT";
    return this.rests[market].call("GET", path, params, { auth: "signed", urgent: true });
  }

  private async list(path: string, params: Params, forExit = false): Promise<unknown[]> {
    const market = path.startsWith("/fapi") ? "FUT" : "SPOT";
    const rows = await this.rests[market].call("GET", path, params, {
      auth: "signed",
      reconciles: true,
      urgent: forExit,
    });
    return Array.isArray(rows) ? rows : refuse("UNAVAILABLE", `The exchange answered ${path} with no list.`);
  }
}

const SPOT_TYPE: Partial<Record<SubmitOrder["type"], string>> = {
  STOP_MARKET: "STOP_LOSS",
  TAKE_PROFIT_MARKET: "TAKE_PROFIT",
};

function spotParams(order: SubmitOrder): Params {
  return {
    symbol: symbolOf(order.instrument),
    side: order.side,
    type: SPOT_TYPE[order.type] ?? order.type,
    timeInForce: order.type === "LIMIT" ? (order.time_in_force ?? "GTC") : undefined,
    quantity: order.qty,
    price: order.type === "MARKET" ? undefined : order.price,
    stopPrice: order.stop_price,
    newClientOrderId: order.client_order_id,
    newOrderRespType: "RESULT",
  };
}

function futParams(order: SubmitOrder): Params {
  const resting = order.type === "LIMIT" || order.type === "LIMIT_MAKER";
  const tif = order.type === "LIMIT_MAKER" ? "GTX" : (order.time_in_force ?? "GTC");
  return {
    symbol: symbolOf(order.instrument),
    side: order.side,
    type: resting ? "LIMIT" : order.type,
    timeInForce: resting ? tif : undefined,
    quantity: order.qty,
    price: resting ? order.price : undefined,
    reduceOnly: order.reduce_only || undefined,
    newClientOrderId: order.client_order_id,
    newOrderRespType: "RESULT",
  };
}

function conditionalParams(order: SubmitOrder): Params {
  return {
    algoType: "CONDITIONAL",
    symbol: symbolOf(order.instrument),
    side: order.side,
    type: order.type,
    quantity: order.qty,
    triggerPrice: order.stop_price,
    workingType: order.working_type ?? "MARK_PRICE",
    reduceOnly: order.reduce_only || undefined,
    clientAlgoId: order.client_order_id,
  };
}

/** What a short acknowledgement of a conditional order leaves out. */
const asked = (order: SubmitOrder) => ({
  symbol: symbolOf(order.instrument),
  clientAlgoId: order.client_order_id,
  algoStatus: "NEW",
  orderType: order.type,
  side: order.side,
  quantity: order.qty,
  triggerPrice: order.stop_price,
  reduceOnly: order.reduce_only,
});

/** To cancel one of a pair is to cancel the pair, which is then what is answered. */
function ofList(body: unknown, clientOrderId: string): unknown {
  const reports = (body as { orderReports?: { origClientOrderId?: unknown }[] } | null)?.orderReports;
  return reports?.find((row) => row.origClientOrderId === clientOrderId) ?? body;
}

/** The exchange took it, but said so in words we cannot read: it may live. */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Problem("EXCHANGE_UNKNOWN", "The exchange's answer could not be read.", { cause });
  }
}

const isAbsent = (error: unknown): boolean => exchangeCode(error) === CODE.noSuchOrder;
const notFound = (ref: OrderRef, cause: unknown): Problem =>
  new Problem("NOT_FOUND", `The exchange does not know ${ref.client_order_id} on ${ref.instrument}.`, { cause });
