/** What every Bus must do to deliver reliable streams: groups, order, retries, dead letters, crashes. */

import { describe, expect, test } from "bun:test";
import { Problem } from "../errors.ts";
import type { Message } from "../kit/ports.ts";
import { type BusWorld, type Note, type Now, reliable, single } from "./bus-world.ts";

export function deliveryContract(now: Now, durable: boolean): void {
  describe("groups", () => groups(now));
  describe("keys that are owned", () => owned(now));
  describe("order", () => order(now));
  describe("failing handlers", () => failing(now));
  describe("stopping and state", () => stopping(now));
  if (durable) describe("after a crash", () => crashes(now));
}

type Handle = (message: Message<Note>) => unknown;
const hear = (now: Now, group: string, handle: Handle, consumer = "a") =>
  now.world.bus.subscribe(reliable, { group, consumer, handle });
const publish = (now: Now, id: string, key = "k") => now.world.bus.publish(reliable, { id }, { key });

function groups(now: Now): void {
  test("each hears every message, its consumers share them out", async () => {
    const s04: string[] = [];
    const s06: string[] = [];
    hear(now, "s04", (message) => s04.push(message.event.id));
    hear(now, "s06", (message) => s06.push(message.event.id), "a");
    hear(now, "s06", (message) => s06.push(message.event.id), "b");
    const sent = Array.from({ length: 40 }, (_, at) => String(at));
    for (const id of sent) await publish(now, id, `key ${Number(id) % 4}`);
    await now.world.until(() => s04.length >= 40 && s06.length >= 40);
    expect(s04.toSorted()).toEqual(sent.toSorted());
    expect(s06.toSorted()).toEqual(sent.toSorted());
  });

  test("of a service the stream declares hears what came before it, any other what comes from now on", async () => {
    await publish(now, "early");
    const declared: string[] = [];
    const passing: string[] = [];
    hear(now, "s04", (message) => declared.push(message.event.id));
    hear(now, "s12-live", (message) => passing.push(message.event.id));
    await now.world.until(() => declared.length === 1);
    await publish(now, "late");
    await publish(now, "late, other key", "l");
    await now.world.until(() => declared.length === 3 && passing.length === 2);
    expect(declared.toSorted()).toEqual(["early", "late", "late, other key"]);
    expect(passing.toSorted()).toEqual(["late", "late, other key"]);
  });

  test("that was away hears what it missed, once, when it is back", async () => {
    const heard: string[] = [];
    const first = hear(now, "s04", (message) => heard.push(message.event.id));
    await publish(now, "1");
    await now.world.until(() => heard.length === 1);
    await first.stop();
    await publish(now, "2");
    await publish(now, "3");
    hear(now, "s04", (message) => heard.push(message.event.id));
    await now.world.until(() => heard.length === 3);
    expect(heard).toEqual(["1", "2", "3"]);
  });

  test("a consumer cannot change what others hear", async () => {
    const { bus, until, dead } = now.world;
    const heard: (readonly number[])[] = [];
    bus.subscribe(reliable, {
      group: "s04",
      consumer: "a",
      handle: (message) => (message.event.list as number[]).push(99),
    });
    bus.subscribe(reliable, { group: "s06", consumer: "a", handle: (message) => heard.push(message.event.list!) });
    await bus.publish(reliable, { id: "1", list: [1, 2] }, { key: "k" });
    await until(() => heard.length === 1 && dead.length === 1);
    expect(heard).toEqual([[1, 2]]);
    expect((await bus.read(reliable, { key: "k", limit: 1 }))[0]?.event.list).toEqual([1, 2]);
  });
}

