import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { factorSnapshots } from "../../shared/collections/features.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { BEGIN_TS as T, tradeAt } from "../../shared/testing/market-events.ts";
import { Features } from "./features.ts";
import { HistoryWarmer } from "./history.ts";
import { minutesOf, pastOf, storeOfS02 } from "./past.fixture.ts";
import { loadSnapshots, saveSnapshots } from "./snapshots.ts";
import { Settings } from "./types.ts";

const FUT = "FUT:BTCUSDT";
const MINUTE_MS = 60_000;
const IDS = ["ema_8_1m", "rsi_5_1m", "close_5m"];
const bundle = Bundle.parse({
  ...{ format: 1, bundle_id: "b", rev: 1, strategies: [], factors: IDS },
  instruments: [{ instrument: FUT }],
});
/** One trade a minute, at its close, so that bars built live are those of history. */
const minutes = minutesOf(61, 400).map((bar) => {
  const { close } = bar;
  return { ...bar, open: close, high: close, low: close, volume: 1, quoteVolume: close, trades: 1 };
});

function run(store = storeOfS02()) {
  const clock = new VirtualClock(T);
  const unusable: string[] = [];
  const features = new Features({
    ...{ account: "main", clock, settings: Settings.parse({}), publish: () => {}, signal: () => {} },
    unusable: (instrument, error) => void unusable.push(`${instrument} ${error}`),
  });
  const follow = () => features.follow({ rev: 1, bundle_id: "b", hash: "h", bundle });
  const live = (from: number, to: number, offset = 0) => {
    for (const { openTs, close } of minutes.slice(from, to)) {
      features.onTrade({ ...tradeAt(openTs + offset, close, 1), ts: openTs + offset });
    }
  };
  const past = pastOf({ [FUT]: minutes });
  // The warmer asks for the newest, which is what had closed by the engine's time.
  const getHistory: typeof past.getHistory = (request, options) => {
    const to_ts = Math.floor(engine().exchTs / MINUTE_MS) * MINUTE_MS - 1;
    return past.getHistory({ ...request, from_ts: T, to_ts, limit: 1_000 }, options);
  };
  const warmer = new HistoryWarmer({ clock, getHistory, retryMs: [1_000, 4_000], log: { info() {}, warn() {} } });
  const engine = () => features.get(FUT)!.engine;
  const values = () => IDS.map((id) => engine().value(id));
  return { clock, store, features, follow, live, unusable, warmer, engine, values, past };
}

describe("a restart", () => {
  test("goes on where the last run ended, the gap filled from history, with the same bits", async () => {
    const before = run();
    before.follow();
    before.live(0, 120);
    await saveSnapshots(before, before.features.all);

    const after = run(before.store);
    after.follow();
    const { usable, refused } = await loadSnapshots(before);
    expect(refused).toEqual([]);
    after.features.remember(usable);
    after.live(150, 152, 20_000);
    expect(after.values().every(Number.isNaN)).toBe(true);
    await after.warmer.step([after.engine()]);
    after.live(152, 300);

    before.live(120, 300);
    expect(after.values()).toEqual(before.values());
    expect(after.unusable).toEqual([]);
  });

  test("takes a snapshot up for an instrument that it follows later, and leaves one alone that has been heard", async () => {
    const before = run();
    before.follow();
    before.live(0, 120);
    await saveSnapshots(before, before.features.all);
    const { usable } = await loadSnapshots(before);

    const later = run(before.store);
    later.features.remember(usable);
    later.follow();
    later.live(119, 120, 30_000);
    expect(later.values().slice(0, 2)).toEqual(before.values().slice(0, 2));

    const heard = run(before.store);
    heard.follow();
    heard.live(119, 120);
    heard.features.remember(usable);
    expect(heard.values().every(Number.isNaN)).toBe(true);
  });

  test("refuses a snapshot of other families, and one that is damaged, and begins anew", async () => {
    const before = run();
    before.follow();
    before.live(0, 60);
    const store = before.store;
    await saveSnapshots(before, before.features.all);
    const kept = (await store.get(factorSnapshots, FUT))!.value;
    await store.commit([put(factorSnapshots, { ...kept, registry: "older" })]);
    expect(await loadSnapshots(before)).toEqual({ usable: [], refused: [FUT] });

    const damaged = { ...JSON.parse(kept.state), inputs: [1] };
    await store.commit([put(factorSnapshots, { ...kept, state: JSON.stringify(damaged) })]);
    const after = run(store);
    after.follow();
    after.features.remember((await loadSnapshots(after)).usable);
    expect(after.unusable).toEqual([`${FUT} RangeError: fewer numbers were kept than are needed`]);
    after.live(60, 80);
    expect(after.engine().value("ema_8_1m")).not.toBeNaN();
  });

  test("writes nothing of an instrument that has not been heard", async () => {
    const silent = run();
    silent.follow();
    await saveSnapshots(silent, silent.features.all);
    expect(await loadSnapshots(silent)).toEqual({ usable: [], refused: [] });
  });
});
