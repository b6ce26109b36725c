import { describe, expect, test } from "bun:test";
import type { Level } from "../../domain/market.ts";
import { depthAt, randomEvents, BEGIN_TS as T, tickerAt } from "../../testing/market-events.ts";
import { createFactorEngine } from "./engine.ts";

const TOP = ["mid", "spread_bps", "microprice", "depth_top1_usdt", "obi_1"];
const DEEP = ["depth_top3_usdt", "depth_top10_usdt", "obi_5", "obi_10"];
const engineOf = () => createFactorEngine([...TOP, ...DEEP], "FUT:BTCUSDT");

test("the top of the book by hand", () => {
  const engine = engineOf();
  engine.onTicker(tickerAt(T, ["99", "3", "101", "1"]));
  expect(engine.values()).toMatchObject({
    mid: 100,
    // 2 of 100
    spread_bps: 200,
    // (99·1 + 101·3)/4
    microprice: 100.5,
    // the thinner side: 101·1 against 99·3
    depth_top1_usdt: 101,
    // (3 − 1)/4
    obi_1: 0.5,
    obi_5: null,
    depth_top3_usdt: null,
  });
});

test("deeper levels equal plain sums over the newest book", () => {
  const engine = engineOf();
  let seen = 0;
  for (const { kind, event } of randomEvents(31, 3_000)) {
    if (kind !== "depth") continue;
    engine.onDepth(event);
    const values = engine.values();
    if (!event.ok) {
      for (const id of DEEP) expect(values[id]).toBeNull();
      continue;
    }
    seen++;
    const sum = (levels: Level[], n: number, of: (level: Level) => number) =>
      levels.slice(0, n).reduce((all, level) => all + of(level), 0);
    const notional = ([price, qty]: Level) => Number(price) * Number(qty);
    for (const n of [3, 10]) {
      const thinner = Math.min(sum(event.bids, n, notional), sum(event.asks, n, notional));
      expect(values[`depth_top${n}_usdt`]! / thinner).toBeCloseTo(1, 9);
    }
    for (const n of [5, 10]) {
      const bids = sum(event.bids, n, ([, qty]) => Number(qty));
      const asks = sum(event.asks, n, ([, qty]) => Number(qty));
      expect(values[`obi_${n}`]).toBeCloseTo((bids - asks) / (bids + asks), 9);
    }
  }
  expect(seen).toBeGreaterThan(300);
});

describe("missing", () => {
  const book = (count: number): Level[] => Array.from({ length: count }, (_, at) => [String(99 - at), "1"]);
  const asks = (count: number): Level[] => Array.from({ length: count }, (_, at) => [String(101 + at), "1"]);

  test("what the book has too few levels for", () => {
    const engine = engineOf();
    engine.onDepth(depthAt(T, book(4), asks(20)));
    expect(engine.values()).toMatchObject({ obi_5: null, depth_top10_usdt: null });
    expect(engine.value("depth_top3_usdt")).toBe(99 + 98 + 97);
    engine.onDepth(depthAt(T + 1, book(10), asks(10)));
    expect(engine.values()).toMatchObject({ obi_5: 0, obi_10: 0 });
  });

  test("a crossed, broken or empty book", () => {
    for (const [bids, ok] of [
      [[["102", "1"]], true],
      [[["99", "1"]], false],
      [[], true],
    ] as [Level[], boolean][]) {
      const engine = engineOf();
      engine.onDepth(depthAt(T, [...bids, ...book(12).slice(1)].slice(0, bids.length * 12), asks(12), ok));
      expect(engine.bookOk).toBe(false);
      for (const id of DEEP) expect(engine.values()[id]).toBeNull();
    }
  });

  test("a crossed or unreadable ticker, until a sound one comes", () => {
    const sound = tickerAt(T, ["99", "3", "101", "1"]);
    for (const broken of [
      tickerAt(T + 1, ["101", "1", "101", "1"]),
      tickerAt(T + 1, ["NaN", "1", "101", "1"]),
      tickerAt(T + 1, ["99", "1", "Infinity", "1"]),
      tickerAt(T + 1, ["99", "x", "101", "1"]),
      tickerAt(T + 1, ["-1", "1", "101", "1"]),
    ]) {
      const engine = engineOf();
      engine.onTicker(sound);
      engine.onTicker(broken);
      expect(engine.topOk).toBe(false);
      for (const id of TOP) expect(engine.values()[id]).toBeNull();
      engine.onTicker(sound);
      expect(engine.values()).toMatchObject({ mid: 100, obi_1: 0.5 });
    }
  });
});
