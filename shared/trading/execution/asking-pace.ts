/** How often one order is asked about or cancelled: waits that double with every try, until the exchange answers. */
import type { Order } from "../../domain/order.ts";
import type { RulePorts } from "./router-parts.ts";

type Parts = Pick<RulePorts, "clock" | "settings">;

export class AskingPace {
  private readonly parts: Parts;
  private readonly tries = new Map<string, { count: number; at: number }>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Nothing has been asked about it yet. */
  isFresh({ client_order_id }: Order): boolean {
    return !this.tries.has(client_order_id);
  }

  /** Milliseconds until this order may be asked about (or cancelled) again. */
  dueIn({ client_order_id, updated_at }: Order): number {
    const { clock, settings } = this.parts;
    const tried = this.tries.get(client_order_id);
    const wait = Math.min(settings.askWaitMs * 2 ** (tried?.count ?? 0), settings.askWaitMsMax);
    return Math.max(0, (tried?.at ?? updated_at) + wait - clock.now());
  }

  tried({ client_order_id }: Order): void {
    const count = (this.tries.get(client_order_id)?.count ?? 0) + 1;
    this.tries.set(client_order_id, { count, at: this.parts.clock.now() });
  }

  /** It was answered, or is long over. */
  forget(clientOrderId: string): void {
    this.tries.delete(clientOrderId);
  }
}
