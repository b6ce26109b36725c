import { expect, test } from "bun:test";
import fc from "fast-check";
import { delayMs, NO_LATENCY, Wire } from "./latency.ts";

test("a delay is its base plus a tail whose mean is the jitter", () => {
  const delay = { baseMs: 5, jitterMs: 3 };
  expect(delayMs(delay, 0)).toBe(5);
  expect(delayMs(delay, 0.999999999999)).toBe(5 + 8 * 3);
  let sum = 0;
  for (let i = 0; i < 10_000; i++) sum += delayMs(delay, i / 10_000);
  expect(sum / 10_000).toBeCloseTo(8, 1);
  expect(delayMs(NO_LATENCY.feed, 0.7)).toBe(0);
});

test("what is sent later never arrives earlier, and never before its base", () => {
  const sends = fc.array(fc.record({ gap: fc.nat(10), chance: fc.double({ min: 0, max: 0.999999, noNaN: true }) }));
  fc.assert(
    fc.property(sends, (messages) => {
      const wire = new Wire({ baseMs: 2, jitterMs: 4 });
      let now = 1000;
      let last = 0;
      for (const { gap, chance } of messages) {
        now += gap;
        const arrival = wire.arrival(now, chance);
        expect(arrival).toBeGreaterThanOrEqual(Math.max(last, now + 2));
        last = arrival;
      }
    }),
    { seed: 5 },
  );
});