function owned(now: Now): void {
  const own = (owns: (key: string) => boolean, group = "s04") => {
    const heard: string[] = [];
    const handle: Handle = ({ event }) => heard.push(event.id);
    const listening = now.world.bus.subscribe(reliable, { group, consumer: "a", owns, handle });
    return { heard, listening };
  };

  test("go to the one of a group who owns them, and wait where nobody does", async () => {
    const ks = own((key) => key === "k");
    const ls = own((key) => key === "l");
    const other = own(() => true, "s06");
    for (const key of ["k", "l", "m"]) for (const nth of [1, 2]) await publish(now, `${key}${nth}`, key);
    await now.world.until(() => ks.heard.length === 2 && ls.heard.length === 2 && other.heard.length === 6);
    expect(ks.heard).toEqual(["k1", "k2"]);
    expect(ls.heard).toEqual(["l1", "l2"]);
    const waiting = (await now.world.bus.state()).filter(({ group, lag }) => group === "s04" && lag > 0);
    expect(waiting.every(({ stream }) => stream === "test:reliable:{m}")).toBe(true);
    const ms = own((key) => key === "m");
    await now.world.until(() => ms.heard.length === 2);
    expect(ms.heard).toEqual(["m1", "m2"]);
  });

  test("are given up and taken over when their owner changes, each message heard once, in order", async () => {
    let owner = 0;
    const [first, second] = [0, 1].map((index) => own(() => index === owner)) as [
      ReturnType<typeof own>,
      ReturnType<typeof own>,
    ];
    await publish(now, "1");
    await now.world.until(() => first.heard.length === 1);
    owner = 1;
    await publish(now, "2");
    await now.world.until(() => second.heard.length === 1);
    owner = 2;
    await publish(now, "3");
    await publish(now, "4");
    owner = 0;
    await now.world.until(() => first.heard.length + second.heard.length === 4);
    expect(first.heard).toEqual(["1", "3", "4"]);
    expect(second.heard).toEqual(["2"]);
  });

  test("of one who has stopped wait for the next", async () => {
    const first = own((key) => key === "k");
    const rest = own((key) => key !== "k");
    await publish(now, "1");
    await now.world.until(() => first.heard.length === 1);
    await first.listening.stop();
    await publish(now, "2");
    await publish(now, "other", "l");
    await now.world.until(() => rest.heard.length === 1);
    const next = own((key) => key === "k");
    await now.world.until(() => next.heard.length === 1);
    expect(next.heard).toEqual(["2"]);
    expect(rest.heard).toEqual(["other"]);
  });

  test("a shard's own group is kept like its service's", async () => {
    await publish(now, "early");
    const shards = ["s04#0", "s04#1"].map((group) => own(() => true, group));
    await now.world.until(() => shards.every(({ heard }) => heard.length === 1));
    await shards[1]!.listening.stop();
    await publish(now, "late");
    await now.world.until(() => shards[0]!.heard.length === 2);
    const again = own(() => true, "s04#1");
    await now.world.until(() => again.heard.length === 1);
    expect([shards[0]!.heard, again.heard]).toEqual([["early", "late"], ["late"]]);
  });
}

function order(now: Now): void {
  test("within a key the next message waits for the one before it, other keys do not", async () => {
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    hear(now, "s04", async (message) => {
      seen.push(`${message.event.id} begins`);
      if (message.event.id === "k1") await gate.promise;
      seen.push(`${message.event.id} ends`);
    });
    await publish(now, "k1");
    await publish(now, "k2");
    await publish(now, "l1", "l");
    await now.world.until(() => seen.includes("l1 ends"));
    expect(seen).not.toContain("k2 begins");
    gate.resolve();
    await now.world.until(() => seen.includes("k2 ends"));
    expect(seen.filter((line) => line.startsWith("k"))).toEqual(["k1 begins", "k1 ends", "k2 begins", "k2 ends"]);
  });

  test("many publishers at once: each key in its order, each message once", async () => {
    const heard = new Map<string, number[]>();
    let count = 0;
    hear(now, "s04", async (message) => {
      await null;
      heard.set(message.key, [...(heard.get(message.key) ?? []), Number(message.event.id)]);
      count++;
    });
    const sent = Array.from({ length: 300 }, (_, at) => publish(now, String(at), `key ${at % 5}`));
    await Promise.all(sent);
    await now.world.until(() => count >= 300);
    for (let key = 0; key < 5; key++) {
      expect(heard.get(`key ${key}`)).toEqual(Array.from({ length: 60 }, (_, at) => at * 5 + key));
    }
  });

  test("a group far behind catches up in order while more comes", async () => {
    const sent = Array.from({ length: 1_500 }, (_, at) => String(at));
    for (const id of sent.slice(0, 1_300)) await publish(now, id);
    const heard: string[] = [];
    hear(now, "s04", (message) => heard.push(message.event.id));
    for (const id of sent.slice(1_300)) await publish(now, id);
    await now.world.until(() => heard.length >= sent.length);
    expect(heard).toEqual(sent);
  });
}

