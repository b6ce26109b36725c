/** The way to the exchange and back: calls and news under way for their time, orders in the exchange's words. */
import type { ExchangeFill, ExchangeOrder, SubmitOco, SubmitOrder } from "../contracts.ts";
import { DEFAULT_ACCOUNT as ACCOUNT, type InstrumentId, type Market, marketOf } from "../domain/instrument.ts";
import { dec, show, zero } from "../domain/money.ts";
import { isTerminal, type Order } from "../domain/order.ts";
import { cancelAlgo, placeAlgo } from "../engine/algos.ts";
import { Refusal } from "../engine/checks.ts";
import type { AlgoType } from "../engine/facts.ts";
import { delayMs, type Latency, Wire } from "../engine/latency.ts";
import { placeOco } from "../engine/lists.ts";
import { setLeverage, setMarginType } from "../engine/settings.ts";
import type { VenueAlgo, VenueOrder } from "../engine/state.ts";
import { Problem } from "../errors.ts";
import type { Chance } from "../trading/stats/chance.ts";
import { algoOrderId, averageOf, type News, statusOf } from "./exchange-news.ts";
import type { ExchangeSide } from "./exchange-side.ts";
import { refusedAs } from "./refusals.ts";
import type { Timeline } from "./timeline.ts";

export type Outcome<T> = { kind: "answered"; value: T } | { kind: "refused"; problem: Problem };
type Then<T> = (outcome: Outcome<T>) => void;

/** What the exchange says of an order when it is asked. */
export type Said = Pick<ExchangeOrder, "client_order_id" | "order_id" | "status" | "filled_qty" | "avg_price">;

export interface ConnectorParts {
  readonly timeline: Timeline;
  readonly side: () => ExchangeSide;
  readonly latency: Latency;
  readonly chance: Chance;
  /** What comes to the exchange later than this finds it closed, and is never answered; epoch ms. */
  closesAt(): number;
  hear(news: News): void;
}

export class Connector {
  /** When the exchange itself last answered, epoch ms. */
  answeredAt = Number.NEGATIVE_INFINITY;
  sent = 0;
  private readonly parts: ConnectorParts;
  private readonly orderWire: Wire;
  private readonly newsWires: Record<Market, Wire>;
  private readonly news: Record<Market, { due: number; news: News }[]> = { SPOT: [], FUT: [] };
  private readonly leverages = new Map<InstrumentId, number>();
  private readonly preparing = new Map<InstrumentId, (() => void)[]>();

  constructor(parts: ConnectorParts) {
    this.parts = parts;
    const { order, feed } = parts.latency;
    this.orderWire = new Wire(order);
    this.newsWires = { SPOT: new Wire(feed), FUT: new Wire(feed) };
  }

  private get side(): ExchangeSide {
    return this.parts.side();
  }

  /** `work` happens at the exchange when the call has come there, `then` when its answer has come back. */
  call<T>(work: () => T, then: Then<T>): void {
    const { timeline, latency, chance } = this.parts;
    timeline.at(this.orderWire.arrival(timeline.now(), chance.next()), () => {
      if (timeline.now() > this.parts.closesAt()) return;
      this.side.catchUp();
      const outcome = attempt(work);
      timeline.after(delayMs(latency.response, chance.next()), () => {
        this.answeredAt = timeline.now();
        then(outcome);
      });
    });
  }

  /** A question that cannot be refused. */
  ask<T>(work: () => T, then: (answer: T) => void): void {
    this.call(work, (outcome) => {
      if (outcome.kind === "answered") then(outcome.value);
    });
  }

  /** News are under way. */
  get isTelling(): boolean {
    return this.news.SPOT.length > 0 || this.news.FUT.length > 0;
  }

  tell(market: Market, news: News): void {
    const { timeline, chance } = this.parts;
    const due = this.newsWires[market].arrival(timeline.now(), chance.next());
    const queue = this.news[market];
    queue.push({ due, news });
    if (queue.length === 1) timeline.at(due, () => this.release(market));
  }

  /** What comes at one moment comes together. */
  private release(market: Market): void {
    const { timeline, hear } = this.parts;
    const queue = this.news[market];
    while (queue.length > 0 && queue[0]!.due <= timeline.now()) {
      const { news } = queue.shift()!;
      timeline.hear(() => hear(news));
    }
    const [next] = queue;
    if (next) timeline.at(next.due, () => this.release(market));
  }

