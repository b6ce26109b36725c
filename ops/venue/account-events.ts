/** Turns facts into what the accounts' user-data streams say, told once the facts are durable. */
import { type InstrumentId, type Market, marketOf } from "../../shared/domain/instrument.ts";
import { dec, zero } from "../../shared/domain/money.ts";
import { mustOrder } from "../../shared/engine/apply.ts";
import type { Fact, ListKind } from "../../shared/engine/facts.ts";
import type { ExchangeState, VenueOrder, VenueTrade } from "../../shared/engine/state.ts";
import type { Desk } from "./binance/desk.ts";
import {
  accountPosition,
  balanceUpdate,
  executionReport,
  listStatus,
  type SpotExecution,
} from "./binance/spot-user-data.ts";
import { FuturesEvents } from "./futures-events.ts";
import type { UserStreams } from "./user-streams.ts";

interface SpotNews {
  readonly execution: SpotExecution;
  readonly at: number;
  readonly trade?: VenueTrade | undefined;
  readonly before?: string | undefined;
}

const ORDERS_OF: Readonly<Record<ListKind, number>> = { OCO: 2, OTO: 2, OPO: 2, OTOCO: 3, OPOCO: 3 };

type Execution = "NEW" | "TRADE" | "CANCELED" | "EXPIRED";

export class AccountEvents {
  private readonly desk: () => Desk;
  private readonly users: UserStreams;
  private readonly futures: FuturesEvents;
  private waiting: (() => void)[] = [];

  /** `forced` publishes what everybody may hear of a liquidation. */
  constructor(
    desk: () => Desk,
    users: UserStreams,
    forced: (instrument: InstrumentId, text: string) => void = () => {},
  ) {
    this.desk = desk;
    this.users = users;
    this.futures = new FuturesEvents(desk, {
      put: (account, make) => this.put(account, "FUT", make),
      forced: (instrument, make) => {
        const text = make();
        this.waiting.push(() => forced(instrument, text));
      },
    });
  }

  private get state(): ExchangeState {
    return this.desk().exchange.state;
  }

  heard(fact: Fact, at: number): void {
    switch (fact.fact) {
      case "accepted":
        this.order(mustOrder(this.state, fact.order.order_id), "NEW", at);
        if (fact.order.list_id !== undefined) this.startedList(fact.order.list_id);
        break;
      case "traded":
        this.order(mustOrder(this.state, fact.order_id), "TRADE", at);
        break;
      case "ended": {
        const order = mustOrder(this.state, fact.order_id);
        this.order(order, order.status === "CANCELED" ? "CANCELED" : "EXPIRED", at);
        break;
      }
      case "activated":
      case "begun":
        this.order(mustOrder(this.state, fact.order_id), "NEW", at);
        break;
      case "prevented":
        this.prevented(fact, at);
        break;
      case "amended":
        this.amended(fact, at);
        break;
      case "algo_accepted":
        this.futures.algo(fact.algo.algo_id);
        break;
      case "algo_triggered":
      case "algo_placed":
      case "algo_ended":
        this.futures.algo(fact.algo_id);
        break;
      case "algo_trailed":
      case "trailed":
      case "bnb_burn":
      case "key_switched":
        break;
      case "list_accepted":
        // Told with its orders, once they are all there.
        break;
      case "list_ended":
        this.list(fact.list_id);
        break;
      case "moved":
        this.moved(fact, at);
        break;
      default:
        this.futures.heard(fact, at);
    }
  }

  /** Hands out what waits. */
  flush(): void {
    const told = this.waiting;
    this.waiting = [];
    for (const tell of told) tell();
  }

  private put(account: string, market: Market, make: () => string): void {
    if (!this.users.heard(account, market)) return;
    const text = make();
    this.waiting.push(() => this.users.tell(account, market, text));
  }

  private order(order: VenueOrder, execution: Execution, at: number): void {
    const trade = execution === "TRADE" ? (this.state.trades.at(-1) as VenueTrade) : undefined;
    if (marketOf(order.instrument) === "FUT") this.futures.order(order, execution, trade);
    else this.spotOrder(order, { execution, trade, at });
  }

  private spotOrder(order: VenueOrder, { execution, trade, at, before }: SpotNews): void {
    this.put(order.account, "SPOT", () => executionReport(this.state, { order, execution, trade, before }));
    this.put(order.account, "SPOT", () => accountPosition(this.state, order.account, at, this.assetsOf(order, trade)));
  }

  private assetsOf(order: VenueOrder, trade: VenueTrade | undefined): string[] {
    const { base, quote } = this.state.listing(order.instrument);
    return [base, quote, ...(trade ? [trade.fee_asset] : [])];
  }

  /** Both orders hear of it where both lose by it. */
  private prevented(fact: Extract<Fact, { fact: "prevented" }>, at: number): void {
    for (const [id, qty] of [[fact.order_id, fact.taker_qty] as const, [fact.maker_id, fact.maker_qty] as const]) {
      const order = mustOrder(this.state, id);
      if (dec(qty) === zero) continue;
      if (marketOf(order.instrument) === "SPOT") this.spotOrder(order, { execution: "TRADE_PREVENTION", at });
      else if (order.status === "EXPIRED_IN_MATCH") this.futures.order(order, "EXPIRED");
    }
  }

  private amended(fact: Extract<Fact, { fact: "amended" }>, at: number): void {
    const order = mustOrder(this.state, fact.order_id);
    const before = this.state.amendments.at(-1)?.client_id_before;
    this.spotOrder(order, { execution: "REPLACED", at, before });
    const list = order.list_id === undefined ? undefined : this.state.lists.get(order.list_id);
    if (list && before !== fact.client_id) this.put(list.account, "SPOT", () => listStatus(this.state, list, true));
  }

  private startedList(listId: number): void {
    const list = this.state.lists.get(listId);
    if (list && list.order_ids.length === ORDERS_OF[list.kind]) this.list(listId);
  }

  private list(listId: number): void {
    const list = this.state.lists.get(listId);
    if (list) this.put(list.account, "SPOT", () => listStatus(this.state, list));
  }

  private moved(fact: Extract<Fact, { fact: "moved" }>, at: number): void {
    const { account, asset } = fact;
    if (fact.market === "FUT") {
      this.futures.moved(fact, at);
      return;
    }
    this.put(account, "SPOT", () => balanceUpdate(asset, fact.qty, at));
    this.put(account, "SPOT", () => accountPosition(this.state, account, at, [asset]));
  }
}
