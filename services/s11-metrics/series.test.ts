import { beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { metricsTimeseries } from "../../shared/collections/operations.ts";
import type { Net, Store } from "../../shared/kit/ports.ts";
import type { Call } from "../../shared/kit/service.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { namesVerb } from "./names.ts";
import { createRoller, type Roller } from "./roller.ts";
import { metricsVerb } from "./series.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const START = Date.UTC(2026, 0, 1);
const SERVICES = ["s01", "s04"];
let clock: VirtualClock;
let store: Store;

beforeEach(() => {
  clock = new VirtualClock(START);
  store = simulatedWorld({ clock, net: {} as Net, seed: 1 }).store("s11");
  roller = createRoller({ store, clock, peers: { services: SERVICES.map((id) => ({ id })) } });
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
let roller: Roller;
const NAMES = { keyOf: (_service: string, id: string) => id };
const parts = () => ({
  store,
  clock,
  roller,
  names: NAMES,
  services: SERVICES.length,
  own: async () => "",
  federate: async () => "",
});
interface Answer {
  series: { metric: string; labels: Record<string, string>; points: [number, number][] }[];
  resolution: string;
}
async function whole(query: Record<string, unknown>): Promise<Answer> {
  const verb = metricsVerb(parts());
  return ended(verb.run(verb.input.parse(query) as never, call) as Promise<Answer>);
}
const ask = async (query: Record<string, unknown>) => (await whole(query)).series;
async function ended<T>(work: Promise<T>): Promise<T> {
  let done = false;
  void work.then(
    () => (done = true),
    () => (done = true),
  );
  await clock.run(() => done);
  return work;
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

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** A scrape of one service. */
const scraped = (ts: number, values: Record<string, number>) =>
  store.commit([put(metricsTimeseries, { id: `s04-${ts}`, service: "s04", ts, values })]);

describe("older metrics", () => {
  test("are read as coarsely as the step allows, the newest time from what is finer", async () => {
    for (let n = 0; n <= 150; n++) await scraped(START + n * MINUTE, { "n{}": n });
    await clock.run(START + 150 * MINUTE + 30_000);
    await ended(roller.roll());
    const hours = await whole({ from_ts: START, step: HOUR });
    expect(hours).toMatchObject({ resolution: "hour", series: [{ metric: "n" }] });
    expect(hours.series[0]?.points).toEqual([
      [START, 59],
      [START + HOUR, 119],
      [START + 150 * MINUTE, 150],
    ]);
    expect((await whole({ from_ts: START, step: MINUTE })).series[0]?.points).toHaveLength(151);
    expect((await whole({ from_ts: START, step: 30_000 })).resolution).toBe("scrape");
  });
  test("of a time that is no longer kept finely are told more coarsely", async () => {
    await clock.run(START + 30 * DAY);
    const span = { from_ts: START, to_ts: START + HOUR };
    expect((await whole({ ...span, step: 10_000 })).resolution).toBe("hour");
    expect((await whole({ from_ts: START + 27 * DAY, to_ts: START + 27 * DAY + HOUR, step: 10_000 })).resolution).toBe(
      "minute",
    );
    await clock.run(START + 200 * DAY);
    expect((await whole({ ...span, step: MINUTE })).resolution).toBe("day");
  });
  test("show the least, greatest and mean of a step", async () => {
    for (let n = 0; n < 12; n++) await scraped(START + n * 10_000, { "n{}": n });
    await clock.run(START + 3 * MINUTE);
    await ended(roller.roll());
    const show = async (how: string) =>
      (await ask({ from_ts: START, step: MINUTE, show: how }))[0]?.points.map(([, v]) => v);
    expect(await show("min")).toEqual([0, 6]);
    expect(await show("max")).toEqual([5, 11]);
    expect(await show("mean")).toEqual([2.5, 8.5]);
  });
});

describe("what grew", () => {
  test("a counter's rate is a second's, and a new beginning does not show", async () => {
    for (const [at, n] of [100, 130, 160, 30, 60].entries()) await scraped(START + at * 10_000, { "n_total{}": n });
    const [series] = await ask({ from_ts: START + 10_000, to_ts: START + 40_000, rate: "true" });
    expect(series?.points.map(([, value]) => value)).toEqual([3, 3, 3, 3]);
  });
  test("a quantile is of what was observed in the step alone, by the labels that are left", async () => {
    const bucket = (le: string, to: string, n: number) => ({ [`chimera_call_ms_bucket{le="${le}",to="${to}"}`]: n });
    const buckets = (to: string, low: number, high: number) => ({
      ...bucket("10", to, low),
      ...bucket("20", to, high),
      ...bucket("+Inf", to, high),
    });
    await scraped(START, { ...buckets("s01", 500, 500), ...buckets("s10", 0, 0) });
    await scraped(START + 10_000, { ...buckets("s01", 500, 510), ...buckets("s10", 4, 4) });
    const series = await ask({
      metric: "chimera_call_ms",
      from_ts: START + 10_000,
      to_ts: START + 10_000,
      quantile: 0.5,
    });
    expect(series.map(({ metric, labels, points }) => [metric, labels, points[0]?.[1]])).toEqual([
      ["chimera_call_ms", { to: "s01" }, 15],
      ["chimera_call_ms", { to: "s10" }, 5],
    ]);
  });
  test("what makes no sense together is refused", async () => {
    for (const query of [
      { quantile: 0.5 },
      { rate: "true", show: "max" },
      { metric: "x", rate: "true", quantile: 0.5 },
    ]) {
      await expect(ask(query)).rejects.toMatchObject({ code: "INVALID" });
    }
  });
});

test("names tell every metric of the last scrape with its labels' values, a histogram once", async () => {
  await scraped(START, {
    'chimera_a_total{service="s04",to="s01"}': 1,
    'chimera_a_total{service="s04",to="s10"}': 1,
    'chimera_h_bucket{le="1",service="s04"}': 1,
    'chimera_h_bucket{le="+Inf",service="s04"}': 2,
    'chimera_h_count{service="s04"}': 2,
    'chimera_g{service="s04"}': 3,
  });
  const names = namesVerb({ store, names: NAMES, services: SERVICES });
  const { items } = (await names.run({} as never, call)) as { items: { metric: string; kind: string }[] };
  expect(items).toEqual([
    { metric: "chimera_a_total", kind: "counter", series: 2, labels: { service: ["s04"], to: ["s01", "s10"] } },
    { metric: "chimera_g", kind: "gauge", series: 1, labels: { service: ["s04"] } },
    { metric: "chimera_h", kind: "histogram", series: 1, labels: { service: ["s04"] } },
    { metric: "chimera_h_count", kind: "counter", series: 1, labels: { service: ["s04"] } },
  ] as never);
  expect(((await names.run({ metric: "_a_" } as never, call)) as { items: unknown[] }).items).toHaveLength(1);
});

test("more points than one answer may have are refused before they fill the memory", async () => {
  const values = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`chimera_x{n="${n}"}`, n]));
  for (let n = 0; n < 150; n++) {
    const ts = START + n * 10_000;
    await store.commit([put(metricsTimeseries, { id: `s01-${ts}`, service: "s01", ts, values })]);
  }
  clock = new VirtualClock(START + 1_500_000);
  await expect(ask({})).rejects.toThrow("metric: more than 250000 points");
  expect(await ask({ metric: "chimera_x", labels: "n=7" })).toHaveLength(1);
});
