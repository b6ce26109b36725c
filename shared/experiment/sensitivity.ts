/** How the result changes when the world is worse than assumed, or better: the runs that tell. */
import { NO_STRESS, type Stress } from "../backtest/backtest-options.ts";
import type { SensitivityRow } from "../domain/experiment.ts";

export interface Sensitivity extends Pick<SensitivityRow, "what" | "change"> {
  readonly stress: Stress;
}

const FEES = [0, 0.5, 1.5, 2] as const;
const LATENCIES = [0, 2, 5] as const;
const SLIPPAGES_BPS = [0.5, 1, 2] as const;

export const SENSITIVITIES: readonly Sensitivity[] = [
  ...FEES.map((fee_mult) => ({ what: "fees", change: `×${fee_mult}`, stress: { ...NO_STRESS, fee_mult } }) as const),
  ...LATENCIES.map(
    (latency_mult) =>
      ({ what: "latency", change: `×${latency_mult}`, stress: { ...NO_STRESS, latency_mult } }) as const,
  ),
  ...SLIPPAGES_BPS.map(
    (slippage_bps) =>
      ({ what: "slippage", change: `+${slippage_bps} bps`, stress: { ...NO_STRESS, slippage_bps } }) as const,
  ),
];
