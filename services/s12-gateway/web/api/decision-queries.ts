/** What the decisions page asks: decisions page by page, one with all it was made from, and how often rules fired. */
import { queryOptions } from "@tanstack/react-query";
import type { Decision } from "../../../../shared/domain/decision.ts";
import { type Asked, momentsOf } from "../state/asked.ts";
import { actionAsked, periodAsked } from "../state/decision-filters.ts";
import { bucketFor } from "../state/rule-series.ts";
import { chimera } from "./chimera.ts";
import { now } from "./now.ts";
import { pagesQuery, pathWith } from "./report-queries.ts";

/** The same list for the table and for its exports. */
export const decisionsPath = (asked: Asked): string =>
  pathWith("/decisions", {
    instrument: asked.on,
    strategy_id: asked.strategy,
    action: actionAsked(asked),
    reason: asked.what,
    ...periodAsked(asked),
  });
export const decisionsPagesQuery = (asked: Asked) => pagesQuery<Decision>("decisions-pages", decisionsPath(asked));

/** Asked again while its entry runs. */
export const decisionStoryQuery = (signalId: string) =>
  queryOptions({
    queryKey: ["decision-story", signalId],
    queryFn: ({ signal }) => chimera.getDecision({ signal_id: signalId }, { signal }),
    enabled: signalId !== "",
    staleTime: 5_000,
    refetchInterval: ({ state }) => (state.data?.order?.status === "WORKING" ? 5_000 : false),
  });

export const ruleHitsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["rule-hits", asked.on, asked.strategy, asked.from, asked.to],
    queryFn: ({ signal }) => {
      const moments = momentsOf(asked);
      const choice = {
        ...(asked.on !== undefined && { instrument: asked.on }),
        ...(asked.strategy !== undefined && { strategy_id: asked.strategy }),
      };
      return chimera.readRuleHits({ ...choice, ...moments, bucket: bucketFor(moments, now()) }, { signal });
    },
    refetchInterval: 30_000,
  });
