/** Turns facts into what the accounts' user-data streams say, told once the facts are durable. */
import { type Market, marketOf } from "../../shared/domain/instrument.ts";
import { dec, sub } from "../../shared/domain/money.ts";
import { mustOrder } from "../../shared/engine/apply.ts";
import type { Fact } from "../../shared/engine/facts.ts";
import type { ExchangeState, VenueOrder, VenueTrade } from "../../shared/engine/state.ts";
import type { Desk } from "./binance/desk.ts";
import { accountPosition, balanceUpdate, executionReport, listStatus } from "./binance/spot-user-data.ts";
import { accountUpdate, algoUpdate, orderTradeUpdate, type UpdateReason } from "./binance/um-user-data.ts";
import type { UserStreams } from "./user-streams.ts";

type Execution = "NEW" | "TRADE" | "CANCELED" | "EXPIRED";

export class AccountEvents {
  private readonly desk: () => Desk;
  private readonly users: UserStreams;
  private waiting: { account: string; market: Market; text: string }[] = [];

  constructor(desk: () => Desk, users: UserStreams) {
    this.desk = desk;
    this.users = users;
  }

  private get state(): ExchangeState {
    return this.desk().exchange.state;
  }

  heard(fact: Fact, at: number): void {
    switch (fact.fact) {
      case "accepted":
        this.order(mustOrder(this.state, fact.order.order_id), "NEW", at);
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
        this.order(mustOrder(this.state, fact.order_id), "NEW", at);
        break;
      case "algo_accepted":
        this.algo(fact.algo.algo_id);
        break;
      case "algo_triggered":
      case "algo_ended":
        this.algo(fact.algo_id);
        break;
      case "list_accepted":
        this.list(fact.list.list_id);
        break;
      case "list_ended":
        this.list(fact.list_id);
        break;
      default:
        this.money(fact, at);
    }
  }

  /** Hands out what waits. */
  flush(): void {
    const told = this.waiting;
    this.waiting = [];
    for (const { account, market, text } of told) this.users.tell(account, market, text);
  }

  private put(account: string, market: Market, make: () => string): void {
    if (this.users.heard(account, market)) this.waiting.push({ account, market, text: make() });
  }

  private order(order: VenueOrder, execution: Execution, at: number): void {
    const trade = execution === "TRADE" ? (this.state.trades.at(-1) as VenueTrade) : undefined;
    if (marketOf(order.instrument) === "FUT") this.futuresOrder(order, execution, trade);
    else this.spotOrder(order, { execution, trade, at });
  }

  /** A futures trade tells the balance and position first, as Binance does. */
  private futuresOrder(order: VenueOrder, execution: Execution, trade: VenueTrade | undefined): void {
    const { account, instrument } = order;
    if (trade) {
      this.put(account, "FUT", () =>
        accountUpdate(this.desk(), { account, instrument, reason: "ORDER", at: trade.at }),
      );
    }
    const said = order.forced && trade ? "CALCULATED" : execution;
    this.put(account, "FUT", () => orderTradeUpdate(this.desk(), { order, execution: said, trade }));
  }

  private spotOrder(
    order: VenueOrder,
    { execution, trade, at }: { execution: Execution; trade: VenueTrade | undefined; at: number },
  ): void {
    const { base, quote } = this.state.listing(order.instrument);
    this.put(order.account, "SPOT", () => executionReport(this.state, { order, execution, trade }));
    this.put(order.account, "SPOT", () => accountPosition(this.state, order.account, at, [base, quote]));
  }

  private algo(algoId: number): void {
    const algo = this.state.algos.get(algoId);
    if (algo) this.put(algo.account, "FUT", () => algoUpdate(this.desk(), algo));
  }

  private list(listId: number): void {
    const list = this.state.lists.get(listId);
    if (list) this.put(list.account, "SPOT", () => listStatus(this.state, list));
  }

  private money(fact: Fact, at: number): void {
    switch (fact.fact) {
      case "moved":
        this.moved(fact, at);
        break;
      case "funded":
        this.position(fact, { reason: "FUNDING_FEE", change: dec(fact.qty), at });
        break;
      case "liquidated":
        this.position(fact, { reason: "INSURANCE_CLEAR", change: sub(dec(fact.covered), dec(fact.clearance)), at });
        break;
      case "margin_type":
        this.position(fact, { reason: "MARGIN_TYPE_CHANGE", at });
        break;
      case "leverage":
        this.put(fact.account, "FUT", () => {
          const { symbol } = this.state.listing(fact.instrument);
          return JSON.stringify({ e: "ACCOUNT_CONFIG_UPDATE", E: at, T: at, ac: { s: symbol, l: fact.leverage } });
        });
        break;
    }
  }

  private moved(fact: Extract<Fact, { fact: "moved" }>, at: number): void {
    const { account, asset } = fact;
    const change = dec(fact.qty);
    if (fact.market === "FUT") {
      const reason = change < 0n ? "WITHDRAW" : "DEPOSIT";
      this.put(account, "FUT", () => accountUpdate(this.desk(), { account, reason, change, at }));
      return;
    }
    this.put(account, "SPOT", () => balanceUpdate(asset, fact.qty, at));
    this.put(account, "SPOT", () => accountPosition(this.state, account, at, [asset]));
  }

  private position(
    { account, instrument }: { account: string; instrument: VenueOrder["instrument"] },
    what: { reason: UpdateReason; change?: ReturnType<typeof dec>; at: number },
  ): void {
    this.put(account, "FUT", () => accountUpdate(this.desk(), { account, instrument, ...what }));
  }
}
