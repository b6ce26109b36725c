import { beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { metricDays, metricHours, metricMinutes, metricsTimeseries } from "../../shared/collections/operations.ts";
import type { Net, Store } from "../../shared/kit/ports.ts";
import { readAll } from "../../shared/read-all.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import type { Figures } from "./fold.ts";
import { createRoller } from "./roller.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const START = Date.UTC(2026, 0, 1);
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const SERVICES = ["s01", "s04"];
let clock: VirtualClock;
let store: Store;

beforeEach(() => {
  clock = new VirtualClock(START);
  store = simulatedWorld({ clock, net: {} as Net, seed: 1 }).store("s11");
});

/** One row a service, every 20 s from then on, whose counter counts them. */
async function scrapes(from: number, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => from + n * 20_000).flatMap((ts) =>
    SERVICES.map((service) => ({ id: `${service}-${ts}`, service, ts, values: { "n{}": (ts - START) / 20_000 } })),
  );
  for (let at = 0; at < rows.length; at += 500) {
    await store.commit(rows.slice(at, at + 500).map((row) => put(metricsTimeseries, row)));
  }
}
async function rolled(
  now: number,
  roller = createRoller({ store, clock, peers: { services: SERVICES.map((id) => ({ id })) } }),
) {
  await clock.run(now);
  let isDone = false;
  const work = roller.load().then(roller.roll);
  void work.then(
    () => (isDone = true),
    () => (isDone = true),
  );
  await clock.run(() => isDone);
  await work;
  return roller;
}
const rows = (kept: typeof metricMinutes) => readAll(store, kept, ["ts", {}]);
const begins = async (kept: typeof metricMinutes) => (await rows(kept)).map(({ ts }) => ts - START);

describe("rolling up", () => {
  test("a minute is made of its scrapes once it is over, and the next goes on from there", async () => {
    await scrapes(START, 5);
    const roller = await rolled(START + MINUTE + 15_000);
    expect(await rows(metricMinutes)).toEqual(
      SERVICES.map((service) => ({
        id: `${service}-${START}`,
        service,
        ts: START,
        values: { "n{}": [2, 0, 2, 3, 3] },
      })),
    );
    await scrapes(START + MINUTE, 3);
    await rolled(START + 2 * MINUTE + 15_000, roller);
    expect(await begins(metricMinutes)).toEqual([0, 0, MINUTE, MINUTE]);
  });

  test("a scrape that waited for somebody who does not answer is part of its minute all the same", async () => {
    await scrapes(START, 2);
    const roller = await rolled(START + MINUTE + 10_000);
    expect(await rows(metricMinutes)).toEqual([]);
    await scrapes(START + 2 * 20_000, 1);
    await rolled(START + MINUTE + 15_000, roller);
    expect((await rows(metricMinutes)).map(({ values }) => values["n{}"]?.[4])).toEqual([3, 3]);
  });

  test("minutes make hours, hours make days: the same as all scrapes together", async () => {
    await scrapes(START, (2 * DAY) / 20_000 + 200);
    await rolled(START + 2 * DAY + HOUR + MINUTE);
    const perDay = DAY / 20_000;
    const figures = (first: number, count: number) => {
      const last = first + count - 1;
      return [last, first, last, ((first + last) * count) / 2, count] as Figures;
    };
    const days = await readAll(store, metricDays, ["ts", { service: "s04" }]);
    expect(days.map(({ values }) => values["n{}"])).toEqual([figures(0, perDay), figures(perDay, perDay)]);
    const hours = await readAll(store, metricHours, ["ts", { service: "s04" }]);
    expect(hours).toHaveLength(49);
    expect(hours[1]?.values["n{}"]).toEqual(figures(180, 180));
  }, 300_000);

  test("a restart goes on where it was left, and steps over times without scrapes", async () => {
    await scrapes(START, 3);
    await rolled(START + MINUTE + 15_000);
    await scrapes(START + 5 * HOUR, 3);
    await rolled(START + 6 * HOUR + 15_000);
    expect(await begins(metricMinutes)).toEqual([0, 0, 5 * HOUR, 5 * HOUR]);
    expect(await begins(metricHours)).toEqual([0, 0, 5 * HOUR, 5 * HOUR]);
  });

  test("what a crash left half done is done again, and is the same", async () => {
    await scrapes(START, 3);
    const full = store.commit.bind(store);
    let left = 1;
    store.commit = async (...args) => {
      if (left-- <= 0) throw new Error("killed");
      return full(...args);
    };
    await expect(rolled(START + MINUTE + 15_000)).rejects.toThrow("killed");
    store.commit = full;
    await rolled(START + MINUTE + 15_000);
    expect(await rows(metricMinutes)).toHaveLength(2);
  });
});
