/** One commit as the journal keeps it while the store is away: its operations by name, and how they come back. */
import { costCurves, executionPlans } from "../../shared/collections/execution.ts";
import { fills, holdings, intents, orders, routerKillCopy, routerMarks } from "../../shared/collections/orders.ts";
import { canonicalJson } from "../../shared/domain/canonical.ts";
import { assert } from "../../shared/errors.ts";
import type { Collection, Op, Store } from "../../shared/kit/ports.ts";
import { alerts, opsEvents, orderResults } from "../../shared/streams.ts";

export interface Aside {
  /** Never used twice: by it the store knows what it has taken already. */
  readonly id: string;
  readonly ops: readonly Op[];
  /** The store may have taken it: whoever wrote it had no answer. */
  readonly maybe?: boolean;
  /** Who had begun on the store before whoever wrote it, if it could be read. */
  readonly after?: string;
  /** What was open when the store went away: for a start without it, not to be told to it. */
  readonly isPicture?: boolean;
}

type Put = Extract<Op, { op: "put" }>;

const COLLECTIONS = byName([intents, orders, fills, holdings, executionPlans, costCurves, routerKillCopy, routerMarks]);
const STREAMS = new Map([orderResults, opsEvents, alerts].map((stream) => [stream.family, stream]));

function byName(collections: readonly unknown[]): ReadonlyMap<string, Collection<never>> {
  return new Map((collections as Collection<never>[]).map((collection) => [collection.name, collection]));
}

export function asideText({ ops, ...rest }: Aside): string {
  return JSON.stringify({ ...rest, ops: ops.map(named) });
}

function named(op: Op): unknown {
  switch (op.op) {
    case "put":
      assert(COLLECTIONS.has(op.collection.name), `${op.collection.name} can be put aside`);
      assert(op.expectRev === undefined, "what is put aside waits for no revision");
      return { ...op, collection: op.collection.name };
    case "emit":
      assert(STREAMS.has(op.stream.family), `${op.stream.family} can be told later`);
      return { ...op, stream: op.stream.family };
    case "delete":
      return { ...op, collection: op.collection.name };
    default:
      return op;
  }
}

/** What `asideText` wrote. */
export function readAside(text: string): Aside {
  const { ops, ...rest } = JSON.parse(text) as Omit<Aside, "ops"> & { ops: Named[] };
  return { ...rest, ops: ops.map(revived) };
}

type Named = { op: Op["op"]; collection?: string; stream?: string };

function revived(op: Named): Op {
  if (op.op === "put" || op.op === "delete") {
    return { ...op, collection: COLLECTIONS.get(op.collection ?? "") } as unknown as Op;
  }
  return (op.op === "emit" ? { ...op, stream: STREAMS.get(op.stream ?? "") } : op) as unknown as Op;
}

export const putsOf = (ops: readonly Op[]): Put[] => ops.filter((op) => op.op === "put");

/** Everything that it puts is there as it puts it: it was taken, although nobody was told so. */
export async function wasTaken(store: Pick<Store, "get">, { ops }: Aside): Promise<boolean> {
  const puts = putsOf(ops);
  for (const { collection, value } of puts) {
    const row = await store.get(collection, collection.key(value as never));
    if (!row || canonicalJson(row.value) !== canonicalJson(value)) return false;
  }
  return puts.length > 0;
}

/**
 * What of it may still be told to the store where somebody has begun on it since, without this journal: entries of the
 * audit. What was done at the exchange was learnt from the exchange, and may be booked otherwise; what was only meant
 * to be done is not wanted any more.
 */
export const ofLate = ({ ops }: Aside): Op[] =>
  ops.filter((op) => op.op === "emit" && op.stream.family === opsEvents.family);
