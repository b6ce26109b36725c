/** Asks what it takes to tell beforehand what the gates would say of a promotion. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { GateResult, PromotionMode } from "../../../../shared/domain/promotion.ts";
import { chimera } from "../api/chimera.ts";
import { get, send } from "../api/http.ts";
import { now } from "../api/now.ts";
import { pathWith } from "../api/report-queries.ts";
import type { ActiveConfig, Listing } from "../api/shapes.ts";
import { gatesBefore } from "./gates-before.ts";
import type { LintReport } from "./lint-report.ts";
import { readRevName } from "./place.ts";
import { type BundleWhole, bundleQuery, type PromotionRow, type SimulationRow } from "./queries.ts";

const EVERY_MS = 10_000;

export const gatesBeforeQuery = (of: string, mode: PromotionMode) =>
  queryOptions({
    queryKey: ["gates-before", of, mode],
    queryFn: async ({ signal, client }): Promise<GateResult[]> => {
      const ref = readRevName(of);
      if (!ref) return [];
      const record: BundleWhole = await client.fetchQuery(bundleQuery(ref));
      const { bundle_id } = ref;
      const [active, health, linted, simulated, promoted] = await Promise.all([
        chimera.getActive({}, { signal }) as Promise<ActiveConfig>,
        chimera.getHealthLevel({}, { signal }).catch(() => undefined),
        // Those who may only look are told the rest.
        send<LintReport>("POST", pathWith("/config/lint", {}), { body: { bundle: record.bundle }, signal }).catch(
          () => undefined,
        ),
        get<Listing<SimulationRow>>(pathWith("/simulations", { hash: record.hash }), signal),
        get<Listing<PromotionRow>>(pathWith("/promotions", { bundle_id }), signal),
      ]);
      const stepsRequired = active.bundle?.flags.promotion.steps_required ?? true;
      return gatesBefore({
        ...{ record, mode, health, active: { hash: active.hash, stepsRequired }, report: linted?.body },
        ...{ simulations: simulated.items, promotions: promoted.items, now: now() },
      });
    },
    refetchInterval: EVERY_MS,
  });

export const useGatesBefore = (of: string, mode: PromotionMode) =>
  useQuery({ ...gatesBeforeQuery(of, mode), enabled: readRevName(of) !== undefined });
