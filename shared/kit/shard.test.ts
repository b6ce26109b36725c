import { describe, expect, test } from "bun:test";
import { shard, shardOf, WHOLE } from "./shard.ts";

const INSTRUMENTS = ["FUT:BTCUSDT", "FUT:ETHUSDT", "SPOT:BTCUSDT", "SPOT:ETHUSDT", "FUT:SOLUSDT", "FUT:1000PEPEUSDT"];

describe("shards", () => {
  test("every key belongs to exactly one", () => {
    for (const key of INSTRUMENTS) {
      const owners = [0, 1, 2, 3].filter((index) => shard(index, 4).owns(key));
      expect(owners).toEqual([shardOf(key, 4)]);
    }
  });

  test("a key's shard never changes: documents are filed by it", () => {
    expect(INSTRUMENTS.map((key) => shardOf(key, 4))).toMatchInlineSnapshot(`
      [
        3,
        0,
        2,
        2,
        3,
        0,
      ]
    `);
  });

  test("many keys are spread about evenly", () => {
    const held = [0, 0, 0, 0];
    for (let n = 0; n < 4_000; n++) held[shardOf(`FUT:COIN${n}USDT`, 4)]!++;
    for (const count of held) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  test("one shard is all, and there is no shard beyond the last", () => {
    expect(shard(0, 1)).toBe(WHOLE);
    expect(() => shard(4, 4)).toThrow();
    expect(() => shard(0, 0)).toThrow();
  });
});