function failing(now: Now): void {
  test("are tried again after growing waits, with the attempt counted, before the next message", async () => {
    const seen: [string, number][] = [];
    const times: number[] = [];
    hear(now, "s04", async (message) => {
      seen.push([message.event.id, message.attempt]);
      times.push(now.world.now());
      if (message.event.id === "1" && message.attempt < 4) throw new Error("not yet");
    });
    await publish(now, "1");
    await publish(now, "2");
    await now.world.until(() => seen.length === 5);
    expect(seen).toEqual([
      ["1", 1],
      ["1", 2],
      ["1", 3],
      ["1", 4],
      ["2", 1],
    ]);
    const waits = times.slice(1, 4).map((time, at) => time - times[at]!);
    for (const [at, least] of [200, 600, 1_800].entries()) expect(waits[at]).toBeGreaterThanOrEqual(least);
    expect(now.world.dead).toEqual([]);
  });

  test("that are not ready keep their message until they are, however often they say so", async () => {
    const { dead, until } = now.world;
    let asked = 0;
    const heard: string[] = [];
    hear(now, "s04", (message) => {
      if (message.event.id === "1" && ++asked <= 8) throw new Problem("NOT_READY", "not yet");
      heard.push(message.event.id);
    });
    await publish(now, "1");
    await publish(now, "2");
    await until(() => heard.length === 2);
    expect(heard).toEqual(["1", "2"]);
    expect(asked).toBe(9);
    expect(dead).toEqual([]);
  });

  test("that fail to the end lose their message to the dead letters, reported, and the next one goes on", async () => {
    const { bus, dead, until } = now.world;
    const seen: string[] = [];
    hear(now, "s04", (message) => {
      if (message.event.id === "bad") throw new Error("cannot");
      seen.push(message.event.id);
    });
    const other: string[] = [];
    hear(now, "s06", (message) => other.push(message.event.id));
    const id = await publish(now, "bad");
    await publish(now, "good");
    await until(() => seen.length === 1);
    expect(dead).toEqual([{ stream: "test:reliable:{k}", group: "s04", id, reason: "cannot (4 tries)" }]);
    const letters = await bus.dead(reliable as never, 10);
    expect(letters).toEqual([
      { id, stream: "test:reliable:{k}", reason: "s04: cannot (4 tries)", body: JSON.stringify({ id: "bad" }) },
    ]);
    expect(other).toEqual(["bad", "good"]);
    const state = (await bus.state()).find((line) => line.group === "s04" && line.stream === "test:reliable:{k}");
    expect(state).toMatchObject({ lag: 0, pending: 0, dead: 1 });
  });

  test("the newest dead letters are given, newest last", async () => {
    const { bus, dead, until } = now.world;
    hear(now, "s04", () => {
      throw new Error("never");
    });
    for (const id of ["1", "2", "3"]) await publish(now, id);
    await until(() => dead.length === 3);
    const bodies = (await bus.dead(reliable as never, 2)).map((letter) => JSON.parse(letter.body).id);
    expect(bodies).toEqual(["2", "3"]);
  });
}

