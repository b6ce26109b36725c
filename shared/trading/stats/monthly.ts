/** The table of returns by month and year, in UTC. */
import { type Curve, changeOf, first, last, type Worth } from "./equity-curve.ts";

export interface YearOfReturns {
  year: number;
  /** January to December; null for a month that the curve does not reach into. */
  months: (number | null)[];
  /** All of the year that the curve covers, compounded. */
  total: number;
}

const MONTHS = 12;

/**
 * Each month's worth at its end over that at its beginning, less 1: at the first moment of a month equity is what the
 * last point before or at it says. The first month begins with the curve and the last ends with it. Compounding the
 * months gives the year, and the years the whole.
 */
export function monthlyReturns(curve: Curve): YearOfReturns[] {
  const from = first(curve).ts;
  // A curve that ends with a month does not reach into the next one.
  const to = Math.max(from, last(curve).ts - 1);
  const worth = reader(curve);
  const years: YearOfReturns[] = [];
  for (let year = yearOf(from); year <= yearOf(to); year++) {
    const edges = Array.from({ length: MONTHS + 1 }, (_, month) => worth(Date.UTC(year, month)).equity);
    const isCovered = (month: number) => Date.UTC(year, month + 1) > from && Date.UTC(year, month) <= to;
    const between = (a: number, b: number) => (edges[a]! > 0n ? changeOf(edges[a]!, edges[b]!) : null);
    const months = Array.from({ length: MONTHS }, (_, month) => (isCovered(month) ? between(month, month + 1) : null));
    years.push({ year, months, total: between(0, MONTHS) ?? 0 });
  }
  return years;
}

const yearOf = (ts: number): number => new Date(ts).getUTCFullYear();

/** The worth at rising moments: before the curve its first, after it its last. */
function reader({ points }: Curve): (ts: number) => Worth {
  let at = 0;
  return (ts) => {
    while (at + 1 < points.length && points[at + 1]!.ts <= ts) at++;
    return points[at]!;
  };
}
