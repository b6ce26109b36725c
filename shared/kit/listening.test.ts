import { expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { healthEvents, orderResults } from "../streams.ts";
import { createNewsLost, groupOf } from "./listening.ts";
import { on } from "./service.ts";
import { shard, WHOLE } from "./shard.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const keyed = on(orderResults, () => {});
const toAll = on(orderResults, () => {}, "all");
const unkeyed = on(healthEvents, () => {});

test("a service that is not split hears all under its own name", () => {
  for (const consumer of [keyed, toAll, unkeyed]) expect(groupOf("s04", WHOLE, consumer)).toEqual({ group: "s04" });
});

test("shards share out keys, and each hears in a group of its own what is for all of them", () => {
  const shards = [0, 1, 2].map((index) => shard(index, 3));
  for (const consumer of [toAll, unkeyed]) {
    const groups = shards.map((each) => groupOf("s04", each, consumer));
    expect(groups).toEqual([{ group: "s04#0" }, { group: "s04#1" }, { group: "s04#2" }]);
  }
  const shared = shards.map((each) => groupOf("s04", each, keyed));
  expect(shared.map(({ group }) => group)).toEqual(["s04", "s04", "s04"]);
  for (const key of ["FUT:BTCUSDT", "FUT:ETHUSDT", "SPOT:SOLUSDT"]) {
    expect(shared.filter(({ owns }) => owns?.(key)).length).toBe(1);
  }
});

test("lost news are looked for once, some time after the last loss, and again until that has worked", async () => {
  const clock = new VirtualClock(0);
  const looked: number[] = [];
  let failing = 2;
  const faces = {
    async onNewsLost() {
      looked.push(clock.now());
      if (failing-- > 0) throw new Error("not yet");
    },
  };
  const news = createNewsLost({ faces, clock, log });
  news.lost();
  await clock.run(10_000);
  expect(looked).toEqual([]);
  news.begin();
  await clock.run(11_000);
  news.lost();
  await clock.run(100_000);
  expect(looked).toEqual([13_000, 18_000, 23_000]);
  news.lost();
  news.stop();
  await clock.run(200_000);
  expect(looked.length).toBe(3);
});
