/** A model that gives a probability: what is registered of it, how a bundle uses it, what it said about a signal. */
import { z } from "@hono/zod-openapi";
import { FactorId } from "./factor-id.ts";

/** Hex SHA-256 of the ONNX file. */
export const ModelHash = z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256 in hex");
export const ModelId = z.string().regex(/^[a-z][a-z0-9-]{0,47}$/, "small letters, digits and hyphens, at most 48");
export const MODEL_FEATURES_MAX = 200;

/** What a registered model is and where it comes from. */
export const ModelCard = z
  .object({
    model_id: ModelId,
    hash: ModelHash,
    /** The inputs in the model's order: factor ids, or `side`. */
    features: z.array(FactorId).min(1).max(MODEL_FEATURES_MAX),
    /** What each input is on average: contributions are told against it. Zeros where nobody said. */
    reference: z.array(z.number()),
    /** The target: the label is `pos` after so many hours. */
    label_horizon: z.union([z.literal(12), z.literal(24), z.literal(36)]),
    /** The data it was trained on, epoch ms. */
    window: z.object({ from_ts: z.number(), to_ts: z.number() }).optional(),
    /** As its maker measured them on data that it had not seen. */
    metrics: z.record(z.string().max(40), z.number()).optional(),
    note: z.string().max(2_000).optional(),
    /** Of one that was trained here; its curves are at `/models/{model_id}/{hash}/curves`. */
    training_id: z.string().optional(),
    bytes: z.number().int(),
    author: z.string(),
    created_at: z.number(),
  })
  .openapi("ModelCard");
export type ModelCard = z.output<typeof ModelCard>;

/** How a strategy uses a model: the greatest `p_min` that is reached tells the size; below all of them no entry. */
export const ModelUse = z.strictObject({
  model_id: ModelId,
  hash: ModelHash,
  cutoffs: z
    .array(z.strictObject({ p_min: z.number().min(0).max(1), size_mult: z.number().min(0.5).max(1.2) }))
    .min(1)
    .max(16),
  /** A model that takes longer counts as 1.0. */
  deadline_ms: z.number().int().min(1).max(1_000).default(25),
});
export type ModelUse = z.output<typeof ModelUse>;

/**
 * Why a model had no say: not registered or not loaded; a feature without a value; over its deadline; it failed; or
 * health says that models are off.
 */
export const ModelTrouble = z.enum(["missing", "features", "slow", "broken", "off"]);
export type ModelTrouble = z.output<typeof ModelTrouble>;

/** What a model said about one signal. */
export const ModelResult = z.object({
  model_id: z.string(),
  hash: z.string(),
  /** The probability of a `pos` label; null where it had no say. */
  p: z.number().nullable(),
  /** What it did to the size; 1 where it had no say, 0 where it ended the entry. */
  size_mult: z.number(),
  trouble: ModelTrouble.optional(),
  /** What each input adds to ln(p/(1−p)) against the same input at its reference, greatest first. */
  contributions: z.array(z.object({ f: z.string(), value: z.number(), adds: z.number() })).optional(),
  /** How long it took. */
  ms: z.number().optional(),
});
export type ModelResult = z.output<typeof ModelResult>;
