import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TIMEFRAME_MS } from "../../domain/market.ts";
import { randomBars, randomEvents } from "../../testing/market-events.ts";
import { createFactorEngine } from "./engine.ts";
import { bitsOf, FAST_IDS, FUT, fastId, feed, feedPair, pairOf } from "./families.fixture.ts";
import { RECORDINGS, recordedBars, recordedEvents } from "./recordings.fixture.ts";
import { FAMILIES, parseFactor } from "./registry.ts";
import type { EngineSnapshot } from "./snapshot.ts";

const EVENTS = 4_000;
const events = randomEvents(51, EVENTS);

/** Values after every event, in bits. */
function walk(upTo: number): { bits: Record<string, string>[]; known: Set<string> } {
  const pair = pairOf(FAST_IDS);
  const known = new Set<string>();
  const bits = events.slice(0, upTo).map((event, at) => {
    feedPair(pair, [event], at);
    const values = pair.own.values();
    for (const [id, value] of Object.entries(values)) if (value !== null) known.add(id);
    return bitsOf(values);
  });
  return { bits, known };
}
const whole = walk(EVENTS);

describe("every family", () => {
  test("is read by its fast id, and known at some time on a market of minutes", () => {
    for (const family of FAMILIES) expect(parseFactor(fastId(family))?.family).toBe(family);
    const never = FAST_IDS.filter((id) => !whole.known.has(id));
    // Of days alone.
    expect(never).toEqual(["regime"]);
  });

  test("says the same of a moment when later data are appended", () => {
    for (const cut of [1, 17, 400, 1_234, 2_999, 3_999]) {
      const pair = pairOf(FAST_IDS);
      feedPair(pair, events.slice(0, cut));
      expect(bitsOf(pair.own.values())).toEqual(whole.bits[cut - 1]!);
    }
  });

  test("does not depend on how often it is read, nor on empty steps of the time in between", () => {
    const pair = pairOf(FAST_IDS);
    for (const [at, event] of events.entries()) {
      const engine = at % 3 === 2 ? pair.peer : pair.own;
      if (at % 5 === 0) engine.advance(engine.exchTs);
      feed(engine, event);
      if (at % 11 === 0) pair.own.values();
    }
    expect(bitsOf(pair.own.values())).toEqual(whole.bits[EVENTS - 1]!);
  });

  test("goes on from a snapshot at any event as if nothing had happened", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: EVENTS - 200 }), (cut) => {
        const before = pairOf(FAST_IDS);
        feedPair(before, events.slice(0, cut));
        const [own, peer] = [before.own, before.peer].map((one) => JSON.parse(JSON.stringify(one.snapshot())));
        const after = pairOf(FAST_IDS);
        after.own.restore(own);
        after.peer.restore(peer);
        for (let at = cut; at < Math.min(cut + 600, EVENTS); at++) {
          feedPair(after, [events[at]!], at);
          if (at % 7 === 0) expect(bitsOf(after.own.values())).toEqual(whole.bits[at]!);
        }
      }),
      { seed: 7, numRuns: 12 },
    );
  });
});

const OF_BARS = FAMILIES.filter(({ needs, uses }) => needs.includes("bar") && uses === undefined).map(fastId);

describe("every family of bars", () => {
  const [own, peer] = [randomBars(31, 300, TIMEFRAME_MS["1s"]), randomBars(32, 300, TIMEFRAME_MS["1s"])];
  const steps = (pair = pairOf(OF_BARS), from = 0) =>
    own.slice(from).map((bar, at) => {
      pair.peer.onClosedBar("1s", peer[from + at]!);
      pair.own.onClosedBar("1s", bar);
      return bitsOf(pair.own.values());
    });
  const straight = steps();

  test("gives the same bits when the first bars come as history, wherever that ends", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 298 }), (cut) => {
        const pair = pairOf(OF_BARS);
        expect(pair.own.warm("1s", own.slice(0, cut))).toBe(true);
        expect(pair.peer.warm("1s", peer.slice(0, cut))).toBe(true);
        expect(steps(pair, cut)).toEqual(straight.slice(cut));
      }),
      { seed: 8, numRuns: 20 },
    );
  });

  test("gives the same bits after a restart whose hole history has filled, and is missing before", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 200 }), fc.integer({ min: 1, max: 60 }), (cut, hole) => {
        const before = pairOf(OF_BARS);
        for (let at = 0; at < cut; at++) {
          before.peer.onClosedBar("1s", peer[at]!);
          before.own.onClosedBar("1s", own[at]!);
        }
        const pair = pairOf(OF_BARS);
        for (const [engine, past, bars] of [
          [pair.peer, before.peer, peer],
          [pair.own, before.own, own],
        ] as const) {
          engine.restore(JSON.parse(JSON.stringify(past.snapshot())));
          engine.interrupt();
          expect(Object.values(engine.values()).every((value) => value === null)).toBe(true);
          engine.advance(bars[cut + hole]!.openTs);
          expect(engine.warm("1s", bars.slice(cut, cut + hole))).toBe(true);
        }
        expect(steps(pair, cut + hole)).toEqual(straight.slice(cut + hole));
      }),
      { seed: 9, numRuns: 20 },
    );
  });

  test("needs no history after a restart within one bar", () => {
    const before = pairOf(OF_BARS, []).own;
    before.warm("1s", own.slice(0, 40));
    for (const bar of own.slice(40, 50)) before.onClosedBar("1s", bar);
    const { own: engine } = pairOf(OF_BARS, []);
    engine.restore(before.snapshot());
    engine.interrupt();
    engine.advance(own[49]!.endTs + 300);
    expect(bitsOf(engine.values())).toEqual(bitsOf(before.values()));
    expect(engine.historyWishes().map(({ timeframe }) => timeframe)).not.toContain("1s");
  });
});

