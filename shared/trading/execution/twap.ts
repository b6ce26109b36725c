/** Slices of a large order: how many, how much each, and when; all from the intent alone, so a restart finds the same. */
import { type Amount, add, dec, div, fromSteps, max, mul, show, sub, toStep, zero } from "../../domain/money.ts";
import { digest } from "../../keys.ts";

/** One part of an order; stored with its plan. */
export interface Slice {
  /** Base units. */
  readonly qty: string;
  /** Not before this, epoch ms. */
  readonly due_at: number;
}

export const SLICES_MAX = 50;
/** A slice must be worth this share of the exchange's minimum: the price moves before the last one is sent. */
const NOTIONAL_SHARE = dec("1.1");
const HASH_DIGITS = 8;

/** Slices for an order of this size: the count of the first row whose limit it does not exceed, else of the last row. */
export function slicesByNotional(notionalUsdt: number, table: readonly (readonly [number, number])[]): number {
  const row = table.find(([limit]) => notionalUsdt <= limit) ?? table.at(-1);
  return Math.max(1, row?.[1] ?? 1);
}

export interface SliceSize {
  readonly total: Amount;
  readonly step: Amount;
  readonly minQty: Amount;
  /** 0 where the exchange has no minimum for this order. */
  readonly minNotional: Amount;
  readonly price: Amount;
}

/**
 * At most `count` quantities on the step that sum exactly to the total, equal but for one step, the larger ones first.
 * Fewer, where so many would be smaller than the exchange takes. What the total has beyond its last whole step is the
 * first one's.
 */
export function sliceQtys(count: number, size: SliceSize): Amount[] {
  const { total, step } = size;
  const whole = toStep(total, step, "down");
  const steps = whole / step;
  const least = toStep(smallest(size), step, "up") / step;
  const most = least > 0n ? steps / least : steps;
  const slices = BigInt(Math.min(count, SLICES_MAX, Number(most)));
  if (slices <= 1n) return [total];
  const more = steps % slices;
  const qtys = Array.from({ length: Number(slices) }, (_, at) =>
    fromSteps(Number(steps / slices) + (BigInt(at) < more ? 1 : 0), step),
  );
  qtys[0] = add(qtys[0] as Amount, sub(total, whole));
  return qtys;
}

const smallest = ({ minQty, minNotional, price }: SliceSize): Amount =>
  minNotional === zero || price === zero ? minQty : max(minQty, div(mul(minNotional, NOTIONAL_SHARE), price, "up"));

export interface Rhythm {
  /** Epoch ms of the first slice. */
  readonly from: number;
  readonly intervalMs: number;
  /** Each but the first comes earlier or later by up to this share of the interval. */
  readonly jitter: number;
}

/** When each slice is due, never before the one that precedes it; the jitter is drawn from the intent's id. */
export function dueTimes(intentId: string, count: number, { from, intervalMs, jitter }: Rhythm): number[] {
  const times = Array.from({ length: count }, (_, at) =>
    at === 0 ? from : from + Math.round(intervalMs * (at + jitter * drawn(intentId, at))),
  );
  return times.sort((a, b) => a - b);
}

/** In [−1, 1), the same for the same slice of the same intent. */
const drawn = (intentId: string, slice: number): number =>
  Number.parseInt(digest("twap", intentId, String(slice)).slice(0, HASH_DIGITS), 16) / 2 ** (4 * HASH_DIGITS - 1) - 1;

export const slicesOf = (qtys: readonly Amount[], due: readonly number[]): Slice[] =>
  qtys.map((qty, at) => ({ qty: show(qty), due_at: due[at] as number }));

/** What the slices up to this one add up to. */
export const qtyUpTo = (slices: readonly Slice[], last: number): Amount =>
  slices.slice(0, last + 1).reduce((total, slice) => add(total, dec(slice.qty)), zero);

/** Legs of a plan in slices are `e<slice>.<order>`, all others `e<order>`. */
export const sliceLeg = (slice: number, order: number): string => `e${slice}.${order}`;
export const sliceOfLeg = (leg: string): number => Number(/^e(\d+)\./.exec(leg)?.[1] ?? 0);
