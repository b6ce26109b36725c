/** The moves of a promotion: each is one commit of its record, of what is in force, of the notice and of the audit. */
import { emit, put } from "../../shared/changes.ts";
import { type BundleRecord, promotions } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { GateResult, Promotion } from "../../shared/domain/promotion.ts";
import { digest } from "../../shared/keys.ts";
import type { Op, Row } from "../../shared/kit/ports.ts";
import { alerts } from "../../shared/streams.ts";
import type { Bundles } from "./bundles.ts";
import { type ActiveCanary, type Change, type InForce, type Ports, recordKey } from "./in-force.ts";
import { type Ending, ended, isShare, newPromotion, splitOf, type Terms, withStep } from "./promotion-record.ts";

/** Who does what nobody asked for. */
export const ITSELF = "s10";
const ALERT_ID_CHARACTERS = 16;

export interface CourseParts extends Ports {
  bundles: Bundles;
  inForce: InForce;
  /** How long all triggers of one instrument belong to one arm. */
  slotMs: number;
}
/** What is to come into force. */
export interface Wanted {
  terms: Terms;
  target: Row<BundleRecord>;
  bundle: Bundle;
  author: string;
  gates: readonly GateResult[];
}
/** One that is under way and is over with what comes in its place. */
export interface Closing {
  row: Row<Promotion>;
  ending: Ending;
}
export interface TakingBack {
  status: "ROLLED_BACK" | "ABORTED";
  reason: string;
  actor: string;
}

export class Course {
  private readonly parts: CourseParts;

  constructor(parts: CourseParts) {
    this.parts = parts;
  }

  /** Puts it in force for its share or for all; what was under way is over in the same commit. */
  begin(wanted: Wanted, closing?: Closing): Promise<Promotion> {
    return isShare(wanted.terms.mode) ? this.beginShare(wanted, closing) : this.beginForAll(wanted, closing);
  }

  /** All have it: from now on it counts; FULL and ROLLBACK are done. */
  async heldByAll(row: Row<Promotion>): Promise<void> {
    const now = this.parts.clock.now();
    const count = row.value.services.length;
    const held = withStep(row.value, "HELD_BY_ALL", [now, `${count} replicas run it`]);
    if (!isShare(row.value.mode)) {
      const done = ended(
        { ...held, started_at: now },
        { status: "DONE", what: "ENDED", detail: "in force for all" },
        now,
      );
      return this.keep(row, done, { what: "promotion.done", outcome: "done" });
    }
    const { canary } = this.parts.inForce.current();
    const split = splitOf(row.value, { slot_ms: this.parts.slotMs, now });
    const active: Promotion = { ...held, status: "ACTIVE", started_at: now, until: split.until };
    // The end that was told was counted from when it was asked for.
    await this.change(
      { kind: "PROMOTE", actor: ITSELF, what: "promotion.start", canary: { ...(canary as ActiveCanary), ...split } },
      [put(promotions, active, row.rev)],
      active,
    );
  }

  /** Who has it, and what both arms did; nothing in force changes. */
  async note(row: Row<Promotion>, noted: Partial<Promotion>): Promise<void> {
    await this.parts.store.commit([put(promotions, { ...row.value, ...noted }, row.rev)]);
  }

  /** A share that stood to its end and nothing comes after: all triggers are the stable revision's again. */
  async end(row: Row<Promotion>, detail: string): Promise<void> {
    const over = ended(row.value, { status: "DONE", what: "ENDED", detail }, this.parts.clock.now());
    await this.change(
      { kind: "PROMOTE", actor: ITSELF, what: "promotion.end" },
      [put(promotions, over, row.rev)],
      over,
    );
  }

  /** A record whose revision is in force no more, whatever took its place. */
  async overtaken(row: Row<Promotion>, reason: string): Promise<void> {
    const ending = { status: "ABORTED", what: "ENDED", detail: reason, reason } as const;
    await this.keep(row, ended(row.value, ending, this.parts.clock.now()), {
      what: "promotion.abort",
      outcome: reason,
    });
  }