function stopping(now: Now): void {
  test("waits for the message being handled and takes no other", async () => {
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    const listening = hear(now, "s04", async (message) => {
      seen.push("begins");
      await gate.promise;
      seen.push(`${message.event.id} ends`);
    });
    await publish(now, "1");
    await publish(now, "2");
    await now.world.until(() => seen.length === 1);
    const stopped = listening.stop().then(() => seen.push("stopped"));
    gate.resolve();
    await stopped;
    expect(seen).toEqual(["begins", "1 ends", "stopped"]);
    await listening.stop();
    const rest: string[] = [];
    hear(now, "s04", (message) => rest.push(message.event.id));
    await now.world.until(() => rest.length === 1);
    expect(rest).toEqual(["2"]);
  });

  test("state tells lag, what is pending and how old it is", async () => {
    const gate = Promise.withResolvers<void>();
    let begun = false;
    hear(now, "s04", async () => {
      begun = true;
      await gate.promise;
    });
    for (const id of ["1", "2", "3"]) await publish(now, id);
    await now.world.until(() => begun);
    const line = async () => (await now.world.bus.state()).find((state) => state.group === "s04");
    const { lag, pending, oldestMs, ...rest } = (await line())!;
    expect(rest).toEqual({ stream: "test:reliable:{k}", group: "s04", dead: 0 });
    expect(await now.world.bus.state([reliable.family])).toHaveLength(1);
    expect(await now.world.bus.state([single.family])).toEqual([]);
    // An adapter may read ahead.
    expect(lag + pending).toBe(3);
    expect(pending).toBeGreaterThanOrEqual(1);
    expect(oldestMs).toBeGreaterThanOrEqual(0);
    gate.resolve();
    // One look per turn, until the acknowledgements are through.
    for (let looks = 0; looks < 1_000 && ((await line())?.pending || (await line())?.lag); looks++) await null;
    expect(await line()).toEqual({ ...rest, lag: 0, pending: 0, oldestMs: 0 });
  });
}

function crashes(now: Now): void {
  const crash: NonNullable<BusWorld["crash"]> = (inject) => now.world.crash!(inject);

  test("what was acknowledged is not heard again, what was not is", async () => {
    const before: string[] = [];
    hear(now, "s04", async (message) => {
      before.push(message.event.id);
      if (message.event.id === "2") await new Promise(() => {});
    });
    for (const id of ["1", "2", "3"]) await publish(now, id);
    await now.world.until(() => before.length === 2);
    // An adapter may send its acknowledgements behind the next message.
    for (let looks = 0, left = 3; looks < 1_000 && left > 2; looks++) {
      const line = (await now.world.bus.state()).find((state) => state.group === "s04")!;
      left = line.lag + line.pending;
    }
    await crash();
    const after: string[] = [];
    hear(now, "s04", (message) => after.push(message.event.id));
    await now.world.until(() => after.length === 2);
    expect(after).toEqual(["2", "3"]);
  });

  test("a message published before it is not doubled by publishing it again", async () => {
    await now.world.bus.publish(reliable, { id: "1" }, { key: "k", id: "x" });
    await crash();
    await now.world.bus.publish(reliable, { id: "1" }, { key: "k", id: "x" });
    await publish(now, "2");
    const heard: string[] = [];
    hear(now, "s04", (message) => heard.push(message.event.id));
    await now.world.until(() => heard.length === 2);
    expect(heard).toEqual(["1", "2"]);
  });

  const poison: [string, number, string, string][] = [
    ["no JSON", 1, "{", "no JSON"],
    ["of another shape", 1, '{"id":7}', "no event of this stream"],
    ["of an unknown version", 2, '{"id":"x"}', "version 2 is unknown"],
  ];
  for (const [what, version, body, reason] of poison) {
    test(`an entry ${what} goes to the dead letters at once and stops nothing`, async () => {
      await now.world.bus.publish(single, { id: "1" });
      await crash({ stream: "test:single", version, body });
      const heard: string[] = [];
      now.world.bus.subscribe(single, { group: "s04", consumer: "a", handle: (m) => heard.push(m.event.id) });
      await now.world.bus.publish(single, { id: "2" });
      await now.world.until(() => heard.length === 2);
      expect(heard).toEqual(["1", "2"]);
      expect(now.world.dead.map((dead) => dead.group)).toEqual(["s04"]);
      expect(now.world.dead[0]?.reason).toContain(reason);
      expect((await now.world.bus.dead(single as never, 10))[0]).toMatchObject({ stream: "test:single", body });
    });
  }
}
