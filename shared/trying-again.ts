/** Work that is tried again with growing waits and left alone in the end: its settings, and how long each wait is. */
import { z } from "@hono/zod-openapi";

/** In words: what the first wait comes before, and what becomes of it after the last try. */
interface Words {
  first: string;
  last: string;
}
type Waits = { retryMs: number; retryMsMax: number };

export const tryingAgain = ({ first, last }: Words, { retryMs, retryMsMax }: Waits) => ({
  retryMs: z.number().int().min(1_000).default(retryMs).describe(`First wait before ${first}`),
  retryMsMax: z.number().int().min(1_000).default(retryMsMax).describe("Longest wait between two tries"),
  triesMax: z.number().int().min(1).default(20).describe(`After so many tries ${last}`),
});

/** After so many tries, 1 or more: twice the wait before, up to the longest. */
export const waitAfter = (tries: number, { retryMs, retryMsMax }: Waits): number =>
  Math.min(retryMs * 2 ** (tries - 1), retryMsMax);
