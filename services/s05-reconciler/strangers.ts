/** Orders that are none of ours, as the account stream tells of them: why the exchange's books changed behind our back. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { dec, zero } from "../../shared/domain/money.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { type Stranger, strangerOf } from "../../shared/trading/reconcile/cause.ts";

type Execution = Extract<AccountEvent, { kind: "execution" }>;

const REMEMBERED_MAX = 1_000;

interface Heard {
  readonly instrument: InstrumentId;
  readonly order_id: string;
  readonly stranger: Stranger;
  readonly traded: boolean;
  readonly ts: number;
}

/** In memory: what it forgets at a restart, fills and the income history still tell, if less exactly. */
export class Strangers {
  private readonly heard = new Map<string, Heard>();
  private readonly tag: string;

  constructor(tag: string) {
    this.tag = tag;
  }

  /** True: the order is none of ours, so the books may differ now. */
  hear({ client_order_id, instrument, order_id, filled_qty, fill, ts }: Execution): boolean {
    const stranger = strangerOf(client_order_id, this.tag);
    if (stranger === undefined) return false;
    const key = `${instrument} ${order_id}`;
    const traded = fill !== undefined || dec(filled_qty) > zero || this.heard.get(key)?.traded === true;
    this.heard.delete(key);
    this.heard.set(key, { instrument, order_id, stranger, traded, ts });
    const oldest = this.heard.keys().next().value;
    if (this.heard.size > REMEMBERED_MAX && oldest !== undefined) this.heard.delete(oldest);
    return true;
  }

  /** Of those that traded on the instrument since. */
  traded(instrument: InstrumentId, since: number): Stranger[] {
    return [...this.heard.values()]
      .filter((each) => each.traded && each.instrument === instrument && each.ts >= since)
      .map((each) => each.stranger);
  }

  /** By the exchange's order id, as far as it was heard of. */
  named(instrument: InstrumentId, order_id: string | undefined): Stranger | undefined {
    return this.heard.get(`${instrument} ${order_id}`)?.stranger;
  }
}
