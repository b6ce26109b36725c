/** How far back factors look, and what is said of those that look too far. */
import { expect, test } from "bun:test";
import { bundle } from "./runs.fixture.ts";
import { warmUpMs, warmUpNotes } from "./warm-up.ts";

const MINUTE = 60_000;
const of = (...factors: string[]) => ({ ...bundle, factors });

test("as far as the one that looks back furthest, more than it asks for", () => {
  const short = warmUpMs(of("rsi_14_1m"), ["FUT:BTCUSDT"]);
  expect(short).toBeGreaterThan(2 * 14 * MINUTE);
  expect(warmUpMs(of("rsi_14_1m", "rsi_14_5m"), ["FUT:BTCUSDT"])).toBe(5 * short);
  expect(warmUpMs(of("mid"), ["FUT:BTCUSDT"])).toBe(0);
});

test("of factors that a search tries too", () => {
  const axis = { path: "factors.rsi_14_1m", kind: "points", points: ["rsi_14_5m"] } as const;
  const tried = warmUpMs(of("rsi_14_1m"), ["FUT:BTCUSDT"], [axis]);
  expect(tried).toBe(warmUpMs(of("rsi_14_5m"), ["FUT:BTCUSDT"]));
});

test("months of it are not played, and that is told", () => {
  const daily = of("rsi_14_1m", "rsi_14_1d");
  expect(warmUpMs(daily, ["FUT:BTCUSDT"])).toBe(warmUpMs(of("rsi_14_1m"), ["FUT:BTCUSDT"]));
  expect(warmUpNotes(daily, ["FUT:BTCUSDT", "SPOT:BTCUSDT"])).toEqual([
    expect.stringMatching(/^factors of 1d bars ask for \d+ days/),
  ]);
  expect(warmUpNotes(of("rsi_14_1m"), ["FUT:BTCUSDT"])).toEqual([]);
});
