/** What facts about futures tell: the account's user-data stream, and everybody of liquidations. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { dec, sub } from "../../shared/domain/money.ts";
import { mustOrder } from "../../shared/engine/apply.ts";
import type { FuturesFact, OfPosition } from "../../shared/engine/facts.ts";
import type { Position } from "../../shared/engine/futures.ts";
import { FUND } from "../../shared/engine/futures-state.ts";
import type { ExchangeState, VenueOrder, VenueTrade } from "../../shared/engine/state.ts";
import type { Desk } from "./binance/desk.ts";
import {
  type AccountNews,
  accountUpdate,
  algoUpdate,
  configUpdate,
  type Execution,
  forceOrder,
  orderTradeUpdate,
  tradeLite,
} from "./binance/um-user-data.ts";

export interface FuturesHearers {
  /** Waits for the account's streams; made only where somebody listens. */
  put(account: string, make: () => string): void;
  /** Waits for the public stream of liquidations. */
  forced(instrument: InstrumentId, make: () => string): void;
}

export class FuturesEvents {
  private readonly desk: () => Desk;
  private readonly to: FuturesHearers;

  constructor(desk: () => Desk, to: FuturesHearers) {
    this.desk = desk;
    this.to = to;
  }

  private get state(): ExchangeState {
    return this.desk().exchange.state;
  }

  /** A trade is told in short first, then balance and position, then the order, as Binance does. */
  order(order: VenueOrder, execution: Execution, trade?: VenueTrade): void {
    const { account, instrument } = order;
    if (trade) {
      this.to.put(account, () => tradeLite(this.state, order, trade));
      this.account({ account, reason: "ORDER", at: trade.at, positions: [this.positionOf(order)] });
      const isLiquidation = order.forced && order.client_id.startsWith("autoclose-") && account !== FUND;
      if (isLiquidation) this.to.forced(instrument, () => forceOrder(this.state, order, trade));
    }
    const said = order.forced && trade ? "CALCULATED" : execution;
    this.to.put(account, () => orderTradeUpdate(this.desk(), { order, execution: said, trade }));
  }

  algo(algoId: number): void {
    const algo = this.state.algos.get(algoId);
    if (algo) this.to.put(algo.account, () => algoUpdate(this.desk(), algo));
  }

  /** Money that came or went. */
  moved({ account, qty }: { account: string; qty: string }, at: number): void {
    const change = dec(qty);
    this.account({ account, reason: change < 0n ? "WITHDRAW" : "DEPOSIT", change, at });
  }

  heard(fact: FuturesFact, at: number): void {
    switch (fact.fact) {
      case "modified":
        this.order(mustOrder(this.state, fact.order_id), "AMENDMENT");
        break;
      case "leverage": {
        const { symbol } = this.state.listing(fact.instrument);
        this.to.put(fact.account, () => configUpdate(at, { symbol, leverage: fact.leverage }));
        break;
      }
      case "multi_assets":
        this.to.put(fact.account, () => configUpdate(at, { multiAssets: fact.on }));
        break;
      case "margin_type":
        this.account({ account: fact.account, reason: "MARGIN_TYPE_CHANGE", at, positions: this.sidesOf(fact) });
        break;
      case "position_margin":
        this.account({ account: fact.account, reason: "MARGIN_TRANSFER", at, positions: [this.positionOf(fact)] });
        break;
      case "funded":
        this.funded(fact, at);
        break;
      case "liquidated": {
        const change = sub(dec(fact.covered), dec(fact.clearance));
        const positions = [this.positionOf(fact)];
        this.account({ account: fact.account, reason: "INSURANCE_CLEAR", change, at, positions });
        break;
      }
      case "position_mode":
      case "countdown":
      case "funding_rate":
      case "insured":
        break;
    }
  }

  /** Of a cross position only the balance is told: the position has not changed. */
  private funded(fact: Extract<FuturesFact, { fact: "funded" }>, at: number): void {
    const position = this.positionOf(fact);
    const positions = position.margin_type === "ISOLATED" ? [position] : [];
    this.account({ account: fact.account, reason: "FUNDING_FEE", change: dec(fact.qty), at, positions });
  }

  private account(news: AccountNews): void {
    this.to.put(news.account, () => accountUpdate(this.desk(), news));
  }

  private positionOf({ account, instrument, position_side }: OfPosition | VenueOrder): Position {
    return this.state.position(account, instrument, position_side ?? "BOTH");
  }

  private sidesOf({ account, instrument }: OfPosition): Position[] {
    const dual = this.state.futures.isDual(account);
    return this.state.futures.legs(account, instrument).filter(({ side }) => dual === (side !== "BOTH"));
  }
}
