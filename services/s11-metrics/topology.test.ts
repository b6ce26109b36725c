import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { Net, ServiceId, Store } from "../../shared/kit/ports.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { readPrometheus } from "./prometheus.ts";
import { createTopology, type Topology } from "./topology.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
let clock: VirtualClock;
let store: Store;
let alerts: string[];
let topology: Topology;
const open = async () => {
  topology = createTopology({
    store,
    clock,
    alert: (_severity, code, message) => void alerts.push(`${code}: ${message}`),
  });
  await topology.load();
};
beforeEach(async () => {
  clock = new VirtualClock(START);
  store = simulatedWorld({ clock, net: {} as Net, seed: 1 }).store("s11");
  alerts = [];
  await open();
});

/** What a service tells: of `calls` to another so many failed, each took 8 ms. */
function told(from: ServiceId, to: string, calls: number, { errors = 0, shard = "0" } = {}): string {
  const labels = `to="${to}",service="${from}",shard="${shard}"`;
  const bucket = (le: string, n: number) => `chimera_call_ms_bucket{le="${le}",outcome="ok",${labels}} ${n}`;
  return `${[
    `chimera_calls_total{${labels}} ${calls}`,
    `chimera_call_ms_sum{outcome="ok",${labels}} ${(calls - errors) * 8}`,
    `chimera_call_ms_count{outcome="ok",${labels}} ${calls - errors}`,
    `chimera_call_ms_sum{outcome="error",${labels}} ${errors * 8}`,
    `chimera_call_ms_count{outcome="error",${labels}} ${errors}`,
    ...[bucket("5", 0), bucket("10", calls), bucket("+Inf", calls)],
  ].join("\n")}\n`;
}
async function scraped(after: number, from: ServiceId, ...texts: string[]): Promise<void> {
  await clock.run(clock.now() + after);
  topology.take(from, readPrometheus(texts.join("")), clock.now());
}
const edge = (from: string, to: string) => topology.edges().find((each) => each.from === from && each.to === to);

test("calls, errors and times are those of the last hour, shards added up", async () => {
  await scraped(0, "s03", told("s03", "s04", 100), told("s03", "s04", 50, { shard: "1" }));
  expect(edge("s03", "s04")).toMatchObject({ count: 150, per_minute: 0, mean_ms: null, p95_ms: null, planned: true });
  await scraped(10 * MINUTE, "s03", told("s03", "s04", 120, { errors: 5 }), told("s03", "s04", 50, { shard: "1" }));
  const seen = edge("s03", "s04");
  expect(seen).toMatchObject({ count: 170, per_minute: 2, errors_per_minute: 0.5, mean_ms: 8, last_ts: clock.now() });
  expect(seen?.p95_ms).toBeCloseTo(9.75);
  await scraped(61 * MINUTE, "s03", told("s03", "s04", 120, { errors: 5 }), told("s03", "s04", 50, { shard: "1" }));
  expect(edge("s03", "s04")).toMatchObject({ count: 170, per_minute: 0, errors_per_minute: 0, p95_ms: null });
});

test("a process that began anew counts from zero", async () => {
  await scraped(0, "s03", told("s03", "s04", 100));
  await scraped(MINUTE, "s03", told("s03", "s04", 6));
  expect(edge("s03", "s04")).toMatchObject({ count: 6, per_minute: 6 });
});

test("an edge that nobody planned is told once, after a restart neither", async () => {
  await scraped(0, "s03", told("s03", "s01", 1), told("s03", "s10", 1));
  await scraped(MINUTE, "s03", told("s03", "s01", 2));
  expect(alerts).toEqual(["UNPLANNED_CALL: s03 calls s01, which nobody planned."]);
  expect([edge("s03", "s01")?.planned, edge("s03", "s10")?.planned]).toEqual([false, true]);
  await topology.save();
  await open();
  expect(edge("s03", "s01")).toMatchObject({ count: 2 });
  await scraped(MINUTE, "s03", told("s03", "s01", 3));
  expect(alerts).toHaveLength(1);
});

test("one that was seen before a restart alone is as it was then, and quiet after an hour", async () => {
  await scraped(0, "s03", told("s03", "s04", 1));
  await scraped(MINUTE, "s03", told("s03", "s04", 7));
  await topology.save();
  const before = edge("s03", "s04")!;
  await open();
  expect(edge("s03", "s04")).toEqual(before);
  await clock.run(clock.now() + 60 * MINUTE);
  expect(edge("s03", "s04")).toMatchObject({ count: 7, per_minute: 0, mean_ms: null, p95_ms: null });
});
