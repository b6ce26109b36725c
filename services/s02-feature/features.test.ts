import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { Bundle, type BundleView } from "../../shared/domain/bundle.ts";
import type { FeatureSet, Signal } from "../../shared/domain/decision.ts";
import { signalId } from "../../shared/keys.ts";
import { depthAt, fundingAt, BEGIN_TS as T, tickerAt, tradeAt } from "../../shared/testing/market-events.ts";
import { Features } from "./features.ts";
import { Settings } from "./types.ts";

const FUT = "FUT:BTCUSDT";
const onBar = { kind: "bar", timeframe: "1s" };
const onCross = { kind: "cross", factor: "obi_1", level: 0.5, direction: "up", cooldown_ms: 1_000 };

function viewOf(rev: number, strategies: object[], more: object = {}): BundleView {
  const rules = { long: { f: "rsi_2_1s", op: "<", v: 30 } };
  const bundle = Bundle.parse({
    format: 1,
    bundle_id: "b",
    rev,
    factors: ["close_1s"],
    instruments: [{ instrument: FUT }],
    strategies: strategies.map((strategy) => ({ instruments: [FUT], ...rules, ...strategy })),
    ...more,
  });
  return { rev, bundle_id: "b", hash: "h", bundle };
}
const barStrategy = { strategy_id: "bars", triggers: [onBar] };
const crossStrategy = { strategy_id: "book", triggers: [onCross] };

/** Our clock runs half a second ahead of the exchange's. */
const AHEAD_MS = 500;

async function world(view: BundleView) {
  const clock = new VirtualClock(T + AHEAD_MS);
  const sets: FeatureSet[] = [];
  const signals: Signal[] = [];
  const features = new Features({
    account: "main",
    clock,
    settings: Settings.parse({}),
    publish: (set) => void sets.push(set),
    signal: (signal) => void signals.push(signal),
  });
  features.follow(view);
  /** Lets our clock reach `ms` after the start and stamps what arrives then. */
  const at = async <E extends object>(ms: number, event: E): Promise<E> => {
    await clock.run(T + AHEAD_MS + ms);
    return { ...event, ts: clock.now() };
  };
  return {
    ...{ clock, sets, signals, features },
    trade: async (ms: number, price = 100) => features.onTrade(await at(ms, tradeAt(T + ms, price, 1))),
    ticker: async (ms: number, bidQty = "1") =>
      features.onTicker(await at(ms, tickerAt(T + ms, ["99", bidQty, "101", "1"]))),
    depth: async (ms: number, ok = true) =>
      features.onDepth(await at(ms, depthAt(T + ms, [["99", "1"]], [["101", "1"]], ok))),
    funding: async (ms: number) => features.onFunding(await at(ms, fundingAt(T + ms, 0.0001, T + 60_000))),
  };
}

describe("feature events", () => {
  test("come at once, then at most every 100 ms, and the last word is told", async () => {
    const { sets, ticker, features, clock } = await world(viewOf(3, []));
    for (const ms of [0, 10, 99, 100, 150]) await ticker(ms, String(ms + 1));
    expect(sets.map(({ exch_ts }) => exch_ts - T)).toEqual([0, 100]);
    features.flush();
    expect(sets).toHaveLength(2);
    await clock.run(T + AHEAD_MS + 200);
    features.flush();
    features.flush();
    expect(sets.map(({ exch_ts }) => exch_ts - T)).toEqual([0, 100, 150]);
    expect(sets[2]).toMatchObject({
      instrument: FUT,
      ts: T + AHEAD_MS + 200,
      bid: "99",
      ask: "101",
      config_rev: 3,
      values: { mid: 100, close_1s: null, regime: null },
    });
  });

  test("of an instrument that is unknown or not enabled there are none", async () => {
    const off = viewOf(1, [], { instruments: [{ instrument: FUT, enabled: false }] });
    const { sets, ticker, features } = await world(off);
    await ticker(0);
    expect(sets).toEqual([]);
    expect(() => features.latest(FUT)).toThrow("not enabled");
    const on = await world(viewOf(1, []));
    expect(() => on.features.latest(FUT)).toThrow("No market data");
  });
});

