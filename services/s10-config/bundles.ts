/** Bundle revisions as they are stored: drafted, staged, in force, over; each never changes but for its status. */
import { put } from "../../shared/changes.ts";
import { type BundleRecord, configBundles } from "../../shared/collections/config.ts";
import { Bundle, type BundleView, REV_MAX } from "../../shared/domain/bundle.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import { assert, refuse } from "../../shared/errors.ts";
import type { Op, Row } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { readBundleText } from "./bundle-text.ts";
import { type Active, InForce, type Ports, recordKey } from "./in-force.ts";
import { type Known, lintBundle } from "./lint.ts";
import type { StageRequest } from "./promotion-types.ts";
import type { BundleListAnswer, BundleListRequest, DraftAnswer, LintFinding } from "./types.ts";

/** Room enough for revisions that are dates; one draft must not use up all the numbers there are. */
const REV_STEP_MAX = 100_000_000;
/** The last numbers are kept for what comes back: however people number, a rollback finds one. */
const REV_ASKED_MAX = REV_MAX - 1_000_000;
/** Author of what nobody posted: the shipped bundle and the file given at the start. */
const INSTALLATION = "installation";

/** SHA-256 of the canonical document without its revision: the same content has the same hash under any revision. */
export function contentHash(bundle: Bundle): string {
  const { rev: _rev, ...content } = bundle;
  return canonicalHash(content);
}

/** With today's defaults: a record keeps the hash that its content had when it was stored, by which others name it. */
function hashNow(record: BundleRecord): string {
  const read = Bundle.safeParse(record.bundle);
  return read.success ? contentHash(read.data) : record.hash;
}

interface Anew {
  author: string;
  /** What becomes of the one in force, and what is marked on it. */
  former: BundleRecord["status"];
  marked?: Partial<BundleRecord>;
}

export class Bundles {
  private readonly ports: Ports;
  private readonly inForce: InForce;

  constructor(ports: Ports, inForce = new InForce(ports)) {
    this.ports = ports;
    this.inForce = inForce;
  }

  /**
   * At the start: what was active stays so, unless `given` is another text than the one before; with nothing stored,
   * `shipped` begins. What was promoted since a text was given is not undone by a restart with the same one.
   */
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
    if (same && same.value.hash !== hash && hashNow(same.value) !== hash)
      refuse("CONFLICT", `Revision ${bundle.rev} exists with other content.`);
    const status = same?.value.status ?? "DRAFT";
    const answer = {
      bundle_id: bundle.bundle_id,
      rev: bundle.rev,
      status,
      hash: same?.value.hash ?? hash,
      lint: report,
    };
    if (same) return answer;
    const highest = await this.highestRev();
    if (bundle.rev <= highest) refuse("CONFLICT", `The revision must be above ${highest}.`);
    mustLeaveRoom(bundle.rev, highest);
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

  /** A draft is ready to be promoted: it lints against what exists now. WRONG_STATE for what was in force already. */
  async stage({ bundle_id, rev }: StageRequest, actor: string, known: Known): Promise<DraftAnswer> {
    const row = await this.find({ bundle_id, rev: rev ?? (await this.newestDraft(bundle_id)) });
    const { status, hash } = row.value;
    if (status !== "DRAFT" && status !== "STAGED") refuse("WRONG_STATE", `Revision ${row.value.rev} is ${status}.`);
    const { report } = lintBundle(row.value.bundle, known);
    if (!report.passed) return refuseLint(report.errors);
    if (status === "DRAFT") {
      const about = { actor, ref: recordKey(row.value), before: { status }, after: { status: "STAGED" } };
      const audit = this.ports.audit({ ...about, what: "bundle.stage", outcome: "staged" });
      await this.ports.store.commit([this.marked(row, "STAGED"), audit]);
    }
    return { bundle_id, rev: row.value.rev, status: "STAGED", hash, lint: report };
  }

  /** NOT_FOUND where there is none. */
  async find(named: Pick<BundleRecord, "bundle_id" | "rev">): Promise<Row<BundleRecord>> {
    const found = await this.ports.store.get(configBundles, recordKey(named));
    return found ?? refuse("NOT_FOUND", `There is no bundle ${named.bundle_id} with revision ${named.rev}.`);
  }

  /** Of whatever bundle: no two have the same number. */
  async ofRev(rev: number): Promise<Row<BundleRecord>> {
    const page = await this.ports.store.query(configBundles, { where: { rev }, limit: 1 });
    const [row] = page.items;
    assert(row, `revision ${rev} is stored`);
    return row;
  }

