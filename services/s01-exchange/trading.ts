/** The order desk of S1: who may send what, once only, under the kill switch. */
import type { ExchangeOrder, SubmitOco, SubmitOrder } from "../../shared/contracts.ts";
import { type InstrumentId, type Market, marketOf } from "../../shared/domain/instrument.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { AccountGuard } from "./account-guard.ts";
import type { Instruments } from "./instruments.ts";
import type { KeyGuard } from "./key-guard.ts";
import type { KillCopy } from "./kill-copy.ts";
import type { LiveGuard } from "./live-guard.ts";
import type { SiteGuard } from "./site-guard.ts";
import { Submissions } from "./submissions.ts";
import { isConditional, type OrderRef, type VenueOrders } from "./venue-port.ts";

export interface DeskPorts {
  readonly clock: Clock;
  readonly absenceProvenMs: number;
  readonly account: string;
  readonly orders: VenueOrders;
  readonly instruments: Instruments;
  readonly kill: KillCopy;
  readonly key: KeyGuard;
  readonly site: Pick<SiteGuard, "refuseEntries">;
  readonly accountGuard: AccountGuard;
  readonly live: Pick<LiveGuard, "admit" | "refuseEntries">;
  /** An order was taken. */
  accepted(market: Market, clientOrderId: string): void;
  leverage(instrument: InstrumentId, leverage: number): void;
}

export class Desk {
  private readonly ports: DeskPorts;
  private readonly submissions = new Submissions();
  /** Entries whose outcome the exchange did not tell, and since when (monotonic). */
  private readonly unknown = new Map<string, { ref: OrderRef; since: number }>();

  constructor(ports: DeskPorts) {
    this.ports = ports;
  }

  async submit(order: SubmitOrder): Promise<ExchangeOrder> {
    const { orders } = this.ports;
    this.owns(order.account);
    this.ports.instruments.need(order.instrument);
    checkWhole(order);
    checkEntryFlag(order);
    const ref = { instrument: order.instrument, client_order_id: order.client_order_id };
    const send = async () => {
      if (order.entry) await this.admit(order);
      if (order.entry && marketOf(order.instrument) === "FUT") await this.prepare(order);
      const legs = [{ ...ref, conditional: isConditional(order) }];
      return this.send(order.entry, legs, (before) => orders.submit(order, before));
    };
    return this.submissions.once(idOf(ref), send, () => this.query({ ...ref, conditional: isConditional(order) }));
  }

  /** A repeat is answered by both legs as they stand. */
  async submitOco(oco: SubmitOco): Promise<ExchangeOrder[]> {
    const { orders } = this.ports;
    this.owns(oco.account);
    this.ports.instruments.need(oco.instrument);
    const entry = oco.side === "BUY";
    const ids = [oco.take_profit_client_order_id, oco.stop_client_order_id];
    const legs = ids.map((client_order_id) => ({ instrument: oco.instrument, client_order_id, conditional: false }));
    let sent: ExchangeOrder[] | undefined;
    const send = async () => {
      if (entry) await this.admit({ ...oco, price: oco.stop_limit_price });
      const work = (before: () => void) => orders.submitOco(oco, before);
      sent = await this.send(entry, legs, work);
      return sent[0] ?? refuse("EXCHANGE_UNKNOWN", "The exchange named no orders of the pair.");
    };
    const list = { instrument: oco.instrument, client_order_id: oco.list_client_order_id };
    await this.submissions.once(idOf(list), send, () => this.query(legs[0]!));
    return sent ?? (await Promise.all(legs.map((leg) => this.query(leg))));
  }

  async cancel(ref: OrderRef & { account: string }): Promise<ExchangeOrder> {
    this.owns(ref.account);
    const order = await this.ports.orders.cancel(ref);
    this.ports.kill.resolved(ref.client_order_id);
    return order;
  }

  async query(ref: OrderRef): Promise<ExchangeOrder> {
    const order = await this.ports.orders.query(ref);
    this.ports.kill.resolved(ref.client_order_id);
    return order;
  }

  owns(account: string): void {
    if (account !== this.ports.account)
      refuse("FORBIDDEN", `This connector serves account ${this.ports.account} only.`);
  }

  private async admit(order: Parameters<LiveGuard["admit"]>[0]): Promise<void> {
    this.ports.kill.refuseIfOn();
    this.ports.site.refuseEntries();
    this.ports.key.refuseEntries(marketOf(order.instrument));
    this.ports.accountGuard.refuseEntries(marketOf(order.instrument));
    await this.ports.live.admit(order);
  }

  private async prepare(order: SubmitOrder): Promise<void> {
    await this.ports.orders.prepare(order.instrument, order.leverage);
    if (order.leverage !== undefined) this.ports.leverage(order.instrument, order.leverage);
  }

  /** Finds out what became of entries with an unknown outcome, so that none stays outstanding for ever. */
  async settleUnknown(): Promise<void> {
    const { clock, kill, absenceProvenMs } = this.ports;
    for (const [id, { ref, since }] of [...this.unknown]) {
      if (kill.isOutstanding(id)) {
        const problem = await this.query(ref).then(
          () => undefined,
          (error: unknown) => asProblem(error),
        );
        const isGone = problem?.code === "NOT_FOUND" && clock.mono() - since > absenceProvenMs;
        if (isGone) kill.resolved(id);
      }
      if (!kill.isOutstanding(id)) this.unknown.delete(id);
    }
  }

  /** `work` sends the bytes; the kill switch and the arming are looked at again right before they leave. */
  private async send<T>(entry: boolean, refs: OrderRef[], work: (before: () => void) => Promise<T>): Promise<T> {
    const { kill, instruments, clock, orders, live } = this.ports;
    const before = () => {
      if (!entry) return;
      kill.refuseIfOn();
      live.refuseEntries();
      for (const ref of refs) kill.sending(ref.client_order_id);
    };
    try {
      const result = await work(before);
      for (const { instrument, client_order_id } of refs) {
        kill.resolved(client_order_id);
        this.ports.accepted(marketOf(instrument), client_order_id);
      }
      return result;
    } catch (error) {
      for (const ref of refs) {
        if (asProblem(error).code !== "EXCHANGE_UNKNOWN") kill.resolved(ref.client_order_id);
        else if (entry) this.unknown.set(ref.client_order_id, { ref, since: clock.mono() });
        if (orders.isOffFilters(error)) instruments.doubt(ref.instrument);
      }
      throw error;
    }
  }
}

const idOf = (ref: { instrument: InstrumentId; client_order_id: string }) => `${ref.instrument}/${ref.client_order_id}`;

/** Orders that must have a price, and those that must have a trigger. */
function checkWhole(order: SubmitOrder): void {
  const isLimit = order.type === "LIMIT" || order.type === "LIMIT_MAKER";
  const isStop = order.type === "STOP_MARKET" || order.type === "TAKE_PROFIT_MARKET";
  const missing =
    isLimit && order.price === undefined ? "price" : isStop && order.stop_price === undefined ? "stop_price" : "";
  if (missing === "") return;
  refuse("INVALID", `A ${order.type} order needs ${missing}.`, {
    errors: [{ field: missing, message: "is required" }],
  });
}

/** What is no entry must be unable to open or enlarge a position, whatever the caller believes. */
function checkEntryFlag(order: SubmitOrder): void {
  if (order.entry) return;
  const isHarmless = marketOf(order.instrument) === "FUT" ? order.reduce_only : order.side === "SELL";
  if (isHarmless) return;
  refuse("RULE", "An order that is no entry must be reduce_only on futures and a SELL on spot.", {
    errors: [{ field: "entry", message: "does not fit the order" }],
  });
}
