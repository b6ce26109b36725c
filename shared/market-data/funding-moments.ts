/** Funding payments and mark prices of a perpetual as moments of a tape. */
import type { TapeMoment } from "../backtest/tape.ts";
import { TIMEFRAME_MS } from "../domain/market.ts";
import { isTime } from "./bar-moments.ts";
import { shown } from "./damage.ts";
import { moment } from "./rows.ts";
import type { ReadRow, RowRules } from "./tape-rows.ts";

export const FUNDING_PERIOD_MS = 2 * TIMEFRAME_MS["4h"];
const JITTER_MS = 60_000;
const RATE = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** Cells are the library's columns of `fundingRate`; each row is a payment. */
export function fundingRules(who: number): RowRules {
  return {
    name: ({ ts }) => `the payment of ${moment(ts)}`,
    gap: (last, next) => {
      const missing = Math.round((next.ts - last.ts - JITTER_MS) / FUNDING_PERIOD_MS - 0.5);
      return missing > 0 ? `${missing} payments are missing before ${moment(next.ts)}` : undefined;
    },
    read(cells) {
      const ts = Number(cells[0]);
      if (!isTime(ts)) return `ts: ${shown(cells[0])} is no time`;
      const rate = Number(cells[1]);
      if (!RATE.test(cells[1] ?? "") || !(Math.abs(rate) < 1)) return `rate: ${shown(cells[1])} is no rate`;
      return { key: ts, ts, moments: [{ at: ts, exchTs: ts, who, event: { kind: "settlement", rate } }] };
    },
  };
}

/**
 * Each payment, and from it on what the next is expected to be: the same rate, since what it will be is not known
 * before. Those before `from` are told of at `from` and not paid.
 */
export async function* withExpected(
  rows: AsyncIterable<ReadRow[]>,
  from: number,
): AsyncGenerator<readonly TapeMoment[]> {
  let held: TapeMoment | undefined;
  let periodMs = FUNDING_PERIOD_MS;
  for await (const batch of rows) {
    const moments: TapeMoment[] = [];
    for (const { moments: paid } of batch) {
      const next = paid[0] as TapeMoment;
      if (held !== undefined) {
        periodMs = next.at - held.at;
        moments.push(...told(held, next.at, from));
      }
      held = next;
    }
    yield moments;
  }
  if (held !== undefined) yield told(held, held.at + periodMs, from);
}

function told(paid: TapeMoment, nextAt: number, from: number): TapeMoment[] {
  if (paid.event.kind !== "settlement" || nextAt <= from) return [];
  const { rate } = paid.event;
  const at = Math.max(from, paid.at);
  const expected: TapeMoment = {
    ...paid,
    at,
    exchTs: at,
    event: { kind: "markPrice", mark: Number.NaN, rate, nextAt },
  };
  return paid.at < from ? [expected] : [paid, expected];
}

/** Cells are the library's columns of `markPriceKlines`: the mark where each opens and where it closes. */
export function markRules(who: number, ms: number): RowRules {
  return {
    name: ({ key }) => `the mark of ${moment(key)}`,
    gap: (last, next) => (next.key - last.key > ms ? `Marks are missing before ${moment(next.key)}` : undefined),
    read(cells) {
      const openTs = Number(cells[0]);
      if (!isTime(openTs)) return `ts: ${shown(cells[0])} is no time`;
      const [open, close] = [Number(cells[1]), Number(cells[4])];
      if (!(open > 0 && open < 1e15)) return `open: ${shown(cells[1])} is no price`;
      if (!(close > 0 && close < 1e15)) return `close: ${shown(cells[4])} is no price`;
      const at = (ts: number, mark: number): TapeMoment => ({
        ...{ at: ts, exchTs: ts, who },
        event: { kind: "markPrice", mark, rate: Number.NaN, nextAt: Number.NaN },
      });
      return { key: openTs, ts: openTs, moments: [at(openTs, open), at(openTs + ms, close)] };
    },
  };
}
