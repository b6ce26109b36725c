import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { featureHistory, featureJobs, type KeptFeatures } from "../../shared/collections/features.ts";
import { refuse } from "../../shared/errors.ts";
import { BEGIN_TS as T } from "../../shared/testing/market-events.ts";
import { REGISTRY } from "./kept-features.ts";
import { minutesOf, pastOf, storeOfS02 } from "./past.fixture.ts";
import type { GetHistory } from "./past-bars.ts";
import { RecomputeJobs } from "./recompute-jobs.ts";
import { barsOf, partAt, partsOf } from "./recompute-parts.ts";
import { RecomputeRequest } from "./types.ts";

const FUT = "FUT:BTCUSDT";
const SPOT = "SPOT:BTCUSDT";
const MINUTE_MS = 60_000;
const FACTORS = ["mid", "ema_8_1m", "vwap_20_1m", "corr_10_1m@SPOT:BTCUSDT", "rsi_14_5m", "trend_agree_3_6_5m"];
const minutes = { [FUT]: minutesOf(21, 3_000), [SPOT]: minutesOf(22, 3_000) };
const NOW = T + 3_000 * MINUTE_MS + 30_000;

async function world(change: { getHistory?: GetHistory; store?: ReturnType<typeof storeOfS02> } = {}) {
  const clock = new VirtualClock(NOW);
  const store = change.store ?? storeOfS02();
  const past = pastOf(minutes);
  const make = () =>
    new RecomputeJobs({
      ...{ store, clock, getHistory: change.getHistory ?? past.getHistory },
      audit: () => ({ op: "link", child: "feature_jobs/a", parent: "feature_jobs/b" }),
      active: () => ({ rev: 3, factors: FACTORS, instruments: [FUT, SPOT] }),
    });
  const jobs = make();
  const ask = async (request: object) => {
    const whole = { symbols: [FUT], windows: ["1m"], from_ts: T + 2_000 * MINUTE_MS, to_ts: T + 2_700 * MINUTE_MS };
    await clock.run(clock.now() + 1);
    return jobs.accept(RecomputeRequest.parse({ ...whole, ...request }), "rita");
  };
  const work = async (worker = jobs) => {
    while (await worker.step());
  };
  const rows = async (): Promise<KeptFeatures[]> => {
    const { items } = await store.query(featureHistory, { sort: { field: "ts", order: "asc" }, limit: 1_000 });
    return items.map(({ value }) => value);
  };
  const job = async (id: string) => (await store.get(featureJobs, id))!.value;
  return { clock, store, past, jobs, make, ask, work, rows, job };
}

describe("a recomputation", () => {
  test("writes the factors of every bar that ends in the range, and says how far it has come", async () => {
    const { ask, work, rows, job, jobs } = await world();
    const { job_id, total, parts } = await ask({});
    expect([total, parts]).toEqual([701, 3]);
    expect(await jobs.step()).toBe(true);
    expect(await job(job_id)).toMatchObject({ state: "RUNNING", parts_done: 1, done: 81, written: 81 });
    await work();
    expect(await job(job_id)).toMatchObject({ state: "DONE", done: 701, written: 701, skipped: 0, without_bars: 0 });
    const all = await rows();
    expect(all.map(({ ts }) => ts)).toEqual(Array.from({ length: 701 }, (_, at) => T + (2_000 + at) * MINUTE_MS));
    expect(Object.keys(all[0]!.values)).toEqual(["ema_8_1m", "vwap_20_1m", "corr_10_1m@SPOT:BTCUSDT"]);
    expect(all.every(({ values }) => Object.values(values).every((value) => value !== null))).toBe(true);
    expect(all[5]).toMatchObject({ origin: "RECOMPUTED", registry: REGISTRY, config_rev: 3, window: "1m" });
  });

  test("gives the same bits whatever the range it was asked for in", async () => {
    const [one, other] = [await world(), await world()];
    await one.ask({});
    await one.work();
    await other.ask({ from_ts: T + 2_600 * MINUTE_MS });
    await other.work();
    const valuesOf = (rows: KeptFeatures[]) => rows.map(({ ts, values }) => ({ ts, values }));
    expect(valuesOf(await other.rows())).toEqual(valuesOf(await one.rows()).slice(600));
  });

  test("looks only at what is missing, and asks no history where nothing is; with force at all", async () => {
    const { ask, work, job, past, store, rows } = await world();
    await ask({});
    await work();
    const [gone, old, live] = [(await rows())[3]!, (await rows())[4]!, (await rows())[5]!];
    await store.commit([
      { op: "delete", collection: featureHistory as never, key: `${FUT}/1m/${gone.ts}` },
      { op: "put", collection: featureHistory as never, value: { ...old, registry: "older" } },
      {
        ...{ op: "put", collection: featureHistory as never },
        value: { ...live, origin: "LIVE", values: { ...live.values, mid: 7, ema_8_1m: null } },
      },
    ]);
    const again = await ask({});
    past.asked.length = 0;
    await work();
    expect(await job(again.job_id)).toMatchObject({ state: "DONE", done: 701, written: 3, skipped: 698 });
    // The other parts were whole: history was asked for the first alone, of both instruments.
    expect(new Set(past.asked.map(({ instrument }) => instrument))).toEqual(new Set([FUT, SPOT]));
    expect(past.asked.every(({ to_ts }) => Number(to_ts) <= T + 2_081 * MINUTE_MS)).toBe(true);
    expect((await rows())[5]!.values).toEqual({ ...live.values, mid: 7 });
    const forced = await ask({ force: true });
    await work();
    expect(await job(forced.job_id)).toMatchObject({ written: 701, skipped: 0 });
  });
});

