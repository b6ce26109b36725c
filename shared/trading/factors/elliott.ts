/** How much the last five swings look like an Elliott impulse. */
import { family } from "./factor.ts";
import { OF_SWINGS, OfSwings, type Swings } from "./swings.ts";

/** What each wave tends to be, as a multiple of another. */
const RATIOS = {
  second_of_first: [0.382, 0.5, 0.618],
  third_of_first: [1.618, 2.618],
  fourth_of_third: [0.236, 0.382],
  fifth_of_first: [0.618, 1, 1.618],
} as const;

/** 1 at one of the ratios, 0 at half or twice the nearest. */
function closeness(ratio: number, ideals: readonly number[]): number {
  let best = 0;
  for (const ideal of ideals) best = Math.max(best, 1 - Math.abs(Math.log2(ratio / ideal)));
  return best;
}

/**
 * The five waves are the last four finished swings and the present one. In [0, 1]; 0 where they break a rule: wave 2
 * retraces less than all of wave 1, wave 3 is not the shortest of 1, 3 and 5, wave 4 stays out of wave 1's range. Else
 * the mean closeness of four ratios of waves to the Fibonacci ratio nearest by size, `max(0, 1 − |log₂(ratio/f)|)`.
 * Source: Frost and Prechter, Elliott Wave Principle, 1978.
 */
export function elliottScore(swings: Swings): number {
  const start = swings.point(4);
  if (Number.isNaN(start)) return Number.NaN;
  const p1 = swings.point(3);
  const p2 = swings.point(2);
  const p3 = swings.point(1);
  const p4 = swings.point(0);
  const one = Math.abs(p1 - start);
  const two = Math.abs(p2 - p1);
  const three = Math.abs(p3 - p2);
  const four = Math.abs(p4 - p3);
  const five = Math.abs(swings.extreme - p4);
  const breaksRule = two >= one || (three < one && three < five) || swings.direction * (p4 - p1) <= 0;
  if (breaksRule) return 0;
  const sum =
    closeness(two / one, RATIOS.second_of_first) +
    closeness(three / one, RATIOS.third_of_first) +
    closeness(four / three, RATIOS.fourth_of_third) +
    closeness(five / one, RATIOS.fifth_of_first);
  return sum / 4;
}

export const elliott = family({
  ...OF_SWINGS,
  family: "elliott",
  pattern: "elliott_{n}_{tf}",
  example: "elliott_50_5m",
  formula:
    "0 where the last five swings (turning at n bps) break a rule of an impulse, " +
    "else mean closeness of wave ratios to Fibonacci ratios",
  source: "Frost and Prechter 1978",
  range: [0, 1],
  make: (params) => new OfSwings(params, elliottScore),
});
