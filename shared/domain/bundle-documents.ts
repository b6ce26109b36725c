/** The documents a bundle is made of: every factor, strategy, rule, instrument, model and section of flags by itself. */
import { z } from "@hono/zod-openapi";
import type { Bundle } from "./bundle.ts";
import { canonicalHash } from "./canonical.ts";

export const DOCUMENT_KINDS = ["factors", "strategies", "rules", "instruments", "models", "flags"] as const;
export const DocumentKind = z.enum(DOCUMENT_KINDS);
export type DocumentKind = z.output<typeof DocumentKind>;

/** `id` is unique within its kind: a rule's `rule_id`, an instrument's name, the section's name for flags. */
export interface BundleDocument {
  readonly kind: DocumentKind;
  readonly id: string;
  readonly document: Record<string, unknown>;
}

/** Hex SHA-256 of the document's canonical JSON (RFC 8785). */
export const documentHash = ({ document }: Pick<BundleDocument, "document">): string => canonicalHash(document);

/** In the bundle's own order, kind by kind. */
export function documentsOf(bundle: Bundle): BundleDocument[] {
  return DOCUMENT_KINDS.flatMap((kind) => documentsOfKind(bundle, kind));
}

/** Of one kind, in the bundle's own order. */
export function documentsOfKind(bundle: Bundle, kind: DocumentKind): BundleDocument[] {
  if (kind === "factors") return bundle.factors.map((factor) => ({ kind, id: factor, document: { factor } }));
  if (kind === "strategies") return bundle.strategies.map((it) => ({ kind, id: it.strategy_id, document: it }));
  if (kind === "rules") return bundle.rules.map((it) => ({ kind, id: it.rule_id, document: it }));
  if (kind === "instruments") return bundle.instruments.map((it) => ({ kind, id: it.instrument, document: it }));
  if (kind === "flags") return Object.entries(bundle.flags).map(([id, document]) => ({ kind, id, document }));
  return modelsOf(bundle);
}

/** A bundle names its models where strategies use them: of each model, who uses it and how. */
function modelsOf({ strategies }: Bundle): BundleDocument[] {
  const uses = new Map<string, Record<string, unknown>[]>();
  for (const { strategy_id, model } of strategies) {
    if (!model) continue;
    const { model_id, ...use } = model;
    uses.set(model_id, [...(uses.get(model_id) ?? []), { strategy_id, ...use }]);
  }
  return [...uses].map(([id, used]) => ({ kind: "models", id, document: { model_id: id, uses: used } }));
}
