import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Act, LEASE_MS, Replicas } from "./replica.fixture.ts";

let all: Replicas;
afterEach(() => all.end());

async function with2(count: number): Promise<void> {
  all = new Replicas(count);
  await all.settled((await all.boot("one")).started);
  await all.settled((await all.boot("two")).started);
  await all.pass(4 * LEASE_MS);
}
const heldBy = (...places: string[]) => places.map((place) => all.held(place));
/** Fences of one shard at one resource never go back. */
function inOrder(acts: readonly Act[]): boolean {
  const newest = new Map<string, number>();
  return acts.every(({ resource, shard, fence }) => {
    const slot = `${resource} ${shard}`;
    const isInOrder = fence >= (newest.get(slot) ?? 0);
    newest.set(slot, fence);
    return isInOrder;
  });
}
const actsSince = async (ms: number): Promise<Act[]> => {
  const from = all.acts.length;
  await all.pass(ms);
  return all.acts.slice(from);
};

describe("replicas of a service", () => {
  test("share its shards evenly, also when a third comes, and each shard is held once", async () => {
    await with2(4);
    expect(heldBy("one", "two").map((held) => held.length)).toEqual([2, 2]);
    await all.settled((await all.boot("three")).started);
    await all.pass(6 * LEASE_MS);
    const held = heldBy("one", "two", "three");
    expect(held.map((shards) => shards.length).toSorted()).toEqual([1, 1, 2]);
    expect(held.flat().toSorted()).toEqual([0, 1, 2, 3]);
    expect(inOrder(all.acts)).toBe(true);
  });

  test("asked to stop, one gives its shards to the other within a second", async () => {
    await with2(4);
    await all.settled(all.booted.get("one")?.replica.stop() as Promise<void>);
    await all.pass(1_000);
    expect(heldBy("one", "two")).toEqual([[], [0, 1, 2, 3]]);
    expect(new Set((await actsSince(500)).map((act) => act.shard)).size).toBe(4);
    expect(inOrder(all.acts)).toBe(true);
  });

  test("a crash is noticed when the lease has run out; one that comes back at its place has it at once", async () => {
    await with2(1);
    expect(heldBy("one", "two")).toEqual([[0], []]);
    all.booted.get("one")?.crash();
    await all.pass(LEASE_MS / 2);
    expect(all.held("two")).toEqual([]);
    await all.settled((await all.boot("one")).started);
    expect(all.held("one")).toEqual([0]);
    all.booted.get("one")?.crash();
    await all.pass(2 * LEASE_MS);
    expect(all.held("two")).toEqual([0]);
    expect(inOrder(all.acts)).toBe(true);
  });

  test("one that was stopped past its lease acts no more on what it lost, and has a fair share again", async () => {
    await with2(4);
    const before = all.held("one");
    const sleeper = all.booted.get("one");
    sleeper?.clock.stop();
    await all.pass(3 * LEASE_MS);
    expect(all.held("two")).toEqual([0, 1, 2, 3]);
    sleeper?.clock.go();
    await all.pass(50);
    expect(all.held("one")).toEqual([]);
    await all.pass(6 * LEASE_MS);
    expect(heldBy("one", "two").map((held) => held.length)).toEqual([2, 2]);
    expect(before.length).toBe(2);
    expect(inOrder(all.acts)).toBe(true);
  });

  test("while nobody can be asked for leases, holders go on; nobody else begins, and afterwards nothing has changed", async () => {
    await with2(4);
    const held = heldBy("one", "two");
    const fences = new Set((await actsSince(500)).map((act) => `${act.shard} ${act.fence}`));
    all.isAway = true;
    await all.pass(10 * LEASE_MS);
    expect(all.booted.get("one")?.replica.keeper.trouble()).toContain("no lease could be renewed");
    const acts = await actsSince(500);
    expect(new Set(acts.map((act) => `${act.shard} ${act.fence}`))).toEqual(fences);
    expect(acts.some((act) => act.resource === "callee")).toBe(true);
    all.isAway = false;
    await all.pass(LEASE_MS);
    expect(heldBy("one", "two")).toEqual(held);
    expect(new Set((await actsSince(500)).map((act) => `${act.shard} ${act.fence}`))).toEqual(fences);
    expect(all.booted.get("one")?.replica.keeper.trouble()).toBeUndefined();
  });
});

