/** One question over everything that people look for. */
import { z } from "@hono/zod-openapi";
import { verb } from "../../shared/kit/service.ts";
import { type Search, SearchAnswer } from "./search.ts";

const HITS_MAX = 50;

export const searchVerb = (search: Search) =>
  verb({
    name: "search",
    summary: "Words in alerts, events, log lines and the audit log, or an id of an order, trade, decision and more",
    rest: "GET /search",
    input: z.object({
      q: z.string().trim().min(2).max(128).openapi({ example: "kill-switch" }),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(HITS_MAX)
        .default(10)
        .openapi({ description: "At most this many hits of each kind" }),
    }),
    output: SearchAnswer,
    run: ({ q, limit }, { principal }) => search(q, limit, principal),
  });
