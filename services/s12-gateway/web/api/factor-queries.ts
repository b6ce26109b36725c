/** What the factors page asks: what there is, how each stands, the past of one, regimes, and recomputations. */
import { queryOptions } from "@tanstack/react-query";
import type { Topic } from "../../../../shared/client/live.ts";
import type { FeatureSet } from "../../../../shared/domain/decision.ts";
import type { FactorWindow } from "../state/factor-families.ts";
import { TRACK_MS } from "../state/factor-track.ts";
import { chimera } from "./chimera.ts";
import { featureFamily } from "./families.ts" with { type: "macro" };
import type { Stop } from "./now.ts";

export const FEATURES_EVERY_MS = 5_000;
const BARS_SHOWN = 500;
const JOBS_SHOWN = 5;
const FEATURES = featureFamily();

export const WINDOW_MS: Readonly<Record<FactorWindow, number>> = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "4h": 14_400_000,
  "1d": 86_400_000,
};

export const factorsQuery = queryOptions({
  queryKey: ["factors"],
  queryFn: ({ signal }) => chimera.getFactors({}, { signal }),
  staleTime: 60_000,
  refetchInterval: 60_000,
});
export const regimesQuery = queryOptions({
  queryKey: ["regimes"],
  queryFn: async ({ signal }) => (await chimera.getRegime({}, { signal })).items,
  refetchInterval: 30_000,
});
/** With why a factor has no value; live events tell the values alone. */
export const featuresQuery = (instrument: string) =>
  queryOptions({
    queryKey: ["features", instrument],
    queryFn: ({ signal }) => chimera.getFeatures({ instrument }, { signal }),
    enabled: instrument !== "",
    refetchInterval: FEATURES_EVERY_MS,
  });

/** The minutes before the page was opened, under the small pictures. */
export const pastMinutesQuery = (instrument: string, toTs: number) =>
  queryOptions({
    queryKey: ["features-past", instrument],
    queryFn: async ({ signal }) => {
      const asked = { instrument, window: "1m", from_ts: Math.floor(toTs - TRACK_MS), limit: 20 } as const;
      return (await chimera.getFeatureHistory(asked, { signal })).items;
    },
    enabled: instrument !== "",
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

interface Past {
  instrument: string;
  factor: string;
  window: FactorWindow;
}
/** The newest bars that were kept, oldest first. */
export const factorHistoryQuery = ({ instrument, factor, window }: Past, serverNow: () => number) =>
  queryOptions({
    queryKey: ["factor-history", instrument, factor, window],
    queryFn: async ({ signal }) => {
      const from_ts = Math.floor(serverNow() - BARS_SHOWN * WINDOW_MS[window]);
      const asked = { instrument, window, factors: factor, from_ts, limit: BARS_SHOWN };
      return (await chimera.getFeatureHistory(asked, { signal })).items;
    },
    refetchInterval: 30_000,
  });

/** Asked every second while one runs. */
export const featureJobsQuery = queryOptions({
  queryKey: ["feature-jobs"],
  queryFn: async ({ signal }) => (await chimera.listFeatureJobs({ limit: JOBS_SHOWN }, { signal })).items,
  refetchInterval: ({ state }) =>
    state.data?.some((job) => job.state === "RUNNING" || job.state === "QUEUED") ? 1_000 : 15_000,
});

/** Features of all instruments as they come, as long as somebody looks. */
export function hearFeatures(hear: (set: FeatureSet) => void): Stop {
  const live = chimera.live({
    topics: [FEATURES as Topic],
    onEvents: (events) => {
      for (const { event } of events) hear(event as FeatureSet);
    },
    // Values are whole each time: the next one says all there is.
    onResync: () => {},
  });
  return () => live.close();
}
