/** One reconciliation: looks until what differs stands still, finds out why, and has it repaired in the order of risk. */

import { routerMarks } from "../../shared/collections/orders.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { RESTORED_MARK, RestoredMark } from "../../shared/restored.ts";
import type { Reconciliation, ReconciliationSummary } from "../../shared/streams.ts";
import type { Cause } from "../../shared/trading/reconcile/cause.ts";
import { agreement, type Difference, settled } from "../../shared/trading/reconcile/difference.ts";
import { decideRepair, rankOf } from "../../shared/trading/reconcile/repair.ts";
import type { Investigator } from "./evidence.ts";
import { type Look, look } from "./look.ts";
import { recognised } from "./recognised.ts";
import { type Finding, planned, Repairs } from "./repairs.ts";
import type { Strangers } from "./strangers.ts";
import type { Item, Order, Ports } from "./types.ts";

export interface RunParts {
  readonly ports: Ports;
  readonly strangers: Strangers;
  readonly investigator: Investigator;
}

/** A run names so many things; whatever is beyond it, the next run meets. */
const ITEMS_MAX = 500;
/** From here on repairs rest on quantities that earlier ones may have changed. */
const RANK_HOLDINGS = 2;
const RANK_TRADES = 4;

/** Never throws: a run that cannot be made is one that FAILED. `before`: the last whole run that was made. */
export async function reconcile(
  parts: RunParts,
  order: Order,
  { run_id, before }: { run_id: string; before: Reconciliation | undefined },
): Promise<{ run: Reconciliation; isWaiting: boolean }> {
  const { ports } = parts;
  const { actor, ...asked } = order;
  const started_at = ports.clock.now();
  const work = new Run(parts, order, run_id);
  let failure: string | undefined;
  try {
    await work.go(before);
  } catch (error) {
    const { code, message } = asProblem(error);
    failure = `${code}: ${message}`;
    ports.warn("a reconciliation failed", { run_id, by: actor, error: String(error) });
  }
  const { items, found } = work;
  const message = failure ?? (items.length > ITEMS_MAX ? `${items.length - ITEMS_MAX} more are not listed` : undefined);
  const run: Reconciliation = {
    run_id,
    account: ports.account,
    ...asked,
    status: failure === undefined ? "DONE" : "FAILED",
    summary: summaryOf(found, items),
    items: items.slice(0, ITEMS_MAX),
    started_at,
    ended_at: ports.clock.now(),
    ...(message === undefined ? {} : { message }),
  };
  return { run, isWaiting: found?.look.isWaiting ?? false };
}

interface Found {
  readonly look: Look;
  /** Of its differences, those that stand still. */
  readonly differences: readonly Difference[];
}

/** Books that were restored lack what happened since: to mend them before the router has asked would undo what it finds. */
async function mustBeCaughtUp({ store }: Pick<Ports, "store">): Promise<void> {
  const { items } = await store.query(routerMarks, { limit: MARKS_MAX });
  const marks = items.filter(({ value }) => value.id === RESTORED_MARK).map(({ value }) => value.value);
  if (marks.every((mark) => RestoredMark.parse(mark).caught_up_at !== undefined)) return;
  refuse("NOT_READY", "the router is asking the exchange for what the restored books lack");
}
const MARKS_MAX = 1_000;

class Run {
  readonly items: Item[] = [];
  found: Found | undefined;
  private readonly parts: RunParts;
  private readonly order: Order;
  private readonly repairs: Repairs;
  /** Something was repaired since the last look. */
  private isChanged = false;

  constructor(parts: RunParts, order: Order, run_id: string) {
    this.parts = parts;
    this.order = order;
    this.repairs = new Repairs(parts.ports, { run_id, actor: order.actor });
  }

  async go(before: Reconciliation | undefined): Promise<void> {
    await mustBeCaughtUp(this.parts.ports);
    this.found = await this.settle();
    const ranked = this.rank(this.found);
    for (const rank of [...ranked.keys()].toSorted()) await this.repairAll(rank, ranked.get(rank) ?? []);
    const { mode, dry_run } = this.order;
    if (mode === "ALL") this.items.push(...(await recognised(this.parts, { before, items: this.items, dry_run })));
  }