describe("quality", () => {
  test("is gap until the book and the best prices are there, and while the book is broken", async () => {
    const { features, ticker, depth } = await world(viewOf(1, []));
    const quality = () => features.latest(FUT).quality;
    await ticker(0);
    expect(quality()).toContain("gap");
    await depth(1);
    expect(features.latest(FUT)).toMatchObject({ stale: false, quality: [] });
    await depth(2, false);
    expect(features.latest(FUT)).toMatchObject({ stale: true, quality: ["gap"] });
    await depth(3);
    expect(quality()).toEqual([]);
  });

  test("is age when nothing has come for long, or no book for longer", async () => {
    const { features, ticker, depth, clock } = await world(viewOf(1, []));
    await ticker(0);
    await depth(0);
    await clock.run(T + AHEAD_MS + 3_000);
    expect(features.latest(FUT).quality).toEqual([]);
    expect(features.old()).toBeUndefined();
    await clock.run(T + AHEAD_MS + 3_001);
    expect(features.latest(FUT)).toMatchObject({ stale: true, quality: ["age"] });
    expect(features.old()).toContain(FUT);
    for (let ms = 4_000; ms <= 15_000; ms += 1_000) await ticker(ms);
    expect(features.latest(FUT).quality).toEqual([]);
    await ticker(15_001);
    expect(features.latest(FUT).quality).toEqual(["age"]);
  });

  test("does not believe an event from the future or of no time", async () => {
    const { features, ticker, sets } = await world(viewOf(1, []));
    await ticker(0);
    const [told] = sets;
    for (const exch_ts of [T + AHEAD_MS + 10_001, Number.NaN, Number.POSITIVE_INFINITY]) {
      features.onTicker({ ...tickerAt(T, ["1", "1", "2", "1"]), exch_ts, ts: T + AHEAD_MS });
    }
    expect(features.latest(FUT)).toMatchObject(told!);
    expect([...features.all].map(({ dropped, updates }) => [dropped, updates])).toEqual([[3, 1]]);
  });

  test("withholds a value that is out of its range, and says so; the others hold", async () => {
    const { features, ticker, depth, funding } = await world(viewOf(1, []));
    await ticker(0);
    await depth(0);
    await funding(0);
    features.onFunding({ ...fundingAt(T, 1.5, T + 60_000), ts: T + AHEAD_MS });
    const latest = features.latest(FUT);
    expect(latest).toMatchObject({ stale: false, quality: ["out_of_range"], values: { funding_rate: null, mid: 100 } });
    expect(latest.missing).toContainEqual({ id: "funding_rate", why: "out_of_range" });
  });

  test("before anything has come the check says so", async () => {
    const { features, funding, ticker } = await world(viewOf(1, []));
    expect(features.silence()).toContain("No market data");
    await funding(0);
    expect(features.silence()).toContain("No market data");
    await ticker(1);
    expect(features.silence()).toBeUndefined();
  });
});

