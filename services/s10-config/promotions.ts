/** Promotions: asked for, followed until all have them, judged by what they do, and ended or taken back by themselves. */
import { type BundleRecord, promotions } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { Promotion } from "../../shared/domain/promotion.ts";
import { refuse } from "../../shared/errors.ts";
import type { Row } from "../../shared/kit/ports.ts";
import type { Context, Principal } from "../../shared/kit/service.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { healthGate } from "../../shared/trading/promotion/gates.ts";
import { limitsOf } from "../../shared/trading/promotion/guardrails.ts";
import {
  isHeldByAll,
  missingIn,
  refusalsOf,
  revisionsHeld,
  wantedOf,
} from "../../shared/trading/promotion/revisions-held.ts";
import { FullWatch } from "./full-watch.ts";
import { type Closing, Course, type CourseParts, ITSELF, type Wanted } from "./promotion-course.ts";
import type { Gates, Standing } from "./promotion-gates.ts";
import { Judge } from "./promotion-judge.ts";
import { isShare, nextTerms, type Terms, termsOf, wordsOf } from "./promotion-record.ts";
import type {
  AbortRequest,
  PromoteAnswer,
  PromoteRequest,
  PromotionListAnswer,
  PromotionListRequest,
} from "./promotion-types.ts";

export interface PromotionParts extends CourseParts {
  gates: Gates;
  alert: Context["alert"];
  /** The least that a canary or a ramp may last. */
  durationLeastH: number;
  /** A promotion that waits for somebody for so long is worth an alert. */
  awayAlertMs: number;
}
/** Asked for, and nothing stands against it. */
/** `beside`: the content in force against which its gates were passed. */
type Wish = Omit<Wanted, "bundle"> & { beside?: string };
const UNDER_WAY = ["PENDING", "ACTIVE"];

export class Promotions {
  private readonly parts: PromotionParts;
  private readonly course: Course;
  private readonly judgeOfShares: Judge;
  private readonly fullWatch: FullWatch;
  /** What was last said of who is waited for. */
  private complained = "";
  private turn: Promise<unknown> = Promise.resolve();

  constructor(parts: PromotionParts) {
    this.parts = parts;
    const course = new Course(parts);
    this.course = course;
    this.judgeOfShares = new Judge({ ...parts, course });
    const inTurn = <T>(work: () => Promise<T>) => this.inTurn(work);
    this.fullWatch = new FullWatch({ ...parts, course, inTurn, underWay: () => this.underWay() });
  }

  /**
   * What a second person allows, in words; undefined: nobody is needed. Nobody is asked for what a gate stands against;
   * of what was allowed already that is seen when it is done.
   */
  async words(request: PromoteRequest, { id, second }: Pick<Principal, "id" | "second">): Promise<string | undefined> {
    if (request.mode === "ROLLBACK") return undefined;
    const terms = termsOf(request, this.parts.durationLeastH);
    const isAllowed = second !== undefined && second !== id;
    if (!isAllowed) await this.passed(request, id);
    return wordsOf(terms, { bundle_id: request.bundle_id, rev: request.to_rev });
  }

  /** 422 a gate that failed, 409 while another one is under way, 404 a revision that is not stored. */
  async promote(request: PromoteRequest, author: string): Promise<PromoteAnswer> {
    const passed = await this.passed(request, author);
    return this.inTurn(() => this.begin({ ...passed, author }));
  }

  async list({ bundle_id, status, ...asked }: PromotionListRequest): Promise<PromotionListAnswer> {
    const query = newestFirst(asked, "created_at", { bundle_id, status });
    const shown = ({ services: _s, timeline: _t, gates: _g, ...summary }: Promotion) => summary;
    return pageOf(await this.parts.store.query(promotions, query), shown);
  }

  async get(promotion_id: string): Promise<Promotion> {
    return (await this.row(promotion_id)).value;
  }

  /** 409 for one that is over, and for a ROLLBACK: what it put back stays until something else is promoted. */
  abort({ promotion_id, reason }: AbortRequest, actor: string): Promise<Promotion> {
    return this.inTurn(async () => {
      const row = await this.row(promotion_id);
      const { status, mode } = row.value;
      if (!UNDER_WAY.includes(status)) refuse("WRONG_STATE", `The promotion is ${status} already.`);
      if (mode === "ROLLBACK") refuse("WRONG_STATE", "A rollback is not aborted; promote something else.");
      await this.course.takeBack(row, { status: "ABORTED", reason: reason ?? "aborted", actor });
      return this.get(promotion_id);
    });
  }

  /** Until all have what was told: looks who has it. A revision that cannot be loaded somewhere is taken back. */
  async follow(): Promise<void> {
    await this.inTurn(() => this.parts.inForce.settle());
    if ((await this.underWay())?.value.status !== "PENDING") return;
    const standing = await this.parts.gates.standing();
    await this.inTurn(async () => {
      const row = await this.underWay();
      if (row?.value.status !== "PENDING" || (await this.isOvertaken(row))) return;
      const noted = await this.noteHolders(row, standing);
      if (await this.takenBackForRefusal(noted)) return;
      if (isHeldByAll(noted.value.services)) return this.course.heldByAll(noted);
      this.complain(noted.value, standing);
    });
  }

