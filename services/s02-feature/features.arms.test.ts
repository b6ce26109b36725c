import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { type ActiveConfig, armOf } from "../../shared/domain/arms.ts";
import { Bundle, type BundleView } from "../../shared/domain/bundle.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import { BEGIN_TS as T, tickerAt, tradeAt } from "../../shared/testing/market-events.ts";
import { Features } from "./features.ts";
import { Settings } from "./types.ts";

const FUT = "FUT:BTCUSDT";
const SPOT = "SPOT:BTCUSDT";
const SLOT_MS = 1_000;
const onBar = { kind: "bar", timeframe: "1s" };
const onCross = (cooldown_ms: number, level = 0.5) => ({
  ...{ kind: "cross", factor: "obi_1", direction: "up" },
  ...{ cooldown_ms, level },
});

function viewOf(rev: number, strategies: object[], more: object = {}): BundleView {
  const strategy = { instruments: [FUT], long: { f: "rsi_2_1s", op: "<", v: 30 } };
  const bundle = Bundle.parse({
    ...{ format: 1, bundle_id: "b", rev, factors: [], instruments: [{ instrument: FUT }] },
    strategies: strategies.map((each) => ({ ...strategy, ...each })),
    ...more,
  });
  return { rev, bundle_id: "b", hash: `h${rev}`, bundle };
}
const withCanary = (stable: BundleView, view: BundleView, traffic_pct = 50): ActiveConfig => ({
  ...stable,
  canary: { promotion_id: `p${view.rev}`, traffic_pct, slot_ms: SLOT_MS, until: T + 1e9, view },
});
const split = (view: BundleView, traffic_pct = 50) => withCanary(view, view, traffic_pct).canary as never;

function world(active: ActiveConfig) {
  const clock = new VirtualClock(T);
  const signals: Signal[] = [];
  const signal = (one: Signal) => void signals.push(one);
  const features = new Features({ account: "main", clock, settings: Settings.parse({}), signal });
  features.follow(active);
  return {
    ...{ signals, features },
    /** A trade every so often ends the bars; without one there are none. */
    trade: (ms: number, instrument = FUT) => features.onTrade({ ...tradeAt(T + ms, 100, 1), instrument }),
    /** The imbalance of the book: 0.8 with "9" to buy, 0 with "1". */
    ticker: (ms: number, bidQty: string) => features.onTicker(tickerAt(T + ms, ["99", bidQty, "101", "1"])),
    bars: (seconds: number, instrument = FUT) => {
      for (let at = 0; at <= seconds; at++) features.onTrade({ ...tradeAt(T + at * 1_000, 100, 1), instrument });
    },
  };
}
const brief = ({ strategy_id, trigger, config_rev, arm }: Signal) => [
  ...[strategy_id, trigger.exch_ts - T, config_rev],
  arm?.name,
];

