/** The numbers that the router works by: how long it waits, how often it tries, how old what it knows may be. */
import { z } from "@hono/zod-openapi";

export const RouterSettings = z.object({
  /** Head of every client order id of this installation. */
  installationTag: z
    .string()
    .regex(/^[a-z0-9]{4}$/, "four characters a-z, 0-9")
    .default("chim"),
  /** How long `placeOrder` waits for the exchange's first word before it answers 202. */
  answerWaitMs: z.coerce.number().int().min(0).default(300),
  /** A commit or question that the store has not answered by then counts as not taken: exits go on by the journal. */
  storeWaitMs: z.coerce.number().int().min(50).default(1_000),
  exchangeTimeoutMs: z.coerce.number().int().min(100).default(5_000),
  /** For this long after sending, "no such order" proves nothing. */
  unknownLagMs: z.coerce.number().int().min(0).default(30_000),
  /** Waits between questions about an order double from the first to the second. */
  askWaitMs: z.coerce.number().int().min(1).default(250),
  askWaitMsMax: z.coerce.number().int().min(1).default(2_000),
  /** A futures position without a stop for this long is closed. */
  protectWithinMs: z.coerce.number().int().min(0).default(2_000),
  /** While an entry fills, its stop and target grow at most this often. */
  protectGrowMs: z.coerce.number().int().min(0).default(250),
  /** How long a kill request waits for entries in flight before it lists them as outstanding. */
  killWaitMs: z.coerce.number().int().min(0).default(1_000),
  /** S11 silent for longer counts as ORANGE. */
  healthAgeMsMax: z.coerce.number().int().min(1_000).default(90_000),
  tickerAgeMsMax: z.coerce.number().int().min(1).default(5_000),
  exitRetryMs: z.coerce.number().int().min(1).default(200),
  exitRetryMsMax: z.coerce.number().int().min(1).default(2_000),
  /** Exits that came back unfilled this often end with an alert. */
  exitRetriesMax: z.coerce.number().int().min(0).default(300),
  /** Of one instrument, so many entries leave at the same time, and so many questions; exits and cancels never wait. */
  entriesAtOnce: z.coerce.number().int().min(1).default(8),
  questionsAtOnce: z.coerce.number().int().min(1).default(4),
  breakerCallsMin: z.coerce.number().int().min(1).default(10),
});
export type RouterSettings = z.output<typeof RouterSettings>;