  /**
   * A share: what both arms did, what is beyond a guardrail, and whether its time is over. Also while somebody is
   * waited for: those who have it trade by it.
   */
  async judge(): Promise<void> {
    const seen = await this.underWay();
    if (!seen || !isShare(seen.value.mode)) return;
    const standing = await this.parts.gates.standing();
    const isAll = await this.judgeOfShares.read(seen.value);
    await this.inTurn(async () => {
      const row = await this.underWay();
      if (row?.key !== seen.key || (await this.isOvertaken(row))) return;
      const held = await this.noteHolders(row, standing);
      if (await this.takenBackForRefusal(held)) return;
      const judged = await this.judgeOfShares.note(held, this.limits());
      if (await this.takenBackForBreach(judged, isAll)) return;
      if (await this.takenBackForWaiting(judged, standing)) return;
      // What is not read yet could be what takes it back.
      if (isAll && this.parts.clock.now() >= (row.value.until ?? Number.POSITIVE_INFINITY))
        await this.end(judged, standing);
    });
  }

  /** What came into force for all: for a while it stays under guardrails. */
  watch(): Promise<void> {
    return this.fullWatch.look();
  }

  private async begin(wanted: Wish): Promise<PromoteAnswer> {
    const found = await this.underWay();
    const { terms, author } = wanted;
    const isBack = terms.mode === "ROLLBACK";
    if (found && !isBack && !givesWay(found.value)) refuseBusy(found.value);
    if (wanted.beside !== undefined && wanted.beside !== this.parts.inForce.current().hash)
      refuse("WRONG_STATE", "Something else has come into force while its gates were looked at: ask again.");
    const target = await this.parts.bundles.find(wanted.target.value);
    this.mustFit(target.value, terms);
    const { rev: to } = target.value;
    const reason = isBack
      ? `${author} went back to the content of revision ${to}`
      : `${author} put revision ${to} in its place before all had it`;
    const ending = { status: "ABORTED", what: "TAKEN_BACK", detail: reason, reason } as const;
    const closing: Closing | undefined = found && { row: found, ending };
    const bundle = Bundle.parse(target.value.bundle);
    const { promotion_id, status, bundle_id, rev, hash } = await this.course.begin(
      { ...wanted, target, bundle },
      closing,
    );
    const guardrail = limitsOf(this.limits());
    return { promotion_id, status, bundle_id, rev, hash, guardrail };
  }

  /** What is asked for, with its defaults and its gates; refuses what cannot be now. */
  private async passed(request: PromoteRequest, author: string): Promise<Omit<Wish, "author">> {
    const terms = termsOf(request, this.parts.durationLeastH);
    const target = await this.parts.bundles.find({ bundle_id: request.bundle_id, rev: request.to_rev });
    this.mustFit(target.value, terms);
    if (terms.mode === "ROLLBACK") return { terms, target, gates: [] };
    const found = await this.underWay();
    if (found && !givesWay(found.value)) refuseBusy(found.value);
    const { hash: beside } = this.parts.inForce.current();
    return { terms, target, beside, gates: await this.parts.gates.pass(target.value, terms.mode, author) };
  }

  private mustFit({ rev, status, hash, canary_only, taken_back }: BundleRecord, { mode }: Terms): void {
    const active = this.parts.inForce.current();
    const isNew = status === "DRAFT" || status === "STAGED";
    if (mode === "ROLLBACK") {
      // Going back needs no second person: what nobody ever put in force may not come in by it.
      if (isNew || canary_only === true)
        refuse("WRONG_STATE", `Revision ${rev} has never been active: it cannot come back.`);
      if (taken_back === true) refuse("WRONG_STATE", `Revision ${rev} was taken back for what it did: draft it anew.`);
      if (rev >= active.rev) refuse("WRONG_STATE", `Only a revision before ${active.rev} can come back.`);
      if (hash === active.hash) refuse("WRONG_STATE", "Its content is in force for all already.");
      return;
    }
    if (rev === active.rev) refuse("WRONG_STATE", `Revision ${rev} is in force for all already.`);
    const instead = canary_only === true || taken_back === true ? "draft it anew" : "roll back to it instead";
    if (!isNew) refuse("WRONG_STATE", `Revision ${rev} is ${status}; ${instead}.`);
    if (rev <= active.rev) refuse("WRONG_STATE", `The active revision is ${active.rev} already.`);
    if (isShare(mode) && hash === active.hash)
      refuse("WRONG_STATE", "Its content is the one in force: there is nothing to try.");
  }

