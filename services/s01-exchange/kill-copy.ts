/** S1's own copy of the kill switch: durable before it is answered, in memory on the order path, on when unreadable. */
import { put } from "../../shared/changes.ts";
import { exchangeKillCopy } from "../../shared/collections/exchange.ts";
import type { KillState } from "../../shared/collections/kill.ts";
import type { KillOrder } from "../../shared/contracts.ts";
import { refuse } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import type { Surroundings } from "./types.ts";

export class KillCopy {
  private readonly around: Pick<Surroundings, "clock" | "log" | "raise">;
  private readonly store: Store;
  private state: KillState | "unread" | "never set" = "unread";
  /** Turned on, but not stored yet: counts as on whatever is stored. */
  private raised = false;
  private turn: Promise<unknown> = Promise.resolve();
  /** Entries whose fate at the exchange is not known yet. */
  private readonly unresolved = new Set<string>();

  constructor(around: Pick<Surroundings, "clock" | "log" | "raise">, store: Store) {
    this.around = around;
    this.store = store;
  }

  get on(): boolean {
    return this.raised || this.state === "unread" || (this.state !== "never set" && this.state.enabled);
  }

  /** Throws Problem KILL_SWITCH while it is on. */
  refuseIfOn(): void {
    if (this.state === "unread") refuse("KILL_SWITCH", "The kill switch cannot be read, so it counts as on.");
    if (this.on) refuse("KILL_SWITCH", "The kill switch is on: nothing that opens or enlarges a position is sent.");
  }

  /** Reads the copy if it has not been read yet. */
  async load(): Promise<void> {
    if (this.state !== "unread") return;
    try {
      const row = await this.store.get(exchangeKillCopy, "kill");
      if (this.state === "unread") this.state = row?.value ?? "never set";
    } catch (error) {
      this.around.log.error("The kill switch cannot be read", { error: String(error) });
      this.around.raise("ERROR", "KILL_UNREADABLE", "S1 cannot read its kill switch copy", "Counts as on");
    }
  }

  /** Throws Problem CONFLICT for an epoch that is older than the stored one, or the same with another content. */
  set(order: KillOrder): Promise<{ epoch: number; outstanding: string[] }> {
    const result = this.turn.then(() => this.keep(order));
    this.turn = result.catch(() => {});
    return result;
  }

  /** An entry leaves for the exchange; until `resolved`, kill answers name it as outstanding. */
  sending(clientOrderId: string): void {
    this.unresolved.add(clientOrderId);
  }

  isOutstanding(clientOrderId: string): boolean {
    return this.unresolved.has(clientOrderId);
  }

  resolved(clientOrderId: string): void {
    this.unresolved.delete(clientOrderId);
  }

  private async keep(order: KillOrder): Promise<{ epoch: number; outstanding: string[] }> {
    const { state } = this;
    if (typeof state === "object") {
      if (order.epoch < state.epoch) refuse("CONFLICT", `Epoch ${order.epoch} is older than ${state.epoch}.`);
      if (order.epoch === state.epoch) {
        const isSame = order.enabled === state.enabled && order.mode === state.mode;
        if (!isSame) refuse("CONFLICT", `Epoch ${order.epoch} is stored already, with another content.`);
        return this.answer(order.epoch);
      }
    }
    const next: KillState = { id: "kill", ...order, ts: this.around.clock.now() };
    this.raised ||= next.enabled;
    await this.store.commit([put(exchangeKillCopy, next)], { sync: "full" });
    this.state = next;
    this.raised = false;
    return this.answer(next.epoch);
  }

  private answer(epoch: number): { epoch: number; outstanding: string[] } {
    return { epoch, outstanding: [...this.unresolved].sort() };
  }
}
