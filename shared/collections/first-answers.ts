/** What each service answered first to requests that may come again. */
import { z } from "@hono/zod-openapi";
import type { Collection, ServiceId } from "../kit/ports.ts";
import { collection } from "./declare.ts";

/** First answers to requests with an idempotency key; each service has its own. */
const FirstAnswer = z.object({
  id: z.string(),
  body_hash: z.string(),
  status: z.int(),
  answer: z.unknown(),
  ts: z.number(),
});
const OWNERS = ["s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09", "s10", "s11", "s12"] as const;
const firstAnswersOf = (owner: ServiceId) =>
  collection({
    name: `first_answers_${owner}`,
    about: `What ${owner.toUpperCase()} answered first to requests that may come again`,
    owner,
    schema: FirstAnswer,
    key: (a) => a.id,
    indexes: [["ts"]],
    retentionDays: 2,
    retentionField: "ts",
  });
type FirstAnswers = Record<ServiceId, Collection<z.output<typeof FirstAnswer>>>;
export const firstAnswers = Object.fromEntries(OWNERS.map((id) => [id, firstAnswersOf(id)])) as FirstAnswers;