describe.skipIf(RECORDINGS === undefined)("on a recorded market (CHIMERA_MARKET_DATA)", () => {
  test("every family goes on from a snapshot, and from a cut, to the same bits", async () => {
    const recorded = (await recordedEvents("usdm__btcusdt_20240808")).slice(0, 24_000);
    const [pair, cuts] = [pairOf(FAST_IDS), [9_000, 17_001, 23_333]];
    const kept = new Map<number, [EngineSnapshot, EngineSnapshot, Record<string, string>]>();
    for (const [at, event] of recorded.entries()) {
      feedPair(pair, [event], at);
      if (!cuts.includes(at)) continue;
      const [own, peer] = [pair.own, pair.peer].map((one) => JSON.parse(JSON.stringify(one.snapshot())));
      kept.set(at, [own, peer, bitsOf(pair.own.values())]);
    }
    const last = bitsOf(pair.own.values());
    for (const [at, [own, peer, bits]] of kept) {
      const cut = pairOf(FAST_IDS);
      feedPair(cut, recorded.slice(0, at + 1));
      expect(bitsOf(cut.own.values())).toEqual(bits);
      const after = pairOf(FAST_IDS);
      after.own.restore(own);
      after.peer.restore(peer);
      feedPair(after, recorded.slice(at + 1), at + 1);
      expect(bitsOf(after.own.values())).toEqual(last);
    }
  }, 300_000);

  test("every family of bars gives the same bits over a year of hours, in one piece and in three with restarts", async () => {
    const hours = await recordedBars("BTCUSDT-spot-1h", TIMEFRAME_MS["1h"], 8_760);
    const ids = OF_BARS.map((id) => id.replace("_1s", "_1h"));
    const engine = () => createFactorEngine(ids, FUT);
    const whole = engine();
    for (const bar of hours) whole.onClosedBar("1h", bar);
    let parts = engine();
    for (const [from, to] of [
      [0, 3_000],
      [3_000, 3_007],
      [3_007, 8_760],
    ] as const) {
      const next = engine();
      next.restore(JSON.parse(JSON.stringify(parts.snapshot())));
      parts = next;
      for (const bar of hours.slice(from, to)) parts.onClosedBar("1h", bar);
    }
    expect(bitsOf(parts.values())).toEqual(bitsOf(whole.values()));
  }, 300_000);
});

describe("a snapshot", () => {
  const snapshot = () => {
    const pair = pairOf(FAST_IDS);
    feedPair(pair, events.slice(0, 500));
    return pair.own.snapshot();
  };
  const restored = (change: object) => () => pairOf(FAST_IDS).own.restore({ ...snapshot(), ...change });

  test("of another format or instrument, or a damaged one, is refused", () => {
    expect(restored({ format: 2 })).toThrow("format 2");
    expect(restored({ instrument: SPOT_OTHER })).toThrow(SPOT_OTHER);
    expect(restored({ inputs: [1, 2, 3] })).toThrow(RangeError);
    expect(restored({ inputs: [...snapshot().inputs, 1] })).toThrow(RangeError);
    expect(restored({ inputs: snapshot().inputs.map(() => "x") })).toThrow(RangeError);
  });

  test("leaves out what another version of a family kept, and takes the rest", () => {
    const kept = snapshot();
    const series = kept.series.map((one) => ({
      ...one,
      fed: one.fed.map((fed) => (fed.id === "ema_3_1s" ? { ...fed, version: 0 } : fed)),
    }));
    const { own } = pairOf(FAST_IDS);
    own.restore({ ...kept, series });
    expect(own.instrument).toBe(FUT);
    expect(own.value("ema_3_1s")).toBeNaN();
    expect(own.value("atr_3_1s")).not.toBeNaN();
    expect(own.historyWishes().map(({ timeframe }) => timeframe)).toContain("1s");
  });
});
const SPOT_OTHER = "SPOT:ETHUSDT";
