/** What a plan, and each slice of it, is decided by at this moment: market, costs, health and the newest flags. */
import type { Decision } from "../../shared/domain/decision.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import type { Amount } from "../../shared/domain/money.ts";
import type { PlanView, Regime } from "../../shared/trading/execution/plan.ts";
import type { Costs } from "./costs.ts";
import type { Health } from "./health.ts";
import type { MarketView } from "./market.ts";
import type { Ports } from "./types.ts";

export interface PlanParts {
  readonly ports: Pick<Ports, "clock" | "config">;
  readonly market: MarketView;
  readonly costs: Costs;
  readonly health: Health;
}

export function planViewOf(
  { ports, market, costs, health }: PlanParts,
  listing: Instrument,
  of: { held: Amount; decision: Decision | undefined },
): PlanView {
  const { instrument } = listing;
  return {
    touch: market.touch(instrument),
    flags: ports.config().bundle.flags.execution,
    regime: regimeOf(of.decision),
    listing,
    held: of.held,
    now: ports.clock.now(),
    cost: costs.view(instrument),
    finer: health.level === "ORANGE",
  };
}

/** The regime as the decision saw it: −1 FROZEN, 0 NORMAL, 1 EXTREME. */
function regimeOf(decision: Decision | undefined): Regime {
  const regime = decision?.features.regime;
  if (typeof regime !== "number") return "NORMAL";
  return regime < 0 ? "FROZEN" : regime > 0 ? "EXTREME" : "NORMAL";
}
