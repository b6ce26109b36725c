/** What differs between two bundles, by document and path: items are matched by what they are, not by where they stand. */
import { z } from "@hono/zod-openapi";
import type { Bundle } from "./bundle.ts";
import { type BundleDocument, DOCUMENT_KINDS, documentsOfKind } from "./bundle-documents.ts";
import { canonicalJson } from "./canonical.ts";
import { listChanges, type PathChange } from "./list-diff.ts";

/** `bundle`: what stands beside the documents, such as the note. Models are told with the strategies that use them. */
export const ChangedKind = z.enum([...DOCUMENT_KINDS, "bundle"]);
export type ChangedKind = z.output<typeof ChangedKind>;

/** `path` is within the document; empty: the whole document came or went. `before` and `after` are absent where nothing was. */
export const BundleChange = z
  .object({
    kind: ChangedKind,
    id: z.string(),
    op: z.enum(["added", "removed", "changed"]),
    path: z.string(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })
  .openapi("BundleChange");
export type BundleChange = z.output<typeof BundleChange>;

/** Every change that leads from one to the other; revisions do not count, nor does the order of documents. */
export function bundleDiff(before: Bundle, after: Bundle): BundleChange[] {
  const kinds = DOCUMENT_KINDS.filter((kind) => kind !== "models");
  const about = within(aboutOf(before), aboutOf(after), "").map((change) => ({
    ...{ kind: "bundle" as const, id: after.bundle_id },
    ...change,
  }));
  return [
    ...about,
    ...kinds.flatMap((kind) => documentChanges(documentsOfKind(before, kind), documentsOfKind(after, kind))),
  ];
}

const aboutOf = ({ format, bundle_id, note }: Bundle): Record<string, unknown> => ({
  ...{ format, bundle_id },
  ...(note !== undefined && { note }),
});

function documentChanges(before: readonly BundleDocument[], after: readonly BundleDocument[]): BundleChange[] {
  const old = new Map(before.map((one) => [one.id, one]));
  const kept = new Set(after.map(({ id }) => id));
  const removed = before.filter(({ id }) => !kept.has(id));
  return [
    ...removed.map(({ kind, id, document }) => ({ kind, id, op: "removed" as const, path: "", before: document })),
    ...after.flatMap(({ kind, id, document }): BundleChange[] => {
      const was = old.get(id);
      if (!was) return [{ kind, id, op: "added", path: "", after: document }];
      return within(was.document, document, "").map((change) => ({ kind, id, ...change }));
    }),
  ];
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** What leads from one value to the other, each change at its path below `path`. */
export function within(before: unknown, after: unknown, path: string): PathChange[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (isTree(before) && isTree(after) && isSameSort(before, after)) return treeChanges(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return listChanges({ before, after, path, within });
  return [{ op: "changed", path, before, after }];
}

/** A comparison that became a combination is another one: told whole, which reads better than each of its keys. */
const isSameSort = (before: Tree, after: Tree): boolean =>
  ["allOf", "anyOf", "not", "f"].every((key) => key in before === key in after);

function treeChanges(before: Tree, after: Tree, path: string): PathChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key): PathChange[] => {
    const at = path === "" ? key : `${path}.${key}`;
    const [was, is] = [before[key], after[key]];
    if (was === undefined && is === undefined) return [];
    if (was === undefined) return [{ op: "added", path: at, after: is }];
    if (is === undefined) return [{ op: "removed", path: at, before: was }];
    return within(was, is, at);
  });
}
