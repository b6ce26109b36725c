/** Carries running intents on, one step at a time, from whatever state they are found in. */
import type { IntentRecord } from "../../shared/collections/orders.ts";
import type { Amount } from "../../shared/domain/money.ts";
import { isEntry, type Order } from "../../shared/domain/order.ts";
import type { HealthHeard } from "../../shared/health-heard.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { IntentRules, mayWait } from "../../shared/trading/execution/intent-rules.ts";
import { decideStep, type Step, type StepView } from "../../shared/trading/execution/steps.ts";
import type { Costs } from "./costs.ts";
import type { Dispatch } from "./dispatch.ts";
import { Inherited } from "./inherited.ts";
import type { KillSwitch } from "./kill.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly market: MarketView;
  readonly kill: KillSwitch;
  readonly dispatch: Dispatch;
  readonly costs: Costs;
  readonly health: HealthHeard;
  readonly venue: Venue;
}

export class Executor {
  private readonly parts: Parts;
  readonly rules: IntentRules;
  private readonly inherited: Inherited;

  constructor(parts: Parts) {
    this.parts = parts;
    this.rules = new IntentRules({ ...parts, entriesStopped: () => this.entriesStopped() });
    this.inherited = new Inherited(parts);
  }

  /** One look at an intent; answers when to look again. */
  async look(intentId: string): Promise<number | undefined> {
    const record = this.parts.book.intent(intentId);
    if (!record || record.state === "DONE") return undefined;
    if (planOf(record).style.startsWith("MOVE")) return this.lookAtMove(record);
    return this.perform(record, decideStep(this.viewOf(record)));
  }

  private async perform(record: IntentRecord, step: Step): Promise<number | undefined> {
    const { dispatch, ports } = this.parts;
    switch (step.do) {
      case "wait":
        return step.until === undefined ? undefined : Math.max(1, step.until - ports.clock.now());
      case "send":
        return this.addOrder(record, step);
      case "submit":
        // Not awaited: the account stream may tell of the order before its own answer comes.
        void dispatch.submit(step.order, record.intent.leverage);
        return undefined;
      case "drop":
        await dispatch.drop(step.order, step.why);
        return 0;
      case "cancel":
      case "ask":
      case "fetch_fills":
        return this.approach(step.do, step.order);
      case "done":
        await this.finish(record, step);
        return undefined;
    }
  }

  private approach(what: "cancel" | "ask" | "fetch_fills", order: Order): number | undefined {
    const { dispatch } = this.parts;
    if (dispatch.isBusy(order)) return undefined;
    const first = what === "cancel" && dispatch.isFresh(order);
    const dueIn = first ? 0 : dispatch.dueIn(order);
    if (dueIn > 0) return dueIn;
    if (what === "cancel") void dispatch.cancel(order);
    else if (what === "ask") void dispatch.ask(order);
    else void dispatch.fetchFills(order);
    return undefined;
  }

  viewOf(record: IntentRecord): StepView {
    return this.rules.viewOf(record);
  }

  /** What lets no entry in keeps one that is under way from sending more. */
  private entriesStopped(): string | undefined {
    const { kill, health, venue, ports } = this.parts;
    if (!kill.entriesAllowed()) return "the kill switch is on";
    if (health.noEntries !== undefined) return health.noEntries;
    return venue.breakerOpensIn() > 0 ? "the breaker is open" : ports.noEntries();
  }

  /** What this exit may still sell or buy back: what is held, less what other running exits are about to. */
  closable(record: Pick<IntentRecord, "intent_id" | "intent" | "instrument">): Amount {
    return this.rules.closable(record);
  }

  /** The order row of an intent's next leg, not stored yet. */
  private orderOf(record: IntentRecord, step: Extract<Step, { do: "send" }>): { order: Order; link: Op } {
    const order = this.rules.orderOf(record, step);
    return { order, link: linkOf(order) };
  }

  private async addOrder(record: IntentRecord, step: Extract<Step, { do: "send" }>): Promise<number> {
    const { book } = this.parts;
    const next = () => this.orderOf(record, step);
    const heldMs = await this.inherited.hold(record, next());
    if (heldMs !== undefined) return heldMs;
    const make = () => {
      const { order, link } = next();
      return { orders: [order], ops: [link] };
    };
    await book.change(record.instrument, make, "full");
    return 0;
  }

  /** Lets an exit in slices, or one that rests at its price, wait no longer: what it still has to close goes at once. */
  async hurry(instrument: string, why: string): Promise<void> {
    const { book } = this.parts;
    const waits = (record: IntentRecord | undefined) => record?.state === "RUNNING" && mayWait(planOf(record));
    for (const record of book.running(instrument).filter((r) => !isEntry(r.intent.kind) && waits(r))) {
      await book.change(instrument, () => {
        const current = book.intent(record.intent_id);
        if (!current || !waits(current)) return undefined;
        return { intents: [{ ...current, plan: { ...planOf(current), hurry_reason: why } }] };
      });
    }
  }

  private async lookAtMove(record: IntentRecord): Promise<number | undefined> {
    const end = this.rules.moveEnds(record);
    if (!end.ended) return end.lookInMs;
    await this.finish(record, end);
    return undefined;
  }

  /** Ends the intent: the reservation passes to what is held, the rest of it is released, once. */
  private async finish(record: IntentRecord, end: { failed?: string; code?: string } = {}): Promise<void> {
    const { book, ports, costs } = this.parts;
    const { intent_id, instrument } = record;
    const orders = book.ownOrders(intent_id);
    await book.change(instrument, () => {
      const current = book.intent(intent_id);
      if (!current || current.state === "DONE") return undefined;
      return this.rules.ending(current);
    });
    if (end.failed !== undefined) {
      ports.alert("ERROR", end.code ?? "INTENT_FAILED", `${intent_id} on ${instrument}: ${end.failed}`);
    }
    // What somebody cancelled says nothing of posting.
    if (planOf(record).cancel_reason === undefined) await costs.ended(instrument, orders);
  }
}

export const linkOf = (order: Order): Op => ({
  op: "link",
  child: `orders/${order.client_order_id}`,
  parent: `intents/${order.intent_id}`,
});
