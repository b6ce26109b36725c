import { expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { World } from "./agent-world.ts";

const prices = new Map([
  ["BTC", 60_000],
  ["ETH", 2_600],
]);

/** Log returns per second of both assets. */
function walk(seed: number, seconds: number) {
  const world = new World(seededRandom(seed), 0, prices);
  const returns = { BTC: [] as number[], ETH: [] as number[] };
  let before = { BTC: 60_000, ETH: 2_600 };
  for (let s = 1; s <= seconds; s++) {
    world.advance(s * 1000);
    const now = { BTC: world.value("BTC", "SPOT"), ETH: world.value("ETH", "SPOT") };
    for (const base of ["BTC", "ETH"] as const) returns[base].push(Math.log(now[base] / before[base]));
    before = now;
  }
  return { world, returns };
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  const product = (p: readonly number[], q: readonly number[], mp: number, mq: number) =>
    p.reduce((sum, x, i) => sum + (x - mp) * (q[i]! - mq), 0);
  return product(a, b, ma, mb) / Math.sqrt(product(a, a, ma, ma) * product(b, b, mb, mb));
}

test("assets move together, with calm and wild times that last", () => {
  const { returns } = walk(1, 6 * 3600);
  expect(correlation(returns.BTC, returns.ETH)).toBeGreaterThan(0.4);
  expect(correlation(returns.BTC, returns.ETH)).toBeLessThan(0.9);
  const sizes = returns.BTC.map(Math.abs);
  expect(correlation(sizes.slice(10), sizes.slice(0, -10))).toBeGreaterThan(0.1);
  expect(Math.abs(correlation(returns.BTC.slice(60), returns.BTC.slice(0, -60)))).toBeLessThan(0.1);
});

test("values come back to believable prices however long it runs", () => {
  const { world } = walk(2, 3 * 24 * 3600);
  expect(world.value("BTC", "SPOT") / 60_000).toBeGreaterThan(0.85);
  expect(world.value("BTC", "SPOT") / 60_000).toBeLessThan(1.15);
  expect(Math.abs(world.value("BTC", "FUT") / world.value("BTC", "SPOT") - 1)).toBeLessThan(0.001);
});

test("buying moves the value up, time that stands still moves nothing, a long pause little", () => {
  const world = new World(seededRandom(3), 5000, prices);
  world.advance(5000);
  world.advance(4000);
  expect(world.value("BTC", "SPOT")).toBe(60_000);
  world.push("BTC", 10e6);
  expect(world.value("BTC", "SPOT") / 60_000 - 1).toBeCloseTo(4e-4, 5);
  world.advance(5000 + 86_400_000);
  expect(Math.abs(world.value("BTC", "SPOT") / 60_000 - 1)).toBeLessThan(0.02);
  expect(() => world.value("DOGE", "SPOT")).toThrow("Invariant");
});
