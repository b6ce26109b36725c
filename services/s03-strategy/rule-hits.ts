/** How often each rule fired over time, counted from the decisions that were kept. */
import { decisionsMade } from "../../shared/collections/signals.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import { TIMEFRAME_MS } from "../../shared/domain/market.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Query, Store } from "../../shared/kit/ports.ts";
import type { RuleHitsAnswer, RuleHitsRequest } from "./types.ts";

/** Decisions of one answer; the newest. */
const DECISIONS_MAX = 20_000;
const PAGE = 500;
const BUCKETS_MAX = 400;
/** How far back it looks where nobody says. */
const BUCKETS_SHOWN = 24;

interface Parts {
  store: Pick<Store, "query">;
  clock: Pick<Clock, "now" | "sleep">;
}
type Hits = RuleHitsAnswer["items"][number];

/**
 * Counts per rule and bucket; buckets begin at epoch multiples of their length, those without a decision are left out.
 * A rule that was not looked at, because one before it or a guard had ended the entry, counts nowhere.
 */
export async function readRuleHits({ store, clock }: Parts, request: RuleHitsRequest): Promise<RuleHitsAnswer> {
  const { instrument, strategy_id } = request;
  const bucket_ms = TIMEFRAME_MS[request.bucket];
  const to_ts = request.to_ts ?? clock.now();
  const from_ts = request.from_ts ?? bucketOf(to_ts, bucket_ms) - (BUCKETS_SHOWN - 1) * bucket_ms;
  if ((to_ts - from_ts) / bucket_ms > BUCKETS_MAX) {
    refuse("INVALID", `At most ${BUCKETS_MAX} buckets: choose a longer one, or a shorter period.`);
  }
  const where: NonNullable<Query["where"]> = {
    ...(instrument !== undefined && { instrument }),
    ...(strategy_id !== undefined && { strategy_id }),
    ts: { gte: from_ts, lte: to_ts },
  };
  const hits = new Map<string, Hits>();
  let decisions = 0;
  let cursor: string | undefined;
  let oldest = from_ts;
  do {
    const sort = { field: "ts", order: "desc" } as const;
    const page = await store.query(decisionsMade, { where, sort, limit: PAGE, ...(cursor && { cursor }) });
    for (const { value } of page.items) count(hits, value, bucket_ms);
    decisions += page.items.length;
    cursor = page.next_cursor;
    if (cursor !== undefined) oldest = page.items.at(-1)?.value.ts ?? oldest;
    // Signals are decided between two pages: nobody's curiosity keeps an entry waiting.
    if (cursor !== undefined) await clock.sleep(1);
  } while (cursor !== undefined && decisions < DECISIONS_MAX);
  const is_part = cursor !== undefined;
  const items = [...hits.values()].toSorted((a, b) => a.ts - b.ts || (a.rule_id < b.rule_id ? -1 : 1));
  return { from_ts: is_part ? oldest : from_ts, to_ts, bucket_ms, decisions, is_part, items };
}

const bucketOf = (ts: number, ms: number): number => Math.floor(ts / ms) * ms;

function count(hits: Map<string, Hits>, { rules, ts }: Decision, bucketMs: number): void {
  const at = bucketOf(ts, bucketMs);
  for (const { rule_id, fired } of rules) {
    const key = `${at} ${rule_id}`;
    const row = hits.get(key) ?? { rule_id, ts: at, fired: 0, unfired: 0, unknown: 0 };
    row[fired === null ? "unknown" : fired ? "fired" : "unfired"] += 1;
    hits.set(key, row);
  }
}
