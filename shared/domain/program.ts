/** A strategy as a program: what is registered of it, what it is shown, what it may wish for. */
import { z } from "@hono/zod-openapi";
import { Side } from "./order.ts";

/** Hex SHA-256 of the source text. */
export const ProgramHash = z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256 in hex");
export const ProgramId = z.string().regex(/^[a-z][a-z0-9-]{0,47}$/, "small letters, digits and hyphens, at most 48");
export const PROGRAM_CHARACTERS_MAX = 64_000;
/** No price is as high; far above it floats have no plain decimals any more. */
const PRICE_MAX = 1e12;
/** Of what a program remembers, as JSON. */
export const STATE_CHARACTERS_MAX = 8_000;

/** A registered program. */
export const ProgramCard = z
  .object({
    program_id: ProgramId,
    hash: ProgramHash,
    source: z.string(),
    note: z.string().max(2_000).optional(),
    author: z.string(),
    created_at: z.number(),
  })
  .openapi("ProgramCard");
export type ProgramCard = z.output<typeof ProgramCard>;

export const ProgramUse = z.strictObject({ program_id: ProgramId, hash: ProgramHash });
export type ProgramUse = z.output<typeof ProgramUse>;

/** What a program is shown. Its numbers are floats to think with; the engine makes prices and quantities exact. */
export interface ProgramEvent {
  readonly instrument: string;
  /** Exchange time of the moment, epoch ms: the only clock there is. */
  readonly ts: number;
  readonly trigger: { readonly kind: "bar" | "cross"; readonly what: string };
  /** By factor id; null where missing or stale. */
  readonly features: Readonly<Record<string, number | null>>;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly tick_size: number;
}

/** An entry that a program wishes for; size, stop and target are the engine's, by the bundle's rules. */
export const Wish = z.strictObject({
  side: Side,
  /** Rests there, rounded to the tick away from the market; without it the router chooses the way. */
  price: z.number().positive().max(PRICE_MAX).optional(),
  /** How long it rests before it is cancelled. */
  rest_ms: z.number().int().min(100).max(3_600_000).optional(),
  size_mult: z.number().min(0.5).max(1.2).default(1),
  tp_mult: z.number().min(0.5).max(1.5).default(1),
  sl_mult: z.number().min(0.8).max(2.5).default(1),
  /** In words, for people. */
  why: z.string().max(200).optional(),
});
export type Wish = z.output<typeof Wish>;

/** What `decide` answers: the next state, and at most one entry, since an account has one trade an instrument. */
export const ProgramAnswer = z.strictObject({ state: z.unknown(), intents: z.array(Wish).max(1) });

/** The shape of a program's default export. `State` must be JSON. */
export interface Program<State> {
  start(): State;
  decide(state: State, event: ProgramEvent): { state: State; intents: readonly z.input<typeof Wish>[] };
}

/** Why a program wished for nothing: not registered or not loaded; too slow; it failed or answered nonsense. */
export const ProgramTrouble = z.enum(["missing", "slow", "broken"]);
export type ProgramTrouble = z.output<typeof ProgramTrouble>;

/** What a program said at one moment. */
export const ProgramResult = z.object({
  program_id: z.string(),
  hash: z.string(),
  /** What it remembers from here on. */
  state: z.unknown(),
  wish: Wish.optional(),
  trouble: ProgramTrouble.optional(),
  detail: z.string().optional(),
});
export type ProgramResult = z.output<typeof ProgramResult>;