describe("a recomputation under way", () => {
  test("goes on after a restart where it was", async () => {
    const { ask, work, job, jobs, make } = await world();
    const { job_id } = await ask({ windows: ["1m", "5m"], symbols: [FUT, SPOT] });
    await jobs.step();
    await work(make());
    const done = await job(job_id);
    expect(done).toMatchObject({
      state: "DONE",
      parts: done.parts_done,
      total: 2 * (701 + 141),
      done: 2 * (701 + 141),
    });
    expect(done.written + done.without_bars).toBe(done.total);
    expect(done.written).toBe(done.total);
  });

  test("ends when it is cancelled, keeps what it wrote, and cannot be cancelled when it is over", async () => {
    const { ask, work, job, jobs, rows } = await world();
    const { job_id } = await ask({});
    await jobs.step();
    expect(await jobs.queue.cancel(job_id, "rita")).toMatchObject({ state: "CANCELED", ended_at: NOW + 1 });
    await work();
    expect(await job(job_id)).toMatchObject({ state: "CANCELED", parts_done: 1 });
    expect(await rows()).toHaveLength(81);
    const other = await ask({ from_ts: T + 2_690 * MINUTE_MS });
    await work();
    expect(jobs.queue.cancel(other.job_id, "rita")).rejects.toThrow("is done already");
    expect(jobs.queue.cancel("features-1", "rita")).rejects.toThrow("no recomputation");
  });

  test("waits while S1 cannot answer, and tells what S1 refuses", async () => {
    const past = pastOf(minutes);
    let word: "UNAVAILABLE" | "RATE_LIMITED" | "INVALID" | undefined = "UNAVAILABLE";
    const getHistory: GetHistory = async (request, options) =>
      word === undefined ? past.getHistory(request, options) : refuse(word, "not now");
    const { ask, job, jobs, clock } = await world({ getHistory });
    const { job_id } = await ask({ from_ts: T + 2_690 * MINUTE_MS });
    expect(await jobs.step()).toBe(false);
    expect(await job(job_id)).toMatchObject({ state: "QUEUED", waiting_for: "not now", parts_done: 0 });
    word = undefined;
    expect(await jobs.step()).toBe(false);
    await clock.run(clock.now() + 15_000);
    expect(await jobs.step()).toBe(true);
    const done = await job(job_id);
    expect(done).toMatchObject({ state: "DONE", written: 11 });
    expect(done.waiting_for).toBeUndefined();
    word = "INVALID";
    const other = await ask({ windows: ["5m"], from_ts: T + 2_690 * MINUTE_MS });
    await jobs.step();
    const errors = [{ instrument: FUT, window: "5m", code: "INVALID", detail: "not now" }];
    expect(await job(other.job_id)).toMatchObject({ state: "DONE", written: 0, without_bars: 3, errors });
  });

  test("counts bars of which there is no history", async () => {
    const { ask, work, job } = await world();
    const { job_id } = await ask({ from_ts: T - 9 * MINUTE_MS, to_ts: T + 30 * MINUTE_MS });
    await work();
    expect(await job(job_id)).toMatchObject({ total: 40, written: 30, without_bars: 10 });
  });
});

describe("a request to recompute", () => {
  test.each([
    ["an instrument that is not enabled", { symbols: ["FUT:ETHUSDT"] }, "FUT:ETHUSDT"],
    ["a window of which there is no factor", { windows: ["4h"] }, "4h"],
    ["a range in which no bar ends", { from_ts: T + 1, to_ts: T + 59_999 }, "No bar"],
    ["too much at once", { from_ts: 0 }, "too many"],
  ])("is refused with %s", async (_, request, word) => {
    const { ask } = await world();
    expect(ask(request)).rejects.toThrow(word);
  });

  test.each([
    [{ symbols: [] }],
    [{ windows: ["1s"] }],
    [{ windows: [] }],
    [{ from_ts: 5, to_ts: 4 }],
    [{ from_ts: -1 }],
    [{ force: "yes" }],
    [{ other: 1 }],
  ])("is not even read as %p", (change) => {
    expect(RecomputeRequest.safeParse({ symbols: [FUT], windows: ["1m"], ...change }).success).toBe(false);
  });
});

test("parts begin at the same bars whoever asks, and together are what was asked", () => {
  const asked = { symbols: [FUT, SPOT], windows: ["1m", "1h"] as const, from_ts: T + 7, to_ts: T + 3 * 86_400_000 };
  const mutable = { ...asked, windows: [...asked.windows] };
  const parts = Array.from({ length: partsOf(mutable) }, (_, at) => partAt(mutable, at));
  expect(parts.reduce((bars, part) => bars + part.bars, 0)).toBe(barsOf(mutable));
  expect(barsOf(mutable)).toBe(2 * (3 * 1_440 + 3 * 24));
  for (const [at, part] of parts.entries()) {
    const ms = part.window === "1m" ? MINUTE_MS : 3_600_000;
    expect(part.cellTs % (500 * ms)).toBe(0);
    expect(part.fromTs >= part.cellTs && part.toTs <= part.cellTs + 500 * ms).toBe(true);
    const before = parts[at - 1];
    if (before?.instrument === part.instrument && before.window === part.window) expect(part.fromTs).toBe(before.toTs);
  }
});
