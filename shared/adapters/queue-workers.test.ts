/** Workers elsewhere, on a virtual clock: what they answer, and what becomes of runs whose worker or owner goes. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { workAnswer, workOf } from "../keys.ts";
import { instead } from "../kit/instead.ts";
import type { Blobs } from "../kit/ports.ts";
import type { Crew } from "../kit/workers.ts";
import { adding, type TrialSum, type TrialWork } from "../testing/workers-tasks.ts";
import { type Coordination, embeddedCoordination } from "./coordination.ts";
import { hereWorkers } from "./here-workers.ts";
import { MemoryBlobs } from "./memory-blobs.ts";
import { onnxInference } from "./onnx.ts";
import { programRunner } from "./programs.ts";
import { answersQueue, LEASE_MS, packed, unpackedShared, WORK_QUEUE, type WorkItem } from "./queue/work.ts";
import { type AnyTask, QueueWorker } from "./queue-worker.ts";
import { queueWorkers } from "./queue-workers.ts";
import { seededRandom } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

let clock: VirtualClock;
let blobs: MemoryBlobs;
let coordination: Coordination;
let taskMs: number;
const errors: unknown[] = [];

beforeEach(() => {
  clock = new VirtualClock(0);
  blobs = new MemoryBlobs(clock);
  coordination = embeddedCoordination({ clock, path: ":memory:" });
  taskMs = 100;
  errors.length = 0;
});
afterEach(async () => {
  await coordination.close();
});

async function finish<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const end = () => {
    isDone = true;
  };
  work.then(end, end);
  await clock.run(() => isDone);
  return work;
}

function open(size = 2, base = 100): Crew<TrialWork, TrialSum> {
  const { schedule } = coordination;
  const workers = queueWorkers({ schedule, blobs, clock, random: seededRandom(size), cores: 4 });
  return workers.open(adding, { base, memory: new Int32Array(new SharedArrayBuffer(4)) }, size);
}
function worker(tasks: readonly AnyTask[] = [adding as AnyTask]): QueueWorker {
  const { schedule } = coordination;
  const ports = { clock, inference: onnxInference(clock), programs: programRunner() };
  const workers = hereWorkers({ ...ports, cores: 2, taskMs: () => taskMs });
  return new QueueWorker({ schedule, blobs, clock, workers, tasks, size: 2, onError: (error) => errors.push(error) });
}
const add = (value: number): TrialWork => ({ what: "add", value });
const waiting = () => coordination.schedule.claim(WORK_QUEUE, Number.MAX_SAFE_INTEGER, { limit: 100, leaseMs: 1 });
const left = async () => (await blobs.list("work/", { limit: 100 })).items.map(({ key }) => key);

test("runs are shared out among workers, each is answered, and nothing is left of them", async () => {
  const crew = open(4);
  const ends = [worker().run(5_000), worker().run(5_000)];
  const sums = await finish(Promise.all([1, 2, 3, 4, 5, 6, 7].map((value) => crew.run(add(value)))));
  expect(sums.map(({ sum }) => sum)).toEqual([101, 102, 103, 104, 105, 106, 107]);
  expect(Math.max(...sums.map(({ runs }) => runs))).toBeLessThan(7);
  await finish(Promise.all(ends));
  await finish(crew.close());
  expect([await waiting(), await left(), errors]).toEqual([[], [], []]);
});

test("a failure keeps its code, its words and its fields", async () => {
  const crew = open();
  const end = worker().run(2_000);
  await expect(finish(crew.run({ what: "refuse", value: 1 }))).rejects.toMatchObject({
    ...{ code: "INVALID", message: "It is wrong.", errors: [{ field: "value", message: "is odd" }] },
  });
  await expect(finish(crew.run({ what: "throw", value: 1 }))).rejects.toMatchObject({ code: "INTERNAL" });
  await finish(end);
  const unready = open(1, -1);
  const again = worker().run(2_000);
  await expect(finish(unready.run(add(1)))).rejects.toMatchObject({ code: "RULE" });
  await finish(again);
});

test("a worker ends when nothing is there, and runs wait for the next one", async () => {
  const crew = open();
  await finish(worker().run(1_000));
  const run = crew.run(add(1));
  await clock.run(clock.now() + 60_000);
  const end = worker().run(1_000);
  expect(await finish(run)).toMatchObject({ sum: 101 });
  await finish(end);
});

test("while blobs or the queue are away runs wait for them; what cannot travel fails at once", async () => {
  const { schedule } = coordination;
  let isAway = true;
  const unlessAway = <T>(work: () => Promise<T>) => (isAway ? Promise.reject(new Error("away")) : work());
  const workers = queueWorkers({
    ...{ clock, random: seededRandom(7), cores: 4 },
    schedule: instead(schedule, { put: (...args) => unlessAway(() => schedule.put(...args)) }),
    blobs: instead<Blobs>(blobs, {
      put: (...args) => unlessAway(() => blobs.put(...args)),
      list: (...args) => unlessAway(() => blobs.list(...args)),
    }),
  });
  const crew = workers.open(adding, { base: 100, memory: new Int32Array(new SharedArrayBuffer(4)) }, 2);
  const run = crew.run(add(1));
  await clock.run(clock.now() + 30_000);
  isAway = false;
  const end = worker().run(20_000);
  expect(await finish(run)).toMatchObject({ sum: 101 });
  await finish(end);
  const strange = { what: "add", value: (() => 1) as never } as const;
  await expect(finish(crew.run(strange))).rejects.toThrow();
  await finish(crew.close());
});

describe("a worker that goes", () => {
  test("in order gives its runs back at once", async () => {
    taskMs = 30_000;
    const crew = open();
    const run = crew.run(add(1));
    const first = worker();
    const end = first.run(10_000);
    await clock.run(clock.now() + 5_000);
    first.stop();
    await finish(end);
    taskMs = 100;
    const since = clock.now();
    const other = worker().run(1_000);
    expect(await finish(run)).toMatchObject({ sum: 101 });
    expect(clock.now() - since).toBeLessThan(5_000);
    await finish(other);
  });

  test("without a word loses them when it has been silent for so long; one over which three die fails", async () => {
    const crew = open();
    const run = crew.run(add(1));
    const since = clock.now();
    const deaths = [1, 2, 3].map(async (death) => {
      await clock.sleep(death === 1 ? 500 : (death - 1) * (LEASE_MS + 1_000));
      const [item] = await coordination.schedule.claim(WORK_QUEUE, clock.now(), { limit: 1, leaseMs: LEASE_MS });
      const { id, payload } = item as { id: string; payload: { tries: number } };
      const tried = { ...payload, tries: payload.tries + 1 };
      await coordination.schedule.put(WORK_QUEUE, id, clock.now() + LEASE_MS, tried);
    });
    await finish(Promise.all(deaths));
    const end = worker().run(2 * LEASE_MS);
    await expect(finish(run)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(clock.now() - since).toBeGreaterThan(2 * LEASE_MS);
    await finish(end);
  });

  test("lives on through a long run: nobody else is given it", async () => {
    taskMs = 4 * LEASE_MS;
    const crew = open();
    const ends = [worker().run(LEASE_MS / 2)];
    const run = crew.run(add(1));
    await clock.run(clock.now() + 2 * LEASE_MS);
    expect(await coordination.schedule.claim(WORK_QUEUE, clock.now(), { limit: 1, leaseMs: 1 })).toEqual([]);
    expect(await finish(run)).toMatchObject({ sum: 101, runs: 1 });
    await finish(Promise.all(ends));
  });
});

describe("who is no longer waited for", () => {
  test("stopped, hears the reason at once; its worker leaves off and goes on with others", async () => {
    taskMs = 10 * LEASE_MS;
    const crew = open();
    const stop = new AbortController();
    const run = crew.run(add(1), { signal: stop.signal });
    run.catch(() => {});
    const end = worker().run(LEASE_MS);
    await clock.run(clock.now() + 5_000);
    stop.abort(new Error("that will do"));
    await expect(finish(run)).rejects.toThrow("that will do");
    taskMs = 100;
    expect(await finish(crew.run(add(2)))).toMatchObject({ sum: 102 });
    const since = clock.now();
    await finish(end);
    expect(clock.now() - since).toBeLessThan(3 * LEASE_MS);
    await expect(crew.run(add(3), { signal: stop.signal })).rejects.toThrow("that will do");
  });

  test("closed, it takes nothing more, who waits hears of it, and workers drop what is left", async () => {
    const crew = open(1);
    const runs = Promise.allSettled([crew.run(add(1)), crew.run(add(2))]);
    await clock.run(clock.now() + 100);
    await finish(crew.close());
    for (const each of await runs) expect(each).toMatchObject({ reason: { code: "UNAVAILABLE" } });
    await expect(crew.run(add(3))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect([await waiting(), await left()]).toEqual([[], []]);
  });

  test("what an owner that died has left goes when another begins, and its runs are dropped", async () => {
    open()
      .run(add(1))
      .catch(() => {});
    await clock.run(clock.now() + 100);
    const [ground] = await left();
    const next = open(1);
    const run = next.run(add(2));
    const end = worker().run(1_000);
    expect(await finish(run)).toMatchObject({ sum: 102 });
    await finish(end);
    expect(await left()).not.toContain(ground);
    await finish(next.close());
    expect([await waiting(), await left()]).toEqual([[], []]);
  });
});

test("work that a worker does not know, or that is none, is left alone", async () => {
  const crew = open();
  const run = crew.run(add(1));
  await coordination.schedule.put(WORK_QUEUE, "strange", 0, { task: "../../etc", crew: workOf("x") });
  await finish(worker([]).run(1_000));
  expect(await left()).toHaveLength(1);
  await clock.run(clock.now() + LEASE_MS);
  const end = worker().run(1_000);
  expect(await finish(run)).toMatchObject({ sum: 101 });
  await finish(end);
});

test("work that a worker does not know does not keep it from ending", async () => {
  await coordination.schedule.put(WORK_QUEUE, "other", 0, { task: "other" });
  const begunAt = clock.now();
  await finish(worker().run(2 * LEASE_MS));
  expect(clock.now() - begunAt).toBeLessThan(2 * LEASE_MS + 1_000);
});

describe("what cannot be read, as of another version,", () => {
  const JUNK = Buffer.from("no value of V8's");

  test("fails its run where it is what was asked", async () => {
    const crew = open(1);
    const run = crew.run(add(1));
    run.catch(() => {});
    const [item] = await asked();
    await coordination.schedule.put(WORK_QUEUE, item.id, 0, { ...item.payload, input: JUNK.toString("base64") });
    const end = worker().run(1_000);
    await expect(within(10_000, run)).rejects.toMatchObject({ code: "INTERNAL" });
    await finish(end);
    await finish(crew.close());
    await clock.run(clock.now() + 2 * LEASE_MS);
    expect([await waiting(), await left()]).toEqual([[], []]);
  });

  test("fails its run where it is what was answered", async () => {
    const crew = open(1);
    const run = crew.run(add(1));
    run.catch(() => {});
    const [item] = await asked();
    const { crew: id, run: number } = item.payload;
    await coordination.schedule.done(WORK_QUEUE, item.id);
    await blobs.put(workAnswer(id, number), JUNK);
    await coordination.schedule.put(answersQueue(id), String(number), 0, null);
    await expect(within(10_000, run)).rejects.toMatchObject({ code: "INTERNAL" });
    await finish(crew.close());
  });

  const asked = async () => {
    await clock.run(clock.now() + 1_000);
    return (await waiting()) as [{ id: string; payload: WorkItem }];
  };
  const within = (ms: number, work: Promise<unknown>) =>
    finish(Promise.race([work, clock.sleep(ms).then(() => "nothing, in all that time")]));
});

test("arrays of numbers travel whole, and are memory that threads share", () => {
  const memory = new Float64Array(new SharedArrayBuffer(24));
  memory.set([1.5, Number.NaN, -0]);
  const ground = {
    tape: { at: memory, who: new Uint8Array([1, 2, 3]).subarray(1) },
    models: [{ id: "a" }],
    none: undefined,
  };
  const back = unpackedShared(packed(ground)) as typeof ground;
  expect({ ...back, tape: [...back.tape.at] }).toEqual({ ...ground, tape: [1.5, Number.NaN, -0] } as never);
  expect(back.tape.at.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([...back.tape.who]).toEqual([2, 3]);
});
