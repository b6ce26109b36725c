/** The shapes that the config service takes and answers with. */
import { z } from "@hono/zod-openapi";
import { BundleRecord } from "../../shared/collections/config.ts";
import { PROGRAM_CHARACTERS_MAX, ProgramCard, ProgramHash, ProgramId } from "../../shared/domain/program.ts";
import { ListOf, Paging } from "../../shared/paging.ts";

/** `path` is where in the document, such as `rules[3].when.allOf[0].f`; empty for the whole. Line and column of a text, from 1. */
export const LintFinding = z
  .object({
    ...{ path: z.string(), code: z.string(), message: z.string(), suggestion: z.string().optional() },
    ...{ line: z.number().int().optional(), column: z.number().int().optional() },
  })
  .openapi("LintFinding");
export type LintFinding = z.output<typeof LintFinding>;

/** Errors refuse a bundle, warnings say what it does less or otherwise than it seems to say, hints what is worth knowing. */
export const LintReport = z
  .object({
    ...{ passed: z.boolean(), errors: z.array(LintFinding) },
    ...{ warnings: z.array(LintFinding), hints: z.array(LintFinding) },
  })
  .openapi("LintReport");
export type LintReport = z.output<typeof LintReport>;

/** Taken whole and linted inside, so that every fault is told with its path at once. */
export const DraftRequest = z.record(z.string(), z.unknown()).openapi("BundleDraft");
export const DraftAnswer = z
  .object({
    bundle_id: z.string(),
    rev: z.number().int(),
    status: BundleRecord.shape.status,
    hash: z.string(),
    lint: LintReport,
  })
  .openapi("BundleDraftAnswer");
export type DraftAnswer = z.output<typeof DraftAnswer>;

export const BundleListRequest = z.object({
  bundle_id: z.string().max(64).optional(),
  status: BundleRecord.shape.status.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(500).optional(),
});
export type BundleListRequest = z.output<typeof BundleListRequest>;
const BundleSummary = BundleRecord.omit({ bundle: true }).openapi("BundleSummary");
export const BundleListAnswer = ListOf(BundleSummary);
export type BundleListAnswer = z.output<typeof BundleListAnswer>;

export const NewProgram = z
  .object({
    program_id: ProgramId,
    source: z.string().min(1).max(PROGRAM_CHARACTERS_MAX).openapi({ description: "TypeScript, one default export" }),
    note: ProgramCard.shape.note,
  })
  .openapi("NewProgram");
export type NewProgram = z.output<typeof NewProgram>;
export const ProgramNamed = z.object({ program_id: ProgramId, hash: ProgramHash });
export type ProgramNamed = z.output<typeof ProgramNamed>;
export const ProgramListRequest = z.object({ program_id: ProgramId.optional(), ...Paging });
export type ProgramListRequest = z.output<typeof ProgramListRequest>;
const ProgramSummary = ProgramCard.omit({ source: true }).openapi("ProgramSummary");
export const ProgramListAnswer = ListOf(ProgramSummary);
export type ProgramListAnswer = z.output<typeof ProgramListAnswer>;