  marked(row: Row<BundleRecord>, status: BundleRecord["status"], more: Partial<BundleRecord> = {}): Op {
    return put(configBundles, { ...row.value, ...more, status }, row.rev);
  }

  /** Stored content as it comes into force for all: its view, and what changes of the records with it. */
  async forAll(target: Row<BundleRecord>, bundle: Bundle): Promise<{ stable: BundleView; also: Op[] }> {
    return {
      stable: viewOf(bundle, target.value.hash),
      also: [this.marked(target, "ACTIVE"), ...(await this.former("RETIRED"))],
    };
  }

  /** The content of a stored revision under a new number, above all others. */
  async again(
    bundle: Bundle,
    author: string,
    { taken_back }: { taken_back: boolean },
  ): Promise<{ stable: BundleView; also: Op[] }> {
    const rev = (await this.highestRev()) + 1;
    const marked = taken_back ? { taken_back } : {};
    return this.anew({ ...bundle, rev }, { author, former: "ROLLED_BACK", marked });
  }

  private async adopt(text: string): Promise<void> {
    const { report, bundle } = lintBundle(readBundleText(text));
    if (!bundle) return refuseLint(report.errors);
    const active = this.inForce.now();
    if (active && [contentHash(active.bundle), await this.lastGiven()].includes(contentHash(bundle))) return;
    const highest = await this.highestRev();
    if (bundle.rev > highest) mustLeaveRoom(bundle.rev, highest);
    const rev = Math.max(highest + 1, bundle.rev);
    const made = await this.anew({ ...bundle, rev }, { author: INSTALLATION, former: "RETIRED" });
    await this.inForce.change({ kind: "PROMOTE", actor: INSTALLATION, what: "bundle.activate", ...made });
  }

  private async anew(bundle: Bundle, about: Anew) {
    const hash = contentHash(bundle);
    const record = this.record(bundle, { hash, status: "ACTIVE", author: about.author });
    return {
      stable: viewOf(bundle, hash),
      also: [put(configBundles, record, null), ...(await this.former(about.former, about.marked))],
    };
  }

  /** What is in force for all now is so no more. */
  private async former(status: BundleRecord["status"], marked: Partial<BundleRecord> = {}): Promise<Op[]> {
    const former = this.inForce.now();
    const row = former && (await this.ports.store.get(configBundles, recordKey(former)));
    return row ? [this.marked(row, status, marked)] : [];
  }

  private record(bundle: Bundle, about: Pick<BundleRecord, "hash" | "status" | "author">): BundleRecord {
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

  /** Hash of the newest content that nobody posted. */
  private async lastGiven(): Promise<string | undefined> {
    const query = { where: { author: INSTALLATION }, sort: { field: "rev", order: "desc" }, limit: 1 } as const;
    const [row] = (await this.ports.store.query(configBundles, query)).items;
    return row && hashNow(row.value);
  }

  private async newestDraft(bundle_id: string): Promise<number> {
    const where = { bundle_id, status: "DRAFT" };
    const page = await this.ports.store.query(configBundles, {
      where,
      sort: { field: "rev", order: "desc" },
      limit: 1,
    });
    return page.items[0]?.value.rev ?? refuse("NOT_FOUND", `There is no draft of the bundle ${bundle_id}.`);
  }

  private async highestRev(): Promise<number> {
    const page = await this.ports.store.query(configBundles, { sort: { field: "rev", order: "desc" }, limit: 1 });
    return page.items[0]?.value.rev ?? 0;
  }
}

function mustLeaveRoom(rev: number, highest: number): void {
  const most = Math.min(highest + REV_STEP_MAX, REV_ASKED_MAX);
  if (rev > most) refuse("CONFLICT", `The revision must be at most ${most}: later ones need room.`);
}

export const viewOf = (bundle: Bundle, hash: string): BundleView => ({
  rev: bundle.rev,
  bundle_id: bundle.bundle_id,
  hash,
  bundle,
});

/** Refuses with RULE and every fault. */
export function refuseLint(errors: readonly LintFinding[]): never {
  const first = errors[0];
  const where = first?.path ? `${first.path}: ` : "";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return refuse("RULE", `The bundle doesn't lint: ${where}${first?.message}${more}`, {
    errors: errors.map((finding) => ({ field: finding.path, ...finding })),
  });
}
