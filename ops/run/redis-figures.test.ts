import { expect, test } from "bun:test";
import { Registry } from "prom-client";
import { tellRedis } from "./redis-figures.ts";

const FIGURES = {
  ...{ memory_used_bytes: 10, memory_max_bytes: 100, clients: 3, evicted_keys: 0, is_persisted: false, answer_ms: 2 },
};
const told = async (registry: Registry) =>
  (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));

test("the server is asked once a scrape, and what it says is told in that scrape", async () => {
  const registry = new Registry();
  let asked = 0;
  tellRedis(registry, async () => {
    asked++;
    return FIGURES;
  });
  expect(await told(registry)).toEqual([
    'chimera_redis_up{of="redis"} 1',
    'chimera_redis_memory_used_bytes{of="redis"} 10',
    'chimera_redis_memory_max_bytes{of="redis"} 100',
    'chimera_redis_clients{of="redis"} 3',
    'chimera_redis_evicted_keys{of="redis"} 0',
    'chimera_redis_persisted{of="redis"} 0',
    'chimera_redis_answer_ms{of="redis"} 2',
  ]);
  expect(asked).toBe(1);
});

test("of a server that does not answer nothing is told but that", async () => {
  const registry = new Registry();
  let isAway = false;
  tellRedis(registry, async () => {
    if (isAway) throw new Error("no answer in time");
    return FIGURES;
  });
  await told(registry);
  isAway = true;
  expect(await told(registry)).toEqual(['chimera_redis_up{of="redis"} 0']);
  isAway = false;
  expect(await told(registry)).toHaveLength(7);
});

test("scrapes at the same moment are told the same", async () => {
  const registry = new Registry();
  let asked = 0;
  tellRedis(registry, async () => {
    asked++;
    return FIGURES;
  });
  const [one, other] = await Promise.all([told(registry), told(registry)]);
  expect(one).toEqual(other as string[]);
  expect(asked).toBe(1);
});
