/** Builds trades from what the router says became of intents: fills open, enlarge, reduce and close them. */
import { done } from "../../shared/changes.ts";
import { intents } from "../../shared/collections/orders.ts";
import { trades as tradesKept } from "../../shared/collections/trades.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import { type Intent, isEntry } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { Message, Op } from "../../shared/kit/ports.ts";
import type { OrderResult } from "../../shared/streams.ts";
import { ResultRules } from "../../shared/trading/position/result-rules.ts";
import { GROUP, type Missed, type MissedFills } from "./missed-fills.ts";
import type { TradesBook } from "./trades-book.ts";
import type { Ports } from "./types.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: TradesBook;
  /** Throws while the instrument's filters are not known; the message then comes again. */
  need(instrument: string): Promise<void>;
  listing(instrument: string): Instrument | undefined;
  /** The newest price that an exit would meet. */
  price(instrument: string): string | undefined;
  changed(instrument: string): void;
  readonly missed: MissedFills;
}

export class Results {
  private readonly parts: Parts;
  private readonly rules: ResultRules;
  /** By instrument, the time of the newest result heard. */
  private readonly newest = new Map<string, number>();

  constructor(parts: Parts) {
    this.parts = parts;
    const { ports, listing, price } = parts;
    this.rules = new ResultRules({
      ...{ account: ports.account, listing, price },
      revision: (rev) => ports.revision(rev),
      alert: (...alert) => ports.alert(...alert),
    });
  }

  /**
   * Counts once however often it is told, message by message and fill by fill: the marks are in the commit of their
   * effect. Where the fills before it were lost on the way, the router's own are taken first.
   */
  async hear(result: OrderResult, message: Message<OrderResult>): Promise<void> {
    const { ports, book, missed } = this.parts;
    const { instrument } = result.intent;
    if (result.intent.account !== ports.account) return;
    await this.parts.need(instrument);
    if (await ports.store.isDone(message.stream, GROUP, message.id)) return;
    for (const { trade_id, kind, ts } of result.fills) {
      const open = book.open(instrument);
      if (trade_id === undefined || open?.trade_id === trade_id) continue;
      if (open) await this.take(await missed.ofTrade(open.trade_id, ts));
      if (!isEntry(kind)) await this.take(await missed.ofTrade(trade_id, ts));
    }
    const fills = await missed.unheard(result.fills);
    const isOld = result.ts < (this.newest.get(instrument) ?? 0);
    if (!isOld) this.newest.set(instrument, result.ts);
    await this.change({ ...result, fills }, [done(message, GROUP)], isOld);
    this.parts.changed(instrument);
  }

  /** Takes what the router has booked and never came here; each as if it had just been told. */
  async take(missed: readonly Missed[]): Promise<void> {
    for (const { result } of missed) {
      const { instrument } = result.intent;
      await this.parts.need(instrument);
      await this.change(result, [], false);
      this.parts.changed(instrument);
    }
  }

  /** What the decision behind a new trade said of adds; the router keeps it with the intent. */
  private async maxAdds(intent: Intent): Promise<number | undefined> {
    if (intent.signal_id === undefined) return undefined;
    return (await this.parts.ports.store.get(intents, intent.intent_id))?.value.decision?.decision.max_adds;
  }

  private async change(result: OrderResult, ops: readonly Op[], isOld: boolean): Promise<void> {
    const { book, missed, ports } = this.parts;
    const { intent, fills } = result;
    const opens = !book.open(intent.instrument) && fills.some(({ kind }) => isEntry(kind));
    const maxAdds = opens ? await this.maxAdds(intent) : undefined;
    // A trade keeps the rules of the revision that opened it, which others may have heard of sooner.
    if (opens && intent.config_rev !== undefined) await ports.learn(intent.config_rev);
    const marks = result.fills.map((fill) => missed.mark(fill));
    await book.change(result.intent.instrument, async (open) => ({
      ...this.rules.fold(open, result, { isOld, maxAdds, ended: open ? undefined : await this.ended(result) }),
      ops: [...ops, ...marks],
    }));
  }

  /** The trade to which the first fill belongs, when it has ended already: an entry may fill on after its stop. */
  private async ended({ fills }: OrderResult): Promise<Trade | undefined> {
    const trade_id = fills[0]?.trade_id;
    return trade_id === undefined ? undefined : (await this.parts.ports.store.get(tradesKept, trade_id))?.value;
  }
}
