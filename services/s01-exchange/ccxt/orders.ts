/** Orders through ccxt: sent under our client id, found again by it, cancelled, with the exchange's own dialect. */
import type { ExchangeOrder, SubmitOco, SubmitOrder } from "../../../shared/contracts.ts";
import { type InstrumentId, type Market, marketOf } from "../../../shared/domain/instrument.ts";
import { isTerminal } from "../../../shared/domain/order.ts";
import { asProblem, Problem, refuse } from "../../../shared/errors.ts";
import { ackTimed } from "../ack-time.ts";
import { algoOrderId } from "../binance/order-wire.ts";
import type { Surroundings } from "../types.ts";
import { isConditional, type OrderRef, type VenueOrders } from "../venue-port.ts";
import { is } from "./failures.ts";
import type { CcxtLine } from "./line.ts";
import { contractsOf, type Known } from "./symbols.ts";
import type { CcxtClient, CcxtOrder, Params } from "./unified.ts";
import { type Asked, readOrder, statusOf } from "./unified-read.ts";

export type Lines = Readonly<Record<Market, CcxtLine>>;

const REMEMBERED_MAX = 50_000;
/** How often, and how far apart, an order is asked for whose answer was a bare acknowledgement. */
const CONFIRM_TRIES = 20;
const CONFIRM_MS = 100;
/** Lists of ended orders, any of which may know one that is open no more. */
const ENDED = ["fetchCanceledAndClosedOrders", "fetchClosedOrders", "fetchCanceledOrders", "fetchOrders"] as const;

export interface Living {
  readonly ref: OrderRef;
  /** Monotonic. */
  readonly since: number;
  last: ExchangeOrder | undefined;
}
interface Sent extends Asked {
  readonly id: string;
}

export class CcxtOrders implements VenueOrders {
  private readonly around: Surroundings;
  private readonly lines: Lines;
  /** What was sent under a client id, as far as this process knows. */
  private readonly sent = new Map<string, Sent>();
  /** Client ids by the ids of the orders that stops sent. */
  private readonly names = new Map<string, string>();
  private readonly alive = new Map<string, Living>();
  private readonly leverages = new Map<InstrumentId, number>();

  constructor(around: Surroundings, lines: Lines) {
    this.around = around;
    this.lines = lines;
  }

  async submit(order: SubmitOrder, before: () => void): Promise<ExchangeOrder> {
    const line = this.of(order.instrument);
    const known = line.need(order.instrument);
    const params = paramsOf(line, order);
    const type = order.type === "LIMIT" || order.type === "LIMIT_MAKER" ? "limit" : "market";
    const side = order.side.toLowerCase();
    const price = type === "limit" ? order.price : undefined;
    const asked: Asked = { ...order, conditional: isConditional(order) };
    const { instrument, client_order_id } = order;
    const ref = { instrument, client_order_id, conditional: isConditional(order) };
    if (!this.around.settings.ccxtStreams) {
      this.alive.set(keyOf(ref), { ref, since: this.around.clock.mono(), last: undefined });
    }
    const row = await ackTimed(this.around, line.market, () =>
      line.change(
        (client) => client.createOrder(known.symbol, type, side, contractsOf(known, order.qty), price, params),
        before,
      ),
    ).catch((error: unknown) => {
      // Only a question can find nothing: a new order that is told so was refused.
      const problem = asProblem(error);
      if (problem.code !== "EXCHANGE_UNKNOWN") this.alive.delete(keyOf(ref));
      throw problem.code === "NOT_FOUND" ? new Problem("EXCHANGE_REFUSED", problem.message, { cause: error }) : error;
    });
    this.remember(order, row.id ?? "");
    const answered = this.read(line, known, [row, asked]);
    const isWhole = statusOf(row) !== undefined && (type === "limit" || asked.conditional || row.filled !== undefined);
    return isWhole ? answered : this.confirmed(order, answered);
  }

  /** No unified interface has pairs, and what an exchange calls one seldom is. */
  submitOco(_oco: SubmitOco): Promise<ExchangeOrder[]> {
    return Promise.reject(
      new Problem("RULE", "This exchange takes no pairs of take-profit and stop through ccxt: guard the stop instead."),
    );
  }

  /** Under which client ids orders left is what no unified interface tells of ended ones. */
  since(): Promise<ExchangeOrder[]> {
    return Promise.reject(new Problem("RULE", "Ended orders cannot be asked for through ccxt by the time they left."));
  }

  async query(ref: OrderRef): Promise<ExchangeOrder> {
    const line = this.of(ref.instrument);
    const known = line.need(ref.instrument);
    const asked = this.sent.get(keyOf(ref));
    for (const look of this.looks(line, known, ref)) {
      const row = await line.ask(look.find).catch(unlessNotFound);
      if (!row) continue;
      if (asked === undefined) this.remember(ref, row.id ?? "");
      const base = { client_order_id: ref.client_order_id, ...(asked?.type !== undefined && { type: asked.type }) };
      const sentId = row.info && line.dialect.sentOrder?.(row.info);
      if (sentId !== undefined) {
        const sent = await line.ask((client) => client.fetchOrder(sentId, known.symbol));
        return readOrder(known, sent, { ...base, conditional: false });
      }
      return this.read(line, known, [row, base]);
    }
    throw new Problem("NOT_FOUND", `The exchange does not know ${ref.client_order_id} on ${ref.instrument}.`);
  }

