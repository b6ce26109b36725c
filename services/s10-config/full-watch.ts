/** Watches what came into force for all: for a while it stays under guardrails, and gives way by itself where it does harm. */
import { promotions } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { Promotion } from "../../shared/domain/promotion.ts";
import type { Row } from "../../shared/kit/ports.ts";
import { limitsOfWatch, type PromotionLimits } from "../../shared/trading/promotion/guardrails.ts";
import { type Closing, type Course, type CourseParts, ITSELF } from "./promotion-course.ts";
import { Judge } from "./promotion-judge.ts";

/** One is in force, and those that another took the place of are told so soon after. */
const LOOKED_AT = 5;

export interface FullWatchParts extends CourseParts {
  course: Course;
  /** What is under way beside it, such as a canary of another revision. */
  underWay(): Promise<Row<Promotion> | undefined>;
  /** Promotions change one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

export class FullWatch {
  private readonly parts: FullWatchParts;
  private readonly judge: Judge;

  constructor(parts: FullWatchParts) {
    this.parts = parts;
    this.judge = new Judge(parts);
  }

  async look(): Promise<void> {
    const { inTurn } = this.parts;
    await inTurn(() => this.endOvertaken());
    const seen = await this.watched();
    if (!seen) return;
    const isAll = await this.judge.read(seen.value);
    await inTurn(async () => {
      const row = await this.watched();
      if (row?.key === seen.key) await this.judged(row, isAll);
    });
  }

  private async judged(row: Row<Promotion>, isAll: boolean): Promise<void> {
    const { course, clock } = this.parts;
    const noted = await this.judge.note(row, await this.limitsOf(row.value));
    const reason = this.judge.breach(noted.value, isAll);
    if (reason !== undefined) return this.takeBack(noted, reason);
    // What is not read yet could be what takes it back.
    if (isAll && clock.now() >= (noted.value.watch?.until ?? Number.POSITIVE_INFINITY))
      await course.watchEnded(noted, "STOOD", "stood to the end of its watch");
  }

  /** A canary tried beside it is over with it: what it was measured against is in force no more. */
  private async takeBack(row: Row<Promotion>, reason: string): Promise<void> {
    const { course, underWay } = this.parts;
    const beside = await underWay();
    const detail = `revision ${row.value.rev}, which it stood beside, was taken back`;
    const closing: Closing[] =
      beside && beside.key !== row.key
        ? [{ row: beside, ending: { status: "ABORTED", what: "TAKEN_BACK", detail, reason: detail } }]
        : [];
    await course.takeBack(row, { status: "ROLLED_BACK", reason, actor: ITSELF, forItsDeeds: true }, closing);
  }

  /** A rollback by a person, a newer revision or a file came in their place. */
  private async endOvertaken(): Promise<void> {
    const { inForce, course } = this.parts;
    const now = inForce.current();
    for (const row of await this.watching()) {
      // One that not all have yet is ended by who follows it.
      if (row.value.status === "DONE" && row.value.rev !== now.rev)
        await course.watchEnded(row, "ENDED", `revision ${now.rev} came in its place`);
    }
  }

  private async watched(): Promise<Row<Promotion> | undefined> {
    const { rev } = this.parts.inForce.current();
    return (await this.watching()).find(({ value }) => value.rev === rev);
  }

  private async watching(): Promise<Row<Promotion>[]> {
    const { items } = await this.parts.store.query(promotions, {
      where: { mode: "FULL", status: { in: ["PENDING", "DONE"] } },
      sort: { field: "created_at", order: "desc" },
      limit: LOOKED_AT,
    });
    return items.filter(({ value }) => value.watch?.state === "WATCHING");
  }

  /** Those of what was in force before it: a revision does not loosen what watches it. */
  private async limitsOf({ from_rev }: Promotion): Promise<PromotionLimits> {
    const row = await this.parts.bundles.ofRev(from_rev);
    return limitsOfWatch(Bundle.parse(row.value.bundle).flags.promotion);
  }
}