  private async end(row: Row<Promotion>, standing: Standing | undefined): Promise<void> {
    const { value } = row;
    const terms = nextTerms(value);
    if (!terms) return this.course.end(row, "stood to its end; nothing comes after");
    const health = healthGate(standing);
    // Its share is over; the next step waits until it may be taken.
    if (health.state !== "PASSED") {
      const reason = `waits to be followed by ${terms.mode}: ${health.detail}`;
      if (value.reason !== reason) await this.course.note(row, { reason });
      return;
    }
    const target = await this.parts.bundles.find(value);
    const { author } = value;
    const ending = { status: "DONE", what: "FOLLOWED", detail: `stood to its end; followed by ${terms.mode}` } as const;
    const bundle = Bundle.parse(target.value.bundle);
    await this.course.begin({ terms, target, bundle, author, gates: [health] }, { row, ending });
  }

  private async noteHolders(row: Row<Promotion>, standing: Standing | undefined): Promise<Row<Promotion>> {
    if (!standing) return row;
    const services = revisionsHeld(standing.revisions, wantedOf(row.value));
    if (JSON.stringify(services) === JSON.stringify(row.value.services)) return row;
    return this.course.note(row, { services });
  }

  private async takenBackForRefusal(row: Row<Promotion>): Promise<boolean> {
    const refused = refusalsOf(row.value.services);
    const { mode, rev } = row.value;
    const [first] = refused;
    // What a rollback brings back is the way out: there is nothing to go back to from it.
    if (!first || mode === "ROLLBACK") return false;
    const reason = `${first.service} could not load revision ${rev}: ${first.error ?? "it did not say why"}`;
    await this.course.takeBack(row, { status: isShare(mode) ? "ABORTED" : "ROLLED_BACK", reason, actor: ITSELF });
    return true;
  }

  private async takenBackForBreach(row: Row<Promotion>, isAll: boolean): Promise<boolean> {
    const reason = this.judgeOfShares.breach(row.value, isAll);
    if (reason === undefined) return false;
    await this.course.takeBack(row, { status: "ROLLED_BACK", reason, actor: ITSELF });
    return true;
  }

  /** Told to all with an end that comes even if nobody ever says that all have it. */
  private async takenBackForWaiting(row: Row<Promotion>, standing: Standing | undefined): Promise<boolean> {
    const { clock, inForce } = this.parts;
    const until = inForce.current().canary?.until ?? Number.POSITIVE_INFINITY;
    if (row.value.status !== "PENDING" || clock.now() < until) return false;
    const reason = `its time was over before all had it; still missing: ${waitedFor(row.value, standing)}`;
    await this.course.takeBack(row, { status: "ABORTED", reason, actor: ITSELF });
    return true;
  }

  /** Something else was put in force past it: a file at the start. */
  private async isOvertaken(row: Row<Promotion>): Promise<boolean> {
    const { rev, canary } = this.parts.inForce.current();
    const { mode, promotion_id } = row.value;
    const stands = isShare(mode) ? canary?.promotion_id === promotion_id : rev === row.value.rev;
    if (!stands) await this.course.overtaken(row, `revision ${rev} was put in force in its place`);
    return !stands;
  }

  private complain(promotion: Promotion, standing: Standing | undefined): void {
    const { mode, rev, created_at } = promotion;
    if (this.parts.clock.now() - created_at < this.parts.awayAlertMs) return;
    const message = `The ${mode} of revision ${rev} waits for ${waitedFor(promotion, standing)}`;
    if (message === this.complained) return;
    this.complained = message;
    this.parts.alert("WARN", "PROMOTION_WAITS", message, "It is not done before all have it; a rollback is possible");
  }

  private limits() {
    // Those of what is in force: a revision does not loosen what watches it.
    return this.parts.inForce.current().bundle.flags.promotion;
  }

  private async underWay(): Promise<Row<Promotion> | undefined> {
    const where = { status: { in: UNDER_WAY } };
    const { items } = await this.parts.store.query(promotions, {
      where,
      sort: { field: "created_at", order: "desc" },
      limit: 1,
    });
    return items[0];
  }

  private async row(promotion_id: string): Promise<Row<Promotion>> {
    const found = await this.parts.store.get(promotions, promotion_id);
    return found ?? refuse("NOT_FOUND", `There is no promotion ${promotion_id}.`);
  }

  /** One change at a time: each looks at what the one before it left, also where the store's answer to that was lost. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(() => this.parts.inForce.settle()).then(work);
    this.turn = mine.catch(() => {});
    return mine;
  }
}

const waitedFor = ({ services }: Promotion, standing: Standing | undefined): string =>
  standing ? missingIn(services) : "s11 (away), who knows of all others";

/** It cannot be aborted; waiting for somebody who never comes back, it would keep out everything else. */
const givesWay = ({ mode }: Promotion): boolean => mode === "ROLLBACK";

const refuseBusy = ({ promotion_id, mode, rev, status }: Promotion): never =>
  refuse(
    "CONFLICT",
    `The ${mode} of revision ${rev} (${promotion_id}) is ${status}: abort it, or wait until it is over.`,
  );
