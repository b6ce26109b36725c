/** What can be asked about the documents of bundles: lists, histories, differences, a whole revision, lint. */
import { DOCUMENT_KINDS, type DocumentKind } from "../../shared/domain/bundle-documents.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import {
  BundleNamed,
  DiffAnswer,
  DiffRequest,
  DocumentListAnswer,
  DocumentListRequest,
  DraftDiffAnswer,
  DraftDiffRequest,
  HistoryAnswer,
  HistoryRequest,
  LintAnswer,
  LintRequest,
  StoredBundle,
} from "./document-types.ts";
import type { Documents } from "./documents.ts";
import type { Known } from "./lint.ts";
import { lintDraft } from "./lint-text.ts";

const NAMES: Readonly<Record<DocumentKind, string>> = {
  factors: "listConfigFactors",
  strategies: "listConfigStrategies",
  rules: "listConfigRules",
  instruments: "listConfigInstruments",
  models: "listConfigModels",
  flags: "listConfigFlags",
};

export const documentVerbs = (documents: Documents, known: () => Promise<Known>): Verb[] => [
  ...DOCUMENT_KINDS.map((kind) =>
    verb({
      name: NAMES[kind],
      summary: `The ${kind} of a bundle revision, each with its hash, since when it is so and by whom`,
      rest: `GET /config/${kind}`,
      input: DocumentListRequest,
      output: DocumentListAnswer,
      run: (request) => documents.list(kind, request),
    }),
  ),
  verb({
    name: "getDocumentHistory",
    summary: "Every content that one document ever had in a stored revision, newest first",
    rest: "GET /config/documents/{kind}/{id}/history",
    input: HistoryRequest,
    output: HistoryAnswer,
    run: (request) => documents.history(request),
  }),
  verb({
    name: "getConfigDiff",
    summary: "What differs between two revisions, by document and path, and in words",
    rest: "GET /config/diff",
    input: DiffRequest,
    output: DiffAnswer,
    run: (request) => documents.diff(request),
  }),
  verb({
    name: "compareDraft",
    summary: "What leads from a revision to a draft that is not stored, by document and path, and in words",
    rest: "POST /config/diff",
    roles: ["researcher", "risk", "admin"],
    once: "reads",
    input: DraftDiffRequest,
    output: DraftDiffAnswer,
    run: (request) => documents.diffDraft(request),
  }),
  verb({
    name: "getBundle",
    summary: "One bundle revision, whole",
    rest: "GET /bundles/{bundle_id}/{rev}",
    input: BundleNamed,
    output: StoredBundle,
    run: (named) => documents.bundle(named),
  }),
  verb({
    name: "lintBundle",
    summary: "Check a bundle, as text or as a document, without storing it",
    rest: "POST /config/lint",
    roles: ["researcher", "risk", "admin"],
    once: "reads",
    input: LintRequest,
    output: LintAnswer,
    run: async (request) => lintDraft(request, { known: await known(), bases: await documents.bases() }),
  }),
];
