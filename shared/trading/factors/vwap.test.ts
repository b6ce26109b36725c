import { expect, test } from "bun:test";
import { randomBars } from "../../testing/market-events.ts";
import { NO_SOURCES } from "./factor.ts";
import { Inputs } from "./inputs.ts";
import { close, volume, vwap, vwapOfBar } from "./vwap.ts";

const bars = randomBars(9, 300);
const params = (...numbers: number[]) => ({ numbers, timeframe: "1m", windowMs: 0 }) as const;

// n = 3 and 60 are missing until there are n bars, n = 1 in every empty bar.
test("equals quote over base volume of the last n bars, and is missing when nothing traded", () => {
  for (const n of [1, 3, 60]) {
    const state =
      n === 1 ? vwapOfBar.make(params(), new Inputs(), NO_SOURCES) : vwap.make(params(n), new Inputs(), NO_SOURCES);
    let missing = 0;
    for (const [at, bar] of bars.entries()) {
      state.onBar!(bar);
      const window = bars.slice(at + 1 - n, at + 1);
      const base = window.reduce((sum, b) => sum + b.volume, 0);
      const quote = window.reduce((sum, b) => sum + b.quoteVolume, 0);
      if (at + 1 < n || base === 0) {
        expect(state.read(0)).toBeNaN();
        missing++;
      } else expect(Math.abs(state.read(0) / (quote / base) - 1)).toBeLessThan(1e-9);
    }
    expect(missing).toBeGreaterThan(0);
  }
});

test("close and volume are those of the last bar", () => {
  const states = [close.make(params(), new Inputs(), NO_SOURCES), volume.make(params(), new Inputs(), NO_SOURCES)];
  expect(states.map((state) => state.read(0))).toEqual([Number.NaN, Number.NaN]);
  for (const bar of bars) for (const state of states) state.onBar!(bar);
  expect(states.map((state) => state.read(0))).toEqual([bars.at(-1)!.close, bars.at(-1)!.volume]);
});
