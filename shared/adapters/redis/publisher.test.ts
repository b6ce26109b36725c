import { afterAll, beforeAll, expect, test } from "bun:test";
import { reliable } from "../../testing/bus-world.ts";
import { hasRedis, RedisServer } from "../../testing/redis-server.ts";
import { wallClock } from "../clock.ts";
import { RedisBus } from "./bus.ts";

const IT_NEVER_CAME_MS = 60_000;

let server: RedisServer;
let bus: RedisBus;
beforeAll(async () => {
  if (!hasRedis) return console.log("skipped: needs redis-server");
  server = await RedisServer.start("--appendonly", "no", "--save", "");
  bus = new RedisBus({ redis: { url: server.url, commandMs: 400, reconnectMs: 100 }, clock: wallClock(), lookMs: 100 });
});
afterAll(async () => {
  await bus?.close();
  await server?.stop();
});

async function tell(id: string): Promise<void> {
  const end = performance.now() + IT_NEVER_CAME_MS;
  for (;;) {
    try {
      await bus.publish(reliable, { id }, { key: "k", id: `outbox-${id}` });
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await Bun.sleep(10);
    }
  }
}

test.skipIf(!hasRedis)(
  "a server that comes back as it was a while ago is known to have lost news, heard or not",
  async () => {
    const epochs: string[] = [];
    bus.onLoss((epoch) => void epochs.push(epoch));
    await tell("kept");
    await server.cli("SAVE");
    await tell("lost");
    await tell("lost too");
    expect(epochs).toEqual([]);
    await server.kill();
    await server.restart();
    await tell("new");
    expect(epochs.length).toBe(1);
    // As the outbox does upon it: what is still there is left out.
    await bus.publish(reliable, { id: "kept" }, { key: "k", id: "outbox-kept", again: true });
    await bus.publish(reliable, { id: "lost" }, { key: "k", id: "outbox-lost", again: true });
    expect(await server.cli("XLEN", "test:reliable:{k}")).toBe(3);
    expect(epochs.length).toBe(1);
  },
);