describe("signals", () => {
  test("carry the bar's end as their moment, and the features of the event that passed it", async () => {
    const { signals, trade, ticker } = await world(viewOf(7, [barStrategy]));
    await trade(0, 100);
    await trade(600, 90);
    await ticker(1_007);
    expect(signals).toHaveLength(1);
    expect(signals[0]).toMatchObject({
      signal_id: signalId("bars", FUT, T + 1_000),
      account: "main",
      strategy_id: "bars",
      instrument: FUT,
      trigger: { kind: "bar", what: "1s", exch_ts: T + 1_000 },
      ts: T + AHEAD_MS + 1_007,
      config_rev: 7,
      features: { exch_ts: T + 1_007, values: { close_1s: 90, mid: 100 }, bid: "99", ask: "101", config_rev: 7 },
    });
  });

  test("no moment is told twice, though two triggers of a strategy meet there", async () => {
    const { signals, trade } = await world(
      viewOf(1, [{ ...barStrategy, triggers: [onBar, { ...onBar, timeframe: "5s" }] }]),
    );
    for (let ms = 0; ms <= 5_000; ms += 500) await trade(ms);
    expect(signals.map(({ trigger }) => trigger.exch_ts - T)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(new Set(signals.map(({ signal_id }) => signal_id)).size).toBe(5);
  });

  test("a cross and a bar of two strategies at one event are two signals with the same features", async () => {
    const { signals, trade, ticker } = await world(viewOf(1, [barStrategy, crossStrategy]));
    await trade(0);
    await ticker(10, "1");
    await ticker(1_000, "9");
    expect(signals.map(({ strategy_id, trigger }) => [strategy_id, trigger.exch_ts - T])).toEqual([
      ["bars", 1_000],
      ["book", 1_000],
    ]);
    expect(signals[0]!.features).toBe(signals[1]!.features);
  });

  test("disabled strategies, and those of other instruments, are silent", async () => {
    const elsewhere = { strategy_id: "elsewhere", triggers: [onBar], instruments: ["SPOT:BTCUSDT"] };
    const { signals, trade } = await world(viewOf(1, [{ ...barStrategy, enabled: false }, elsewhere]));
    for (const ms of [0, 1_000, 2_000]) await trade(ms);
    expect(signals).toEqual([]);
  });
});

describe("a new revision", () => {
  test("keeps bars, factors and cool-downs, and stamps what comes after it", async () => {
    const { signals, features, trade, ticker } = await world(viewOf(1, [barStrategy, crossStrategy]));
    await trade(0, 100);
    await ticker(10, "1");
    await ticker(20, "9");
    features.follow(viewOf(2, [barStrategy, crossStrategy], { factors: ["close_1s", "close_5s"] }));
    await ticker(30, "1");
    await ticker(40, "9");
    await trade(1_000, 101);
    expect(signals.map(({ strategy_id, config_rev }) => [strategy_id, config_rev])).toEqual([
      ["book", 1],
      ["bars", 2],
    ]);
    expect(signals[1]!.features.values).toMatchObject({ close_1s: 100, close_5s: null });
  });

  test("that drops a strategy silences it", async () => {
    const { signals, features, trade } = await world(viewOf(1, [barStrategy]));
    await trade(0);
    features.follow(viewOf(2, []));
    await trade(1_000);
    expect(signals).toEqual([]);
  });
});

test("another instrument's factor is computed there and read here", async () => {
  const view = viewOf(1, [], {
    factors: ["close_1s@SPOT:BTCUSDT"],
    instruments: [{ instrument: FUT }, { instrument: "SPOT:BTCUSDT" }],
  });
  const { features, trade, ticker } = await world(view);
  await ticker(0);
  features.onTrade({ ...tradeAt(T, 77, 1), instrument: "SPOT:BTCUSDT" });
  features.onTrade({ ...tradeAt(T + 1_000, 78, 1), instrument: "SPOT:BTCUSDT" });
  await trade(1_000);
  expect(features.latest(FUT).values["close_1s@SPOT:BTCUSDT"]).toBe(77);
});

test("factors lists every family and what is active, and names what does not exist", async () => {
  const { features } = await world(viewOf(1, [], { factors: ["atr_14_1m", "nonsense"] }));
  const answer = features.factors();
  expect(answer.active).toContain("atr_14_1m");
  expect(answer.unknown).toEqual(["nonsense"]);
  expect(answer.families.find(({ family }) => family === "atr")).toMatchObject({ frequency: "bar", range: [0, null] });
  expect(features.regimes()).toEqual({ items: [{ instrument: FUT, regime: null, value: null }] });
});
