/** The book as two curves: how much stands between the mid and each price, bids to the left and asks to the right. */
import type { Depth, Level } from "../../../../shared/domain/market.ts";

export interface CurvePoint {
  readonly price: number;
  /** All that stands between the mid and here, in the base asset. */
  readonly total: number;
  /** The same in the quote asset. */
  readonly worth: number;
}
export interface DepthCurve {
  readonly mid: number;
  readonly spreadBps: number;
  /** Best first. */
  readonly bids: readonly CurvePoint[];
  readonly asks: readonly CurvePoint[];
  /** Half of what the picture is wide, in price, and what it is high: steps of 1, 2 and 5, so that it seldom jumps. */
  readonly reach: number;
  readonly height: number;
}

/** Undefined for a book with an empty side. */
export function depthCurveOf(depth: Pick<Depth, "bids" | "asks"> | undefined): DepthCurve | undefined {
  const [bids, asks] = [summed(depth?.bids ?? []), summed(depth?.asks ?? [])];
  const [bid, ask, lowest, highest] = [bids[0], asks[0], bids.at(-1), asks.at(-1)];
  if (!bid || !ask || !lowest || !highest) return undefined;
  const mid = (bid.price + ask.price) / 2;
  return {
    ...{ mid, bids, asks },
    spreadBps: ((ask.price - bid.price) / mid) * 10_000,
    reach: stepAbove(Math.max(mid - lowest.price, highest.price - mid)),
    height: stepAbove(Math.max(lowest.total, highest.total)),
  };
}

function summed(levels: readonly Level[]): CurvePoint[] {
  let [total, worth] = [0, 0];
  return levels.map(([price, qty]) => {
    total += Number(qty);
    worth += Number(qty) * Number(price);
    return { price: Number(price), total, worth };
  });
}

/** The next of 1, 2, 5, 10, …; 1 for nothing. */
export function stepAbove(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

/** What stands between the mid and a price: of the bids below it, of the asks above; undefined inside the spread. */
export function standingTo({ mid, bids, asks }: DepthCurve, price: number): CurvePoint | undefined {
  return price < mid ? bids.findLast((point) => point.price >= price) : asks.findLast((point) => point.price <= price);
}

/** Corners of one side as shares of width and height, from the spread outwards and back along the bottom. */
export function cornersOf(curve: DepthCurve, side: "bids" | "asks"): [x: number, y: number][] {
  const x = (price: number) => Math.min(1, Math.max(0, 0.5 + (price - curve.mid) / curve.reach / 2));
  const y = (total: number) => 1 - total / curve.height;
  const points = curve[side];
  const corners = points.flatMap(({ price, total }, at): [number, number][] => [
    [x(price), y(at === 0 ? 0 : (points[at - 1] as CurvePoint).total)],
    [x(price), y(total)],
  ]);
  // What stands beyond what was told is not known: it goes on flat to the edge.
  const edge = side === "bids" ? 0 : 1;
  const last = points.at(-1) as CurvePoint;
  return [...corners, [edge, y(last.total)], [edge, 1]];
}