  submit(order: SubmitOrder, then: Then<Said>): void {
    const isFuture = marketOf(order.instrument) === "FUT";
    const send = () => {
      this.sent++;
      this.call(() => (isConditional(order) ? this.placeConditional(order) : this.place(order)), then);
    };
    if (order.entry && isFuture)
      this.prepare(order, { send, refused: (problem) => then({ kind: "refused", problem }) });
    else send();
  }

  /** Isolated margin and the leverage, once each instrument; nothing is sent when both are known to stand. */
  private prepare(
    { instrument, leverage = 1 }: SubmitOrder,
    { send, refused }: { send(): void; refused(problem: Problem): void },
  ): void {
    const waiting = this.preparing.get(instrument);
    if (waiting) {
      waiting.push(send);
      return;
    }
    const known = this.leverages.get(instrument);
    if (known === leverage) {
      send();
      return;
    }
    const others: (() => void)[] = [];
    this.preparing.set(instrument, others);
    const done = (outcome: Outcome<unknown>) => {
      this.preparing.delete(instrument);
      if (outcome.kind === "refused") refused(outcome.problem);
      else {
        this.leverages.set(instrument, leverage);
        send();
      }
      for (const other of others) other();
    };
    const of = { account: ACCOUNT, instrument };
    const lever = () => this.call(() => this.side.run(() => setLeverage(this.side.exchange, of, leverage)), done);
    if (known !== undefined) lever();
    else
      this.call(
        () => this.isolate(of),
        (outcome) => (outcome.kind === "refused" ? done(outcome) : lever()),
      );
  }

  private isolate(of: { account: string; instrument: InstrumentId }): void {
    try {
      this.side.run(() => setMarginType(this.side.exchange, of, "ISOLATED"));
    } catch (error) {
      if (!(error instanceof Refusal && error.why === "NO_CHANGE")) throw error;
    }
  }

  private place(order: SubmitOrder): Said {
    const { side } = this;
    const isFuture = marketOf(order.instrument) === "FUT";
    const isMaker = order.type === "LIMIT_MAKER";
    const placed = side.run(() =>
      side.exchange.place({
        ...{ account: ACCOUNT, instrument: order.instrument, client_id: order.client_order_id, side: order.side },
        type: order.type === "MARKET" ? "MARKET" : isMaker && !isFuture ? "LIMIT_MAKER" : "LIMIT",
        tif: isMaker ? "GTX" : "GTC",
        price: order.price === undefined ? zero : dec(order.price),
        qty: dec(order.qty),
        ...(order.reduce_only ? { reduce_only: true } : {}),
      }),
    );
    return saidOf(placed);
  }

  private placeConditional(order: SubmitOrder): Said {
    const { side } = this;
    const working_type = order.working_type ?? "MARK_PRICE";
    const { instrument } = order;
    const watched = working_type === "MARK_PRICE" ? side.reference(instrument) : side.lastPrice(instrument);
    const algo = side.run(() =>
      placeAlgo(
        side.exchange,
        {
          ...{ account: ACCOUNT, instrument, client_id: order.client_order_id, side: order.side, working_type },
          type: order.type as AlgoType,
          trigger_price: dec(order.stop_price ?? "0"),
          qty: dec(order.qty),
          reduce_only: order.reduce_only ?? false,
          close_position: false,
          price_protect: false,
        },
        watched,
      ),
    );
    return saidOfAlgo(algo);
  }

  /** Answers both legs: the target, then the stop. */
  submitOco(oco: SubmitOco, then: Then<Said[]>): void {
    this.sent += 2;
    this.call(() => {
      const { side } = this;
      const list = side.run(() => placeOco(side.exchange, legsOf(oco), side.reference(oco.instrument)));
      return list.order_ids.map((id) => saidOf(side.exchange.state.orders.get(id)!));
    }, then);
  }

  cancel(order: Order, then: Then<Said>): void {
    const done: Then<Said> = (outcome) => {
      if (outcome.kind === "answered") then(outcome);
      else this.query(order, (found) => then(found.kind === "answered" && !hasEnded(found.value) ? outcome : found));
    };
    if (!isConditionalOrder(order)) this.call(() => this.cancelPlain(order), done);
    else {
      this.call(
        () => this.cancelConditional(order),
        (outcome) => {
          if (outcome.kind === "answered") this.query(order, then);
          else done(outcome);
        },
      );
    }
  }

