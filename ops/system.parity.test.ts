import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openReadOnly } from "../shared/adapters/read-only-store.ts";
import { COLLECTIONS } from "../shared/collections.ts";
import { defaultListings } from "../shared/engine/listing.ts";
import { openFolder, storeFiles } from "./run/folder.ts";
import { judgeFolder } from "./run/judge.ts";
import { hasRedisServer } from "./run/own-redis.ts";
import { type Running, until, up } from "./run/process.fixture.ts";
import { parityOf, readSeen, type Seen } from "./sim/parity.ts";
import { openSimulation } from "./sim/simulate.ts";
import { recordedMarket } from "./venue/recorded-market.fixture.ts";
import { openReplayMarket } from "./venue/replay-market.ts";

const here = hasRedisServer();
if (!here) console.log("skipped: needs redis-server");
const ORIGIN = { mode: "paper", venue: "paper-replay", account: "main" } as const;
const PORT_OFFSET = 15_000 + (process.pid % 300) * 20;
const SECONDS = 18;
const BEGINS = Date.UTC(2026, 2, 5, 11, 59, 48, 300);
const SETTLE_MS = 2_000;
/** A busy machine takes longer to come up, and a quiet one need not wait. */
const LEADS_S = [20, 60, 240];

const folder = mkdtempSync(join(tmpdir(), "chimera-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "usdm__recorded.txt");
writeFileSync(file, recordedMarket({ symbols: ["BTCUSDT", "ETHUSDT"], begins: BEGINS, seconds: SECONDS }).join("\n"));

/** Looks at every second and every fifth; trades end soon, so that the account stands in the way of few decisions. */
const bundleText = JSON.stringify({
  format: 1,
  bundle_id: "parity",
  rev: 1,
  factors: [
    "mid",
    "spread_bps",
    "depth_top1_usdt",
    "obi_5",
    "trade_imb_10s",
    "ema_3_1s",
    "ema_8_1s",
    "rsi_5_1s",
    "atr_3_1s",
  ],
  instruments: ["FUT:BTCUSDT", "FUT:ETHUSDT"].map((instrument) => ({ instrument, depth_top1_usdt_min: 0 })),
  strategies: [
    strategy("seconds", "1s", { long: above("ema_3_1s", "ema_8_1s"), short: above("ema_8_1s", "ema_3_1s") }),
    strategy("fives", "5s", { long: above("obi_5", "trade_imb_10s") }),
  ],
  rules: [],
  flags: { risk: { budget_usdt: "1000", entries_per_market_max: 9, exposure_total_usdt_max: "100000" } },
});

function above(f: string, vf: string): object {
  return { f, op: ">", vf };
}
function strategy(strategy_id: string, timeframe: string, sides: object): object {
  const instruments = ["FUT:BTCUSDT", "FUT:ETHUSDT"];
  const triggers = [{ kind: "bar", timeframe, cooldown_ms: 0 }];
  const sizing = { atr: "atr_3_1s", stop_atrs: { FROZEN: 8, NORMAL: 8, EXTREME: 8 } };
  return { strategy_id, instruments, triggers, ...sides, sizing, position: { stages: [], stagnate_ms: 700 } };
}

async function replayed(): Promise<Seen> {
  const market = { files: [file], listings: defaultListings() };
  const sim = await openSimulation({
    seed: "parity",
    bundleText,
    market: (clock) => openReplayMarket({ clock, ...market }),
  });
  await sim.play();
  expect((await sim.summary()).invariants.violated).toEqual([]);
  return readSeen((owner) => sim.world.store(owner));
}

/** A busy machine may not be up when the recording begins, and says so: then it is tried again. */
async function upInTime(bundle: string): Promise<Running> {
  const args = ["--processes", "--as-recorded", "--market", `replay:${file}`, "--bundle", bundle];
  for (const leadS of LEADS_S) {
    try {
      return await up(join(folder, `data-${leadS}`), PORT_OFFSET, [...args, "--lead", String(leadS)]);
    } catch (error) {
      if (!String(error).includes("too busy")) throw error;
    }
  }
  throw new Error(`This machine is too busy for a recording: it is not up within ${LEADS_S.at(-1)} s.`);
}

/** Plays it in real time, one process per service, with Redis between them. */
async function lived(lastBar: number): Promise<Seen> {
  const bundle = join(folder, "bundle.json");
  writeFileSync(bundle, bundleText);
  const running = await upInTime(bundle);
  try {
    await until("the last bar has closed", async () => {
      const { items } = await running.get<{ items: { trigger: { exch_ts: number } }[] }>("/signals?limit=1");
      return items.some(({ trigger }) => trigger.exch_ts >= lastBar);
    });
    await Bun.sleep(SETTLE_MS);
  } finally {
    await running.stop();
  }
  const opened = openFolder(running.data, ORIGIN);
  expect((await judgeFolder(opened)).violated).toEqual([]);
  const store = openReadOnly({ owner: "s03", collections: COLLECTIONS, files: (owner) => storeFiles(opened, owner) });
  try {
    return await readSeen(() => store);
  } finally {
    await store.close();
  }
}

describe.skipIf(!here)("a recording through free-running processes", () => {
  test("gives the signals of bar closes and the decisions that replay gives, and breaks no invariant", async () => {
    const replay = await replayed();
    const lastBar = Math.max(...replay.signals.map(({ trigger }) => trigger.exch_ts));
    const parity = parityOf(replay, await lived(lastBar));
    expect(parity.differences).toEqual([]);
    expect(parity.signals).toBeGreaterThan(2 * (SECONDS - 2));
    expect(parity.decisions).toBeGreaterThan(SECONDS / 2);
    expect(parity.opened).toBeGreaterThan(0);
  }, 900_000);
});
