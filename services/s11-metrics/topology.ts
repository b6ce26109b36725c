/** Who calls whom, as every service tells it itself: how often, how fast and how well over the last hour. */
import { put } from "../../shared/changes.ts";
import { serviceCalls } from "../../shared/collections/operations.ts";
import type { CallEdge } from "../../shared/domain/watching.ts";
import type { Clock, ServiceId, Store } from "../../shared/kit/ports.ts";
import type { Context } from "../../shared/kit/service.ts";
import { type Grown, Increments } from "./increments.ts";
import { isPlanned } from "./planned-calls.ts";
import type { Sample } from "./prometheus.ts";
import { type Bucket, bucketQuantile, readBound } from "./quantile.ts";

const CALLS = "chimera_calls_total";
const TOOK = "chimera_call_ms";
const MINUTE_MS = 60_000;
const MINUTES = 60;

/** What one minute saw of one edge. */
interface Cell {
  readonly minute: number;
  calls: number;
  errors: number;
  answered: number;
  ms: number;
  /** By upper bound: answers within it. */
  readonly buckets: Map<string, number>;
}
interface Edge {
  readonly from: string;
  readonly to: string;
  count: number;
  lastTs: number;
  readonly cells: Cell[];
}

interface TopologyParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly alert: Context["alert"];
}
export type Topology = ReturnType<typeof createTopology>;

export function createTopology({ store, clock, alert }: TopologyParts) {
  const edges = new Map<string, Edge>();
  const increments = new Increments((metric) => metric === CALLS || metric.startsWith(TOOK));
  /** Since when calls are followed here: figures a minute are of that time, if it is shorter than the hour. */
  let since = clock.now();
  /** As kept. */
  const known = new Map<string, CallEdge>();
  const told = new Set<string>();

  function edgeOf(from: string, to: string): Edge {
    const key = `${from}/${to}`;
    const kept = edges.get(key) ?? { from, to, count: 0, lastTs: 0, cells: [] };
    edges.set(key, kept);
    return kept;
  }
  function cellOf(edge: Edge, ts: number): Cell {
    const minute = Math.floor(ts / MINUTE_MS);
    const last = edge.cells.at(-1);
    if (last?.minute === minute) return last;
    const cell: Cell = { minute, calls: 0, errors: 0, answered: 0, ms: 0, buckets: new Map() };
    edge.cells.push(cell);
    while ((edge.cells[0]?.minute ?? minute) <= minute - MINUTES) edge.cells.shift();
    return cell;
  }
  function note(edge: Edge, { metric, labels, grew }: Grown, ts: number): void {
    // Buckets without news count too: a quantile is found between its bucket and the one below.
    if (grew === 0 && labels.le === undefined) return;
    const cell = cellOf(edge, ts);
    if (metric === CALLS) {
      cell.calls += grew;
      edge.lastTs = ts;
    } else if (metric === `${TOOK}_sum`) cell.ms += grew;
    else if (metric === `${TOOK}_count`) {
      cell.answered += grew;
      if (labels.outcome === "error") cell.errors += grew;
    } else if (labels.le !== undefined) cell.buckets.set(labels.le, (cell.buckets.get(labels.le) ?? 0) + grew);
  }
  function tellUnplanned({ from, to }: Edge): void {
    const key = `${from}/${to}`;
    if (isPlanned(from, to) || known.has(key) || told.has(key)) return;
    told.add(key);
    alert("WARN", "UNPLANNED_CALL", `${from} calls ${to}, which nobody planned.`);
  }

  return {
    async load(): Promise<void> {
      since = clock.now();
      const { items } = await store.query(serviceCalls, { limit: 1_000 });
      for (const { key, value } of items) known.set(key, value);
    },
    /** What one service told of its calls in one scrape, all its replicas together. */
    take(from: ServiceId, samples: readonly Sample[], ts: number): void {
      const counts = new Map<string, number>();
      for (const each of increments.of(from, samples)) {
        const { to } = each.labels;
        if (to === undefined) continue;
        if (each.metric === CALLS) counts.set(to, (counts.get(to) ?? 0) + each.value);
        note(edgeOf(from, to), each, ts);
      }
      for (const [to, count] of counts) {
        const edge = edgeOf(from, to);
        edge.count = count;
        edge.lastTs ||= ts;
        tellUnplanned(edge);
      }
    },
    /** Those that were seen before and not since the start keep what was last told of them. */
    edges(): CallEdge[] {
      const all = new Map([...known].map(([key, edge]) => [key, quiet(edge, clock.now())]));
      for (const [key, edge] of edges) all.set(key, shownEdge(edge, clock.now(), since));
      return [...all.values()].sort((a, b) => (`${a.from}${a.to}` < `${b.from}${b.to}` ? -1 : 1));
    },
    async save(): Promise<void> {
      const news = [...edges]
        .map(([key, edge]) => [key, shownEdge(edge, clock.now(), since)] as const)
        .filter(([key, edge]) => !isSame(known.get(key), edge));
      if (news.length === 0) return;
      await store.commit(news.map(([, edge]) => put(serviceCalls, edge)));
      for (const [key, edge] of news) known.set(key, edge);
    },
  };
}

function shownEdge({ from, to, count, lastTs, cells }: Edge, now: number, since: number): CallEdge {
  const oldest = Math.floor(now / MINUTE_MS) - MINUTES;
  const recent = cells.filter(({ minute }) => minute > oldest);
  const sum = (figure: (cell: Cell) => number) => recent.reduce((total, cell) => total + figure(cell), 0);
  const minutes = Math.min(MINUTES, Math.max(1, (now - since) / MINUTE_MS));
  const answered = sum((cell) => cell.answered);
  return {
    ...{ from, to, count },
    per_minute: sum((cell) => cell.calls) / minutes,
    errors_per_minute: sum((cell) => cell.errors) / minutes,
    mean_ms: answered > 0 ? sum((cell) => cell.ms) / answered : null,
    p95_ms: bucketQuantile(bucketsOf(recent), 0.95),
    planned: isPlanned(from, to),
    last_ts: lastTs,
  };
}
/** Of one that was seen before the start alone: nothing in the last hour, once that is over. */
const quiet = (edge: CallEdge, now: number): CallEdge =>
  now - edge.last_ts < MINUTES * MINUTE_MS
    ? edge
    : { ...edge, per_minute: 0, errors_per_minute: 0, mean_ms: null, p95_ms: null };

function bucketsOf(cells: readonly Cell[]): Bucket[] {
  const upTo = new Map<string, number>();
  for (const { buckets } of cells) for (const [le, n] of buckets) upTo.set(le, (upTo.get(le) ?? 0) + n);
  return [...upTo].map(([le, n]) => ({ le: readBound(le), upTo: n }));
}
const isSame = (a: CallEdge | undefined, b: CallEdge): boolean =>
  a !== undefined && Object.entries(b).every(([name, value]) => a[name as keyof CallEdge] === value);
