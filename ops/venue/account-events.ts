/** Turns facts into what the accounts' user-data streams say, told once the facts are durable. */
import { type InstrumentId, type Market, marketOf } from "../../shared/domain/instrument.ts";
import { dec, sub } from "../../shared/domain/money.ts";
import { mustOrder } from "../../shared/engine/apply.ts";
import type { Fact } from "../../shared/engine/facts.ts";
import type { VenueOrder, VenueTrade } from "../../shared/engine/state.ts";
import type { Desk } from "./binance/desk.ts";
import { accountUpdate, algoUpdate, orderTradeUpdate, type UpdateReason } from "./binance/um-user-data.ts";
import type { UserStreams } from "./sessions.ts";

export class AccountEvents {
  private readonly desk: () => Desk;
  private readonly users: UserStreams;
  private waiting: { account: string; market: Market; text: string }[] = [];

  constructor(desk: () => Desk, users: UserStreams) {
    this.desk = desk;
    this.users = users;
  }

  heard(fact: Fact, at: number): void {
    switch (fact.fact) {
      case "accepted":
        this.order(mustOrder(this.desk().exchange.state, fact.order.order_id), { execution: "NEW" });
        break;
      case "traded":
        this.traded(fact.order_id);
        break;
      case "ended": {
        const order = mustOrder(this.desk().exchange.state, fact.order_id);
        this.order(order, { execution: order.status === "CANCELED" ? "CANCELED" : "EXPIRED" });
        break;
      }
      case "algo_accepted":
        this.algo(fact.algo.algo_id);
        break;
      case "algo_triggered":
      case "algo_ended":
        this.algo(fact.algo_id);
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

  private order(order: VenueOrder, what: { execution: "NEW" | "CANCELED" | "EXPIRED" }): void {
    if (marketOf(order.instrument) !== "FUT") return;
    this.put(order.account, "FUT", () => orderTradeUpdate(this.desk(), { order, ...what }));
  }

  private traded(orderId: number): void {
    const { state } = this.desk().exchange;
    const order = mustOrder(state, orderId);
    const trade = state.trades.at(-1) as VenueTrade;
    if (marketOf(order.instrument) !== "FUT") return;
    const { account, instrument } = order;
    this.account({ account, instrument, reason: "ORDER", at: trade.at });
    const execution = order.forced ? "CALCULATED" : "TRADE";
    this.put(account, "FUT", () => orderTradeUpdate(this.desk(), { order, execution, trade }));
  }

  private algo(algoId: number): void {
    const algo = this.desk().exchange.state.algos.get(algoId);
    if (algo) this.put(algo.account, "FUT", () => algoUpdate(this.desk(), algo));
  }

  private account(what: { account: string; instrument?: InstrumentId; reason: UpdateReason; at: number }): void {
    this.put(what.account, "FUT", () => accountUpdate(this.desk(), what));
  }

  private money(fact: Fact, at: number): void {
    switch (fact.fact) {
      case "moved": {
        const change = dec(fact.qty);
        if (fact.market !== "FUT") break;
        const reason = change < 0n ? "WITHDRAW" : "DEPOSIT";
        this.put(fact.account, "FUT", () => accountUpdate(this.desk(), { account: fact.account, reason, change, at }));
        break;
      }
      case "funded": {
        const what = { account: fact.account, instrument: fact.instrument, reason: "FUNDING_FEE" as const };
        this.put(fact.account, "FUT", () => accountUpdate(this.desk(), { ...what, change: dec(fact.qty), at }));
        break;
      }
      case "liquidated": {
        const what = { account: fact.account, instrument: fact.instrument, reason: "INSURANCE_CLEAR" as const };
        const change = sub(dec(fact.covered), dec(fact.clearance));
        this.put(fact.account, "FUT", () => accountUpdate(this.desk(), { ...what, change, at }));
        break;
      }
      case "margin_type":
        this.account({ account: fact.account, instrument: fact.instrument, reason: "MARGIN_TYPE_CHANGE", at });
        break;
      case "leverage":
        this.put(fact.account, "FUT", () => {
          const { symbol } = this.desk().exchange.state.listing(fact.instrument);
          return JSON.stringify({ e: "ACCOUNT_CONFIG_UPDATE", E: at, T: at, ac: { s: symbol, l: fact.leverage } });
        });
        break;
    }
  }
}
