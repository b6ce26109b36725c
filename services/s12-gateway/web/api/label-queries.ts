/** What the page of labels asks: how labels are spread, and how many of those that are due are there. */
import { queryOptions } from "@tanstack/react-query";
import { type Asked, askedOf, periodOf } from "../state/asked.ts";
import { get } from "./http.ts";
import { pathWith } from "./report-queries.ts";
import type { Listing } from "./shapes.ts";

export const LABEL_HORIZONS = ["12", "24", "36"] as const;
export const LABEL_KINDS = ["all", "traded", "imagined"] as const;
export const LABELS_BY = ["reason", "rule", "regime", "direction", "strategy", "instrument"] as const;
export type LabelsBy = (typeof LABELS_BY)[number];

/** Labels under one key: counts, and quartiles of their net result over the margin. */
export interface LabelSpread {
  by: LabelsBy | "all";
  key: string;
  count: number;
  pos: number;
  neutral: number;
  neg: number;
  counterfactual: number;
  mean: number;
  q1: number;
  median: number;
  q3: number;
  net_usdt: number;
  /** Labels in each span between `edges`: below the first, between two, at or above the last. */
  histogram: number[];
}
export interface LabelSummary {
  labels: number;
  is_part: boolean;
  /** Without a label yet: when the first may come, epoch ms; missing before the first signal. */
  first_due_at?: number;
  edges: number[];
  items: LabelSpread[];
}
export interface LabelCoverage {
  day: string;
  horizon_h: number;
  signals: number;
  due: number;
  labelled: number;
  without_side: number;
  missing: number;
  reasons: Record<string, number>;
}

export const horizonOf = ({ state }: Asked): (typeof LABEL_HORIZONS)[number] => askedOf(state, LABEL_HORIZONS) || "12";
export const kindOf = ({ result }: Asked): (typeof LABEL_KINDS)[number] => askedOf(result, LABEL_KINDS) || "all";

const choiceOf = (asked: Asked): Record<string, string | undefined> => {
  const kind = kindOf(asked);
  return {
    horizon_h: horizonOf(asked),
    counterfactual: kind === "all" ? undefined : String(kind === "imagined"),
    ...periodOf(asked),
  };
};
/** The labels themselves, as they are exported. */
export const labelsPath = (asked: Asked): string => pathWith("/labels", { ...choiceOf(asked), limit: "1000" });

const summaryPath = (asked: Asked): string => pathWith("/labels/summary", choiceOf(asked));
export const labelSummaryQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["label-summary", summaryPath(asked)],
    queryFn: ({ signal }) => get<LabelSummary>(summaryPath(asked), signal),
    refetchInterval: 60_000,
  });

const coveragePath = (asked: Asked): string => pathWith("/labels/coverage", periodOf(asked));
export const labelCoverageQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["label-coverage", coveragePath(asked)],
    queryFn: async ({ signal }) => (await get<Listing<LabelCoverage>>(coveragePath(asked), signal)).items,
    refetchInterval: 60_000,
  });
