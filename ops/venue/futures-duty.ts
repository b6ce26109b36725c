/** What the exchange does on futures accounts by the clock: dates and countdowns, margin calls, the fund's capital. */
import { type Amount, abs, add, dec, mul, show, zero } from "../../shared/domain/money.ts";
import type { Exchange } from "../../shared/engine/exchange.ts";
import { maintenance, type Position, unrealised } from "../../shared/engine/futures.ts";
import { passTime } from "../../shared/engine/futures-orders.ts";
import { FUND } from "../../shared/engine/futures-state.ts";
import { crossHealth } from "../../shared/engine/liquidation.ts";

/** What the insurance fund of a new venue begins with, USDT. */
const FUND_CAPITAL = dec("1000000");
/** Margin is called for when maintenance has come to this part of equity, and again after it was below. */
const CALL_AT = dec("0.8");

export interface DutyParts {
  readonly exchange: Exchange;
  /** Tells the account that these positions are near the end of their margin. */
  call(account: string, positions: readonly Position[]): void;
}

export class FuturesDuty {
  private readonly exchange: Exchange;
  private readonly call: DutyParts["call"];
  /** Positions that were called for and have not recovered. */
  private called = new Set<Position>();

  constructor({ exchange, call }: DutyParts) {
    this.exchange = exchange;
    this.call = call;
  }

  /** Once, inside a run: a fund that was never paid into gets its capital. */
  endow(): void {
    if (this.exchange.state.futures.isInsured) return;
    this.exchange.record({ fact: "insured", asset: "USDT", qty: show(FUND_CAPITAL) });
  }

  /** Once a second, inside a run. */
  beat(): void {
    passTime(this.exchange);
    this.callMargins();
  }

  private callMargins(): void {
    const near = new Set<Position>();
    const fresh = new Map<string, Position[]>();
    for (const position of this.exchange.state.positions.values()) {
      if (position.qty === zero || position.account === FUND || !this.isNear(position)) continue;
      near.add(position);
      if (this.called.has(position)) continue;
      const positions = fresh.get(position.account) ?? [];
      fresh.set(position.account, positions);
      positions.push(position);
    }
    this.called = near;
    for (const [account, positions] of fresh) this.call(account, positions);
  }

  private isNear(position: Position): boolean {
    const { exchange } = this;
    const mark = exchange.mark(position.instrument);
    if (mark === undefined) return false;
    if (position.margin_type === "CROSSED") {
      const { equity, needed } = crossHealth(exchange, position.account);
      return isLow(equity, needed);
    }
    const { state } = exchange;
    const equity = add(state.isolatedMargin(position), unrealised(position, mark));
    return isLow(equity, maintenance(state.listing(position.instrument), abs(mul(position.qty, mark))));
  }
}

const isLow = (equity: Amount, needed: Amount): boolean => needed >= mul(equity, CALL_AT);
