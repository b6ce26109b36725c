import { beforeEach, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { metricsTimeseries } from "../../shared/collections/operations.ts";
import type { Net, Store } from "../../shared/kit/ports.ts";
import type { Call } from "../../shared/kit/service.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { metricsVerb } from "./series.ts";

const START = Date.UTC(2026, 0, 1);
const SERVICES = ["s01", "s04"];
let clock: VirtualClock;
let store: Store;

beforeEach(() => {
  clock = new VirtualClock(START);
  store = simulatedWorld({ clock, net: {} as Net, seed: 1 }).store("s11");
});

/** One row a service, every ten seconds, whose value counts them. */
async function scrapes(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const ts = START + n * 10_000;
    const rows = SERVICES.map((service) => ({
      id: `${service}-${ts}`,
      service,
      ts,
      values: { [`chimera_n{service="${service}"}`]: n, [`chimera_m{service="${service}"}`]: -n },
    }));
    await store.commit(rows.map((row) => put(metricsTimeseries, row)));
  }
}

const call = { header: () => "application/json" } as unknown as Call;
const parts = () => ({ store, clock, services: SERVICES.length, own: async () => "", federate: async () => "" });
async function ask(query: Record<string, unknown>): Promise<{ metric: string; points: [number, number][] }[]> {
  const verb = metricsVerb(parts());
  const answer = verb.run(verb.input.parse(query) as never, call) as Promise<{ series: never }>;
  let done = false;
  void answer.then(
    () => (done = true),
    () => (done = true),
  );
  await clock.run(() => done);
  return (await answer).series;
}

describe("metric series", () => {
  test("take the last scrape of each step, oldest first", async () => {
    await scrapes(30);
    const series = await ask({
      metric: "chimera_n",
      labels: "service=s04",
      from_ts: START,
      to_ts: START + 299_999,
      step: 60_000,
    });
    expect(series.map(({ points }) => points.map(([, value]) => value))).toEqual([[5, 11, 17, 23, 29]]);
    expect(series[0]?.points.map(([ts]) => ts - START)).toEqual([50_000, 110_000, 170_000, 230_000, 290_000]);
  });
  test("have every scrape where the step is as short", async () => {
    await scrapes(12);
    const series = await ask({ from_ts: START, to_ts: START + 110_000, step: 10_000 });
    expect(series).toHaveLength(4);
    for (const { points } of series) expect(points.map(([, value]) => Math.abs(value))).toEqual([...Array(12).keys()]);
  });
  test("of a time without scrapes are none", async () => {
    await scrapes(2);
    expect(await ask({ from_ts: START - 100_000, to_ts: START - 50_000 })).toEqual([]);
  });
  test("cost no more than so many steps", async () => {
    await expect(ask({ from_ts: 0 })).rejects.toThrow("at most 1000 steps");
    await expect(ask({ from_ts: 0, to_ts: 8e15 })).rejects.toThrow("at most 1000 steps");
    await expect(ask({ from_ts: START + 1e12 })).rejects.toThrow("after to_ts");
    await expect(ask({ from_ts: 2, to_ts: 1 })).rejects.toThrow("before from_ts");
  });
});
