/** The bundles' life: stored once, drafted, activated, rolled back; every change in one commit with its notice. */
import { emit, put } from "../../shared/changes.ts";
import { type ActiveRecord, type BundleRecord, configActive, configBundles } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import { assert, refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Op, Row, Store } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { type ConfigEvent, configEvents } from "../../shared/streams.ts";
import { readBundleText } from "./bundle-text.ts";
import { type Known, lintBundle } from "./lint.ts";
import type {
  BundleListAnswer,
  BundleListRequest,
  DraftAnswer,
  LintFinding,
  PromoteAnswer,
  PromoteRequest,
} from "./types.ts";

const ACTIVE_KEY = "active";
/** Room enough for revisions that are dates; one draft must not use up all the numbers there are. */
const REV_STEP_MAX = 100_000_000;
/** Author of what nobody posted: the shipped bundle and the file given at the start. */
const INSTALLATION = "installation";

export interface Entry {
  actor: string;
  what: string;
  ref: string;
  outcome: string;
  before?: unknown;
  after?: unknown;
}
export interface Ports {
  store: Store;
  clock: Clock;
  audit(entry: Entry): Op;
}
export interface Active extends Omit<ActiveRecord, "id" | "canary"> {
  bundle: Bundle;
}

/** SHA-256 of the canonical document without its revision: the same content has the same hash under any revision. */
export function contentHash(bundle: Bundle): string {
  const { rev: _rev, ...content } = bundle;
  return canonicalHash(content);
}

export class Bundles {
  private readonly ports: Ports;
  private active: Active | undefined;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  /** At the start: what was active stays so, unless `given` has other content; with nothing stored, `shipped` begins. */
  async begin(shipped: string, given: string): Promise<void> {
    const row = await this.ports.store.get(configActive, ACTIVE_KEY);
    if (row) this.active = await this.load(row.value);
    if (!this.active) await this.adopt(given === "" ? shipped : given, row);
    else if (given !== "") await this.adopt(given, row);
  }

  /** Refuses with NOT_READY before `begin`. */
  current(): Active {
    return this.active ?? refuse("NOT_READY", "No bundle is active yet.");
  }

  /** Stores a draft. 422 with every fault when it doesn't lint, 409 when its revision isn't the highest. */
  async draft(document: Record<string, unknown>, author: string, known: Known): Promise<DraftAnswer> {
    const { report, bundle } = lintBundle({ format: 1, ...document }, known);
    if (!bundle) return refuseLint(report.errors);
    const hash = contentHash(bundle);
    const same = await this.ports.store.get(configBundles, recordKey(bundle.bundle_id, bundle.rev));
    if (same && same.value.hash !== hash) refuse("CONFLICT", `Revision ${bundle.rev} exists with other content.`);
    const status = same?.value.status ?? "DRAFT";
    const answer = { bundle_id: bundle.bundle_id, rev: bundle.rev, status, hash, lint: report };
    if (same) return answer;
    const highest = await this.highestRev();
    if (bundle.rev <= highest) refuse("CONFLICT", `The revision must be above ${highest}.`);
    const most = highest + REV_STEP_MAX;
    if (bundle.rev > most) refuse("CONFLICT", `The revision must be at most ${most}: later ones need room.`);
    const record = this.record(bundle, { hash, status: "DRAFT", author });
    const audit = this.ports.audit({
      actor: author,
      what: "bundle.draft",
      ref: recordKey(bundle.bundle_id, bundle.rev),
      after: { hash },
      outcome: "stored",
    });
    await this.ports.store.commit([put(configBundles, record, null), audit]);
    return answer;
  }

  async list({ bundle_id, status, ...asked }: BundleListRequest): Promise<BundleListAnswer> {
    const page = await this.ports.store.query(configBundles, newestFirst(asked, "rev", { bundle_id, status }));
    return pageOf(page, ({ bundle: _bundle, ...summary }) => summary);
  }

  /** Activates a draft (FULL), or older content under a new revision (ROLLBACK). */
  async promote(request: PromoteRequest, actor: string): Promise<PromoteAnswer> {
    const { store } = this.ports;
    const active = this.current();
    const found = await store.get(configBundles, recordKey(request.bundle_id, request.to_rev));
    if (!found) return refuse("NOT_FOUND", `There is no bundle ${request.bundle_id} with revision ${request.to_rev}.`);
    const { report, bundle } = lintBundle(found.value.bundle);
    if (!bundle) return refuseLint(report.errors);
    const isNew = found.value.status === "DRAFT" || found.value.status === "STAGED";
    if (request.mode === "ROLLBACK") {
      // Going back needs no second person: what nobody ever put in force may not come in by it.
      if (isNew) refuse("WRONG_STATE", `Revision ${request.to_rev} has never been active: it cannot come back.`);
      if (request.to_rev >= active.rev) refuse("WRONG_STATE", `Only a revision before ${active.rev} can come back.`);
      const next = { ...bundle, rev: (await this.highestRev()) + 1 };
      await this.activate(next, { kind: "ROLLBACK", actor, target: undefined });
    } else {
      if (!isNew)
        refuse("WRONG_STATE", `Revision ${request.to_rev} is ${found.value.status}; roll back to it instead.`);
      if (bundle.rev <= active.rev) refuse("WRONG_STATE", `The active revision is ${active.rev} already.`);
      await this.activate(bundle, { kind: "PROMOTE", actor, target: found });
    }
    const { rev, hash, bundle_id } = this.current();
    const promotion_id = digest("promotion", bundle_id, String(rev)).slice(0, 32);
    return { promotion_id, status: "DONE", bundle_id, rev, hash };
  }

