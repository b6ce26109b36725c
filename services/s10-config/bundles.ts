/** The bundles' life: stored once, drafted, activated, rolled back; every change in one commit with its notice. */
import { put } from "../../shared/changes.ts";
import { type BundleRecord, configBundles } from "../../shared/collections/config.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Op, Row } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import type { ConfigEvent } from "../../shared/streams.ts";
import { readBundleText } from "./bundle-text.ts";
import { type Active, InForce, type Ports, recordKey } from "./in-force.ts";
import { type Known, lintBundle } from "./lint.ts";
import type {
  BundleListAnswer,
  BundleListRequest,
  DraftAnswer,
  LintFinding,
  PromoteAnswer,
  PromoteRequest,
} from "./types.ts";

/** Room enough for revisions that are dates; one draft must not use up all the numbers there are. */
const REV_STEP_MAX = 100_000_000;
/** Author of what nobody posted: the shipped bundle and the file given at the start. */
const INSTALLATION = "installation";

/** SHA-256 of the canonical document without its revision: the same content has the same hash under any revision. */
export function contentHash(bundle: Bundle): string {
  const { rev: _rev, ...content } = bundle;
  return canonicalHash(content);
}

export class Bundles {
  private readonly ports: Ports;
  private readonly inForce: InForce;

  constructor(ports: Ports, inForce = new InForce(ports)) {
    this.ports = ports;
    this.inForce = inForce;
  }

  /** At the start: what was active stays so, unless `given` has other content; with nothing stored, `shipped` begins. */
  async begin(shipped: string, given: string): Promise<void> {
    const isThere = await this.inForce.load();
    if (!isThere) await this.adopt(given === "" ? shipped : given);
    else if (given !== "") await this.adopt(given);
  }

  /** Refuses with NOT_READY before `begin`. */
  current(): Active {
    return this.inForce.current();
  }

  /** Stores a draft. 422 with every fault when it doesn't lint, 409 when its revision isn't the highest. */
  async draft(document: Record<string, unknown>, author: string, known: Known): Promise<DraftAnswer> {
    const { report, bundle } = lintBundle({ format: 1, ...document }, known);
    if (!bundle) return refuseLint(report.errors);
    const hash = contentHash(bundle);
    const same = await this.ports.store.get(configBundles, recordKey(bundle));
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
      ref: recordKey(bundle),
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
    const found = await store.get(configBundles, recordKey({ bundle_id: request.bundle_id, rev: request.to_rev }));
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

  private async adopt(text: string): Promise<void> {
    const { report, bundle } = lintBundle(readBundleText(text));
    if (!bundle) return refuseLint(report.errors);
    const active = this.inForce.now();
    if (active && contentHash(bundle) === active.hash) return;
    const rev = active ? Math.max((await this.highestRev()) + 1, bundle.rev) : bundle.rev;
    await this.activate({ ...bundle, rev }, { kind: "PROMOTE", actor: INSTALLATION, target: undefined });
  }

  /** For all; what there was for a share of the triggers is none any more. */
  private async activate(
    bundle: Bundle,
    change: { kind: ConfigEvent["kind"]; actor: string; target: Row<BundleRecord> | undefined },
  ): Promise<void> {
    const { kind, actor, target } = change;
    const hash = contentHash(bundle);
    const record = this.record(bundle, {
      hash,
      status: "ACTIVE",
      author: target?.value.author ?? actor,
      ...(target ? { created_at: target.value.created_at } : {}),
    });
    await this.inForce.change({
      ...{ kind, actor, what: kind === "ROLLBACK" ? "bundle.rollback" : "bundle.activate" },
      stable: { rev: bundle.rev, bundle_id: bundle.bundle_id, hash, bundle },
      also: [put(configBundles, record, target?.rev ?? null), ...(await this.retire(kind))],
    });
  }

  private async retire(kind: ConfigEvent["kind"]): Promise<Op[]> {
    const former = this.inForce.now();
    const row = former && (await this.ports.store.get(configBundles, recordKey(former)));
    if (!row) return [];
    return [put(configBundles, { ...row.value, status: kind === "ROLLBACK" ? "ROLLED_BACK" : "RETIRED" }, row.rev)];
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

/** Refuses with RULE and every fault. */
export function refuseLint(errors: readonly LintFinding[]): never {
  const first = errors[0];
  const where = first?.path ? `${first.path}: ` : "";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return refuse("RULE", `The bundle doesn't lint: ${where}${first?.message}${more}`, {
    errors: errors.map((finding) => ({ field: finding.path, ...finding })),
  });
}
