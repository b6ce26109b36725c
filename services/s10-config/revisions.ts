/** Which revision first and last held each version of each document, told from the stored bundles. */
import { type BundleRecord, configBundles } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { type BundleDocument, documentHash, documentsOf } from "../../shared/domain/bundle-documents.ts";
import { refuse } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";

/** A bundle may be megabytes long. */
const PAGE = 20;

/** One content of one document. */
export interface Version {
  readonly hash: string;
  readonly bundle_id: string;
  readonly first_rev: number;
  last_rev: number;
  /** Stored revisions that hold it. */
  revisions: number;
  readonly author: string;
  readonly created_at: number;
  readonly note?: string;
}
/** A stored revision, without its content. */
export interface Revision {
  readonly bundle_id: string;
  readonly rev: number;
  readonly hash: string;
}

export const nameOf = ({ kind, id }: Pick<BundleDocument, "kind" | "id">): string => `${kind}/${id}`;

/**
 * Stored revisions never change and new ones are higher, so that what was read once is only added to. Nothing of it is
 * stored: docs/decisions/0011-documents-are-read-from-bundles.md.
 */
export class Revisions {
  readonly #store: Pick<Store, "get" | "query">;
  readonly #versions = new Map<string, Map<string, Version>>();
  readonly #revisions: Revision[] = [];
  /** Each document as the newest revision read has it: most are the same in the next one. */
  readonly #newest = new Map<string, { text: string; hash: string }>();
  #highest = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, "get" | "query">) {
    this.#store = store;
  }

  /** Every stored revision, oldest first. */
  async all(): Promise<readonly Revision[]> {
    await this.#caughtUp();
    return this.#revisions;
  }

  /** The versions of one document, oldest first; empty where there never was such a document. */
  async versionsOf(document: Pick<BundleDocument, "kind" | "id">): Promise<Version[]> {
    await this.#caughtUp();
    return [...(this.#versions.get(nameOf(document))?.values() ?? [])];
  }

  /** The version of a document that a stored revision holds. */
  async versionOf(document: BundleDocument): Promise<Version | undefined> {
    await this.#caughtUp();
    return this.#versions.get(nameOf(document))?.get(documentHash(document));
  }

  /** NOT_FOUND where there is no such revision. */
  async record(bundle_id: string, rev: number): Promise<BundleRecord> {
    const row = await this.#store.get(configBundles, `${bundle_id}@${rev}`);
    return row?.value ?? refuse("NOT_FOUND", `There is no bundle ${bundle_id} with revision ${rev}.`);
  }

  /** One after the other: two at once would count a revision twice. */
  #caughtUp(): Promise<void> {
    const next = this.#reading.then(() => this.#readOn());
    this.#reading = next.catch(() => {});
    return next;
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const { items } = await this.#store.query(configBundles, {
        where: { rev: { gte: this.#highest + 1 } },
        sort: { field: "rev", order: "asc" },
        limit: PAGE,
      });
      for (const { value } of items) this.#add(value);
      if (items.length < PAGE) return;
    }
  }

  #add(record: BundleRecord): void {
    const { bundle_id, rev, hash } = record;
    this.#revisions.push({ bundle_id, rev, hash });
    this.#highest = rev;
    for (const document of documentsOf(bundleOf(record))) this.#count(document, record);
  }

  #count(document: BundleDocument, { bundle_id, rev, author, created_at, note }: BundleRecord): void {
    const name = nameOf(document);
    const versions = this.#versions.get(name) ?? new Map<string, Version>();
    this.#versions.set(name, versions);
    const hash = this.#hashOf(name, document);
    const known = versions.get(hash);
    if (known) {
      known.last_rev = rev;
      known.revisions += 1;
      return;
    }
    const about = { author, created_at, ...(note !== undefined && { note }) };
    versions.set(hash, { hash, bundle_id, first_rev: rev, last_rev: rev, revisions: 1, ...about });
  }

  #hashOf(name: string, document: BundleDocument): string {
    const text = JSON.stringify(document.document);
    const before = this.#newest.get(name);
    const hash = before?.text === text ? before.hash : documentHash(document);
    this.#newest.set(name, { text, hash });
    return hash;
  }
}

/** With today's defaults where it was stored before there was such a flag; as it is when today's schema refuses it. */
export function bundleOf({ bundle }: Pick<BundleRecord, "bundle">): Bundle {
  const read = Bundle.safeParse(bundle);
  return read.success ? read.data : (bundle as Bundle);
}
