/** The shapes of what is asked and told about documents of bundles. */
import { z } from "@hono/zod-openapi";
import { BundleRecord } from "../../shared/collections/config.ts";
import { BundleChange } from "../../shared/domain/bundle-diff.ts";
import { DocumentKind } from "../../shared/domain/bundle-documents.ts";
import { ListOf, Paging } from "../../shared/paging.ts";
import { LintReport } from "./types.ts";

const BundleId = z.string().min(1).max(64);
const Rev = z.coerce.number().int().min(1);

/** Nothing named: the active revision. */
export const DocumentListRequest = z
  .object({ bundle_id: BundleId.optional(), rev: Rev.optional(), ...Paging })
  .refine(({ bundle_id, rev }) => (bundle_id === undefined) === (rev === undefined), {
    path: ["rev"],
    message: "bundle_id and rev come together",
  });
export type DocumentListRequest = z.output<typeof DocumentListRequest>;

export const DocumentVersion = z
  .object({
    kind: DocumentKind,
    /** `rule_id`, `strategy_id`, a factor's or an instrument's name, a model's id, a section of flags. */
    id: z.string(),
    document: z.record(z.string(), z.unknown()),
    /** SHA-256 of the document's canonical JSON. */
    hash: z.string(),
    /** Where this content was first stored. */
    bundle_id: z.string().optional(),
    first_rev: z.number().int().optional(),
    /** The newest stored revision that holds it. */
    last_rev: z.number().int().optional(),
    /** How many stored revisions hold it. */
    revisions: z.number().int().optional(),
    /** Who stored it first, when, and what they said of that revision. */
    author: z.string().optional(),
    created_at: z.number().optional(),
    note: z.string().optional(),
  })
  .openapi("DocumentVersion");
export type DocumentVersion = z.output<typeof DocumentVersion>;
export const DocumentListAnswer = ListOf(DocumentVersion).extend({ bundle_id: z.string(), rev: z.number().int() });
export type DocumentListAnswer = z.output<typeof DocumentListAnswer>;

export const HistoryRequest = z.object({ kind: DocumentKind, id: z.string().min(1).max(100), ...Paging });
export type HistoryRequest = z.output<typeof HistoryRequest>;
export const HistoryAnswer = ListOf(DocumentVersion);
export type HistoryAnswer = z.output<typeof HistoryAnswer>;

const RevisionText = z.string().min(1).max(80).describe("bundle_id@rev, CURRENT or CANARY");
export const DiffRequest = z.object({ from: RevisionText, to: RevisionText });
export type DiffRequest = z.output<typeof DiffRequest>;
const RevisionTold = BundleRecord.pick({
  bundle_id: true,
  rev: true,
  hash: true,
  status: true,
  author: true,
  created_at: true,
});
export const DiffAnswer = z
  .object({
    from: RevisionTold,
    to: RevisionTold,
    /** The content hashes are equal. */
    same: z.boolean(),
    /** A line for each kind of document and what happened to it. */
    summary: z.array(z.string()),
    /** The first of them; `changes_total` counts all. */
    changes: z.array(BundleChange),
    changes_total: z.number().int(),
  })
  .openapi("BundleDiff");
export type DiffAnswer = z.output<typeof DiffAnswer>;

/** A draft that is not stored, held against a revision. */
export const DraftDiffRequest = z
  .object({ from: RevisionText.default("CURRENT"), text: z.string().max(4_000_000).describe("YAML or JSON") })
  .openapi("DraftDiffRequest");
export type DraftDiffRequest = z.output<typeof DraftDiffRequest>;
export const DraftDiffAnswer = DiffAnswer.extend({
  to: z.object({ bundle_id: z.string(), hash: z.string() }),
}).openapi("DraftDiff");
export type DraftDiffAnswer = z.output<typeof DraftDiffAnswer>;

export const BundleNamed = z.object({ bundle_id: BundleId, rev: Rev });
export type BundleNamed = z.output<typeof BundleNamed>;
export const StoredBundle = BundleRecord.extend({ bundle: z.unknown() }).openapi("StoredBundle");
export type StoredBundle = z.output<typeof StoredBundle>;

export const LintRequest = z
  .object({
    text: z.string().max(4_000_000).optional().describe("YAML or JSON"),
    bundle: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ text, bundle }) => (text === undefined) !== (bundle === undefined), {
    path: ["text"],
    message: "say text or bundle: one of the two",
  })
  .openapi("LintRequest");
export type LintRequest = z.output<typeof LintRequest>;
/** Set where the document can be read that far. */
export const LintAnswer = LintReport.extend({
  bundle_id: z.string().optional(),
  rev: z.number().int().optional(),
  hash: z.string().optional(),
}).openapi("LintAnswer");
export type LintAnswer = z.output<typeof LintAnswer>;
