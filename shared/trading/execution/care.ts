/**
 * How health makes the router work more carefully: more slices, a narrower spread for makers, or takers alone.
 *
 * ORANGE, or careful routing: an order that goes in slices, or whose way is left to the router, goes in
 * `orange_slices_mult` times as many (once, also where both are told), as far as each is worth the exchange's minimum.
 * Careful routing: makers post only up to half the bundle's spread limit, since the costs that posting is weighed by
 * are off. Takers only: nothing is posted. RED changes nothing here: entries are refused, and exits go their ordinary
 * way, since orders that are answered late or fail are no reason to send more of them.
 */
import type { HealthFlags } from "../../domain/bundle.ts";
import type { HealthEffects, HealthLevel } from "../../streams.ts";

export interface HealthHere {
  readonly level: HealthLevel;
  readonly effects?: HealthEffects;
}
export interface Care {
  readonly slicesMult: number;
  /** Why there are more slices; undefined: there are as many as ever. */
  readonly slicesWhy: string | undefined;
  /** Of the spread up to which makers post. */
  readonly spreadShare: number;
  readonly spreadWhy: string | undefined;
  /** Why nothing is posted. */
  readonly takersOnly: string | undefined;
}

const CAREFUL_SPREAD_SHARE = 0.5;
export const ORDINARY: Care = Object.freeze({
  slicesMult: 1,
  slicesWhy: undefined,
  spreadShare: 1,
  spreadWhy: undefined,
  takersOnly: undefined,
});

export function careOf({ level, effects }: HealthHere, flags: HealthFlags): Care {
  if (level !== "ORANGE" && effects === undefined) return ORDINARY;
  const careful = effects?.careful_routing;
  const isFiner = flags.orange_slices_mult > 1 && (level === "ORANGE" || careful !== undefined);
  const slicesWhy = level === "ORANGE" ? "health is ORANGE" : `careful: ${careful}`;
  const takers = effects?.takers_only;
  return {
    slicesMult: isFiner ? flags.orange_slices_mult : 1,
    slicesWhy: isFiner ? slicesWhy : undefined,
    spreadShare: careful === undefined ? 1 : CAREFUL_SPREAD_SHARE,
    spreadWhy: careful && `careful: ${careful}`,
    takersOnly: takers === undefined ? undefined : `takers only: ${takers}`,
  };
}