  /** A share ends at once; for all, the content before it comes back under a new number. */
  async takeBack(row: Row<Promotion>, { status, reason, actor }: TakingBack): Promise<void> {
    const ending = { status, what: "TAKEN_BACK", detail: `${reason}; by ${actor}`, reason } as const;
    const said = actor === ITSELF ? [this.alerted(row.value, reason)] : [];
    if (!isShare(row.value.mode)) {
      const target = await this.parts.bundles.ofRev(row.value.from_rev);
      const wanted = { terms: { mode: "ROLLBACK", note: reason }, target, author: actor, gates: [] } as const;
      await this.beginForAll({ ...wanted, bundle: Bundle.parse(target.value.bundle) }, { row, ending }, said);
      return;
    }
    const over = ended(row.value, ending, this.parts.clock.now());
    const what = status === "ABORTED" ? "promotion.abort" : "promotion.take_back";
    await this.change(
      { kind: "ROLLBACK", actor, what, reason },
      [put(promotions, over, row.rev), ...(await this.lost(over)), ...said],
      over,
    );
  }

  private async beginShare({ terms, target, bundle, author, gates }: Wanted, closing?: Closing): Promise<Promotion> {
    const { inForce, slotMs: slot_ms, clock, bundles } = this.parts;
    const now = clock.now();
    const { bundle_id, rev, hash } = target.value;
    const view = { bundle_id, rev, hash, bundle };
    const follows = closing && { follows: closing.row.value.promotion_id };
    const from_rev = inForce.current().rev;
    const promotion = newPromotion({ terms, asked: view, view, from_rev, author, gates, ...follows, now });
    const staged = target.value.status === "DRAFT" ? [bundles.marked(target, "STAGED")] : [];
    await this.change(
      {
        ...{ kind: "PROMOTE", actor: author, what: `promotion.${terms.mode.toLowerCase()}` },
        canary: { ...view, ...splitOf(promotion, { slot_ms, now }) },
      },
      [put(promotions, promotion, null), ...staged, ...this.closed(closing, promotion)],
      promotion,
    );
    return promotion;
  }

  private async beginForAll(wanted: Wanted, closing?: Closing, said: readonly Op[] = []): Promise<Promotion> {
    const { terms, target, bundle, author, gates } = wanted;
    const { bundles, inForce, clock } = this.parts;
    const isBack = terms.mode === "ROLLBACK";
    const { stable, also } = isBack ? await bundles.again(bundle, author) : await bundles.forAll(target, bundle);
    const promotion = newPromotion({
      ...{ terms, asked: target.value, view: stable, from_rev: inForce.current().rev, author, gates, now: clock.now() },
      ...(closing && { follows: closing.row.value.promotion_id }),
    });
    await this.change(
      {
        ...{ kind: isBack ? "ROLLBACK" : "PROMOTE", actor: author, stable },
        what: isBack ? "bundle.rollback" : "bundle.activate",
        ...(terms.note !== undefined && { reason: terms.note }),
      },
      [...also, put(promotions, promotion, null), ...this.closed(closing, promotion), ...said],
      promotion,
    );
    return promotion;
  }

  private closed(closing: Closing | undefined, { promotion_id: next }: Promotion): Op[] {
    if (!closing) return [];
    const { row, ending } = closing;
    return [put(promotions, ended(row.value, { ...ending, next }, this.parts.clock.now()), row.rev)];
  }

  /** What was taken back for what it did may not be asked for again. */
  private async lost({ status, bundle_id, rev }: Promotion): Promise<Op[]> {
    if (status !== "ROLLED_BACK") return [];
    const { bundles } = this.parts;
    return [bundles.marked(await bundles.find({ bundle_id, rev }), "ROLLED_BACK", { canary_only: true })];
  }

  private change(
    change: Omit<Change, "also" | "promotion_id">,
    also: Op[],
    { promotion_id }: Promotion,
  ): Promise<void> {
    return this.parts.inForce.change({ ...change, promotion_id, also });
  }

  private async keep(row: Row<Promotion>, next: Promotion, said: { what: string; outcome: string }): Promise<void> {
    const { store, audit } = this.parts;
    const ref = recordKey(next);
    const after = { promotion_id: next.promotion_id, status: next.status };
    const entry = audit({ actor: ITSELF, ref, before: { status: row.value.status }, after, ...said });
    await store.commit([put(promotions, next, row.rev), entry], { sync: "full" });
  }

  private alerted({ rev, mode, bundle_id }: Promotion, reason: string): Op {
    const message = `The ${mode} of revision ${rev} of ${bundle_id} was taken back: ${reason}`;
    return emit(alerts, {
      alert_id: digest("alert", ITSELF, "PROMOTION_TAKEN_BACK", message).slice(0, ALERT_ID_CHARACTERS),
      ...{ severity: "ERROR", source: ITSELF, code: "PROMOTION_TAKEN_BACK", message, ts: this.parts.clock.now() },
      action_taken: isShare(mode)
        ? "All triggers belong to the stable revision again; its open trades go on by their own parameters"
        : "The content before it is in force again for all",
    });
  }
}
