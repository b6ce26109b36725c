/** Asks the owners of the books for repairs, says what came of each, and leaves an audit entry of it. */
import type { RepairOrder } from "../../shared/contracts.ts";
import { asProblem, type Code } from "../../shared/errors.ts";
import { type Cause, isForced, typeOf } from "../../shared/trading/reconcile/cause.ts";
import type { Difference } from "../../shared/trading/reconcile/difference.ts";
import { decideCancel, type Repair, type Surroundings } from "../../shared/trading/reconcile/repair.ts";
import type { Item, Ports } from "./types.ts";

export interface Finding {
  readonly difference: Difference;
  readonly repair: Repair;
  readonly around: Surroundings;
}

/** What an owner's answer is called in a run's items. */
const ACTIONS: Readonly<Record<string, string>> = {
  RESYNCED: "RESYNC",
  CANCELED: "CANCEL",
  BOOKED: "BOOK",
  ADJUSTED: "BOOK",
  CLOSING: "CLOSE",
  REBUILT: "REBUILD",
  NONE: "NONE",
};

/** Its owner is busy with it, waits for what may explain it, or sees it otherwise by now: the next look will tell. */
const NOT_YET: readonly Code[] = ["CONFLICT", "NOT_READY", "STILL_RUNNING"];

type Named = Omit<RepairOrder, "action">;
type Answer = { done: string; before: string; after: string; detail?: string };

export class Repairs {
  private readonly ports: Ports;
  private readonly by: { run_id: string; actor: string };

  constructor(ports: Ports, by: { run_id: string; actor: string }) {
    this.ports = ports;
    this.by = by;
  }

  /** Never throws: a repair that fails is an item, and the next run meets the difference again. */
  async carryOut(finding: Finding): Promise<Item> {
    const item = planned(finding);
    if (finding.repair.ask === "nobody") return { ...item, outcome: "SEEN" };
    let repaired: Item;
    try {
      repaired = answered(finding, item, await this.ask(finding));
    } catch (error) {
      const { code, message } = asProblem(error);
      repaired = { ...item, outcome: NOT_YET.includes(code) ? "PLANNED" : "FAILED", detail: `${code}: ${message}` };
    }
    await this.tell(repaired);
    return repaired;
  }

  private async ask({ difference, repair, around }: Finding): Promise<Answer> {
    const { calls, account } = this.ports;
    const { instrument, ref, order } = difference;
    const about = { run_id: this.by.run_id, account, instrument };
    switch (repair.ask) {
      case "order": {
        const named = { ...about, client_order_id: ref, conditional: order?.conditional ?? false };
        return repair.action === "ADOPT"
          ? this.adopt(named, decideCancel(difference, around))
          : calls.router.repairOrder({ ...named, action: repair.action });
      }
      case "holding":
        return calls.router.repairHolding({ ...about, orphans: repair.orphans });
      default:
        return calls.position.repair(about);
    }
  }

  /** An order with our tag that no intent explains is nobody's. */
  private async adopt(named: Named, instead: Repair): Promise<Answer> {
    const { router } = this.ports.calls;
    try {
      return await router.repairOrder({ ...named, action: "ADOPT" });
    } catch (error) {
      if (asProblem(error).code !== "NOT_FOUND") throw error;
    }
    if (instead.ask === "order") return router.repairOrder({ ...named, action: instead.action });
    const detail = instead.ask === "nobody" ? instead.why : "";
    return { done: "NONE", before: "not known", after: "not known", detail };
  }

  private async tell(item: Item): Promise<void> {
    const { ports, by } = this;
    const { type, ref, instrument, before, after, outcome, action, detail } = item;
    const forced = isForced(type as Cause);
    const severity = forced ? "FATAL" : outcome === "FAILED" ? "ERROR" : "WARN";
    const where = ref === instrument ? instrument : `${ref} on ${instrument}`;
    ports.alert(severity, type, `${where}: ${before} in our books; ${detail ?? after}`, `${action} ${outcome}`);
    const entry = { actor: by.actor, what: `reconcile.${action.toLowerCase()}`, ref, before, after };
    await ports.store.commit([ports.audit({ ...entry, outcome: `${outcome} (${by.run_id})` })]);
  }
}

/** What would be done. */
export function planned({ difference, repair, around }: Finding): Item {
  const { ref, instrument, ours, theirs } = difference;
  return {
    type: typeOf(difference, around.cause),
    action: repair.action,
    ref,
    instrument,
    before: ours,
    after: theirs,
    outcome: "PLANNED",
    ...(repair.ask === "nobody" ? { detail: repair.why } : {}),
  };
}

function answered({ difference, repair }: Finding, item: Item, answer: Answer): Item {
  const { done, after, detail } = answer;
  // Of an order the owner tells how it stood there; here it may have been unknown.
  const before = repair.ask === "order" ? difference.ours : answer.before;
  // The same word for an order and for a position that is taken over.
  const action = done === "ADOPTED" ? (repair.ask === "order" ? "ADOPT" : "KEEP") : (ACTIONS[done] ?? done);
  const told = [`the exchange said ${difference.theirs}`, detail ?? ""].filter((text) => text !== "").join("; ");
  return { ...item, action, before, after, detail: told, outcome: done === "NONE" ? "SEEN" : "DONE" };
}
