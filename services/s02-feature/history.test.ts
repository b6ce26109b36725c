import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { Kline } from "../../shared/domain/market.ts";
import { refuse } from "../../shared/errors.ts";
import { randomBars, BEGIN_TS as T, tradeAt } from "../../shared/testing/market-events.ts";
import { createFactorEngine } from "../../shared/trading/factors/engine.ts";
import { HistoryWarmer } from "./history.ts";

const MINUTE_MS = 60_000;
const klines: Kline[] = randomBars(71, 50).map((bar) => ({
  instrument: "FUT:BTCUSDT",
  exch_ts: bar.endTs,
  ts: bar.endTs,
  timeframe: "1m",
  open_ts: bar.openTs,
  close_ts: bar.endTs - 1,
  open: String(bar.open),
  high: String(bar.high),
  low: String(bar.low),
  close: String(bar.close),
  volume: String(bar.volume),
  quote_volume: String(bar.quoteVolume),
  trades: bar.trades,
  closed: true,
}));

async function world(answers: (() => Kline[])[]) {
  const clock = new VirtualClock(T + 40 * MINUTE_MS);
  const asked: unknown[] = [];
  const warnings: string[] = [];
  const warmer = new HistoryWarmer({
    clock,
    getHistory: async (request) => {
      asked.push(request);
      return { source: "EXCHANGE", bars: (answers.shift() ?? (() => []))() };
    },
    retryMs: [1_000, 4_000],
    log: { info() {}, warn: (message) => void warnings.push(message) },
  });
  const engine = createFactorEngine(["vwap_20_1m"], "FUT:BTCUSDT");
  /** One try a second, for so many seconds; answers how many were asked in each. */
  const seconds = async (count: number) => {
    const askedIn: number[] = [];
    for (let at = 0; at < count; at++) {
      const before = asked.length;
      await warmer.step([engine]);
      askedIn.push(asked.length - before);
      await clock.run(clock.now() + 1_000);
    }
    return askedIn;
  };
  return { asked, warnings, engine, seconds, warmer };
}

describe("history", () => {
  test("is asked for after the first event, once, and makes the factor known", async () => {
    const open = { ...klines[40]!, closed: false };
    const { asked, engine, seconds } = await world([() => [...klines.slice(0, 40), open].reverse()]);
    expect(await seconds(2)).toEqual([0, 0]);
    engine.onTrade(tradeAt(T + 40 * MINUTE_MS, 100, 1));
    expect(await seconds(3)).toEqual([1, 0, 0]);
    expect(asked).toEqual([{ instrument: "FUT:BTCUSDT", timeframe: "1m", limit: 22 }]);
    expect(engine.value("vwap_20_1m")).not.toBeNaN();
  });

  test("that fails, or has nothing, is asked for again with growing waits", async () => {
    const broken = () => refuse("UNAVAILABLE", "no exchange");
    const { warnings, engine, seconds } = await world([broken, broken, () => [], () => klines.slice(0, 40)]);
    engine.onTrade(tradeAt(T + 40 * MINUTE_MS, 100, 1));
    expect(await seconds(10)).toEqual([1, 1, 0, 1, 0, 0, 0, 1, 0, 0]);
    expect(warnings).toHaveLength(1);
    expect(engine.value("vwap_20_1m")).not.toBeNaN();
  });

  test("is asked for at once when there is a hurry, of that timeframe alone", async () => {
    const { engine, seconds, warmer } = await world([() => [], () => [], () => [], () => klines.slice(0, 40)]);
    engine.onTrade(tradeAt(T + 40 * MINUTE_MS, 100, 1));
    expect(await seconds(5)).toEqual([1, 1, 0, 1, 0]);
    warmer.hurry("1d");
    expect(await seconds(1)).toEqual([0]);
    warmer.hurry("1m");
    expect(await seconds(1)).toEqual([1]);
    expect(engine.value("vwap_20_1m")).not.toBeNaN();
  });

  test.each([
    ["no number", { close: "x" }],
    ["a price of zero", { low: "0", close: "0" }],
    ["a high below the close", { high: "1" }],
    ["an endless volume", { volume: "Infinity" }],
  ])("up to a bar with %s is not used", async (_, fault) => {
    const bars = klines.slice(0, 40).map((kline, at) => (at === 25 ? { ...kline, ...fault } : kline));
    const { engine, seconds } = await world([() => bars]);
    engine.onTrade(tradeAt(T + 40 * MINUTE_MS, 100, 1));
    await seconds(1);
    expect(engine.value("vwap_20_1m")).toBeNaN();
    engine.advance(T + 46 * MINUTE_MS);
    expect(engine.value("vwap_20_1m")).not.toBeNaN();
  });
});
