import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { reliable } from "../../testing/bus-world.ts";
import { hasRedis, RedisServer } from "../../testing/redis-server.ts";
import { wallClock } from "../clock.ts";
import { RedisConnection } from "./connection.ts";
import { Lane } from "./lane.ts";
import { streamName } from "./names.ts";
import type { Works } from "./works.ts";

const KEY = "k";
const LEASE_MS = 60_000;

let server: RedisServer;

/** A connection whose answers wait, once they are there, until they are let go. */
function held(connection: RedisConnection) {
  let gate = Promise.resolve();
  const answered = { scripts: 0 };
  const slow = Object.create(connection, {
    client: { value: connection.client },
    ask: {
      value: async (answer: Promise<unknown>) => {
        const told = await answer;
        answered.scripts++;
        await gate;
        return told;
      },
    },
  }) as RedisConnection;
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  return { slow, hold, answered };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(1);
}

describe.skipIf(!hasRedis)("a lane", () => {
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.stop());

  test("hears what a lost read was given while it was being taken: that look was before", async () => {
    const connection = new RedisConnection({ url: server.url });
    const { slow, hold, answered } = held(connection);
    const heard: string[] = [];
    const listen = {
      group: "s04",
      consumer: "a",
      handle: async (message: { event: { id: string } }) => void heard.push(message.event.id),
    };
    const works: Works = {
      connection: slow,
      clock: wallClock(),
      retry: { baseMs: 10, factor: 2, triesMax: 4 },
      leaseMs: LEASE_MS,
      freeze: () => {},
      onDead: () => {},
      onHealed: () => {},
      epoch: () => "1",
      onLost: () => {},
      onError: (error) => {
        throw error;
      },
    };
    const stream = streamName(reliable.family, KEY);
    const place = { stream, key: KEY, group: "s04", kept: true, start: "0" as const, reader: "a", token: "here!1!a" };
    const consumer = () => ({ stream: reliable, listen: listen as never });
    const lane = new Lane(works, place, { consumer, onHungry: () => {}, quiet: () => Promise.resolve() });
    await lane.take();

    const release = hold();
    const before = answered.scripts;
    void lane.take();
    await until(() => answered.scripts > before);
    const fields = [
      "seq",
      "1",
      "id",
      "",
      "version",
      "1",
      "ts",
      "1",
      "traceparent",
      "",
      "key",
      KEY,
      "event",
      '{"id":"1"}',
    ];
    await connection.client.xadd(stream, "*", ...fields);
    // Handed out by the server, and nobody ever sees the answer.
    await connection.client.xreadgroup("GROUP", "s04", "a", "COUNT", 10, "STREAMS", stream, ">");
    void lane.takeWhatIsPending();
    release();
    await until(() => heard.length > 0);
    expect(heard).toEqual(["1"]);
    lane.end();
    connection.client.disconnect();
  });
});
