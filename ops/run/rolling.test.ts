import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { Health } from "../../shared/kit/health.ts";
import { type Replica, type RollingParts, restartEach } from "./rolling.ts";

/** Two routers share a shard, one gateway stands alone; whoever is ended is up again a second later, ready after two. */
function installation(neverReady?: string) {
  const clock = new VirtualClock(0);
  const replicas: Replica[] = [
    { service: "s04-router", name: "s04-router", replica: 1 },
    { service: "s04-router", name: "s04-router.2", replica: 2 },
    { service: "s12-gateway", name: "s12-gateway", replica: 1 },
  ];
  const endedAt = new Map<string, number>();
  const events: string[] = [];
  const relieved: string[] = [];
  const pidOf = (name: string) => replicas.findIndex((one) => one.name === name) + (endedAt.has(name) ? 100 : 1);
  const sinceMs = (name: string) => clock.mono() - (endedAt.get(name) ?? -10_000);
  const holder = () => replicas.find(({ service, name }) => service === "s04-router" && sinceMs(name) > 2_000)?.name;
  const parts: RollingParts = {
    clock,
    stateOf: (name) => ({
      ...{ name, restarts: 0, lastEnd: undefined },
      status: sinceMs(name) > 1_000 ? "up" : "starting",
      pid: pidOf(name),
      ...(name === "s12-gateway" && { relievable: true }),
    }),
    end(pid, isRelievable) {
      const { name } = replicas[pid - 1] as Replica;
      const away = replicas.filter((one) => sinceMs(one.name) <= 2_000);
      if (isRelievable) relieved.push(name);
      events.push(`${name}${away.length > 0 ? " while others are away" : ""}`);
      endedAt.set(name, clock.mono());
    },
    async healthOf({ name, service }) {
      const ready = sinceMs(name) > 2_000 && !(name === neverReady && endedAt.has(name));
      const shards = service === "s04-router" ? (holder() === name ? [0] : []) : [0];
      return { ready, shards, shard_count: 1 } as unknown as Health;
    },
    told: () => {},
  };
  const run = async (some = replicas) => {
    let isOver = false;
    const work = restartEach(some, replicas, parts).finally(() => {
      isOver = true;
    });
    work.catch(() => {});
    await clock.run(() => isOver);
    return work;
  };
  return { run, events, relieved };
}

test("one after the other, each when all is as it was before", async () => {
  const { run, events, relieved } = installation();
  const done = await run();
  expect(events).toEqual(["s04-router", "s04-router.2", "s12-gateway"]);
  expect(relieved).toEqual(["s12-gateway"]);
  expect(done.map(({ name }) => name)).toEqual(events);
  for (const { ms, away_ms } of done) expect([ms >= away_ms, away_ms > 2_000, ms < 3_000]).toEqual([true, true, true]);
});

test("one that does not come up again keeps the others from being touched", async () => {
  const { run, events } = installation("s04-router");
  await expect(run()).rejects.toThrow("s04-router is up again");
  expect(events).toEqual(["s04-router"]);
});
