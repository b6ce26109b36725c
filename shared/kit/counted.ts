/** What a service asks of others and of its store, timed and counted in its own metrics. */
import { asProblem } from "../errors.ts";
import { LATENCY_MS_BUCKETS } from "./metrics.ts";
import type { Clock, Op, Store } from "./ports.ts";
import type { Reach } from "./reach.ts";
import type { Metrics, ReachedPeers } from "./service.ts";
import type { Tracing } from "./spans.ts";
import { currentTrace } from "./trace.ts";

/** With 80 ms among them, which commits are promised to be within. */
const COMMIT_MS_BUCKETS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 80, 100, 250, 500, 1_000, 2_500, 5_000];

/** A refusal is an answer; an error is what came without one, or broke. */
type Outcome = "ok" | "refused" | "error";
const outcomeOf = (status: number): Outcome => (status < 400 ? "ok" : status < 500 ? "refused" : "error");
const outcomeOfError = (error: unknown): Outcome => outcomeOf(asProblem(error).status);

/** As OpenTelemetry names them. */
const RPC = { "rpc.system": "connect_rpc" };
const COMMIT = { "db.operation.name": "commit" };
const OPS = "db.operation.batch.size";

interface Measuring {
  metrics: Metrics;
  clock: Pick<Clock, "mono">;
  tracing: Tracing;
}

/** What a commit tells others belongs to the trace of whoever commits. */
function withTrace(op: Op): Op {
  if (op.op !== "emit" || op.traceparent !== undefined) return op;
  const traceparent = currentTrace();
  return traceparent === undefined ? op : { ...op, traceparent };
}

interface Outward {
  reach: Reach;
  peers: ReachedPeers;
}

/** Every call to another service, so that who calls whom, and how it fares, can be told from the metrics of all. */
export function countedCalls({ reach, peers }: Outward, { metrics, clock, tracing }: Measuring): Outward {
  const made = metrics.counter("calls_total", "Calls made to another service", ["to"]);
  const took = metrics.histogram(
    "call_ms",
    "Time until another service answered, by whether it did what it was asked, ms",
    {
      labels: ["to", "outcome"],
      buckets: LATENCY_MS_BUCKETS,
    },
  );
  async function timed<T>(to: string, call: () => Promise<T>, outcome: (answer: T) => Outcome): Promise<T> {
    made.inc({ to });
    const started = clock.mono();
    const ended = (how: Outcome) => took.observe(clock.mono() - started, { to, outcome: how });
    try {
      const answer = await call();
      ended(outcome(answer));
      return answer;
    } catch (error) {
      ended(outcomeOfError(error));
      throw error;
    }
  }
  return {
    reach: (from, contract, method) => {
      const call = reach(from, contract, method);
      return (input, options) =>
        tracing.part(
          {
            kind: "client",
            name: `${contract.id}/${method.desc.name}`,
            attributes: { ...RPC, "rpc.service": contract.id, "rpc.method": method.desc.name },
          },
          () =>
            timed(
              contract.id,
              () => call(input, options),
              () => "ok",
            ),
        );
    },
    peers: {
      ...peers,
      fetch: (id, request, ...rest) =>
        tracing.part(
          {
            kind: "client",
            name: `${request.method} ${id}`,
            attributes: { "http.request.method": request.method, "peer.service": id },
          },
          () =>
            timed(
              id,
              () => peers.fetch(id, request, ...rest),
              ({ status }) => outcomeOf(status),
            ),
        ),
    },
  };
}

/** Reads are answered from memory or from the other end of a network. */
const READ_MS_BUCKETS = [0.1, 0.5, 1, 5, 10, 50, 100, 500, 1_000, 5_000];

/** The same store, its reads and commits timed, and what it failed at counted. */
export function timedStore(store: Store, { metrics, clock, tracing }: Measuring): Store {
  const committed = metrics.histogram("commit_ms", "Time until a commit was durable, failed ones too, ms", {
    buckets: COMMIT_MS_BUCKETS,
  });
  const read = metrics.histogram("store_read_ms", "Time until the store answered what it was asked for, ms", {
    labels: ["operation"],
    buckets: READ_MS_BUCKETS,
  });
  const errors = metrics.counter(
    "store_errors_total",
    "What the store failed at; a refusal, such as of a commit that came too late, is none",
    ["operation"],
  );
  async function timed<T>(operation: string, run: () => Promise<T>, took: (ms: number) => void): Promise<T> {
    const started = clock.mono();
    try {
      return await run();
    } catch (error) {
      if (outcomeOfError(error) === "error") errors.inc({ operation });
      throw error;
    } finally {
      took(clock.mono() - started);
    }
  }
  const reading = <T>(operation: string, run: () => Promise<T>) =>
    timed(operation, run, (ms) => read.observe(ms, { operation }));
  return {
    owner: store.owner,
    outbox: store.outbox,
    get: (collection, key) => reading("get", () => store.get(collection, key)),
    query: (collection, query) => reading("query", () => store.query(collection, query)),
    count: (collection, where) => reading("count", () => store.count(collection, where)),
    isDone: (stream, group, id) => store.isDone(stream, group, id),
    traverse: (start, direction, depthMax) => reading("traverse", () => store.traverse(start, direction, depthMax)),
    search: (collection, text, limit) => reading("search", () => store.search(collection, text, limit)),
    expire: (collection, now) => store.expire(collection, now),
    ping: () => store.ping(),
    close: () => store.close(),
    commit: (ops, options) =>
      tracing.part({ kind: "client", name: "commit", attributes: { ...COMMIT, [OPS]: ops.length } }, () =>
        timed(
          "commit",
          () => store.commit(ops.map(withTrace), options),
          (ms) => committed.observe(ms),
        ),
      ),
  };
}
