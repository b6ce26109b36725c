/** Another installation that trades under our ids: an order of ours on the account stream that was never sent from here. */
import type { Order } from "../../shared/domain/order.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { isOwnLeg } from "../../shared/trading/execution/answers.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";

type Execution = Extract<AccountEvent, { kind: "execution" }>;

interface Parts {
  readonly book: Pick<OrdersBook, "find">;
  /** The store lacks what is put aside: what it does not know may be ours. */
  isAway(): boolean;
}

const GRACE_MS = 2_000;
/**
 * What a process before this one sent may be told of so long after this one's start, and the exchange's clock may be
 * ahead of ours. That process may have had a journal that lies elsewhere.
 */
const INHERITED_MS = 10_000;
/** Waiting to be judged: another site shows itself again. */
const JUDGED_MAX = 100;
const TRADES: readonly Execution["status"][] = ["NEW", "PARTIALLY_FILLED", "FILLED"];

export class OtherSite {
  private readonly ports: Ports;
  private readonly parts: Parts;
  private readonly judging = new Set<string>();
  private since = Number.POSITIVE_INFINITY;
  private seen: string | undefined;

  constructor(ports: Ports, parts: Parts) {
    this.ports = ports;
    this.parts = parts;
  }

  /** This process acts from here on. */
  begin(): void {
    this.since = this.ports.clock.now() + INHERITED_MS;
  }

  /** Why nothing that adds risk may begin, until this process is started again; undefined: nobody else was seen. */
  noEntries(): string | undefined {
    return this.seen === undefined ? undefined : `another site sends orders under our ids, ${this.seen} for one`;
  }

  /** An order with our tag that the books did not know when it was told of. */
  hear(event: Execution): void {
    const id = event.client_order_id;
    if (!this.counts(event) || this.judging.has(id) || this.judging.size >= JUDGED_MAX) return;
    this.judging.add(id);
    this.judgeLater(event);
  }

  /**
   * An order that the books have as `known`, before they take what is told of it. The same intent has the same id at
   * both sites, and what has filled at once does not keep the exchange from taking its id again: the exchange's own
   * number is another. Conditional orders get another one by triggering.
   */
  compare(event: Execution, known: Order | undefined): void {
    if (known && this.counts(event) && isAnother(event, known)) this.tell(event);
  }

  private counts({ status, exch_ts }: Execution): boolean {
    return this.seen === undefined && TRADES.includes(status) && exch_ts >= this.since;
  }

  private judgeLater(event: Execution): void {
    this.ports.clock.after(GRACE_MS, () => this.judge(event));
  }

  private async judge(event: Execution): Promise<void> {
    const { book, isAway } = this.parts;
    if (this.seen !== undefined) return;
    const asked = isAway() ? undefined : await book.find(event.client_order_id).then(toAnswer, () => undefined);
    // Away by now, it may have been while it was asked.
    if (!asked || isAway()) return this.judgeLater(event);
    this.judging.delete(event.client_order_id);
    if (!asked.order || isAnother(event, asked.order)) this.tell(event);
  }

  private tell({ client_order_id: id, instrument }: Execution): void {
    if (this.seen !== undefined) return;
    this.seen = id;
    const what = `${id} on ${instrument} has our tag, and was not sent from here`;
    this.ports.alert("FATAL", "OTHER_SITE", what, "no entries from here any more; exits go on");
  }
}

const toAnswer = (order: Order | undefined) => ({ order });

const PLAIN = /^(MARKET|LIMIT|LIMIT_MAKER)$/;

function isAnother({ order_id }: Execution, known: Order): boolean {
  const isNumbered = isOwnLeg(known) && PLAIN.test(known.type) && known.order_id !== undefined;
  return isNumbered && known.order_id !== order_id;
}
