/** What a plan, and each slice of it, is decided by at this moment: market, costs, health and the flags of its revision. */
import type { Decision } from "../../domain/decision.ts";
import type { Instrument, InstrumentId } from "../../domain/instrument.ts";
import type { Amount } from "../../domain/money.ts";
import { careOf, type HealthHere } from "./care.ts";
import type { CostView, PlanView, Regime } from "./plan.ts";
import type { Quotes } from "./quotes.ts";
import type { RulePorts } from "./router-parts.ts";

export interface PlanParts {
  readonly ports: Pick<RulePorts, "clock" | "config" | "revision">;
  readonly market: Pick<Quotes, "touch">;
  readonly costs: { view(instrument: InstrumentId): CostView };
  readonly health: HealthHere;
}

export function planViewOf(
  { ports, market, costs, health }: PlanParts,
  listing: Instrument,
  of: { held: Amount; decision: Decision | undefined; rev: number | undefined },
): PlanView {
  const { instrument } = listing;
  return {
    touch: market.touch(instrument),
    flags: ports.revision(of.rev).bundle.flags.execution,
    regime: regimeOf(of.decision),
    listing,
    held: of.held,
    now: ports.clock.now(),
    cost: costs.view(instrument),
    care: careOf(health, ports.config().bundle.flags.health),
  };
}

/** The regime as the decision saw it: −1 FROZEN, 0 NORMAL, 1 EXTREME. */
function regimeOf(decision: Decision | undefined): Regime {
  const regime = decision?.features.regime;
  if (typeof regime !== "number") return "NORMAL";
  return regime < 0 ? "FROZEN" : regime > 0 ? "EXTREME" : "NORMAL";
}