  private cancelPlain(order: Order): Said {
    const { side } = this;
    const found = this.find(order);
    return saidOf(side.run(() => side.exchange.cancel(found)));
  }

  private cancelConditional({ client_order_id }: Order): void {
    const { side } = this;
    const { state } = side.exchange;
    side.run(() => cancelAlgo(side.exchange, state.algoOfClientId(ACCOUNT, client_order_id)));
  }

  /** A conditional order that has triggered is asked for by the order that it sent, in a second question. */
  query(order: Order, then: Then<Said>): void {
    if (!isConditionalOrder(order)) {
      this.call(() => saidOf(this.find(order) ?? unknown()), then);
      return;
    }
    const { client_order_id } = order;
    this.call(
      () => this.side.exchange.state.algoOfClientId(ACCOUNT, client_order_id) ?? unknown(),
      (outcome) => {
        if (outcome.kind === "refused") then(outcome);
        else if (outcome.value.order_id === undefined) then({ kind: "answered", value: saidOfAlgo(outcome.value) });
        else this.call(() => this.sentBy(outcome.value), then);
      },
    );
  }

  private sentBy({ order_id, client_id }: VenueAlgo): Said {
    const sent = this.side.exchange.state.orders.get(order_id!) ?? unknown();
    return { ...saidOf(sent), client_order_id: client_id };
  }

  fills(order: Order, then: Then<ExchangeFill[]>): void {
    this.call(() => {
      const found = this.find(order);
      const trades = found ? this.side.exchange.state.tradesOfOrder(found.order_id) : [];
      return trades.map((trade) => ({
        fill_id: String(trade.trade_id),
        order_id: String(trade.order_id),
        price: show(trade.price),
        qty: show(trade.qty),
        fee: show(trade.fee),
        fee_asset: trade.fee_asset,
        maker: trade.maker,
        realised_usdt: show(trade.realised),
        ts: trade.at,
      }));
    }, then);
  }

  private find({ client_order_id, instrument }: Order): VenueOrder | undefined {
    const { exchange } = this.side;
    return exchange.find(ACCOUNT, marketOf(instrument), { client_id: client_order_id });
  }
}

function attempt<T>(work: () => T): Outcome<T> {
  try {
    return { kind: "answered", value: work() };
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", problem: refusedAs(error) };
    if (error instanceof Problem) return { kind: "refused", problem: error };
    throw error;
  }
}

const unknown = (): never => {
  throw new Problem("NOT_FOUND", "The exchange does not know it.");
};
const hasEnded = ({ status }: Said): boolean => isTerminal(status);
const isConditional = ({ instrument, type }: SubmitOrder): boolean =>
  marketOf(instrument) === "FUT" && (type === "STOP_MARKET" || type === "TAKE_PROFIT_MARKET");
/** Also after it has triggered. */
const isConditionalOrder = ({ instrument, leg }: Order): boolean =>
  marketOf(instrument) === "FUT" && (leg.startsWith("sl") || leg.startsWith("tp"));

const saidOf = (order: VenueOrder): Said => ({
  client_order_id: order.client_id,
  order_id: String(order.order_id),
  status: statusOf(order),
  filled_qty: show(order.filled),
  ...averageOf(order),
});

/** A triggered one is `NEW` here: what became of it, the order it sent will tell. */
function saidOfAlgo(algo: VenueAlgo): Said {
  const ended = algo.status === "CANCELED" || algo.status === "REJECTED" || algo.status === "EXPIRED";
  const status = ended ? (algo.status as Said["status"]) : "NEW";
  return { client_order_id: algo.client_id, order_id: algoOrderId(algo), status, filled_qty: "0" };
}

function legsOf(oco: SubmitOco) {
  const target = {
    client_id: oco.take_profit_client_order_id,
    type: "LIMIT_MAKER" as const,
    price: dec(oco.take_profit_price),
    tif: "GTC" as const,
  };
  const stop = {
    client_id: oco.stop_client_order_id,
    type: "STOP_LOSS_LIMIT" as const,
    price: dec(oco.stop_limit_price),
    stop_price: dec(oco.stop_price),
    tif: "GTC" as const,
  };
  const [above, below] = oco.side === "SELL" ? [target, stop] : [stop, target];
  return {
    ...{ account: ACCOUNT, instrument: oco.instrument, client_id: oco.list_client_order_id, side: oco.side },
    ...{ qty: dec(oco.qty), above, below },
  };
}
