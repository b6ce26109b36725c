/** Faults that can be switched on: orders that time out or are refused, and streams that drop. */
import type { Market } from "../../shared/domain/instrument.ts";

export type OrderFaultKind = "timeout_after_accept" | "timeout_before_accept" | "reject";

export interface OrderFault {
  readonly kind: OrderFaultKind;
  readonly market: Market;
  readonly symbol: string;
  /** How many orders of the symbol it still takes. */
  count: number;
  /** How long a timed-out request is held before −1007 is answered. */
  readonly hold_ms: number;
  /** With `reject`: the code that is answered. */
  readonly code: number;
}

export class Faults {
  private orders: OrderFault[] = [];
  private blackoutUntil = 0;

  add(fault: OrderFault): void {
    this.orders.push(fault);
  }

  list(): readonly OrderFault[] {
    return this.orders;
  }

  clear(): void {
    this.orders = [];
    this.blackoutUntil = 0;
  }

  /** The fault for the next order of a symbol, used up by one. */
  take(market: Market, symbol: string | undefined): OrderFault | undefined {
    const fault = this.orders.find((each) => each.market === market && each.symbol === symbol);
    if (!fault) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.orders = this.orders.filter((each) => each !== fault);
    return fault;
  }

  /** No stream opens before `until` (epoch ms). */
  blackout(until: number): void {
    this.blackoutUntil = until;
  }

  isBlackout(now: number): boolean {
    return now < this.blackoutUntil;
  }
}
