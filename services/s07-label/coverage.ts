/** How much of what is due has a label: by day and horizon for people, of the last day for alerts. */
import { GAP_CODES, LABELS, labelGaps } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import { refuse } from "../../shared/errors.ts";
import { HORIZONS_H, type HorizonH } from "../../shared/trading/labels/outcome.ts";
import type { CoverageRow, Ports } from "./types.ts";

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 7;
const DAYS_MAX = 90;

/** Of the signals of a span; `dueTs` is the newest that is due. */
async function countOf(
  store: Ports["store"],
  horizonH: HorizonH,
  { from, to, dueTs }: { from: number; to: number; dueTs: number },
): Promise<Omit<CoverageRow, "day">> {
  const ts = { gte: from, lt: to };
  const due = dueTs < from ? 0 : await store.count(signalsSeen, { ts: { gte: from, lt: to, lte: dueTs } });
  const labelled = await store.count(LABELS[horizonH], { ts });
  const gaps: Record<string, number> = {};
  for (const code of GAP_CODES) gaps[code] = await store.count(labelGaps, { horizon_h: horizonH, code, ts });
  const { NOTHING_TO_TRADE: without_side = 0, ...reasons } = gaps;
  const missing = Math.max(0, due - labelled - without_side);
  const seen = Object.values(reasons).reduce((total, count) => total + count, 0);
  const told = { ...reasons, UNSEEN: Math.max(0, missing - seen) };
  return {
    horizon_h: horizonH,
    signals: await store.count(signalsSeen, { ts }),
    ...{ due, labelled },
    counterfactual: await store.count(LABELS[horizonH], { counterfactual: true, ts }),
    ...{ without_side, missing },
    reasons: Object.fromEntries(Object.entries(told).filter(([, count]) => count > 0)),
  };
}

/** Newest day first. */
export async function coverageByDay(
  { store, clock }: Pick<Ports, "store" | "clock">,
  { from_ts, to_ts }: { from_ts?: number | undefined; to_ts?: number | undefined },
  dueTs: (horizonH: HorizonH) => number,
): Promise<CoverageRow[]> {
  const last = dayStart(to_ts ?? Math.max(from_ts ?? 0, clock.now()));
  const first = dayStart(from_ts ?? last - (DAYS_DEFAULT - 1) * DAY_MS);
  if ((last - first) / DAY_MS >= DAYS_MAX) refuse("INVALID", `from_ts: at most ${DAYS_MAX} days at a time`);
  const items: CoverageRow[] = [];
  for (let from = last; from >= first; from -= DAY_MS) {
    const day = new Date(from).toISOString().slice(0, 10);
    for (const horizonH of HORIZONS_H) {
      const span = { from, to: from + DAY_MS, dueTs: dueTs(horizonH) };
      items.push({ day, ...(await countOf(store, horizonH, span)) });
    }
  }
  return items;
}

const dayStart = (ts: number): number => Math.floor(ts / DAY_MS) * DAY_MS;

/** Of the signals that became due within the last day. `share` is 1 where none could be labelled. */
export async function recentCoverage(
  { store }: Pick<Ports, "store">,
  horizonH: HorizonH,
  dueTs: number,
): Promise<{ share: number; missing: number; reasons: Record<string, number> }> {
  const span = { from: dueTs - DAY_MS, to: dueTs + 1, dueTs };
  const isNone = (await store.count(signalsSeen, { ts: { gte: span.from, lte: dueTs } })) === 0;
  if (isNone) return { share: 1, missing: 0, reasons: {} };
  const { due, labelled, without_side, missing, reasons } = await countOf(store, horizonH, span);
  const wanted = due - without_side;
  return { share: wanted <= 0 ? 1 : Math.min(1, labelled / wanted), missing, reasons };
}
