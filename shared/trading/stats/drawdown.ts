/** Drawdowns: how far equity fell from its greatest height, and how long it took to come back. */
import { type Amount, show, sub } from "../../domain/money.ts";
import { type Curve, changeOf, last, type Worth } from "./equity-curve.ts";

export interface Drawdown {
  /** (peak − trough)/peak: 0.2 is a fifth lost; above 1 when more than all was. */
  depth: number;
  depth_usdt: string;
  /** The last moment at the peak, and the lowest one. */
  from_ts: number;
  trough_ts: number;
  /** When the peak was reached again; null if never. */
  to_ts: number | null;
  /** From the peak until it was reached again, or until the curve ends. */
  duration_ms: number;
}

export interface Drawdowns {
  /** The one that lost the greatest share of its peak, the first of equals; null where equity never fell. */
  deepest: Drawdown | null;
  /** The one that took longest, not always the deepest. */
  longest: Drawdown | null;
}

/** Of the points as they are, not of samples; compared exactly. Magdon-Ismail and Atiya 2004 for the definition. */
export function drawdownsOf(curve: Curve): Drawdowns {
  const found: Fall[] = [];
  let fall: Fall | undefined;
  let peak = curve.points[0]!;
  for (const point of curve.points) {
    if (point.equity >= peak.equity) {
      if (fall) found.push({ ...fall, to_ts: point.ts });
      fall = undefined;
      peak = point;
    } else if (fall === undefined || point.equity < fall.trough.equity) fall = { peak, trough: point, to_ts: null };
  }
  if (fall) found.push(fall);
  const end = last(curve).ts;
  const told = (one: Fall | undefined) => (one ? tellFall(one, end) : null);
  const length = ({ peak: { ts }, to_ts }: Fall) => (to_ts ?? end) - ts;
  return {
    deepest: told(greatest(found, isDeeper)),
    longest: told(greatest(found, (a, b) => length(a) > length(b))),
  };
}

interface Fall {
  readonly peak: Worth;
  readonly trough: Worth;
  readonly to_ts: number | null;
}

function greatest(falls: readonly Fall[], isGreater: (a: Fall, b: Fall) => boolean): Fall | undefined {
  return falls.reduce<Fall | undefined>((best, fall) => (!best || isGreater(fall, best) ? fall : best), undefined);
}

/** Trough over peak compared crosswise: (p − t)/p > (q − s)/q where t·q < s·p. */
const isDeeper = (a: Fall, b: Fall): boolean => a.trough.equity * b.peak.equity < b.trough.equity * a.peak.equity;

const tellFall = ({ peak, trough, to_ts }: Fall, end: number): Drawdown => ({
  depth: -changeOf(peak.equity, trough.equity),
  depth_usdt: show(sub(peak.equity, trough.equity)),
  from_ts: peak.ts,
  trough_ts: trough.ts,
  to_ts,
  duration_ms: (to_ts ?? end) - peak.ts,
});

/** For a chart: the share of its peak that each sample is below it, 0 at a peak. */
export function underwater(samples: readonly Worth[]): { ts: number; depth: number }[] {
  let peak = 0n as Amount;
  return samples.map(({ ts, equity }) => {
    if (equity > peak) peak = equity;
    return { ts, depth: equity === peak ? 0 : -changeOf(peak, equity) };
  });
}
