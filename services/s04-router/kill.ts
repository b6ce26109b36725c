/** The kill switch as the router holds it: durable, growing by epoch, and on whenever it cannot be read. */
import { put } from "../../shared/changes.ts";
import type { KillState } from "../../shared/collections/kill.ts";
import { routerKillCopy } from "../../shared/collections/orders.ts";
import type { KillOrder } from "../../shared/contracts.ts";
import { isEntry, type Order } from "../../shared/domain/order.ts";
import { refuse } from "../../shared/errors.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { isOwnLeg } from "../../shared/trading/execution/answers.ts";
import { isLive } from "../../shared/trading/execution/order-state.ts";
import { endEntries } from "./end-entries.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";

export class KillSwitch {
  private state: KillState | undefined;
  private readable = false;
  private stored = false;
  private readonly ports: Ports;
  private readonly book: OrdersBook;

  constructor(ports: Ports, book: OrdersBook) {
    this.ports = ports;
    this.book = book;
  }

  /** Throws when the copy cannot be read; entries then stay refused. */
  async load(): Promise<void> {
    const kept = (await this.ports.store.get(routerKillCopy, "kill"))?.value;
    // Somebody may have turned it on meanwhile.
    if (this.state && this.state.epoch > (kept?.epoch ?? 0)) return;
    this.state = kept;
    this.readable = true;
    this.stored = true;
  }

  /** For a start without the store. */
  picture(): Op[] {
    return this.state && this.readable ? [put(routerKillCopy, this.state)] : [];
  }

  /** In place of `load`: what was put aside last. Nothing: it stays unreadable. */
  take(ops: readonly Op[]): void {
    const last = ops.findLast((op) => op.op === "put" && op.collection.name === routerKillCopy.name);
    if (last?.op !== "put") return;
    this.state = last.value as KillState;
    this.readable = true;
    this.stored = true;
  }

  /** Asked before an entry is stored and again in the same turn as it is sent. */
  entriesAllowed(): boolean {
    return this.readable && this.state?.enabled !== true;
  }

  reason(): string {
    if (!this.readable) return "its state cannot be read";
    return `${this.state?.mode} by ${this.state?.actor}: ${this.state?.reason}`;
  }

  /**
   * Stores the new state, ends every entry that runs, whatever the mode, and names those whose end is still open. HALT
   * waits for what is in flight alone; the other modes also until no entry rests at the exchange.
   */
  async set(order: KillOrder): Promise<{ epoch: number; outstanding: string[] }> {
    this.book.mustBeWhole();
    const epoch = this.state?.epoch ?? 0;
    if (order.epoch < epoch) refuse("CONFLICT", `epoch ${order.epoch} is older than ${epoch}`);
    if (!this.isStored(order)) await this.storeState(order);
    if (!order.enabled) return { epoch: order.epoch, outstanding: [] };
    await this.cancelEntries();
    await this.book.until(() => this.outstanding().length === 0, this.ports.settings.killWaitMs);
    return { epoch: order.epoch, outstanding: this.outstanding().map((o) => o.client_order_id) };
  }

  /** The same order is told again and again until it is known to be stored. */
  private isStored(order: KillOrder): boolean {
    const { state } = this;
    return this.stored && state?.epoch === order.epoch && state.enabled === order.enabled && state.mode === order.mode;
  }

  private async storeState(order: KillOrder): Promise<void> {
    const next: KillState = { id: "kill", ...order, ts: this.ports.clock.now() };
    // On counts before it is durable, off only after: whatever fails in between leaves entries stopped.
    this.stored = false;
    if (order.enabled) this.state = next;
    const audit = this.ports.audit({
      actor: order.actor,
      what: order.enabled ? "kill switch on" : "kill switch off",
      ref: `epoch ${order.epoch}`,
      outcome: order.reason,
    });
    await this.ports.store.commit([put(routerKillCopy, next), audit], { sync: "full" });
    this.state = next;
    this.stored = true;
    this.readable = true;
  }

  /** After a start: what stopped between storing the state and ending the entries goes on here. */
  async enforce(): Promise<void> {
    if (!this.entriesAllowed()) await this.cancelEntries();
  }

  private cancelEntries(): Promise<void> {
    return endEntries(this.book, `kill switch: ${this.state?.reason ?? this.reason()}`);
  }

  /** Under HALT a resting entry on its way out is no open question; one without an answer always is. */
  private outstanding(): Order[] {
    const halted = this.state?.mode === "HALT";
    return this.book
      .running()
      .filter((record) => isEntry(record.intent.kind))
      .flatMap((record) => this.book.ordersOf(record.intent_id))
      .filter((order) => isOwnLeg(order) && isLive(order))
      .filter((order) => !halted || order.status === "SENT" || order.status === "UNKNOWN");
  }
}
