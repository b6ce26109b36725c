/** The moves of a promotion: each is one commit of its record, of what is in force, of the notice and of the audit. */
import { emit, put } from "../../shared/changes.ts";
import { type BundleRecord, promotions } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { GateResult, Promotion, PromotionWatch } from "../../shared/domain/promotion.ts";
import { assert } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Op, Row } from "../../shared/kit/ports.ts";
import { alerts } from "../../shared/streams.ts";
import type { Bundles } from "./bundles.ts";
import { type ActiveCanary, type Change, type InForce, type Ports, recordKey } from "./in-force.ts";
import {
  type Ending,
  ended,
  isShare,
  newPromotion,
  splitOf,
  type Terms,
  watchUntil,
  withStep,
} from "./promotion-record.ts";

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
  /** Nobody goes back to it then. */
  forItsDeeds?: boolean;
}
/** What comes with a change for all. */
interface ForAll {
  closings: readonly Closing[];
  said?: readonly Op[];
  /** What was in force was taken back for what it did. */
  forItsDeeds?: boolean;
}

export class Course {
  private readonly parts: CourseParts;

  constructor(parts: CourseParts) {
    this.parts = parts;
  }

  /** Puts it in force for its share or for all; what was under way is over in the same commit. */
  begin(wanted: Wanted, closing?: Closing): Promise<Promotion> {
    const closings = closing ? [closing] : [];
    return isShare(wanted.terms.mode) ? this.beginShare(wanted, closings) : this.beginForAll(wanted, { closings });
  }

  /** All have it: from now on it counts; FULL and ROLLBACK are done. */
  async heldByAll(row: Row<Promotion>): Promise<void> {
    const now = this.parts.clock.now();
    const count = row.value.services.length;
    const held = withStep(row.value, "HELD_BY_ALL", [now, `${count} replicas run it`]);
    if (!isShare(row.value.mode)) {
      const { watch, ...all } = held;
      const watched = watch && { watch: { ...watch, until: watchUntil(watch, now) } };
      const detail = watch ? `in force for all; watched for ${watch.hours} h` : "in force for all";
      const done = ended({ ...all, ...watched, started_at: now }, { status: "DONE", what: "ENDED", detail }, now);
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

  /** Who has it, and what was done; nothing in force changes. The row as it is then. */
  async note(row: Row<Promotion>, noted: Partial<Promotion>): Promise<Row<Promotion>> {
    const { store } = this.parts;
    await store.commit([put(promotions, { ...row.value, ...noted }, row.rev)]);
    const now = await store.get(promotions, row.key);
    assert(now, `the promotion ${row.key} is stored`);
    return now;
  }

  /** It stays in force, if it still is, and nobody watches it any more. */
  async watchEnded(row: Row<Promotion>, state: "STOOD" | "ENDED", detail: string): Promise<void> {
    const over = withStep(row.value, "WATCH_ENDED", [this.parts.clock.now(), detail]);
    const watch = { ...(over.watch as PromotionWatch), state };
    await this.keep(row, { ...over, watch }, { what: "promotion.watch_end", outcome: state.toLowerCase() });
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
  async takeBack(
    row: Row<Promotion>,
    { status, reason, actor, forItsDeeds }: TakingBack,
    others: readonly Closing[] = [],
  ): Promise<void> {
    const ending = { status, what: "TAKEN_BACK", detail: `${reason}; by ${actor}`, reason } as const;
    const said = actor === ITSELF ? [this.alerted(row.value, reason)] : [];
    if (!isShare(row.value.mode)) {
      const target = await this.parts.bundles.ofRev(row.value.from_rev);
      const wanted = { terms: { mode: "ROLLBACK", note: reason }, target, author: actor, gates: [] } as const;
      const bundle = Bundle.parse(target.value.bundle);
      const closings = [{ row, ending }, ...others];
      await this.beginForAll({ ...wanted, bundle }, { closings, said, ...(forItsDeeds && { forItsDeeds }) });
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

  private async beginShare(wanted: Wanted, closings: readonly Closing[]): Promise<Promotion> {
    const { terms, target, bundle, author, gates } = wanted;
    const { inForce, slotMs: slot_ms, clock, bundles } = this.parts;
    const now = clock.now();
    const { bundle_id, rev, hash } = target.value;
    const view = { bundle_id, rev, hash, bundle };
    const from_rev = inForce.current().rev;
    const promotion = newPromotion({
      ...{ terms, asked: view, view, from_rev, author, gates, now, ...followed(closings) },
    });
    const staged = target.value.status === "DRAFT" ? [bundles.marked(target, "STAGED")] : [];
    await this.change(
      {
        ...{ kind: "PROMOTE", actor: author, what: `promotion.${terms.mode.toLowerCase()}` },
        canary: { ...view, ...splitOf(promotion, { slot_ms, now }) },
      },
      [put(promotions, promotion, null), ...staged, ...this.closed(closings, promotion)],
      promotion,
    );
    return promotion;
  }

  private async beginForAll(wanted: Wanted, about: ForAll): Promise<Promotion> {
    const { closings, said = [], forItsDeeds = false } = about;
    const { terms, target, bundle, author, gates } = wanted;
    const { bundles, inForce, clock } = this.parts;
    const isBack = terms.mode === "ROLLBACK";
    const before = inForce.current();
    const { stable, also } = isBack
      ? await bundles.again(bundle, author, { taken_back: forItsDeeds })
      : await bundles.forAll(target, bundle);
    // What comes back is not watched, lest two revisions take each other's place for ever.
    const watch_hours = isBack || stable.hash === before.hash ? 0 : before.bundle.flags.promotion.watch_hours;
    const promotion = newPromotion({
      ...{ terms, asked: target.value, view: stable, from_rev: before.rev, author, gates, now: clock.now() },
      ...{ watch_hours, ...followed(closings) },
    });
    await this.change(
      {
        ...{ kind: isBack ? "ROLLBACK" : "PROMOTE", actor: author, stable },
        what: isBack ? "bundle.rollback" : "bundle.activate",
        ...(terms.note !== undefined && { reason: terms.note }),
      },
      [...also, put(promotions, promotion, null), ...this.closed(closings, promotion), ...said],
      promotion,
    );
    return promotion;
  }

  private closed(closings: readonly Closing[], { promotion_id: next }: Promotion): Op[] {
    const now = this.parts.clock.now();
    return closings.map(({ row, ending }) => put(promotions, ended(row.value, { ...ending, next }, now), row.rev));
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

/** The first is the one that it comes of; others are over with it. */
const followed = ([first]: readonly Closing[]): { follows?: string } =>
  first ? { follows: first.row.value.promotion_id } : {};
