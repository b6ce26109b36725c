/** What health does to an entry: level and effects as a multiplier of its size, with the words that say so. */
import type { HealthFlags } from "../../domain/bundle.ts";
import type { Decision } from "../../domain/decision.ts";
import { type InstrumentId, marketOf } from "../../domain/instrument.ts";
import type { AccountState } from "./account.ts";

export interface HealthWeight {
  /** Of the size: level and effects together. */
  readonly size_mult: number;
  /** Each multiplier with why, as the sizing's steps show it; none while health takes nothing. */
  readonly factors: readonly string[];
  /** The trade may never be enlarged. */
  readonly no_adds: boolean;
  /** Why no model is asked. */
  readonly models_off: string | undefined;
  /** As the decision shows it. */
  readonly shown: NonNullable<Decision["health"]>;
}

export type HealthSeen = Pick<AccountState, "health" | "effects" | "health_silent">;

export function weighHealth(seen: HealthSeen, flags: HealthFlags, instrument: InstrumentId): HealthWeight {
  const { health: level, effects = {}, health_silent } = seen;
  const { no_entries, models_off } = effects;
  const spot = marketOf(instrument) === "SPOT" ? effects.spot_size : undefined;
  const byLevel = level === "YELLOW" ? flags.yellow_size_mult : level === "ORANGE" ? flags.orange_size_mult : 1;
  const no_adds = level !== "GREEN";
  const factors = [
    ...(byLevel === 1 ? [] : [`${byLevel} (health ${level})`]),
    ...(spot ? [`${spot.mult} (spot: ${spot.why})`] : []),
  ];
  const words = [
    ...(health_silent ? [`S11 is silent, which counts as ${level}`] : []),
    ...(level === "RED" ? ["no entries"] : []),
    ...(byLevel === 1 ? [] : [`size × ${byLevel}`]),
    ...(no_adds ? ["no adds"] : []),
    ...(spot ? [`spot size × ${spot.mult}: ${spot.why}`] : []),
    ...(models_off === undefined ? [] : [`models off: ${models_off}`]),
    ...(no_entries === undefined ? [] : [`no entries: ${no_entries}`]),
  ];
  return {
    ...{ size_mult: byLevel * (spot?.mult ?? 1), factors, no_adds, models_off },
    shown: { level, effects: words },
  };
}