describe("while a promotion is under way", () => {
  const stable = viewOf(1, [{ strategy_id: "bars", triggers: [onBar] }]);
  const canary = viewOf(2, [{ strategy_id: "bars", triggers: [onBar] }]);

  test("each moment belongs to one arm, and its signal says which and under which revision", () => {
    const { signals, bars } = world(withCanary(stable, canary));
    bars(200);
    expect(signals).toHaveLength(200);
    for (const { trigger, config_rev, features, arm } of signals) {
      const name = armOf(split(canary), FUT, trigger.exch_ts);
      expect(arm).toEqual({ promotion_id: "p2", name });
      expect([config_rev, features.config_rev]).toEqual(name === "CANARY" ? [2, 2] : [1, 1]);
    }
    const share = signals.filter(({ config_rev }) => config_rev === 2).length / signals.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });

  test("without one a signal names no arm", () => {
    const { signals, bars } = world(stable);
    bars(2);
    expect(signals.map((one) => [one.config_rev, "arm" in one])).toEqual([
      [1, false],
      [1, false],
    ]);
  });

  test("both revisions' factors are in every feature set, and feature events are stamped with the stable one", () => {
    const sets = world(withCanary({ ...stable }, viewOf(2, [], { factors: ["close_1s", "close_5s"] })));
    sets.bars(2);
    expect(sets.features.latest(FUT)).toMatchObject({ config_rev: 1, values: { close_1s: 100, close_5s: null } });
    sets.features.follow(stable);
    expect(sets.features.latest(FUT).values).not.toContainKey("close_5s");
  });

  test("a strategy that one revision alone has works at that arm's moments", () => {
    const more = viewOf(2, [
      { strategy_id: "bars", triggers: [onBar] },
      { strategy_id: "new", triggers: [onBar] },
    ]);
    const { signals, bars } = world(withCanary(stable, more));
    bars(100);
    const moments = (id: string, name: string) =>
      signals.filter((one) => one.strategy_id === id && one.arm?.name === name).length;
    expect(moments("bars", "STABLE") + moments("bars", "CANARY")).toBe(100);
    expect(moments("new", "STABLE")).toBe(0);
    expect(moments("new", "CANARY")).toBe(moments("bars", "CANARY"));
  });

  test("one that the canary drops is silent at its moments alone, and so is a disabled one", () => {
    for (const gone of [viewOf(2, []), viewOf(2, [{ strategy_id: "bars", triggers: [onBar], enabled: false }])]) {
      const { signals, bars } = world(withCanary(stable, gone));
      bars(100);
      expect(new Set(signals.map(({ config_rev }) => config_rev))).toEqual(new Set([1]));
      const all = Array.from({ length: 100 }, (_, at) => T + (at + 1) * 1_000);
      expect(signals.map(({ trigger }) => trigger.exch_ts)).toEqual(
        all.filter((ts) => armOf(split(gone), FUT, ts) === "STABLE"),
      );
    }
  });

  test("an instrument that one revision alone trades works for that arm, and goes with it", () => {
    const both = { instruments: [{ instrument: FUT }, { instrument: SPOT }] };
    const strategy = { strategy_id: "bars", triggers: [onBar], instruments: [FUT, SPOT] };
    const wider = viewOf(2, [strategy], both);
    const narrow = viewOf(1, [strategy]);
    const { signals, bars, features } = world(withCanary(narrow, wider));
    bars(100, SPOT);
    expect(signals.length).toBeGreaterThan(20);
    for (const { config_rev, trigger } of signals) {
      expect([config_rev, armOf(split(wider), SPOT, trigger.exch_ts)]).toEqual([2, "CANARY"]);
    }
    features.follow(narrow);
    expect(features.get(SPOT)).toBeUndefined();
    expect(() => features.latest(SPOT)).toThrow("not enabled in any revision in force");
  });

  test("triggers that differ fire at their own arm's moments", () => {
    const every5 = { kind: "bar", timeframe: "5s" };
    const slower = viewOf(2, [{ strategy_id: "bars", triggers: [every5] }]);
    const { signals, bars } = world(withCanary(stable, slower));
    bars(200);
    for (const { trigger, config_rev } of signals) {
      expect([trigger.what, config_rev]).toEqual(config_rev === 2 ? ["5s", 2] : ["1s", 1]);
      expect(config_rev === 2).toBe(armOf(split(slower), FUT, trigger.exch_ts) === "CANARY");
    }
    expect(new Set(signals.map(({ config_rev }) => config_rev))).toEqual(new Set([1, 2]));
  });
});

describe("cool-downs", () => {
  const crossing = (rev: number, trigger: object) => viewOf(rev, [{ strategy_id: "book", triggers: [trigger] }]);
  /** Moments of both arms, in order. */
  const arms = (view: BundleView, count: number) =>
    Array.from({ length: count }, (_, at) => armOf(split(view), FUT, T + at * SLOT_MS));

  test("of triggers that stand for each other in both arms are one: a change of arm gives no look before its time", () => {
    const canary = crossing(2, onCross(2_500, 0.4));
    const { signals, ticker } = world(withCanary(crossing(1, onCross(2_500)), canary));
    for (let at = 0; at < 60; at++) {
      ticker(at * 1_000 + 100, "1");
      ticker(at * 1_000 + 200, "9");
    }
    const times = signals.map(({ trigger }) => trigger.exch_ts);
    for (const [at, ts] of times.entries()) if (at > 0) expect(ts - times[at - 1]!).toBeGreaterThanOrEqual(2_500);
    expect(times).toHaveLength(20);
    expect(new Set(signals.map(({ config_rev }) => config_rev))).toEqual(new Set([1, 2]));
  });

  test("a crossing at the other arm's moment is nothing, and begins none", () => {
    const empty = viewOf(2, []);
    const { signals, ticker } = world(withCanary(crossing(1, onCross(1_500)), empty));
    const order = arms(empty, 60);
    const at = order.findIndex((name, i) => name === "CANARY" && order[i + 1] === "STABLE");
    ticker(at * 1_000 + 100, "1");
    ticker(at * 1_000 + 900, "9");
    ticker(at * 1_000 + 1_000, "1");
    expect(signals).toEqual([]);
    ticker(at * 1_000 + 1_100, "9");
    expect(signals.map(brief)).toEqual([["book", at * 1_000 + 1_100, 1, "STABLE"]]);
  });

  test("go over to a revision that changes the trigger, and back", () => {
    const { signals, ticker, features } = world(crossing(1, onCross(1_000)));
    const blink = (ms: number) => {
      ticker(ms, "1");
      ticker(ms + 10, "9");
    };
    blink(0);
    features.follow(crossing(2, onCross(500, 0.6)));
    blink(100);
    expect(signals.map(({ trigger }) => trigger.exch_ts - T)).toEqual([10]);
    blink(510);
    features.follow(crossing(3, onCross(1_000)));
    blink(1_100);
    blink(1_520);
    expect(signals.map(brief)).toEqual([
      ["book", 10, 1, undefined],
      ["book", 520, 2, undefined],
      ["book", 1_530, 3, undefined],
    ]);
  });

  test("go on while the strategy is gone, over which nothing is crossed", () => {
    const { signals, ticker, features } = world(crossing(1, onCross(1_000)));
    ticker(0, "1");
    ticker(10, "9");
    ticker(20, "1");
    features.follow(viewOf(2, []));
    ticker(500, "1");
    features.follow(crossing(3, onCross(1_000)));
    ticker(900, "9");
    ticker(910, "1");
    ticker(920, "9");
    ticker(1_005, "1");
    expect(signals.map(brief)).toEqual([["book", 10, 1, undefined]]);
    ticker(1_010, "9");
    expect(signals.map(brief).at(-1)).toEqual(["book", 1_010, 3, undefined]);
    ticker(2_200, "1");
    features.follow(viewOf(4, []));
    features.follow(crossing(5, onCross(1_000)));
    ticker(2_210, "9");
    expect(signals).toHaveLength(2);
  });

  test("a level that changes between two values is crossed by the next", () => {
    const { signals, ticker, features } = world(crossing(1, onCross(0)));
    ticker(0, "1");
    features.follow(crossing(2, onCross(0, 0.7)));
    ticker(10, "9");
    expect(signals.map(brief)).toEqual([["book", 10, 2, undefined]]);
  });
});

