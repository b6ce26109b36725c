import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { featureHistory, type KeptFeatures } from "../../shared/collections/features.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { BEGIN_TS as T, tickerAt, tradeAt } from "../../shared/testing/market-events.ts";
import { Features } from "./features.ts";
import { FeatureKeeper, readKept } from "./kept-features.ts";
import { storeOfS02 } from "./past.fixture.ts";
import { HistoryRequest, Settings } from "./types.ts";

const FUT = "FUT:BTCUSDT";
const SPOT = "SPOT:BTCUSDT";
const MINUTE_MS = 60_000;
const bundle = Bundle.parse({
  ...{ format: 1, bundle_id: "b", rev: 1, strategies: [] },
  factors: ["close_1m", "close_1s", "close_5m", "close_1m@SPOT:BTCUSDT", "last"],
  instruments: [{ instrument: FUT }, { instrument: SPOT }],
});

function world() {
  const clock = new VirtualClock(T);
  const store = storeOfS02();
  const failures: [unknown, number][] = [];
  let isBroken = false;
  const keeper = new FeatureKeeper({
    store: {
      query: store.query.bind(store),
      commit: async (...args) => (isBroken ? Promise.reject(new Error("disk")) : store.commit(...args)),
    },
    clock,
    reached: (instrument) => features.get(instrument)?.engine.exchTs ?? Number.NaN,
    failed: (error, lost) => void failures.push([error, lost]),
  });
  const features: Features = new Features({
    ...{ account: "main", clock, settings: Settings.parse({}), publish: () => {}, signal: () => {} },
    closed: (of, bars) => keeper.add(of, bars),
  });
  features.follow({ rev: 1, bundle_id: "b", hash: "h", bundle });
  const rows = async (): Promise<KeptFeatures[]> =>
    (await store.query(featureHistory, { limit: 100 })).items.map(({ value }) => value);
  const read = (request: object) => readKept(store, HistoryRequest.parse({ instrument: FUT, ...request }));
  const trade = (instrument: string, ms: number, price: number) => {
    const event = { ...tradeAt(T + ms, price, 1), ts: T + ms, instrument };
    features.onTrade(event);
  };
  return { clock, keeper, failures, rows, read, trade, features, fail: (on: boolean) => (isBroken = on) };
}

describe("features kept", () => {
  test("are those of each closed bar of a minute and longer, events' with the minute", async () => {
    const { trade, keeper, rows, features } = world();
    features.onTicker({ ...tickerAt(T, ["9", "1", "11", "1"]), instrument: FUT });
    for (let minute = 0; minute <= 5; minute++) {
      trade(SPOT, minute * MINUTE_MS, 200 + minute);
      trade(FUT, minute * MINUTE_MS, 100 + minute);
    }
    await keeper.flush();
    const own = (await rows()).filter(({ instrument }) => instrument === FUT);
    const [first] = own.filter(({ window }) => window === "1m");
    expect(own.map(({ window, ts }) => `${window} ${(ts - T) / MINUTE_MS}`)).toEqual([
      ...["1m 1", "1m 2", "1m 3", "1m 4", "1m 5", "5m 5"],
    ]);
    expect(first).toMatchObject({ origin: "LIVE", config_rev: 1 });
    expect(first!.values).toMatchObject({ close_1m: 100, last: 101, mid: 10, "close_1m@SPOT:BTCUSDT": 200 });
    expect(Object.keys(first!.values)).not.toContain("close_1s");
    expect(own.at(-1)!.values).toEqual({ close_5m: 104 });
  });

  test("wait for the other instrument's bar, but not for ever", async () => {
    const { trade, keeper, rows, clock } = world();
    for (const instrument of [SPOT, FUT]) trade(instrument, 0, 100);
    trade(FUT, MINUTE_MS, 101);
    await keeper.flush();
    expect(await rows()).toEqual([]);
    trade(SPOT, MINUTE_MS, 300);
    await keeper.flush();
    const values = (await rows()).find(({ instrument }) => instrument === FUT)!.values;
    expect(values["close_1m@SPOT:BTCUSDT"]).toBe(100);
    trade(FUT, 2 * MINUTE_MS, 102);
    await clock.run(T + 6_000);
    await keeper.flush();
    expect((await rows()).filter(({ instrument }) => instrument === FUT)).toHaveLength(2);
  });

  test("are kept once the store works again", async () => {
    const { trade, keeper, rows, failures, fail } = world();
    for (const instrument of [SPOT, FUT]) trade(instrument, 0, 100);
    for (const instrument of [SPOT, FUT]) trade(instrument, MINUTE_MS, 101);
    fail(true);
    await keeper.flush();
    expect(failures).toEqual([[new Error("disk"), 0]]);
    fail(false);
    await keeper.flush();
    expect(await rows()).toHaveLength(2);
  });
});

describe("reading them", () => {
  test("pages through a window in order of time, with the factors asked for", async () => {
    const { trade, keeper, read } = world();
    for (let minute = 0; minute <= 5; minute++) {
      for (const instrument of [SPOT, FUT]) trade(instrument, minute * MINUTE_MS, 100 + minute);
    }
    await keeper.flush(true);
    const first = await read({ factors: "close_1m,rsi_14_1m", limit: 2, from_ts: T + 2 * MINUTE_MS });
    expect(first.items.map(({ ts, values }) => [ts - T, values])).toEqual([
      [2 * MINUTE_MS, { close_1m: 101, rsi_14_1m: null }],
      [3 * MINUTE_MS, { close_1m: 102, rsi_14_1m: null }],
    ]);
    const next = await read({ limit: 2, from_ts: T + 2 * MINUTE_MS, cursor: first.next_cursor });
    expect(next.items.map(({ ts }) => ts - T)).toEqual([4 * MINUTE_MS, 5 * MINUTE_MS]);
    expect((await read({ window: "5m" })).items).toHaveLength(1);
    expect((await read({ window: "1d" })).items).toEqual([]);
  });

  test("refuses what is no factor", () => {
    const { read } = world();
    expect(read({ factors: "close_1m,no_such" })).rejects.toThrow("no_such");
  });
});
