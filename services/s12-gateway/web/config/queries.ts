/** What the config pages ask: bundle revisions, what is in force, simulations, promotions, the bundle's schema. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { BundleRecord } from "../../../../shared/collections/config.ts";
import type { Bundle } from "../../../../shared/domain/bundle.ts";
import type { BundleChange } from "../../../../shared/domain/bundle-diff.ts";
import type { Promotion } from "../../../../shared/domain/promotion.ts";
import type { Simulation } from "../../../../shared/domain/simulation.ts";
import { get, send } from "../api/http.ts";
import { pagesQuery, pathWith } from "../api/report-queries.ts";
import type { Listing } from "../api/shapes.ts";
import { type Asked, askedOf } from "../state/asked.ts";
import { keptDraft } from "./kept-draft.ts";
import type { LintReport } from "./lint-report.ts";
import { ACTIVE, DRAFT, type RevRef } from "./place.ts";

const RUNNING_MS = 1_500;
const CANARY_MS = 3_000;
const RESTING_MS = 15_000;

export const BUNDLE_STATUSES = ["DRAFT", "STAGED", "ACTIVE", "ROLLED_BACK", "RETIRED"] as const;
export type BundleRow = Omit<BundleRecord, "bundle">;
export type BundleWhole = BundleRow & { bundle: Bundle };

export const bundlesPath = (asked: Asked): string =>
  pathWith("/bundles", { status: askedOf(asked.state, BUNDLE_STATUSES), bundle_id: asked.q });
export const bundlesQuery = (asked: Asked) => pagesQuery<BundleRow>("bundles", bundlesPath(asked));

const pathOf = ({ bundle_id, rev }: RevRef): string => pathWith(`/bundles/${encodeURIComponent(bundle_id)}/${rev}`, {});
export const bundleQuery = (ref: RevRef) =>
  queryOptions({
    queryKey: ["bundle", ref.bundle_id, ref.rev],
    queryFn: ({ signal }) => get<BundleWhole>(pathOf(ref), signal),
    refetchInterval: RESTING_MS,
  });

/** The highest revision that there is, of whatever bundle: a draft needs one above it. 0: there is none. */
export const highestRevQuery = queryOptions({
  queryKey: ["bundles-highest"],
  queryFn: async ({ signal }) => {
    const { items } = await get<Listing<BundleRow>>(pathWith("/bundles", { limit: "1" }), signal);
    return items[0]?.rev ?? 0;
  },
  refetchInterval: RESTING_MS,
});

const RECENT = "200";
/** To choose from: the newest. */
export const recentBundlesQuery = queryOptions({
  queryKey: ["bundles-recent"],
  queryFn: async ({ signal }) => (await get<Listing<BundleRow>>(pathWith("/bundles", { limit: RECENT }), signal)).items,
  refetchInterval: RESTING_MS,
});

export interface BundleDiff {
  from: { bundle_id: string; rev: number };
  /** Without a revision it is what stands in the editor. */
  to: { bundle_id: string; rev?: number };
  changes: BundleChange[];
  changes_total: number;
}
const inForce = (side: string): string => (side === ACTIVE ? "CURRENT" : side);
/** `from`: a revision or what is in force; `to` may also be what stands in the editor. */
export const diffQuery = (from: string, to: string) =>
  queryOptions({
    queryKey: ["config-diff", from, to],
    queryFn: async ({ signal }): Promise<BundleDiff> => {
      const sides = { from: inForce(from), to: inForce(to) };
      if (to !== DRAFT) return get<BundleDiff>(pathWith("/config/diff", sides), signal);
      const body = { from: sides.from, text: keptDraft()?.text ?? "" };
      return (await send<BundleDiff>("POST", pathWith("/config/diff", {}), { body, signal })).body;
    },
    staleTime: to === DRAFT ? 0 : RESTING_MS,
    retry: false,
  });

/** What stands in the editor, checked and not kept. */
export const lintQuery = (text: string) =>
  queryOptions({
    queryKey: ["config-lint", text],
    queryFn: async ({ signal }): Promise<LintReport> =>
      (await send<LintReport>("POST", pathWith("/config/lint", {}), { body: { text }, signal })).body,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });

export const schemaQuery = queryOptions({
  queryKey: ["config-schema"],
  queryFn: ({ signal }) => get<Record<string, unknown>>(pathWith("/config/schema", {}), signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const isGoing = ({ status }: Pick<Simulation, "status">): boolean => status === "QUEUED" || status === "RUNNING";
export const isUnderWay = ({ status }: Pick<Promotion, "status">): boolean =>
  status === "PENDING" || status === "ACTIVE";

interface Pages<T> {
  state: { data: { pages: { items: T[] }[] } | undefined };
}
const itemsOf = <T>({ state }: Pages<T>): T[] => state.data?.pages.flatMap(({ items }) => items) ?? [];

/** Lists leave out what is long: it comes with the one that is opened. */
export type SimulationRow = Omit<Simulation, "changed" | "replay" | "sensitivity_analysis">;
export type PromotionRow = Omit<Promotion, "services" | "timeline" | "gates">;
export const simulationsQuery = (asked: Asked) => ({
  ...pagesQuery<SimulationRow>("simulations", pathWith("/simulations", { bundle_id: asked.q })),
  refetchInterval: (query: Pages<SimulationRow>) => (itemsOf(query).some(isGoing) ? RUNNING_MS : RESTING_MS),
});
export const simulationQuery = (id: string) =>
  queryOptions({
    queryKey: ["simulation", id],
    queryFn: ({ signal }) => get<Simulation>(pathWith(`/simulations/${encodeURIComponent(id)}`, {}), signal),
    refetchInterval: ({ state }) => (state.data && !isGoing(state.data) ? false : RUNNING_MS),
  });

export const promotionsQuery = (asked: Asked) => ({
  ...pagesQuery<PromotionRow>("promotions", pathWith("/promotions", { bundle_id: asked.q })),
  refetchInterval: (query: Pages<PromotionRow>) => (itemsOf(query).some(isUnderWay) ? CANARY_MS : RESTING_MS),
});
export const promotionQuery = (id: string) =>
  queryOptions({
    queryKey: ["promotion", id],
    queryFn: ({ signal }) => get<Promotion>(pathWith(`/promotions/${encodeURIComponent(id)}`, {}), signal),
    refetchInterval: ({ state }) => (state.data && !isUnderWay(state.data) ? RESTING_MS : CANARY_MS),
  });