  private async adopt(text: string, activeRow: Row<ActiveRecord> | undefined): Promise<void> {
    const { report, bundle } = lintBundle(readBundleText(text));
    if (!bundle) return refuseLint(report.errors);
    if (this.active && contentHash(bundle) === this.active.hash) return;
    const rev = activeRow ? Math.max((await this.highestRev()) + 1, bundle.rev) : bundle.rev;
    await this.activate({ ...bundle, rev }, { kind: "PROMOTE", actor: INSTALLATION, target: undefined });
  }

  /** One commit: the record, the pointer to it, the former one's state, the audit entry and the notice to all. */
  private async activate(
    bundle: Bundle,
    change: { kind: ConfigEvent["kind"]; actor: string; target: Row<BundleRecord> | undefined },
  ): Promise<void> {
    const { store, clock, audit } = this.ports;
    const hash = contentHash(bundle);
    const { rev, bundle_id } = bundle;
    const active: ActiveRecord = { id: ACTIVE_KEY, rev, bundle_id, hash, activated_at: clock.now() };
    const before = await store.get(configActive, ACTIVE_KEY);
    const record = this.record(bundle, {
      hash,
      status: "ACTIVE",
      author: change.target?.value.author ?? change.actor,
      ...(change.target ? { created_at: change.target.value.created_at } : {}),
    });
    const event: ConfigEvent = { kind: change.kind, rev, bundle_id, hash, ts: active.activated_at };
    await store.commit(
      [
        put(configBundles, record, change.target?.rev ?? null),
        ...(await this.retire(before?.value, change.kind)),
        put(configActive, active, before?.rev ?? null),
        emit(configEvents, event),
        audit({
          actor: change.actor,
          what: change.kind === "ROLLBACK" ? "bundle.rollback" : "bundle.activate",
          ref: recordKey(bundle_id, rev),
          before: before && { rev: before.value.rev, hash: before.value.hash },
          after: { rev, hash },
          outcome: "active",
        }),
      ],
      { sync: "full" },
    );
    this.active = { rev, bundle_id, hash, activated_at: active.activated_at, bundle };
  }

  private async retire(former: ActiveRecord | undefined, kind: ConfigEvent["kind"]): Promise<Op[]> {
    if (!former) return [];
    const row = await this.ports.store.get(configBundles, recordKey(former.bundle_id, former.rev));
    if (!row) return [];
    return [put(configBundles, { ...row.value, status: kind === "ROLLBACK" ? "ROLLED_BACK" : "RETIRED" }, row.rev)];
  }

  private async load(record: ActiveRecord): Promise<Active> {
    const key = recordKey(record.bundle_id, record.rev);
    const row = await this.ports.store.get(configBundles, key);
    assert(row, `the active bundle ${key} is stored`);
    const { rev, bundle_id, hash, activated_at } = record;
    return { rev, bundle_id, hash, activated_at, bundle: Bundle.parse(row.value.bundle) };
  }

  private record(
    bundle: Bundle,
    about: Pick<BundleRecord, "hash" | "status" | "author"> & { created_at?: number },
  ): BundleRecord {
    const { bundle_id, rev, note } = bundle;
    return {
      bundle_id,
      rev,
      bundle,
      created_at: this.ports.clock.now(),
      ...(note === undefined ? {} : { note }),
      ...about,
    };
  }

  private async highestRev(): Promise<number> {
    const page = await this.ports.store.query(configBundles, { sort: { field: "rev", order: "desc" }, limit: 1 });
    return page.items[0]?.value.rev ?? 0;
  }
}

const recordKey = (bundleId: string, rev: number): string => `${bundleId}@${rev}`;

function refuseLint(errors: readonly LintFinding[]): never {
  const first = errors[0];
  const where = first?.path ? `${first.path}: ` : "";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return refuse("RULE", `The bundle doesn't lint: ${where}${first?.message}${more}`, {
    errors: errors.map((finding) => ({ field: finding.path, ...finding })),
  });
}
