import { afterEach, beforeEach, expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import { openStore, type SqliteStore } from "./adapters/sqlite.ts";
import { VirtualClock } from "./adapters/virtual-clock.ts";
import { emit, put } from "./changes.ts";
import { Problem } from "./errors.ts";
import { JobQueue } from "./job-queue.ts";
import type { Collection, Row } from "./kit/ports.ts";
import { told } from "./testing/store-world.ts";

const Dig = z.object({
  job_id: z.string(),
  state: z.enum(["QUEUED", "RUNNING", "DONE", "CANCELED"]),
  waiting_for: z.string().optional(),
  actor: z.string(),
  created_at: z.number(),
  ended_at: z.number().optional(),
  deep: z.number(),
});
type Dig = z.output<typeof Dig>;
const digs: Collection<Dig> = {
  ...{ name: "digs", owner: "s04", schema: Dig, key: (dig) => dig.job_id },
  ...{ indexes: [["state", "created_at"], ["created_at"]], shardKey: "_key" },
};

let clock: VirtualClock;
let store: SqliteStore;
let audited: string[];
const open = () => {
  const audit = ({ what, outcome, actor }: { what: string; outcome: string; actor: string }) => {
    audited.push(`${what} ${outcome} by ${actor}`);
    return emit(told, { id: outcome }, "FUT:BTCUSDT");
  };
  const about = { collection: digs, what: "dig", noun: "dig", prefix: "dig", openMax: 2 };
  return new JobQueue<Dig>({ store, clock, audit }, about);
};
const deeper = async ({ value: { waiting_for: _before, ...dig }, rev }: Row<Dig>): Promise<void> => {
  const deep = dig.deep + 1;
  await store.commit([put(digs, { ...dig, deep, state: deep === 2 ? "DONE" : "RUNNING" }, rev)]);
};

beforeEach(() => {
  clock = new VirtualClock(1_000);
  audited = [];
  const collections = [digs] as unknown as readonly Collection<never>[];
  store = openStore({ path: ":memory:", owner: "s04", collections, now: () => clock.now() });
});
afterEach(() => store.close());

/** One asked for now, and one a second later. */
async function two(queue: JobQueue<Dig>): Promise<[Dig, Dig]> {
  const first = await queue.add({ ...queue.opening({}, "rita"), deep: 0 });
  await clock.run(clock.now() + 1_000);
  return [first, await queue.add({ ...queue.opening({}, "rita"), deep: 0 })];
}

test("jobs are done part by part, the oldest first, and by whoever comes after a restart", async () => {
  const [first, second] = await two(open());
  expect(await open().step(deeper)).toBe(true);
  const queue = open();
  const seen: string[] = [];
  while (
    await queue.step((row) => {
      seen.push(row.value.job_id);
      return deeper(row);
    })
  );
  expect(seen).toEqual([first.job_id, second.job_id, second.job_id]);
  expect((await queue.list({ limit: 9 })).items.map(({ job_id }) => job_id)).toEqual([second.job_id, first.job_id]);
  expect((await queue.list({ limit: 9, state: "QUEUED" })).items).toEqual([]);
  expect(audited).toEqual(["dig accepted by rita", "dig accepted by rita"]);
});

test("more than may be open are refused", async () => {
  const queue = open();
  const [first] = await two(queue);
  await expect(queue.mustHaveRoom()).rejects.toThrow("2 digs wait already.");
  await queue.cancel(first.job_id, "tom");
  await queue.mustHaveRoom();
});

test("one that is cancelled in the middle of a part stays as it was, and the next has its turn", async () => {
  const queue = open();
  const [first, second] = await two(queue);
  expect(
    await queue.step(async (row) => {
      await queue.cancel(first.job_id, "tom");
      await deeper(row);
    }),
  ).toBe(true);
  expect((await queue.row(first.job_id)).value).toMatchObject({ state: "CANCELED", deep: 0, ended_at: clock.now() });
  expect(await queue.cancel(first.job_id, "tom")).toMatchObject({ state: "CANCELED" });
  while (await queue.step(deeper));
  await expect(queue.cancel(second.job_id, "tom")).rejects.toThrow("is done already");
  await expect(queue.cancel("dig-1", "tom")).rejects.toThrow("There is no dig dig-1.");
  expect(audited.at(-1)).toBe("dig canceled by tom");
});

test("what keeps a part from being done is told, once, and it is tried again later", async () => {
  const queue = open();
  const [first] = await two(queue);
  const away = () => Promise.reject(new Problem("UNAVAILABLE", "the sea is away"));
  expect(await queue.step(away)).toBe(false);
  const { value, rev } = await queue.row(first.job_id);
  expect(value).toMatchObject({ state: "QUEUED", waiting_for: "the sea is away" });
  expect(await queue.step(deeper)).toBe(false);
  await clock.run(clock.now() + 15_000);
  expect(await queue.step(away)).toBe(false);
  expect((await queue.row(first.job_id)).rev).toBe(rev);
  await clock.run(clock.now() + 15_000);
  expect(await queue.step(deeper)).toBe(true);
  expect((await queue.row(first.job_id)).value.waiting_for).toBeUndefined();
});

test("jobs that call their id and state otherwise are kept alike; one that failed cannot be cancelled", async () => {
  const Dive = z.object({
    ...{ dive_id: z.string(), status: z.enum(["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELED"]) },
    ...{
      waiting_for: z.string().optional(),
      actor: z.string(),
      created_at: z.number(),
      ended_at: z.number().optional(),
    },
  });
  type Dive = z.output<typeof Dive>;
  const dives: Collection<Dive> = {
    ...{ name: "dives", owner: "s04", schema: Dive, key: ({ dive_id }) => dive_id },
    ...{ indexes: [["status", "created_at"], ["created_at"]], shardKey: "_key" },
  };
  const own = openStore({ path: ":memory:", owner: "s04", collections: [dives] as unknown as Collection<never>[] });
  const ports = { store: own, clock, audit: () => emit(told, { id: "dive" }, "FUT:BTCUSDT") };
  const about = { collection: dives, what: "dive", noun: "dive", prefix: "dive", openMax: 1 };
  const queue = new JobQueue<Dive, "dive_id", "status">(ports, { ...about, fields: ["dive_id", "status"] });
  const { dive_id } = await queue.add(queue.opening({}, "rita"));
  await expect(queue.mustHaveRoom()).rejects.toThrow("1 dives wait already.");
  expect((await queue.list({ limit: 9, state: "QUEUED" })).items).toHaveLength(1);
  await queue.step(({ value, rev }) => own.commit([put(dives, { ...value, status: "FAILED" }, rev)]));
  expect(await queue.step(() => Promise.reject(new Error("none is open")))).toBe(false);
  await expect(queue.cancel(dive_id, "tom")).rejects.toThrow(`${dive_id} is failed already.`);
  own.close();
});