  async cancel(ref: OrderRef): Promise<ExchangeOrder> {
    const line = this.of(ref.instrument);
    const known = line.need(ref.instrument);
    const isStop = ref.conditional || this.sent.get(keyOf(ref))?.stop_price !== undefined;
    const named = line.dialect.named?.(ref.client_order_id);
    const id = named ? undefined : await this.idOf(ref);
    const params = { ...named, ...(isStop && { trigger: true }) };
    try {
      await line.change((client) => client.cancelOrder(id, known.symbol, params));
    } catch (error) {
      const { code } = asProblem(error);
      if (code !== "NOT_FOUND" && code !== "EXCHANGE_REFUSED") throw error;
      const order = await this.query(ref);
      if (isTerminal(order.status)) return order;
      // A conditional one that was set off lives on as the order it sent.
      if (!ref.conditional || order.conditional) throw error;
      await line
        .change((client) => client.cancelOrder(order.order_id, known.symbol))
        .catch(() => Promise.reject(error));
    }
    return this.ended(ref);
  }

  async openOrders(market: Market, instrument?: InstrumentId): Promise<ExchangeOrder[]> {
    const line = this.lines[market];
    const symbol = instrument && line.need(instrument).symbol;
    const plain = await line.ask((client) => client.fetchOpenOrders(symbol));
    const stops = await line
      .ask((client) => client.fetchOpenOrders(symbol, undefined, undefined, { trigger: true }))
      .catch((error: unknown) => (asProblem(error).code === "INVALID" ? [] : Promise.reject(error)));
    const byId = new Map([...plain, ...stops].map((row) => [row.id, row]));
    return [...byId.values()].flatMap((row) => {
      const known = line.symbols.of(row.symbol);
      return known && row.status === "open" ? [this.read(line, known, [row])] : [];
    });
  }

  async prepare(instrument: InstrumentId, leverage: number | undefined): Promise<void> {
    const line = this.of(instrument);
    const { symbol } = line.need(instrument);
    const known = this.leverages.get(instrument);
    if (known !== undefined && (leverage === undefined || leverage === known)) return;
    const set = (has: string, work: (client: CcxtClient) => Promise<unknown>) =>
      line.ask(async (client) => {
        if (client.has[has] === true) await work(client).catch(unlessUnchanged);
      });
    if (known === undefined) {
      const params = leverage === undefined ? {} : { leverage };
      await set("setMarginMode", (client) =>
        client.setMarginMode("isolated", symbol, line.dialect.named ? {} : params),
      );
    }
    if (leverage !== undefined) await set("setLeverage", (client) => client.setLeverage(leverage, symbol));
    this.leverages.set(instrument, leverage ?? 0);
  }

  isOffFilters(error: unknown): boolean {
    return error instanceof Problem && is(error.cause, "InvalidOrder");
  }

  /** An order by the exchange's id, under the client id that it, or the stop that sent it, was placed with. */
  async byId(instrument: InstrumentId, orderId: string): Promise<ExchangeOrder | undefined> {
    const line = this.of(instrument);
    const known = line.need(instrument);
    const name = this.nameOf(instrument, orderId);
    const find = (client: CcxtClient) => client.fetchOrder(orderId, known.symbol, line.dialect.byId ?? {});
    const row = await line.ask(find).catch(unlessNotFound);
    return row && readOrder(known, row, { conditional: false, ...(name !== undefined && { client_order_id: name }) });
  }

  /** A stop was set off, and sent this order. */
  adopt(instrument: InstrumentId, orderId: string, clientOrderId: string): void {
    this.names.set(`${instrument}/${orderId}`, clientOrderId);
    trim(this.names);
  }

  nameOf(instrument: InstrumentId, orderId: string): string | undefined {
    return this.names.get(`${instrument}/${orderId}`);
  }

  /** Conditional orders that are numbered apart get a mark: without it, stop 2 would be taken for order 2. */
  idFor(line: CcxtLine, order: ExchangeOrder): string {
    return order.conditional && line.dialect.isStop ? algoOrderId(order.order_id) : order.order_id;
  }

  /** Without streams: orders sent here whose end has not been told, each with what was told of it last. */
  living(market: Market): Living[] {
    const { clock, settings } = this.around;
    for (const [key, { last, since }] of this.alive) {
      if (last === undefined && clock.mono() - since > settings.absenceProvenMs) this.alive.delete(key);
    }
    return [...this.alive.values()].filter(({ ref }) => marketOf(ref.instrument) === market);
  }

  told(order: ExchangeOrder): void {
    const living = this.alive.get(keyOf(order));
    if (living) living.last = order;
    if (isTerminal(order.status)) this.alive.delete(keyOf(order));
  }

