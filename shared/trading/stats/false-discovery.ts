/** Which of many hypotheses tested together may be called confirmed: Benjamini and Hochberg's procedure. */
import { refuse } from "../../errors.ts";

/**
 * Adjusted p-values in the order given: the smallest false-discovery rate at which each is confirmed,
 * q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎·m/j, at most 1. Benjamini and Hochberg, JRSS B 57(1), 1995; holds for independent tests
 * and for positively dependent ones (Benjamini and Yekutieli 2001). Refuses what is no probability with INVALID.
 */
export function adjustedPs(ps: readonly number[]): number[] {
  const wrong = ps.findIndex((p) => !(p >= 0 && p <= 1));
  if (wrong >= 0) refuse("INVALID", `p-value ${wrong + 1} is no probability: ${ps[wrong]}`);
  const falling = ps.map((_, i) => i).sort((a, b) => ps[b]! - ps[a]!);
  const adjusted = new Array<number>(ps.length);
  let least = 1;
  for (const [place, i] of falling.entries()) {
    least = Math.min(least, ps[i]! * (ps.length / (ps.length - place)));
    adjusted[i] = least;
  }
  return adjusted;
}

/** Which are confirmed when at most this share of the confirmed may be false on average. */
export function confirmed(ps: readonly number[], rate: number): boolean[] {
  if (!(rate > 0 && rate < 1)) refuse("INVALID", `A false-discovery rate lies between 0 and 1: ${rate}`);
  return adjustedPs(ps).map((q) => q <= rate);
}
