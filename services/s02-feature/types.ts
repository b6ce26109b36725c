/** The shapes that the feature generator takes and answers with, and its settings. */
import { z } from "@hono/zod-openapi";
import { Signal } from "../../shared/domain/decision.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import { inOrder, Paging, Period } from "../../shared/kit/rest.ts";

export const Settings = z.object({
  emitEveryMs: z.number().int().min(10).default(100).describe("Least time between two feature events of an instrument"),
  staleAfterMs: z.number().int().positive().default(3_000).describe("Features are stale without market data this long"),
  depthStaleAfterMs: z.number().int().positive().default(15_000).describe("And without an order book this long"),
  signalFlushMs: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(20)
    .describe("How long a signal waits to be stored in a batch"),
  historyEveryMs: z.number().int().min(100).default(1_000).describe("How often missing history is asked for"),
  historyRetryMsMax: z.number().int().positive().default(60_000).describe("Longest wait between two tries"),
});
export type Settings = z.output<typeof Settings>;

export const FeaturesRequest = z.object({ instrument: InstrumentId });

const FactorFamily = z
  .object({
    /** `{n}` is a count, `{tf}` a timeframe, `{w}` a window such as 10s or 5m. */
    pattern: z.string(),
    example: z.string(),
    family: z.string(),
    version: z.number().int(),
    formula: z.string(),
    source: z.string(),
    /** Least and greatest value; null: unbounded. */
    range: z.tuple([z.number().nullable(), z.number().nullable()]),
    needs: z.array(z.enum(["bar", "trade", "ticker", "depth", "funding"])),
    /** When the value can change: with every event of its inputs, or as a bar closes. */
    frequency: z.enum(["event", "bar"]),
    owner: z.literal("s02"),
  })
  .openapi("FactorFamily");
export const FactorsAnswer = z.object({
  families: z.array(FactorFamily),
  /** Ids computed under the active revision. */
  active: z.array(z.string()),
  /** Ids that the active revision names but no family knows; always missing. */
  unknown: z.array(z.string()),
});
export type FactorsAnswer = z.output<typeof FactorsAnswer>;

export const RegimeAnswer = z.object({
  items: z.array(
    z.object({
      instrument: InstrumentId,
      /** Null while there is too little history to tell. */
      regime: z.enum(["FROZEN", "NORMAL", "EXTREME"]).nullable(),
      /** As in features: −1 FROZEN, 0 NORMAL, 1 EXTREME. */
      value: z.number().nullable(),
    }),
  ),
});
export type RegimeAnswer = z.output<typeof RegimeAnswer>;

export const SignalsRequest = inOrder(
  z.object({
    instrument: InstrumentId.optional(),
    strategy_id: z.string().max(48).optional(),
    ...Period,
    ...Paging,
  }),
);
export type SignalsRequest = z.output<typeof SignalsRequest>;
export const SignalsAnswer = z.object({ items: z.array(Signal), next_cursor: z.string().optional() });
export type SignalsAnswer = z.output<typeof SignalsAnswer>;
