import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { featureHistory, featureJobs, type KeptFeatures } from "../../shared/collections/features.ts";
import { FeatureSet } from "../../shared/domain/decision.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { parseFactor } from "../../shared/trading/factors/registry.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { recordedMarket } from "../venue/recorded-market.fixture.ts";
import { openReplayMarket } from "../venue/replay-market.ts";
import { readAll } from "./pages.ts";
import { whileRunning } from "./requests.ts";
import { openSimulation, type Simulation } from "./simulate.ts";

const MINUTE_MS = 60_000;
const FUT = "FUT:BTCUSDT";

const OF_BARS = [
  ...["close_1m", "volume_1m", "vwap_1m", "vwap_2_1m", "log_ret_1_1m", "tr_1m", "ema_2_1m", "macd_1_2_2_1m"],
  ...["rsi_2_1m", "atr_2_1m", "adx_1_1m", "di_plus_2_1m", "bb_mid_2_1m", "bb_width_2_2_1m", "bb_pct_2_2_1m"],
  ...["donchian_high_2_1m", "donchian_pos_2_1m", "zscore_2_1m", "pct_rank_3_1m", "rv_2_1m", "rv_pct_2_2_1m"],
  ...["swing_dir_1_1m", "swing_turn_1_1m"],
];

function bundleText(instruments: readonly string[], factors: readonly string[]): string {
  const terms = instruments.map((instrument) => ({ instrument, depth_top1_usdt_min: 0 }));
  return JSON.stringify({ format: 1, bundle_id: "f", rev: 1, factors, instruments: terms, strategies: [], rules: [] });
}

