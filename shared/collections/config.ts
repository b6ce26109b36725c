/** What S10 keeps: bundles, which one is active, promotions and simulations. */
import { z } from "@hono/zod-openapi";
import { Split } from "../domain/arms.ts";
import { Promotion } from "../domain/promotion.ts";
import { Simulation } from "../domain/simulation.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";

/** A bundle with its state; the content hash covers `bundle` without rev, author and times. */
export const BundleRecord = z.object({
  bundle_id: z.string(),
  rev: z.number().int(),
  hash: z.string(),
  status: z.enum(["DRAFT", "STAGED", "ACTIVE", "ROLLED_BACK", "RETIRED"]),
  bundle: z.unknown(),
  author: z.string(),
  note: z.string().optional(),
  created_at: z.number(),
  /** It was taken back before it was ever in force for all: nobody can go back to it. */
  canary_only: z.boolean().optional(),
  /** It was taken back for what it did when it was in force for all: nobody can go back to it either. */
  taken_back: z.boolean().optional(),
});
export type BundleRecord = z.output<typeof BundleRecord>;
export const configBundles = collection({
  name: "config_bundles",
  about: "Every revision of every bundle: its content, hash, author and state",
  owner: "s10",
  schema: BundleRecord,
  key: (b) => `${b.bundle_id}@${b.rev}`,
  indexes: [["rev"], ["bundle_id", "rev"]],
});
export const ActiveRecord = z.object({
  id: z.literal("active"),
  rev: z.number().int(),
  bundle_id: z.string(),
  hash: z.string(),
  activated_at: z.number(),
  /** While a canary or a ramp is under way: the other revision and its share. */
  canary: Split.extend({ rev: z.number().int(), bundle_id: z.string(), hash: z.string() }).optional(),
});
export type ActiveRecord = z.output<typeof ActiveRecord>;
export const configActive = collection({
  name: "config_active",
  about: "Which revision is in force, and beside it the canary with its share: one document",
  owner: "s10",
  schema: ActiveRecord,
  key: (a) => a.id,
});

export const promotions = collection({
  name: "promotions",
  about: "Promotions with their gates, steps and the figures of both arms",
  owner: "s10",
  schema: Promotion,
  key: ({ promotion_id }) => promotion_id,
  indexes: [["created_at"], ["status", "created_at"], ["bundle_id", "created_at"], ["hash", "created_at"]],
});
export const simulations = collection({
  name: "simulations",
  about: "Simulations of a bundle on the past, with what came of them",
  owner: "s10",
  schema: Simulation,
  key: ({ sim_id }) => sim_id,
  indexes: [["created_at"], ["status", "created_at"], ["hash", "created_at"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "created_at",
});
