/** The documents of bundle revisions: what a revision holds, since when and by whom, and what differs between two. */
import type { Bundle } from "../../shared/domain/bundle.ts";
import { type BundleChange, bundleDiff } from "../../shared/domain/bundle-diff.ts";
import { diffSummary } from "../../shared/domain/bundle-diff-words.ts";
import { type DocumentKind, documentHash, documentsOfKind } from "../../shared/domain/bundle-documents.ts";
import { refuse } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Bases, withBase } from "./bundle-extends.ts";
import { readBundleText } from "./bundle-text.ts";
import { contentHash, refuseLint } from "./bundles.ts";
import type {
  BundleNamed,
  DiffAnswer,
  DiffRequest,
  DocumentListAnswer,
  DocumentListRequest,
  DocumentVersion,
  DraftDiffAnswer,
  DraftDiffRequest,
  HistoryAnswer,
  HistoryRequest,
  StoredBundle,
} from "./document-types.ts";
import { lintBundle } from "./lint.ts";
import { bundleOf, Revisions, type Version } from "./revisions.ts";

/** More changes than anybody reads; the summary counts them all. */
const CHANGES_MAX = 2_000;

interface Named {
  bundle_id: string;
  rev: number;
}
export interface DocumentPorts {
  store: Pick<Store, "get" | "query">;
  /** What is in force. */
  current(): Named & { canary?: Named };
}

export class Documents {
  readonly #current: DocumentPorts["current"];
  readonly #revisions: Revisions;

  constructor({ store, current }: DocumentPorts) {
    this.#current = current;
    this.#revisions = new Revisions(store);
  }

  /** Of one kind, in the bundle's own order. */
  async list(kind: DocumentKind, { bundle_id, rev, limit, cursor }: DocumentListRequest): Promise<DocumentListAnswer> {
    const active = this.#current();
    const record = await this.#revisions.record(bundle_id ?? active.bundle_id, rev ?? active.rev);
    const all = documentsOfKind(bundleOf(record), kind);
    const from = startOf(cursor);
    const items: DocumentVersion[] = [];
    for (const one of all.slice(from, from + limit)) {
      const version = await this.#revisions.versionOf(one);
      items.push({ ...one, hash: documentHash(one), ...aboutOf(version) });
    }
    const { bundle_id: named, rev: number } = record;
    const more = from + limit < all.length ? { next_cursor: String(from + limit) } : {};
    return { bundle_id: named, rev: number, items, ...more };
  }

  /** Every content that the document ever had in a stored revision, newest first. */
  async history({ kind, id, limit, cursor }: HistoryRequest): Promise<HistoryAnswer> {
    const versions = (await this.#revisions.versionsOf({ kind, id })).toReversed();
    if (versions.length === 0) refuse("NOT_FOUND", `No stored revision has ${id} among its ${kind}.`);
    const from = startOf(cursor);
    const items: DocumentVersion[] = [];
    for (const version of versions.slice(from, from + limit)) {
      const record = await this.#revisions.record(version.bundle_id, version.first_rev);
      const found = documentsOfKind(bundleOf(record), kind).find((one) => one.id === id);
      items.push({ kind, id, document: found?.document ?? {}, hash: version.hash, ...aboutOf(version) });
    }
    return { items, ...(from + limit < versions.length ? { next_cursor: String(from + limit) } : {}) };
  }

  /** What leads from one revision to the other. */
  async diff({ from, to }: DiffRequest): Promise<DiffAnswer> {
    const [before, after] = [await this.bundle(this.#named(from)), await this.bundle(this.#named(to))];
    const told = differenceOf(bundleOf(before), bundleOf(after), before.hash === after.hash);
    return { from: revisionOf(before), to: revisionOf(after), ...told };
  }

  /** What leads from a revision to a draft that is not stored; RULE with its faults where the draft does not lint. */
  async diffDraft({ from, text }: DraftDiffRequest): Promise<DraftDiffAnswer> {
    const before = await this.bundle(this.#named(from));
    const document = await this.whole(readBundleText(text) as Record<string, unknown>);
    const { report, bundle } = lintBundle(document);
    if (!bundle) return refuseLint(report.errors);
    const hash = contentHash(bundle);
    const told = differenceOf(bundleOf(before), bundle, before.hash === hash);
    return { from: revisionOf(before), to: { bundle_id: bundle.bundle_id, hash }, ...told };
  }

  /** A revision whole, as it is stored. */
  bundle({ bundle_id, rev }: BundleNamed): Promise<StoredBundle> {
    return this.#revisions.record(bundle_id, rev);
  }

  /** What drafts may extend. */
  async bases(): Promise<Bases> {
    const revisions = await this.#revisions.all();
    return {
      hashes: revisions.map(({ hash }) => hash).toReversed(),
      load: async (hash) => {
        const found = revisions.find((one) => one.hash === hash);
        return found && (await this.#revisions.record(found.bundle_id, found.rev)).bundle;
      },
    };
  }

  /** A draft with what it extends; RULE where that is not stored. */
  async whole(draft: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { document, fault } = await withBase(draft, await this.bases());
    return fault ? refuseLint([fault]) : (document as Record<string, unknown>);
  }

  /** The text of a bundle, with what it extends; other texts as they are. */
  async wholeText(text: string): Promise<string> {
    const value = text === "" ? undefined : readBundleText(text);
    const isExtending = typeof value === "object" && value !== null && "extends" in value;
    return isExtending ? JSON.stringify(await this.whole(value as Record<string, unknown>)) : text;
  }

  #named(text: string): Named {
    const active = this.#current();
    if (text === "CURRENT") return active;
    if (text === "CANARY") return active.canary ?? refuse("NOT_FOUND", "No other revision is in force for a share.");
    const [, bundle_id = "", rev = ""] = /^(.+)@(\d{1,10})$/.exec(text) ?? [];
    if (rev === "") refuse("INVALID", `"${text.slice(0, 80)}" is no revision: say bundle_id@rev, CURRENT or CANARY.`);
    return { bundle_id, rev: Number(rev) };
  }
}

function differenceOf(before: Bundle, after: Bundle, same: boolean): Omit<DiffAnswer, "from" | "to"> {
  const changes: BundleChange[] = bundleDiff(before, after);
  const onlyOrder = changes.length === 0 && !same ? ["Only the order or what is a default differs"] : [];
  return {
    same,
    summary: [...diffSummary(changes), ...onlyOrder],
    changes: changes.slice(0, CHANGES_MAX),
    changes_total: changes.length,
  };
}

const revisionOf = ({ bundle_id, rev, hash, status, author, created_at }: StoredBundle) => ({
  ...{ bundle_id, rev, hash, status, author, created_at },
});

function aboutOf(version: Version | undefined): Omit<DocumentVersion, "kind" | "id" | "document" | "hash"> {
  if (!version) return {};
  const { bundle_id, first_rev, last_rev, revisions, author, created_at, note } = version;
  return {
    ...{ bundle_id, first_rev, last_rev, revisions, author, created_at },
    ...(note !== undefined && { note }),
  };
}

/** Cursors are places in lists that are short enough to be made whole. */
function startOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  return /^\d{1,9}$/.test(cursor) ? Number(cursor) : refuse("INVALID", "The cursor is none of ours.");
}
