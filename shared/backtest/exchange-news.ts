/** What the exchange tells an account of what has happened, each thing as it was then, once it is durable. */
import type { ExchangeFill } from "../contracts.ts";
import { DEFAULT_ACCOUNT as ACCOUNT, type InstrumentId, type Market, marketOf } from "../domain/instrument.ts";
import { add, dec, div, show, zero } from "../domain/money.ts";
import type { OrderStatus, Side } from "../domain/order.ts";
import { mustOrder } from "../engine/apply.ts";
import type { Fact } from "../engine/facts.ts";
import type { ExchangeState, VenueAlgo, VenueOrder } from "../engine/state.ts";
import { TRIGGERED } from "../trading/execution/protection-rules.ts";

export type News =
  | {
      kind: "execution";
      instrument: InstrumentId;
      client_order_id: string;
      order_id: string;
      status: OrderStatus;
      side: Side;
      type: string;
      filled_qty: string;
      avg_price?: string;
      fill?: ExchangeFill;
      reason?: string;
    }
  | { kind: "position"; instrument: InstrumentId }
  | { kind: "funding"; instrument: InstrumentId; amount_usdt: string; exch_ts: number };

interface Parts {
  state(): ExchangeState;
  tell(market: Market, news: News): void;
}

const ENDED: Partial<Record<VenueOrder["status"], OrderStatus>> = { PENDING_NEW: "NEW", EXPIRED_IN_MATCH: "EXPIRED" };
export const statusOf = (order: VenueOrder): OrderStatus => ENDED[order.status] ?? (order.status as OrderStatus);
export const algoOrderId = ({ algo_id }: VenueAlgo): string => `algo-${algo_id}`;
export const averageOf = (order: VenueOrder): { avg_price?: string } =>
  order.filled > zero ? { avg_price: show(div(order.quote_filled, order.filled, "nearest")) } : {};

export class ExchangeNews {
  private readonly parts: Parts;
  private waiting: [Market, News][] = [];

  constructor(parts: Parts) {
    this.parts = parts;
  }

  heard(fact: Fact, _at: number): void {
    const state = this.parts.state();
    switch (fact.fact) {
      case "accepted":
        this.order(mustOrder(state, fact.order.order_id));
        break;
      case "ended":
      case "activated":
      case "begun":
        this.order(mustOrder(state, fact.order_id));
        break;
      case "traded":
        this.traded(mustOrder(state, fact.order_id));
        break;
      case "algo_accepted":
        this.algo(state.algos.get(fact.algo.algo_id));
        break;
      case "algo_triggered":
      case "algo_placed":
      case "algo_ended":
        this.algo(state.algos.get(fact.algo_id));
        break;
      case "funded":
        if (fact.account !== ACCOUNT) break;
        this.put("FUT", { kind: "position", instrument: fact.instrument });
        this.put("FUT", { ...{ kind: "funding", instrument: fact.instrument }, amount_usdt: fact.qty, exch_ts: _at });
        break;
      case "liquidated":
        if (fact.account !== ACCOUNT) break;
        this.charge(fact.instrument, fact.clearance);
        this.put("FUT", { kind: "position", instrument: fact.instrument });
        break;
      case "margin_type":
        if (fact.account === ACCOUNT) this.put("FUT", { kind: "position", instrument: fact.instrument });
        break;
      default:
    }
  }

  flush(): void {
    for (const [market, news] of this.waiting.splice(0)) this.parts.tell(market, news);
  }

  private put(market: Market, news: News): void {
    this.waiting.push([market, news]);
  }

  /**
   * What a liquidation costs beside its price is a fee of the fill that closed the position: the exchange books it
   * apart, where no trade would know of it.
   */
  private charge(instrument: InstrumentId, clearance: string): void {
    const at = this.waiting.findLastIndex(
      ([, news]) => news.kind === "execution" && news.instrument === instrument && news.fill !== undefined,
    );
    const news = this.waiting[at]?.[1];
    if (news?.kind !== "execution" || news.fill === undefined) return;
    const fee = show(add(dec(news.fill.fee), dec(clearance)));
    this.waiting[at] = ["FUT", { ...news, fill: { ...news.fill, fee } }];
  }

  /** On futures the position is told first. */
  private traded(order: VenueOrder): void {
    if (order.account !== ACCOUNT) return;
    const trade = this.parts.state().trades.at(-1)!;
    const { instrument } = order;
    const market = marketOf(instrument);
    if (market === "FUT") this.put("FUT", { kind: "position", instrument });
    this.order(order, {
      fill_id: String(trade.trade_id),
      order_id: String(order.order_id),
      price: show(trade.price),
      qty: show(trade.qty),
      fee: show(trade.fee),
      fee_asset: trade.fee_asset,
      maker: trade.maker,
      ...(market === "FUT" ? { realised_usdt: show(trade.realised) } : {}),
      ts: trade.at,
    });
  }

  private order(order: VenueOrder, fill?: ExchangeFill): void {
    if (order.account !== ACCOUNT) return;
    const { instrument, client_id, order_id, side, type, filled } = order;
    this.put(marketOf(instrument), {
      ...{ kind: "execution", instrument, client_order_id: client_id, order_id: String(order_id), side, type },
      status: statusOf(order),
      filled_qty: show(filled),
      ...averageOf(order),
      ...(fill ? { fill } : {}),
    });
  }

  /** Of a triggered one, the order that it sent tells its own end. */
  private algo(algo: VenueAlgo | undefined): void {
    if (!algo || algo.account !== ACCOUNT || algo.status === "FINISHED") return;
    const isTriggered = algo.status === "TRIGGERING" || algo.status === "TRIGGERED";
    const { instrument, client_id, side, type, reason } = algo;
    this.put("FUT", {
      ...{ kind: "execution", instrument, client_order_id: client_id, order_id: algoOrderId(algo), side, type },
      status: isTriggered ? "NEW" : (algo.status as OrderStatus),
      filled_qty: show(dec("0")),
      ...(isTriggered ? { reason: TRIGGERED } : reason === "" ? {} : { reason }),
    });
  }
}
