import { expect, test } from "bun:test";
import { seededRandom } from "../adapters/random.ts";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { router } from "../contracts.ts";
import { refuse } from "../errors.ts";
import { countedCalls, timedStore } from "./counted.ts";
import { createMetrics } from "./metrics.ts";
import type { Collection, Store } from "./ports.ts";
import type { Principal, ReachedPeers, Service } from "./service.ts";
import { Tracing } from "./spans.ts";

const untraced = (clock: VirtualClock) =>
  new Tracing({ service: "s03", spans: undefined, clock, random: seededRandom("untraced") });
const NOBODY: Principal = { kind: "nobody", id: "nobody", role: "viewer" };
const linesOf = async (metrics: { text(): Promise<string> }, ...parts: string[]) =>
  (await metrics.text()).split("\n").filter((line) => parts.every((part) => line.includes(part)));

test("calls are counted by how they ended: an answer, a refusal, an error", async () => {
  const clock = new VirtualClock(0);
  const metrics = createMetrics("s03");
  const ends = [
    async () => clock.sleep(40),
    async () => refuse("NOT_FOUND", "no"),
    async () => refuse("UNAVAILABLE", "away"),
    async () => Promise.reject(new Error("broke")),
  ];
  const peers = { fetch: async () => new Response("", { status: 503 }) } as unknown as ReachedPeers;
  const counted = countedCalls(
    { reach: () => () => ends.shift()!(), peers },
    { metrics, clock, tracing: untraced(clock) },
  );
  const call = counted.reach({ id: "s03" } as Service, router, Object.values(router.methods)[0]!);
  for (let n = 0; n < 4; n++) {
    const ended = call({}, {}).then(
      () => true,
      () => true,
    );
    let isOver = false;
    void ended.then(() => (isOver = true));
    await clock.run(() => isOver);
  }
  await counted.peers.fetch("s05", new Request("http://peer/health"), NOBODY);
  expect(await linesOf(metrics, "call_ms_count", 'to="s04"')).toEqual([
    'chimera_call_ms_count{service="s03",to="s04",outcome="ok"} 1',
    'chimera_call_ms_count{service="s03",to="s04",outcome="refused"} 1',
    'chimera_call_ms_count{service="s03",to="s04",outcome="error"} 2',
  ]);
  expect(await linesOf(metrics, "call_ms_sum", 'outcome="ok"')).toEqual([
    'chimera_call_ms_sum{service="s03",to="s04",outcome="ok"} 40',
  ]);
  expect(await linesOf(metrics, "call_ms_count", 'to="s05"')).toEqual([
    'chimera_call_ms_count{service="s03",to="s05",outcome="error"} 1',
  ]);
  expect(await linesOf(metrics, "calls_total", 'to="s04"')).toEqual(['chimera_calls_total{to="s04",service="s03"} 4']);
});

test("reads are timed by what was asked, and what the store failed at is counted; a refusal is no failure", async () => {
  const clock = new VirtualClock(0);
  const metrics = createMetrics("s04");
  const ends = [
    async () => undefined,
    async () => refuse("UNAVAILABLE", "away"),
    async () => refuse("CONFLICT", "stale"),
  ];
  const end = () => ends.shift()!();
  const store = timedStore({ get: end, query: end, commit: end } as unknown as Store, {
    metrics,
    clock,
    tracing: untraced(clock),
  });
  const documents = {} as Collection<unknown>;
  await store.get(documents, "a");
  await expect(store.query(documents, { limit: 1 })).rejects.toThrow("away");
  await expect(store.commit([])).rejects.toThrow("stale");
  expect(await linesOf(metrics, "store_read_ms_count")).toEqual([
    'chimera_store_read_ms_count{service="s04",operation="get"} 1',
    'chimera_store_read_ms_count{service="s04",operation="query"} 1',
  ]);
  expect(await linesOf(metrics, "chimera_store_errors_total{")).toEqual([
    'chimera_store_errors_total{operation="query",service="s04"} 1',
  ]);
});

test("commits are timed, those that fail too", async () => {
  const clock = new VirtualClock(0);
  const metrics = createMetrics("s04");
  const ends = [async () => {}, async () => refuse("CONFLICT", "stale")];
  const store = timedStore({ commit: () => ends.shift()!() } as unknown as Store, {
    metrics,
    clock,
    tracing: untraced(clock),
  });
  await store.commit([]);
  await expect(store.commit([])).rejects.toThrow("stale");
  expect(await linesOf(metrics, "commit_ms_count")).toEqual(['chimera_commit_ms_count{service="s04"} 2']);
});
