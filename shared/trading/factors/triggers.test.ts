import { describe, expect, test } from "bun:test";
import type { BundleTrigger } from "../../domain/bundle.ts";
import { BEGIN_TS as T, tickerAt, tradeAt } from "../../testing/market-events.ts";
import { createFactorEngine } from "./engine.ts";
import { Triggers } from "./triggers.ts";

/** An engine whose one factor is set by hand. */
const watched = (value: number, ms: number) => ({ exchTs: T + ms, value: () => value });
const cross = (direction: "up" | "down", cooldown_ms = 0): BundleTrigger => ({
  kind: "cross",
  factor: "obi_5",
  level: 0.3,
  direction,
  cooldown_ms,
});

/** Each step is `[ms, value]`; answers at which ms it fired. */
function fired(spec: BundleTrigger, steps: readonly (readonly [number, number])[]): number[] {
  const triggers = new Triggers([spec]);
  return steps.flatMap(([ms, value]) => triggers.step(watched(value, ms), []).map(({ exch_ts }) => exch_ts - T));
}

describe("a cross", () => {
  test("up fires when the value comes from below to the level or above, once", () => {
    expect(
      fired(cross("up"), [
        [0, 0.1],
        [1, 0.3],
        [2, 0.4],
        [3, 0.29],
        [4, 0.31],
      ]),
    ).toEqual([1, 4]);
  });

  test("down is its mirror", () => {
    expect(
      fired(cross("down"), [
        [0, 0.5],
        [1, 0.3],
        [2, 0.2],
        [3, 0.31],
        [4, -1],
      ]),
    ).toEqual([1, 4]);
  });

  test("needs a value before: neither the first nor one after a hole fires", () => {
    expect(
      fired(cross("up"), [
        [0, 0.9],
        [1, 0.1],
        [2, Number.NaN],
        [3, 0.9],
        [4, 0.1],
        [5, 0.9],
      ]),
    ).toEqual([5]);
  });

  test("within the cool-down is passed over, at its end it fires again", () => {
    expect(
      fired(cross("up", 100), [
        [0, 0],
        [1, 1],
        [50, 0],
        [60, 1],
        [90, 0],
        [101, 1],
      ]),
    ).toEqual([1, 101]);
    expect(
      fired(cross("up", 100), [
        [0, 0],
        [1, 1],
        [90, 0],
        [100, 1],
        [200, 1],
      ]),
    ).toEqual([1]);
  });

  test("goes on through a change of the other triggers, and a changed one rests as the one before would have", () => {
    const triggers = new Triggers([cross("up")]);
    triggers.step(watched(0, 0), []);
    triggers.choose([cross("down"), cross("up")]);
    expect(triggers.step(watched(1, 1), [])).toHaveLength(1);
    triggers.step(watched(0, 2), []);
    triggers.choose([cross("up", 5)]);
    expect(triggers.step(watched(1, 3), [])).toEqual([]);
  });

  test("says what fired it", () => {
    const triggers = new Triggers([cross("up")]);
    triggers.step(watched(0, 0), []);
    expect(triggers.step(watched(1, 7), [])).toEqual([{ kind: "cross", what: "obi_5 up 0.3", exch_ts: T + 7 }]);
  });
});

test("of what is watched no more the newest are remembered, of what is watched all", () => {
  const past = Array.from({ length: 500 }, (_, at) => ({
    kind: "cross" as const,
    what: `mid up ${at}`,
    exch_ts: at,
  }));
  const triggers = new Triggers([cross("up", 100)]);
  triggers.recall(past);
  const kept = triggers.fired();
  expect(kept).toHaveLength(51);
  expect(kept.slice(0, 50)).toEqual(past.slice(-50).toReversed());
  const again = new Triggers([cross("up", 100)]);
  again.recall(kept);
  expect(again.fired()).toEqual(kept);
});

describe("a bar's close", () => {
  const bar = (timeframe: "1s" | "5s", cooldown_ms = 0): BundleTrigger => ({ kind: "bar", timeframe, cooldown_ms });
  function run(specs: BundleTrigger[], times: readonly number[]) {
    const engine = createFactorEngine([], "FUT:BTCUSDT", { timeframes: ["1s", "5s"] });
    const triggers = new Triggers(specs);
    const steps = times.map((ms) => triggers.step(engine, engine.onTrade(tradeAt(T + ms, 100, 1))));
    return steps.map((all) => all.map(({ what, exch_ts }) => `${what} ${exch_ts - T}`));
  }

  test("fires with the bar's end when an event of any kind passes it", () => {
    expect(run([bar("1s")], [0, 999, 1_000, 1_500, 2_300])).toEqual([[], [], ["1s 1000"], [], ["1s 2000"]]);
    const engine = createFactorEngine([], "FUT:BTCUSDT", { timeframes: ["1s"] });
    const triggers = new Triggers([bar("1s")]);
    triggers.step(engine, engine.onTrade(tradeAt(T, 100, 1)));
    const closed = engine.onTicker(tickerAt(T + 1_004, ["1", "1", "2", "1"]));
    expect(triggers.step(engine, closed)).toEqual([{ kind: "bar", what: "1s", exch_ts: T + 1_000 }]);
  });

  test("after a silence only the newest bar is a moment to look", () => {
    expect(run([bar("1s")], [0, 7_300])).toEqual([[], ["1s 7000"]]);
  });

  test("has a cool-down too", () => {
    expect(run([bar("1s", 2_000)], [0, 1_000, 2_000, 3_000]).flat()).toEqual(["1s 1000", "1s 3000"]);
  });

  test("of two timeframes at one moment is one signal, at two moments two in order", () => {
    expect(run([bar("1s"), bar("5s")], [0, 5_000])).toEqual([[], ["1s 5000"]]);
    expect(run([bar("1s"), bar("5s")], [0, 6_100])).toEqual([[], ["5s 5000", "1s 6000"]]);
  });
});
