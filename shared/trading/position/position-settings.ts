/** The numbers that the position manager works by: how often it looks, how long it waits, what is too old. */
import { z } from "@hono/zod-openapi";

/** The best ROE is stored when it has grown by this much, so that a restart remembers it well enough. */
export const BEST_ROE_STEP = 0.005;
/** Whether an add is allowed is not looked up with every price. */
export const GATE_EVERY_MS = 1_000;

export const PositionSettings = z.object({
  /** An instrument is looked at no more often than this as prices come in. */
  lookEveryMs: z.coerce.number().int().min(1).default(250),
  /** A mark price older than this is not used; the middle of the book is. */
  markAgeMsMax: z.coerce.number().int().min(1).default(10_000),
  /** After a refused or unanswered ask, the trade waits this long, then twice as long, up to the second. */
  askAgainMs: z.coerce.number().int().min(1).default(1_000),
  askAgainMsMax: z.coerce.number().int().min(1).default(30_000),
  /**
   * Trades that open within this time of a flatten order are closed too: their entries were on their way. The kill
   * switch repeats its order more often than that while it is on, and trading after it is soon free again.
   */
  flattenForMs: z.coerce.number().int().min(0).default(6_000),
  /** After an add was asked for, whatever came of it, the trade asks for no other for so long. */
  addAgainMs: z.coerce.number().int().min(0).default(30_000),
  /** Nothing of S11 for so long counts as ORANGE. */
  healthAgeMsMax: z.coerce.number().int().min(1_000).default(90_000),
  /** How long a person's request waits for the router's word. */
  requestWaitMs: z.coerce.number().int().min(0).default(2_000),
});
export type PositionSettings = z.output<typeof PositionSettings>;