  /** The same differences in two looks, or none. */
  private async settle(): Promise<Found> {
    const { ports } = this.parts;
    let last = await look(ports, this.order.mode);
    for (let looks = 1; looks < ports.settings.looksMax && last.differences.length > 0; looks++) {
      await ports.clock.sleep(ports.settings.settleMs);
      const next = await look(ports, this.order.mode);
      const differences = settled(last.differences, next.differences);
      if (differences.length === next.differences.length || looks === ports.settings.looksMax - 1) {
        return { look: next, differences };
      }
      last = next;
    }
    return { look: last, differences: [] };
  }

  /** The cause of a difference, which only names it and tells a missed fill from an orphan, is looked for later. */
  private rank({ look, differences }: Found): Map<number, Difference[]> {
    return Map.groupBy(differences, (each) => rankOf(each, decideRepair(each, this.around(each, look))));
  }

  private around({ instrument }: Difference, { unsettled }: Look, cause?: Cause) {
    const { settings } = this.parts.ports;
    const { orphan_policy } = this.order;
    return { policy: orphan_policy, tag: settings.installationTag, cause, isPositionOpen: unsettled.has(instrument) };
  }

  private async repairAll(rank: number, differences: readonly Difference[]): Promise<void> {
    const found = this.found as Found;
    const isQuantity = rank === RANK_HOLDINGS || rank === RANK_TRADES;
    const standing = isQuantity && this.isChanged ? await this.stillStanding(differences) : differences;
    for (const difference of standing) {
      const cause = rank === RANK_HOLDINGS ? await this.causeOf(difference) : undefined;
      const around = this.around(difference, found.look, cause);
      await this.repair({ difference, around, repair: decideRepair(difference, around) });
    }
  }

  private async repair(finding: Finding): Promise<void> {
    if (this.order.dry_run) {
      this.items.push(planned(finding));
      return;
    }
    const item = await this.repairs.carryOut(finding);
    if (item.outcome === "DONE") this.isChanged = true;
    this.items.push(item);
  }

  /** What earlier repairs have not settled already, as it is now; of the rest it is said that they have. */
  private async stillStanding(differences: readonly Difference[]): Promise<Difference[]> {
    const { clock, settings } = this.parts.ports;
    await clock.sleep(settings.settleMs);
    const now = await look(this.parts.ports, this.order.mode);
    this.isChanged = false;
    return differences.flatMap((difference) => {
      const same = now.differences.find((each) => each.kind === difference.kind && each.ref === difference.ref);
      if (same) return [same];
      const { kind: type, ref, instrument, ours: before, theirs: after } = difference;
      const detail = "settled by the repairs before it";
      this.items.push({ type, action: "BOOK", ref, instrument, before, after, outcome: "DONE", detail });
      return [];
    });
  }

  private async causeOf(difference: Difference): Promise<Cause> {
    try {
      return await this.parts.investigator.causeOf(difference, this.order.time_window_h);
    } catch (error) {
      const { instrument } = difference;
      this.parts.ports.warn("fills could not be asked for", { instrument, error: asProblem(error).message });
      return "UNEXPLAINED";
    }
  }
}

/** `agreement` as found, before any repair; of a run that saw nothing it is 0 and says nothing. */
function summaryOf(found: Found | undefined, items: readonly Item[]): ReconciliationSummary {
  const done = (...actions: string[]) =>
    items.filter((item) => item.outcome === "DONE" && actions.includes(item.action)).length;
  const [checked_orders, checked_positions] = [found?.look.checkedOrders ?? 0, found?.look.checkedPositions ?? 0];
  return {
    checked_orders,
    checked_positions,
    adopted: done("ADOPT", "KEEP"),
    closed: done("CANCEL", "CLOSE"),
    fixed: done("RESYNC", "BOOK", "REBUILD"),
    agreement: found ? agreement(checked_orders + checked_positions, found.differences.length) : 0,
  };
}
