import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hostileKeys } from "../../testing/bus-world.ts";
import { hostileNames } from "../../testing/coordination-world.ts";
import { hasRedis, RedisServer } from "../../testing/redis-server.ts";
import { idsName, marksName, quotaNames, scheduleNames, slotOf, streamName } from "./names.ts";

const texts = [...hostileKeys, ...hostileNames, "}", "{", "{}", "}{", "%7D", "{x}y"];

test("an instrument's stream has the instrument as its hash tag", () => {
  expect(streamName("family", "FUT:BTCUSDT")).toBe("family:{FUT:BTCUSDT}");
  expect(streamName("family", "")).toBe("family");
  expect(slotOf("one:{FUT:BTCUSDT}")).toBe(slotOf("other:{FUT:BTCUSDT}"));
});

test("what is beside a name is in its slot, whatever characters it has", () => {
  for (const text of texts) {
    const stream = streamName("family", text);
    expect(new Set([stream, idsName(stream), marksName(stream)].map(slotOf)).size).toBe(1);
    expect(new Set(quotaNames(text).map(slotOf)).size).toBe(1);
    expect(new Set(scheduleNames(text).map(slotOf)).size).toBe(1);
  }
  expect(new Set(["family", idsName("family"), marksName("family")].map(slotOf)).size).toBe(1);
});

test("two texts never share a name", () => {
  const distinct = [...new Set(texts)];
  expect(new Set(distinct.map((text) => streamName("family", text))).size).toBe(distinct.length);
});

describe.skipIf(!hasRedis)("beside a server", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start("--cluster-enabled", "yes");
  });
  afterAll(() => server?.stop());
  test("slots are the ones that it finds", async () => {
    for (const text of [...texts, "family:{FUT:BTCUSDT}", "a{b}c{d}", "a{}b{c}"]) {
      expect(slotOf(text)).toBe(Number(await server.cli("CLUSTER", "KEYSLOT", text)));
    }
  });
});
