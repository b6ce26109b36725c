/** Holds one promotion at a time against its guardrails: reads what was done, notes it on its record, says what is breached. */
import { promotions } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { Promotion } from "../../shared/domain/promotion.ts";
import type { Row, Store } from "../../shared/kit/ports.ts";
import { breachesOf, type PromotionLimits } from "../../shared/trading/promotion/guardrails.ts";
import type { Bundles } from "./bundles.ts";
import type { Course } from "./promotion-course.ts";
import { Evidence } from "./promotion-evidence.ts";

export interface JudgeParts {
  store: Store;
  bundles: Bundles;
  course: Course;
}

export class Judge {
  private readonly parts: JudgeParts;
  private evidence: Evidence | undefined;

  constructor(parts: JudgeParts) {
    this.parts = parts;
  }

  /** Reads on; false: there is more to read before the figures are those of now. */
  async read(promotion: Promotion): Promise<boolean> {
    if (this.evidence?.promotion_id !== promotion.promotion_id) {
      const since = await this.firstStepOf(promotion);
      this.evidence = new Evidence(this.parts.store, { ...promotion, since });
    }
    return this.evidence.read(() => this.bundlesOf(promotion));
  }

  /** The record with what `read` has found; stored only where something is new. */
  async note(row: Row<Promotion>, limits: PromotionLimits): Promise<Row<Promotion>> {
    const { evidence } = this;
    if (evidence?.promotion_id !== row.key) return row;
    const noted = { ...evidence.figures(), guardrails: evidence.judged(limits) };
    const { stable, canary, realised, guardrails } = row.value;
    const before = { stable, canary, realised, guardrails };
    const isSame = JSON.stringify(ordered(noted)) === JSON.stringify(ordered(before));
    return isSame ? row : this.parts.course.note(row, noted);
  }

  /** Why it is to be taken back. Rates and means wait until all is read: their parts are not read evenly. What is lost, is lost. */
  breach({ guardrails }: Promotion, isAll: boolean): string | undefined {
    const breaches = breachesOf(guardrails).filter(({ name }) => isAll || name === "drawdown");
    return breaches.length === 0 ? undefined : breaches.map(({ name, detail }) => `${name}: ${detail}`).join("; ");
  }

  /** When the revision first stood anywhere. */
  private async firstStepOf({ hash, rev, created_at }: Promotion): Promise<number> {
    const sort = { field: "created_at", order: "asc" } as const;
    const { items } = await this.parts.store.query(promotions, { where: { hash, rev }, sort, limit: 1 });
    return items[0]?.value.created_at ?? created_at;
  }

  private async bundlesOf({ from_rev, rev }: Promotion): Promise<Bundle[]> {
    const { bundles } = this.parts;
    const rows = [await bundles.ofRev(from_rev), await bundles.ofRev(rev)];
    return rows.map(({ value }) => Bundle.parse(value.bundle));
  }
}

type Noted = Pick<Promotion, "stable" | "canary" | "realised" | "guardrails">;
const ordered = ({ stable, canary, realised, guardrails }: Noted) => [stable, canary, realised, guardrails];
