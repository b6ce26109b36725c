/** Promotions as others reach them: verbs, the jobs that carry them on, and their settings. */
import { z } from "@hono/zod-openapi";
import type { metrics } from "../../shared/contracts.ts";
import { Promotion } from "../../shared/domain/promotion.ts";
import { type Context, every, type Job, type Verb, verb } from "../../shared/kit/service.ts";
import type { Bundles } from "./bundles.ts";
import type { InForce, Ports } from "./in-force.ts";
import type { Known } from "./lint.ts";
import { Gates } from "./promotion-gates.ts";
import {
  AbortRequest,
  DURATION_H_MAX,
  PromoteAnswer,
  PromoteRequest,
  PromotionListAnswer,
  PromotionListRequest,
  PromotionNamed,
  StageRequest,
} from "./promotion-types.ts";
import { Promotions } from "./promotions.ts";
import type { Simulations } from "./simulation-source.ts";
import { DraftAnswer } from "./types.ts";

const HOUR_MS = 3_600_000;

export const promotionSettings = {
  armSlotMs: z
    .number()
    .int()
    .min(1_000)
    .default(HOUR_MS)
    .describe("How long all triggers of one instrument belong to the same arm of a promotion"),
  followMs: z.number().int().min(100).default(1_000).describe("How often it is looked whether all have a new revision"),
  judgeMs: z.number().int().min(100).default(10_000).describe("How often a promotion is held against its guardrails"),
  durationLeastH: z
    .number()
    .positive()
    .max(DURATION_H_MAX)
    .default(24)
    .describe("The least that a canary or a ramp lasts, hours"),
  awayAlertMs: z
    .number()
    .int()
    .min(1_000)
    .default(60_000)
    .describe("After so long an alert says whom a promotion waits for"),
  simulationWaitMs: z
    .number()
    .int()
    .min(0)
    .max(25_000)
    .default(10_000)
    .describe("How long a promotion waits for a simulation that it has begun itself"),
};
type Settings = z.output<z.ZodObject<typeof promotionSettings>>;

export interface PromotionPorts {
  ctx: Context<Settings, { metrics: typeof metrics }>;
  ports: Ports;
  bundles: Bundles;
  inForce: InForce;
  simulations: Simulations;
  /** What there is for a bundle to name. */
  known(): Promise<Known>;
}

export function createPromotions({ ctx, ports, simulations, known, ...kept }: PromotionPorts): {
  verbs: Verb[];
  jobs: Job[];
} {
  const { armSlotMs: slotMs, followMs, judgeMs, durationLeastH, awayAlertMs, simulationWaitMs } = ctx.settings;
  const { calls, log } = ctx;
  const gates = new Gates({
    ...{ store: ports.store, clock: ports.clock, log, simulations, metrics: calls.metrics, known, simulationWaitMs },
    inForce: kept.inForce,
  });
  const alert: Context["alert"] = (...said) => ctx.alert(...said);
  const promotions = new Promotions({ ...ports, ...kept, gates, alert, slotMs, durationLeastH, awayAlertMs });
  return {
    verbs: [stageVerb(kept.bundles, known), ...changing(promotions), ...reading(promotions)],
    jobs: [
      every(followMs, "follow promotions", () => promotions.follow()),
      every(judgeMs, "judge promotions", () => promotions.judge()),
      every(judgeMs, "watch what is in force for all", () => promotions.watch()),
    ],
  };
}

const stageVerb = (bundles: Bundles, known: () => Promise<Known>): Verb =>
  verb({
    name: "stageBundle",
    summary: "Mark a draft as ready to be promoted; it must lint against what exists now",
    rest: "POST /bundles/{bundle_id}/stage",
    roles: ["researcher", "risk", "admin"],
    once: "body",
    input: StageRequest,
    output: DraftAnswer,
    run: async (request, { principal }) => bundles.stage(request, principal.id, await known()),
  });

const changing = (promotions: Promotions): Verb[] => [
  verb({
    name: "promoteBundle",
    summary: "Put a revision in force for a share of the triggers or for all, or bring back an older one's content",
    rest: "POST /promote",
    roles: ["risk", "admin"],
    care: "fresh",
    once: "header",
    input: PromoteRequest,
    output: PromoteAnswer,
    second: (request, principal) => promotions.words(request, principal),
    run: (request, { principal }) => promotions.promote(request, principal.id),
  }),
  verb({
    name: "abortPromotion",
    summary: "End a promotion under way: its share is over, or the content before it comes back",
    rest: "POST /promotions/{promotion_id}/abort",
    roles: ["risk", "admin"],
    once: "header",
    input: AbortRequest,
    output: Promotion,
    run: (request, { principal }) => promotions.abort(request, principal.id),
  }),
];

const reading = (promotions: Promotions): Verb[] => [
  verb({
    name: "listPromotions",
    summary: "Every promotion, newest first",
    rest: "GET /promotions",
    input: PromotionListRequest,
    output: PromotionListAnswer,
    run: (request) => promotions.list(request),
  }),
  verb({
    name: "getPromotion",
    summary: "One promotion: its gates, what both arms did, who has it, and what happened to it",
    rest: "GET /promotions/{promotion_id}",
    input: PromotionNamed,
    output: Promotion,
    run: ({ promotion_id }) => promotions.get(promotion_id),
  }),
];