/** What happens to the revisions in force between two events. */
type Change = { at: number; kind: "CANARY" | "RAMP" | "FULL" | "ROLLBACK" };

test("however often revisions come and go, the moments are those of an undisturbed run, each under its own revision", () => {
  const strategies = [
    { strategy_id: "bars", triggers: [onBar] },
    { strategy_id: "book", triggers: [onCross(700)] },
  ];
  const events = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 900 }), qty: fc.constantFrom("1", "9") }), {
    ...{ minLength: 40, maxLength: 80 },
  });
  const changes = fc.array(
    fc.record({ at: fc.nat(79), kind: fc.constantFrom<Change["kind"]>("CANARY", "RAMP", "FULL", "ROLLBACK") }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(events, changes, (market, all) => {
      const run = (planned: readonly Change[]) => {
        let rev = 1;
        let active: ActiveConfig = viewOf(rev, strategies);
        const { signals, ticker, trade, features } = world(active);
        let now = 0;
        for (const [at, { ms, qty }] of market.entries()) {
          for (const { kind } of planned.filter((change) => change.at === at)) {
            const { canary, ...stable } = active;
            if (kind === "CANARY") active = withCanary(stable, viewOf(++rev, strategies), 20);
            else if (canary && kind === "RAMP") active = { ...stable, canary: { ...canary, traffic_pct: 50 } };
            else if (canary && kind === "FULL") active = canary.view;
            else active = viewOf(++rev, strategies);
            features.follow(active);
          }
          now += ms;
          const before = signals.length;
          ticker(now, qty);
          trade(now);
          for (const { trigger, config_rev, arm } of signals.slice(before)) {
            const name = active.canary ? armOf(active.canary, FUT, trigger.exch_ts) : undefined;
            expect(arm?.name).toBe(name as never);
            expect(config_rev).toBe(name === "CANARY" ? (active.canary?.view.rev ?? 0) : active.rev);
          }
        }
        return signals.map(({ signal_id, trigger }) => `${signal_id} ${trigger.what}`);
      };
      expect(run(all)).toEqual(run([]));
    }),
    { seed: 9, numRuns: 60 },
  );
});

test("a cool-down goes on while its instrument is not followed, whoever drops it and takes it up again", () => {
  const looks = [{ strategy_id: "book", triggers: [onCross(10_000)], long: { f: "obi_1", op: ">", v: 0 } }];
  const with_ = (rev: number, enabled: boolean) =>
    viewOf(rev, looks, { instruments: [{ instrument: FUT, enabled }, { instrument: SPOT }] });
  const { signals, ticker, features } = world(with_(1, true));
  ticker(0, "1");
  ticker(10, "9");
  features.follow(with_(2, false));
  expect(features.get(FUT)).toBeUndefined();
  features.follow(with_(3, true));
  ticker(5_000, "1");
  ticker(5_010, "9");
  expect(signals.map(brief)).toEqual([["book", 10, 1, undefined]]);
  ticker(10_020, "1");
  ticker(10_030, "9");
  expect(signals.map(brief).at(-1)).toEqual(["book", 10_030, 3, undefined]);
});