describe("a shard", () => {
  test("whose lease was forgotten is taken anew, by one holder", async () => {
    await with2(4);
    all.forgetLeases();
    await all.pass(4 * LEASE_MS);
    expect(heldBy("one", "two").flat().toSorted()).toEqual([0, 1, 2, 3]);
    expect(new Set((await actsSince(500)).map((act) => act.shard)).size).toBe(4);
    expect(inOrder(all.acts)).toBe(true);
  });

  test("that is given up while it still starts has not failed", async () => {
    all = new Replicas(4);
    all.startMs = 4 * LEASE_MS;
    const one = await all.boot("one");
    await all.pass(LEASE_MS / 2);
    expect(all.held("one")).toEqual([0, 1, 2, 3]);
    await all.boot("two");
    await all.pass(3 * LEASE_MS);
    expect(heldBy("one", "two").map((held) => held.length)).toEqual([2, 2]);
    expect(one.replica.keeper.trouble()).toBeUndefined();
  });

  test("that does not start is told in health, given back and tried again", async () => {
    all = new Replicas(2);
    all.broken = { shard: 1, why: "no space left" };
    const { replica, started } = await all.boot("one");
    await all.settled(started);
    expect(replica.keeper.trouble()).toContain("shard 1 does not start: no space left");
    const health = await all.settled(replica.health());
    expect(health).toMatchObject({ status: "DEGRADED", shards: [0], shard_count: 2 });
    expect(health.checks.find((check) => check.name === "shards")?.error).toBe("nobody holds shard 1");
    all.broken = undefined;
    await all.pass(30_000);
    expect(replica.keeper.held).toEqual([0, 1]);
    expect(replica.keeper.trouble()).toBeUndefined();
  });
});

test("a shard that one replica cannot start is the other's, also beyond its share, and stays there", async () => {
  await with2(4);
  const [shard] = all.held("one") as [number];
  all.broken = { shard, why: "no such file", place: "one" };
  all.booted.get("one")?.crash();
  await all.boot("one");
  await all.pass(8 * LEASE_MS);
  expect(all.held("two")).toContain(shard);
  expect(heldBy("one", "two").map((held) => held.length)).toEqual([2, 2]);
  const fences = new Set((await actsSince(20 * LEASE_MS)).filter((act) => act.shard === shard).map((act) => act.fence));
  expect(fences.size).toBe(1);
  expect(inOrder(all.acts)).toBe(true);
});

const place = fc.constantFrom("one", "two", "three");
const ms = fc.integer({ min: 0, max: 3 * LEASE_MS });
const event = fc.oneof(
  fc.record({ kind: fc.constant("stop" as const), place, ms }),
  fc.record({ kind: fc.constant("crash" as const), place, ms }),
  fc.record({ kind: fc.constant("away" as const), ms }),
  fc.record({ kind: fc.constant("forget" as const), ms }),
  fc.record({ kind: fc.constant("callee" as const), ms }),
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

/** Does it, lets the time pass, and undoes what can be undone. */
async function suffer(happening: Event): Promise<void> {
  const { kind } = happening;
  if (kind === "stop") all.booted.get(happening.place)?.clock.stop();
  if (kind === "crash") all.booted.get(happening.place)?.crash();
  if (kind === "away") all.isAway = true;
  if (kind === "forget") all.forgetLeases();
  if (kind === "callee") all.restartCallee();
  await all.pass(happening.ms);
  if (kind === "stop") all.booted.get(happening.place)?.clock.go();
  if (kind === "crash") await all.boot(happening.place);
  all.isAway = false;
}

test("through any stops, crashes and losses nobody acts by an older lease once a newer one was used, and all recovers", async () => {
  const property = fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 8 }), async (events) => {
    all?.end();
    all = new Replicas(4);
    all.lateShare = 0.2;
    for (const name of ["one", "two", "three"]) await all.boot(name);
    await all.pass(LEASE_MS);
    for (const happening of events) await suffer(happening);
    expect(inOrder(all.acts)).toBe(true);
    await all.pass(10 * LEASE_MS);
    expect(heldBy("one", "two", "three").flat().toSorted()).toEqual([0, 1, 2, 3]);
    const acts = await actsSince(6 * LEASE_MS);
    expect(new Set(acts.map((act) => `${act.resource} ${act.shard}`)).size).toBe(8);
    expect(inOrder(all.acts)).toBe(true);
  });
  all = new Replicas(1);
  await fc.assert(property, { seed: 11, numRuns: 12 });
}, 300_000);
