/** Another installation that trades under our ids: an order of ours on the account stream that was never sent from here. */
import type { AccountEvent } from "../../shared/streams.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";

type Execution = Extract<AccountEvent, { kind: "execution" }>;

/** An order is in the books before it leaves; only what was just sent by a process before this one may come late. */
const GRACE_MS = 2_000;
/** The exchange's clock may be ahead of ours. */
const OVERLAP_MS = 60_000;
const TRADES: readonly Execution["status"][] = ["NEW", "PARTIALLY_FILLED", "FILLED"];

export class OtherSite {
  private readonly ports: Ports;
  private readonly book: Pick<OrdersBook, "find">;
  private readonly startedAt: number;
  private seen: string | undefined;

  constructor(ports: Ports, book: Pick<OrdersBook, "find">) {
    this.ports = ports;
    this.book = book;
    this.startedAt = ports.clock.now();
  }

  /** Why nothing that adds risk may begin, until this process is started again; undefined: nobody else was seen. */
  noEntries(): string | undefined {
    return this.seen === undefined ? undefined : `another site sends orders under our ids, ${this.seen} for one`;
  }

  /** An order with our tag that the books did not know when it was told of. */
  hear({ client_order_id: id, instrument, status, exch_ts }: Execution): void {
    const { clock } = this.ports;
    if (this.seen !== undefined || !TRADES.includes(status) || exch_ts < this.startedAt - OVERLAP_MS) return;
    clock.after(GRACE_MS, () => this.judge(id, instrument));
  }

  private async judge(id: string, instrument: string): Promise<void> {
    // What the store cannot tell is no proof.
    const isOurs = await this.book.find(id).catch(() => true);
    if (this.seen !== undefined || isOurs) return;
    this.seen = id;
    const what = `${id} on ${instrument} has our tag, and was not sent from here`;
    this.ports.alert("FATAL", "OTHER_SITE", what, "no entries from here any more; exits go on");
  }
}
