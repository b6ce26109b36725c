/** Lints a bundle as a person writes it: text or document, perhaps on a base, with the line of each finding. */
import { type Bases, withBase } from "./bundle-extends.ts";
import { openBundleText, type Place } from "./bundle-text.ts";
import { contentHash } from "./bundles.ts";
import type { LintAnswer, LintRequest } from "./document-types.ts";
import { type Known, lintBundle } from "./lint.ts";
import type { LintFinding } from "./types.ts";

/** Nothing is stored; what the document says is never thrown, but told. */
export async function lintDraft(
  asked: LintRequest,
  { known, bases }: { known: Known; bases: Bases },
): Promise<LintAnswer> {
  if (asked.text === undefined) return lintDocument(asked.bundle, { known, bases });
  const { value, faults, placeOf } = openBundleText(asked.text);
  if (faults.length === 0) return lintDocument(value, { known, bases, placeOf });
  const errors = faults.map((fault) => ({ path: "", code: "MALFORMED", ...fault }));
  return { passed: false, errors, warnings: [], hints: [] };
}

interface By {
  known: Known;
  bases: Bases;
  placeOf?(path: string): Place | undefined;
}

async function lintDocument(document: unknown, { known, bases, placeOf }: By): Promise<LintAnswer> {
  const placed = (finding: LintFinding): LintFinding => ({ ...finding, ...placeOf?.(finding.path) });
  const whole = await withBase(document, bases);
  const about = namedIn(document);
  if (whole.fault) return { passed: false, errors: [placed(whole.fault)], warnings: [], hints: [], ...about };
  const { report, bundle } = lintBundle(whole.document, known);
  return {
    passed: report.passed,
    errors: report.errors.map(placed),
    warnings: report.warnings.map(placed),
    hints: report.hints.map(placed),
    ...about,
    ...(bundle && { hash: contentHash(bundle), bundle_id: bundle.bundle_id, rev: bundle.rev }),
  };
}

/** What it calls itself, as far as it says so. */
function namedIn(document: unknown): Pick<LintAnswer, "bundle_id" | "rev"> {
  const { bundle_id, rev } = (typeof document === "object" && document !== null ? document : {}) as Record<
    string,
    unknown
  >;
  return {
    ...(typeof bundle_id === "string" && { bundle_id }),
    ...(Number.isInteger(rev) && { rev: rev as number }),
  };
}