/** What the market's going by has left, and the same moments computed again from what S1 says of the past. */
async function bothWays(sim: Simulation, symbols: readonly string[]): Promise<[KeptFeatures[], KeptFeatures[]]> {
  await sim.play();
  await sim.advance(3_000);
  const { clock, services, world } = sim;
  const store = world.store("s02");
  const kept = async () => (await readAll(store, featureHistory)).filter(({ window }) => window === "1m");
  const live = await kept();
  expect(live.length).toBeGreaterThan(0);
  expect(live.every(({ origin }) => origin === "LIVE")).toBe(true);
  const ends = live.map(({ ts }) => ts);
  const body = { symbols, windows: ["1m"], from_ts: Math.min(...ends), to_ts: Math.max(...ends), force: true };
  const token = await createTokens(world.serviceKey, clock).mint("s12", "s02", { id: "rita", role: "researcher" });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": "one" };
  const request = new Request("http://s02/features/recompute", { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await whileRunning(clock, services.hosted.get("s02")!.fetch(request));
  expect(answer.status).toBe(202);
  for (let tries = 0; tries < 20; tries++) {
    await sim.advance(1_000);
    if ((await readAll(store, featureJobs)).every(({ state }) => state === "DONE")) break;
  }
  const [job] = await readAll(store, featureJobs);
  expect(job).toMatchObject({ state: "DONE", errors: [] });
  return [live, (await kept()).filter(({ origin }) => origin === "RECOMPUTED")];
}

const ofBars = (id: string): boolean => parseFactor(id)?.params.timeframe === "1m";

/** In words, where two runs differ at the bars that the first has kept, by more than `tolerance` of the value. */
function differences(live: readonly KeptFeatures[], again: readonly KeptFeatures[], tolerance: number): string[] {
  const other = new Map(again.map((row) => [`${row.instrument} ${row.ts}`, row]));
  return live.flatMap(({ instrument, ts, values }) => {
    const row = other.get(`${instrument} ${ts}`);
    if (row === undefined) return [`${instrument} ${ts}: not recomputed`];
    return Object.entries(values).flatMap(([id, value]) => {
      const now = row.values[id]!;
      // What was not known live may be known from history.
      const isSame =
        value === null
          ? now === null || ofBars(id)
          : now !== null && Math.abs(now - value) <= tolerance * Math.max(1, Math.abs(value));
      return isSame ? [] : [`${instrument} ${ts} ${id}: ${value}, again ${now}`];
    });
  });
}
const knownIn = (rows: readonly KeptFeatures[]): Set<string> =>
  new Set(rows.flatMap(({ values }) => Object.keys(values).filter((id) => ofBars(id) && values[id] !== null)));

async function onRecording(files: string[], symbols: readonly string[], factors: readonly string[]): Promise<void> {
  const sim = await openSimulation({
    seed: "features",
    bundleText: bundleText(symbols, factors),
    market: (clock) => openReplayMarket({ clock, files, listings: defaultListings() }),
  });
  const [live, again] = await bothWays(sim, symbols);
  expect(differences(live, again, 0)).toEqual([]);
  expect([...factors].filter((id) => !knownIn(live).has(id))).toEqual([]);
  expect(sim.world.errors).toEqual([]);
}

const folder = mkdtempSync(join(tmpdir(), "chimera-features-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("features as the market went by and recomputed from its history", () => {
  test("are identical on a recording, to the last bit", async () => {
    const begins = Date.UTC(2026, 2, 5, 11, 59, 48, 300);
    const file = join(folder, "usdm__recorded.txt");
    writeFileSync(file, recordedMarket({ symbols: ["BTCUSDT"], begins, seconds: 400 }).join("\n"));
    await onRecording([file], [FUT], OF_BARS);
  }, 300_000);

  test("agree on the agents' market of two instruments, whose averages began at other bars of its past", async () => {
    const symbols = [FUT, "SPOT:BTCUSDT"];
    const factors = [...OF_BARS, "corr_5_1m@SPOT:BTCUSDT", "basis_bps_1m@SPOT:BTCUSDT", "rv_5_1m@SPOT:BTCUSDT"];
    const listings = defaultListings().filter(({ instrument }) => symbols.includes(instrument));
    const sim = await openSimulation({
      ...{ seed: "features", durationMs: 4 * MINUTE_MS, bundleText: bundleText(symbols, factors) },
      market: async (clock, random) => new AgentsMarket({ clock, random, listings }),
    });
    const [live, again] = await bothWays(sim, symbols);
    expect(differences(live, again, 1e-9)).toEqual([]);
    const known = knownIn(live.filter(({ instrument }) => instrument === FUT));
    expect(factors.filter((id) => !known.has(id))).toEqual([]);
  }, 300_000);
});

describe("the feature generator, killed and started again", () => {
  test("has its factors of bars at once, as they were, and the same later as if it had run through", async () => {
    const listings = defaultListings().filter(({ instrument }) => instrument === FUT);
    const open = () =>
      openSimulation({
        ...{ seed: "killed", canCrash: true, bundleText: bundleText([FUT], OF_BARS) },
        env: { CHIMERA_S02_SNAPSHOT_EVERY_MS: "1000" },
        market: async (clock, random) => new AgentsMarket({ clock, random, listings }),
      });
    const latest = async (sim: Simulation): Promise<FeatureSet> => {
      const token = await createTokens(sim.world.serviceKey, sim.clock).mint("s12", "s02");
      const headers = { authorization: `Bearer ${token}` };
      const request = new Request(`http://s02/features/${FUT}`, { headers });
      const answer = await whileRunning(sim.clock, sim.services.hosted.get("s02")!.fetch(request));
      return FeatureSet.parse(await answer.json());
    };
    const barsOf = ({ values }: FeatureSet) => Object.entries(values).filter(([id]) => ofBars(id));
    const [killed, spared] = [await open(), await open()];
    for (const sim of [killed, spared]) await sim.advance(3 * MINUTE_MS + 20_000);
    const before = await latest(killed);
    expect(barsOf(before).every(([, value]) => value !== null)).toBe(true);
    killed.kill(["s02"], 3_000);
    for (const sim of [killed, spared]) await sim.advance(6_000);
    const after = await latest(killed);
    expect(after.exch_ts).toBeGreaterThan(before.exch_ts + 3_000);
    expect(barsOf(after)).toEqual(barsOf(before));
    for (const sim of [killed, spared]) await sim.advance(2 * MINUTE_MS);
    expect(barsOf(await latest(killed))).toEqual(barsOf(await latest(spared)));
  }, 300_000);
});

const recorded = process.env.CHIMERA_MARKET_DATA;
const depth = (name: string) => join(recorded ?? "", "depth", name);
const here = recorded !== undefined && existsSync(depth("usdm__btcusdt_20240808.gz"));
if (!here) console.log("skipped: needs recorded markets; CHIMERA_MARKET_DATA names their folder");

describe.skipIf(!here)("and on recorded markets", () => {
  test("of a future and its spot market, to the last bit", async () => {
    const files = ["usdm__btcusdt_20240808.gz", "spot__btcusdt_20240808.gz", "spot__btcusdt_20240809.gz"].map(depth);
    const factors = [...OF_BARS, "corr_2_1m@SPOT:BTCUSDT", "basis_bps_1m@SPOT:BTCUSDT", "rv_2_1m@SPOT:BTCUSDT"];
    await onRecording(files, [FUT, "SPOT:BTCUSDT"], factors);
  }, 300_000);
});
