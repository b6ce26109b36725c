/** Reads labels for people: lists by what they are about, one signal's at all horizons, and how they are spread. */
import { LABELS, type Label } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { whereOf, within } from "../../shared/paging.ts";
import { distributionOf, EDGES } from "../../shared/trading/labels/distribution.ts";
import { HORIZONS_H } from "../../shared/trading/labels/outcome.ts";
import { GROUPS, type LabelsQuery, type SummaryQuery, type SummaryRow } from "./types.ts";

type Reader = Pick<Store, "get" | "query">;
type Choice = Omit<LabelsQuery, "limit" | "cursor">;

const HOUR_MS = 3_600_000;
const PAGE = 1_000;
/** Labels of one summary; the newest. */
const SUMMARY_MAX = 50_000;
/** Looked through for one page of a list by rule, reason or regime, before the caller goes on with the cursor. */
const PAGES_MAX = 10;

/** The part of a choice that the store can tell apart by an index. */
const indexed = ({ instrument, strategy_id, class: name, counterfactual, from_ts, to_ts }: Choice) =>
  whereOf({ instrument, strategy_id, class: name, counterfactual, ts: within(from_ts, to_ts) });

const isChosen = ({ rule, reason, regime }: Choice, label: Label): boolean =>
  (rule === undefined || label.rules.includes(rule)) &&
  (reason === undefined || label.reason === reason) &&
  (regime === undefined || label.regime === regime);

interface Some {
  items: Label[];
  next_cursor?: string;
}

/** Newest first. By rule, reason or regime a page may be short, or empty, while there is more: then it has a cursor. */
export async function readLabels(store: Reader, { limit, cursor, ...choice }: LabelsQuery): Promise<Some> {
  const items: Label[] = [];
  let next = cursor;
  for (let page = 0; page < PAGES_MAX && items.length < limit; page++) {
    const { items: rows, next_cursor } = await store.query(LABELS[choice.horizon_h], {
      where: indexed(choice),
      sort: { field: "ts", order: "desc" },
      limit: limit - items.length,
      ...(next !== undefined && { cursor: next }),
    });
    items.push(...rows.map(({ value }) => value).filter((label) => isChosen(choice, label)));
    next = next_cursor;
    if (next === undefined) break;
  }
  return { items, ...(next !== undefined && { next_cursor: next }) };
}

/** Those that there are, shortest horizon first. */
export async function labelsOfSignal(store: Reader, signal_id: string): Promise<Label[]> {
  const rows = await Promise.all(HORIZONS_H.map((horizonH) => store.get(LABELS[horizonH], signal_id)));
  return rows.flatMap((row) => (row ? [row.value] : []));
}

type Group = (typeof GROUPS)[number];
/** What a label counts under; a label with several rules counts under each of them. */
const KEYS: Readonly<Record<Group, (label: Label) => readonly string[]>> = {
  all: () => ["all"],
  rule: ({ rules }) => (rules.length === 0 ? ["none"] : rules),
  regime: ({ regime }) => [regime ?? "unknown"],
  reason: ({ reason }) => [reason],
  direction: ({ side }) => [side === "BUY" ? "long" : "short"],
  strategy: ({ strategy_id }) => [strategy_id],
  instrument: ({ instrument }) => [instrument],
};

export async function summarise(store: Reader, { by, ...choice }: SummaryQuery) {
  const { labels, isPart } = await newest(store, choice);
  const items = (by === undefined ? GROUPS : [by]).flatMap((group) => rowsOf(group, labels));
  const first_due_at = labels.length === 0 ? await firstDueAt(store, choice) : undefined;
  return {
    ...{ horizon_h: choice.horizon_h, labels: labels.length, is_part: isPart, edges: [...EDGES], items },
    ...(first_due_at !== undefined && { first_due_at }),
  };
}

async function firstDueAt(store: Reader, { horizon_h }: Choice): Promise<number | undefined> {
  const oldest = await store.query(signalsSeen, { sort: { field: "ts", order: "asc" }, limit: 1 });
  const ts = oldest.items[0]?.value.ts;
  return ts === undefined ? undefined : ts + horizon_h * HOUR_MS;
}

async function newest(store: Reader, choice: Choice): Promise<{ labels: Label[]; isPart: boolean }> {
  const labels: Label[] = [];
  let cursor: string | undefined;
  let read = 0;
  do {
    const page = await store.query(LABELS[choice.horizon_h], {
      where: indexed(choice),
      sort: { field: "ts", order: "desc" },
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    read += page.items.length;
    labels.push(...page.items.map(({ value }) => value).filter((label) => isChosen(choice, label)));
    cursor = page.next_cursor;
  } while (cursor !== undefined && read < SUMMARY_MAX);
  return { labels, isPart: cursor !== undefined };
}

function rowsOf(by: Group, labels: readonly Label[]): SummaryRow[] {
  const groups = new Map<string, Label[]>();
  for (const label of labels) {
    for (const key of KEYS[by](label)) {
      const group = groups.get(key);
      if (group) group.push(label);
      else groups.set(key, [label]);
    }
  }
  return [...groups]
    .map(([key, group]) => ({
      ...{ by, key, counterfactual: group.filter((label) => label.counterfactual).length },
      ...distributionOf(group.map((label) => ({ ...label, net_usdt: Number(label.net_usdt) }))),
    }))
    .toSorted((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
}
