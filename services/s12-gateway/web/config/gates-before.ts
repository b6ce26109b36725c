/** What the gates would say of a promotion before it is asked for: from the lint, the newest simulation, health, steps. */
import type { BundleRecord } from "../../../../shared/collections/config.ts";
import type { GateResult, Promotion, PromotionMode } from "../../../../shared/domain/promotion.ts";
import type { Simulation } from "../../../../shared/domain/simulation.ts";
import { healthGate, stepsGate } from "../../../../shared/trading/promotion/gates.ts";
import type { LintReport } from "./lint-report.ts";

export interface KnownBefore {
  readonly record: Pick<BundleRecord, "hash">;
  readonly mode: PromotionMode;
  readonly active: { readonly hash: string; readonly stepsRequired: boolean };
  readonly report: LintReport | undefined;
  /** Of this content, newest first. */
  readonly simulations: readonly Pick<Simulation, "sim_id" | "status" | "active_hash" | "ended_at" | "bounds_guard">[];
  /** Of this bundle. */
  readonly promotions: readonly Pick<Promotion, "hash" | "mode" | "status">[];
  readonly health: Parameters<typeof healthGate>[0];
  readonly now: number;
}

/** The service does not go by an older one. */
const SIMULATION_AGE_MS = 24 * 3_600_000;

export function gatesBefore(known: KnownBefore): GateResult[] {
  const { record, mode, active, promotions, health } = known;
  if (mode === "ROLLBACK") return [];
  const earlier = promotions.filter(({ hash }) => hash === record.hash);
  return [
    ...lintGate(known.report),
    ...simulationGates(known),
    healthGate(health),
    stepsGate(mode, earlier, active.stepsRequired),
  ];
}

function lintGate(report: LintReport | undefined): GateResult[] {
  if (!report) return [];
  const [first] = report.errors;
  const detail = first ? `${first.path}: ${first.message}` : "";
  const state = report.passed ? "PASSED" : "FAILED";
  return [{ name: "lint", state, value: report.errors.length, limit: 0, detail }];
}

function simulationGates({ record, active, simulations, now }: KnownBefore): GateResult[] {
  const gate = { name: "simulation", value: null, limit: null } as const;
  if (record.hash === active.hash) return [{ ...gate, state: "PASSED", detail: "the content is the one in force" }];
  const fresh = simulations.find(
    ({ status, active_hash, ended_at = 0 }) =>
      status === "DONE" && active_hash === active.hash && ended_at >= now - SIMULATION_AGE_MS,
  );
  if (!fresh) {
    return [{ ...gate, state: "NOT_ENOUGH", detail: "none of the last day against what is in force; one is begun" }];
  }
  return [{ ...gate, state: "PASSED", value: fresh.sim_id, detail: "" }, ...(fresh.bounds_guard ?? [])];
}