  private read(line: CcxtLine, known: Known, [row, asked]: [CcxtOrder, Asked?]): ExchangeOrder {
    const isStop = line.dialect.isStop?.(row.info ?? {}) === true;
    const order = readOrder(known, row, isStop ? { ...asked, conditional: true } : asked);
    return { ...order, order_id: this.idFor(line, order) };
  }

  /** Ways to find one order by our id, the likeliest first. */
  private looks(line: CcxtLine, known: Known, ref: OrderRef) {
    const { symbol } = known;
    const named = line.dialect.named?.(ref.client_order_id);
    const sent = this.sent.get(keyOf(ref));
    const isStop = ref.conditional || sent?.stop_price !== undefined;
    const mine = (rows: CcxtOrder[]) =>
      rows.find((row) => row.clientOrderId === ref.client_order_id || (sent && row.id !== "" && row.id === sent.id));
    const looks = isStop ? [true, false] : [false];
    return looks.flatMap((trigger) => {
      const params: Params = { ...named, ...(trigger && { trigger: true }) };
      if (line.dialect.asksOne) {
        return [{ trigger, find: (client: CcxtClient) => client.fetchOrder(undefined, symbol, params) }];
      }
      const open = async (client: CcxtClient) =>
        mine(await client.fetchOpenOrders(symbol, undefined, undefined, params));
      const ended = async (client: CcxtClient) => {
        const name = ENDED.find((each) => client.has[each] === true);
        return name && mine(await client[name](symbol, undefined, undefined, params));
      };
      return [open, ended].map((find) => ({ trigger, find }));
    });
  }

  private async idOf(ref: OrderRef): Promise<string> {
    const known = this.sent.get(keyOf(ref))?.id;
    return known === undefined || known === "" ? (await this.query(ref)).order_id : known;
  }

  /** The exchange has taken it; what it did with it may show a moment later. */
  private async confirmed(order: SubmitOrder, acknowledged: ExchangeOrder): Promise<ExchangeOrder> {
    const ref = { ...order, conditional: acknowledged.conditional };
    const isQuick = order.type === "MARKET" || order.time_in_force === "IOC" || order.time_in_force === "FOK";
    let found: ExchangeOrder | undefined;
    for (let attempt = 0; attempt < CONFIRM_TRIES; attempt++) {
      if (attempt > 0) await this.around.clock.sleep(CONFIRM_MS);
      found = await this.query(ref).catch(() => found);
      if (found && (!isQuick || isTerminal(found.status))) break;
    }
    return found ?? acknowledged;
  }

  /** An accepted cancel may show a moment later. */
  private async ended(ref: OrderRef): Promise<ExchangeOrder> {
    let order = await this.query(ref);
    for (let attempt = 1; attempt < CONFIRM_TRIES && !isTerminal(order.status); attempt++) {
      await this.around.clock.sleep(CONFIRM_MS);
      order = await this.query(ref);
    }
    return order;
  }

  private of(instrument: InstrumentId): CcxtLine {
    return this.lines[marketOf(instrument)];
  }

  private remember(given: Asked & { instrument: InstrumentId; client_order_id: string }, id: string): void {
    const { client_order_id, side, type, stop_price } = given;
    this.sent.set(keyOf(given), {
      ...{ id, client_order_id },
      ...(side !== undefined && { side }),
      ...(type !== undefined && { type }),
      ...(stop_price !== undefined && { stop_price }),
    });
    trim(this.sent);
  }
}

const keyOf = (ref: { instrument: InstrumentId; client_order_id: string }): string =>
  `${ref.instrument}/${ref.client_order_id}`;

function trim(memory: Map<string, unknown>): void {
  const oldest = memory.keys().next().value;
  if (memory.size > REMEMBERED_MAX && oldest !== undefined) memory.delete(oldest);
}

function unlessNotFound(error: unknown): undefined {
  if (asProblem(error).code !== "NOT_FOUND") throw error;
  return undefined;
}
/** It is set already. */
function unlessUnchanged(error: unknown): void {
  if (is(error, "NoChange") || (error instanceof Error && /not modified|no need to change/i.test(error.message)))
    return;
  throw error;
}

function paramsOf({ dialect, market }: CcxtLine, order: SubmitOrder): Params {
  const { type, side, stop_price } = order;
  if (market === "SPOT" && type === "MARKET" && side === "BUY" && dialect.spotMarketBuy === undefined) {
    refuse("RULE", "What a spot market buy by quantity means on this exchange has not been tried: use a limit order.");
  }
  return {
    clientOrderId: order.client_order_id,
    ...(type === "LIMIT" && { timeInForce: order.time_in_force ?? "GTC" }),
    ...(type === "LIMIT_MAKER" && { postOnly: true }),
    ...(type === "MARKET" && market === "SPOT" && side === "BUY" && dialect.spotMarketBuy),
    ...(type === "STOP_MARKET" && { stopLossPrice: stop_price }),
    ...(type === "TAKE_PROFIT_MARKET" && { takeProfitPrice: stop_price }),
    ...(isConditional(order) && dialect.working?.(order.working_type)),
    ...(market === "FUT" && order.reduce_only && { reduceOnly: true }),
  };
}
