import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import { BEGIN_TS } from "../../testing/market-events.ts";
import { TradeWindow, Trail } from "./windows.ts";

describe("a trade window", () => {
  test("equals a plain sum over the trades in it, at trades and in between", () => {
    const random = seededRandom(11);
    for (const ms of [1, 100, 10_000]) {
      const window = new TradeWindow(ms, BEGIN_TS);
      const trades: { ts: number; qty: number; buy: boolean }[] = [];
      let now = BEGIN_TS;
      for (let at = 0; at < 3_000; at++) {
        now += random.int(3) === 0 ? 0 : random.int(40);
        if (random.int(4) > 0) {
          const trade = { ts: now, qty: random.int(3e8) / 1e8, buy: random.int(2) === 0 };
          trades.push(trade);
          window.add(now, trade.qty, trade.buy);
        }
        window.evict(now);
        const inside = trades.filter((trade) => trade.ts > now - ms);
        const sum = (buy: boolean) =>
          inside.filter((trade) => trade.buy === buy).reduce((all, { qty }) => all + qty, 0);
        expect(window.buy).toBeCloseTo(sum(true), 9);
        expect(window.sell).toBeCloseTo(sum(false), 9);
        expect(window.count).toBe(inside.length);
      }
    }
  });

  test("is exactly empty again after its trades have left", () => {
    const window = new TradeWindow(10, 0);
    for (const ts of [1, 2, 3]) window.add(ts, 0.1, true);
    window.evict(13);
    expect([window.buy, window.sell, window.count]).toEqual([0, 0, 0]);
  });

  test("says the same of the same trades, whatever was in it before", () => {
    const windows = [new TradeWindow(100, 0), new TradeWindow(100, 0)] as const;
    for (let ts = 0; ts < 900; ts++) windows[0].add(ts, 0.1 + ts / 1_000, ts % 3 === 0);
    for (let ts = 1_000; ts < 2_000; ts++) for (const window of windows) window.add(ts, ts / 7_000, ts % 2 === 0);
    const [a, b] = windows.map(({ buy, sell, count }) => [buy, sell, count]);
    expect(a).toEqual(b!);
  });

  test("is covered once it has been watched for its whole length", () => {
    const window = new TradeWindow(10, 100);
    expect([window.covered(109), window.covered(110)]).toEqual([false, true]);
    expect(new TradeWindow(10, Number.NaN).covered(1e12)).toBe(false);
  });
});

test("a trail answers the value that held a window ago", () => {
  const random = seededRandom(12);
  const trail = new Trail(500);
  const steps: { ts: number; value: number }[] = [];
  let now = BEGIN_TS;
  let known = 0;
  for (let at = 0; at < 3_000; at++) {
    now += random.int(60);
    if (random.int(3) > 0) {
      const step = { ts: now, value: random.int(5) };
      steps.push(step);
      trail.add(now, step.value);
    }
    const expected = steps.findLast((step) => step.ts <= now - 500)?.value;
    if (expected === undefined) expect(trail.before(now)).toBeNaN();
    else {
      expect(trail.before(now)).toBe(expected);
      known++;
    }
  }
  expect(known).toBeGreaterThan(2_000);
});
