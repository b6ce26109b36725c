import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EmbeddedBus } from "../../shared/adapters/embedded-bus.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { factorRegistry } from "../../shared/collections/features.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { exchange } from "../../shared/contracts.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { FeatureSet } from "../../shared/domain/decision.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { rootLog } from "../../shared/kit/log.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { answers, defineService, type Role } from "../../shared/kit/service.ts";
import type { World } from "../../shared/kit/world.ts";
import { depth, features, funding, marketTrade, signals, ticker } from "../../shared/streams.ts";
import {
  depthAt,
  fundingAt,
  randomBars,
  BEGIN_TS as T,
  tickerAt,
  tradeAt,
} from "../../shared/testing/market-events.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import s02 from "./service.ts";

const FUT = "FUT:BTCUSDT";
const MINUTE_MS = 60_000;
/** Half an hour after the bars of history begin. */
const START = T + 30 * MINUTE_MS;

const bundle = Bundle.parse({
  format: 1,
  bundle_id: "b",
  rev: 4,
  factors: ["ema_10_1m"],
  instruments: [{ instrument: FUT }],
  strategies: [
    {
      strategy_id: "bars",
      instruments: [FUT],
      triggers: [{ kind: "bar", timeframe: "1s" }],
      long: { f: "ema_10_1m", op: "<", vf: "mid" },
    },
  ],
});
/** The two services that S2 asks, as small as they can be. */
const s10 = configNeighbour({ rev: 4, activated_at: T, bundle });
const s01 = defineService({
  ...BARE,
  ...{ id: "s01", name: "s01-exchange", title: "Exchange Connectors", port: 8081 },
  setup: () => ({
    verbs: [
      answers(exchange.methods.getHistory, {
        ...{ name: "getHistory", summary: "Bars" },
        run: ({ instrument, timeframe }) => {
          const bars =
            timeframe !== "1m"
              ? []
              : randomBars(81, 30).map((bar) => ({
                  ...{ instrument, timeframe, exch_ts: bar.endTs, ts: bar.endTs, closed: true, trades: bar.trades },
                  ...{ open_ts: bar.openTs, close_ts: bar.endTs - 1, open: String(bar.open), high: String(bar.high) },
                  ...{ low: String(bar.low), close: String(bar.close), volume: "1", quote_volume: "1" },
                }));
          return { source: "EXCHANGE" as const, bars };
        },
      }),
    ],
  }),
});

const clock = new VirtualClock(START);
const problems: string[] = [];
const bus = new EmbeddedBus({
  path: ":memory:",
  clock,
  freeze: true,
  onError: (error) => problems.push(String(error)),
});
const stores = new Map<ServiceId, SqliteStore>();
const store = (owner: ServiceId): SqliteStore => {
  const kept = stores.get(owner) ?? openStore({ path: ":memory:", owner, collections: COLLECTIONS, others: store });
  stores.set(owner, kept);
  return kept;
};
const world = {
  ...{ clock, bus, store, env: {}, account: "main", mode: "paper", replica: "one", freeze: true },
  random: seededRandom(1),
  log: rootLog(clock, (line) => problems.push(line), "warn"),
  serviceKey: new Uint8Array(32).fill(3),
  build: { version: "0", git_commit: "0", built_at: "0" },
} as unknown as World;

let all: Constellation;
const heard: FeatureSet[] = [];
async function get(path: string, token = true): Promise<Response> {
  const bearer = await createTokens(world.serviceKey, clock).mint("s12", "s02");
  const headers: Record<string, string> = token ? { authorization: `Bearer ${bearer}` } : {};
  return all.hosted.get("s02")!.fetch(new Request(`http://localhost${path}`, { headers }));
}
const body = async (path: string) => (await get(path)).json() as Promise<Record<string, never>>;

beforeAll(async () => {
  all = await constellation([s10, s01, s02], ["s10", "s01", "s02"], world);
  bus.subscribe(features, { group: "test", consumer: "one", handle: ({ event }) => heard.push(event) });
  await all.start();
});
afterAll(async () => {
  const stopped = all.stop();
  await clock.run(clock.now() + 1_000);
  await stopped;
  expect(problems).toEqual([]);
});

async function post(path: string, body: object, as: Parameters<typeof mint>[0]): Promise<Response> {
  const headers = { authorization: `Bearer ${await mint(as)}`, "content-type": "application/json" };
  const key = { "idempotency-key": `${path}/${JSON.stringify(body)}/${as}` };
  const request = { method: "POST", headers: { ...headers, ...key }, body: JSON.stringify(body) };
  return all.hosted.get("s02")!.fetch(new Request(`http://localhost${path}`, request));
}
const mint = (role: Role): Promise<string> =>
  createTokens(world.serviceKey, clock).mint("s12", "s02", { id: "rita", role });

describe("the feature generator", () => {
  test("is not ready before any market data has come", async () => {
    expect((await get("/ready", false)).status).toBe(503);
    expect((await get(`/features/${FUT}`)).status).toBe(422);
    expect((await get(`/features/FUT:ETHUSDT`)).status).toBe(404);
    expect((await get("/factors", false)).status).toBe(401);
  });

  test("hears the market, warms from history, and tells features and signals", async () => {
    const key = FUT;
    await bus.publish(ticker, tickerAt(START, ["99", "1", "101", "1"]), { key });
    await bus.publish(depth, depthAt(START, [["99", "1"]], [["101", "1"]]), { key });
    await bus.publish(funding, fundingAt(START, 0.0001, START + 30 * MINUTE_MS), { key });
    await bus.publish(marketTrade, tradeAt(START, 100, 1), { key });
    await clock.run(START + 1_500);
    await bus.publish(marketTrade, tradeAt(START + 1_500, 101, 1), { key });
    await clock.run(START + 1_600);

    const latest = await body(`/features/${FUT}`);
    expect(latest).toMatchObject({ instrument: FUT, stale: false, quality: [], config_rev: 4, bid: "99", ask: "101" });
    expect(latest.values).toMatchObject({ mid: 100, funding_rate: 0.0001, regime: null });
    expect(FeatureSet.parse(latest).values.ema_10_1m).toBeGreaterThan(1_000);
    expect(heard.length).toBeGreaterThan(1);

    const told = await bus.read(signals, { key, limit: 10 });
    expect(told.map(({ event }) => event.trigger.exch_ts)).toEqual([START + 1_000]);
    expect(await body(`/signals?instrument=${FUT}`)).toEqual({ items: [told[0]!.event] } as never);
    expect((await get("/signals?limit=0")).status).toBe(400);
    expect((await get("/ready", false)).status).toBe(200);
  });

  test("answers what it knows, and counts", async () => {
    expect(await body("/regime")).toEqual({ items: [{ instrument: FUT, regime: null, value: null }] } as never);
    expect((await body("/factors")).active).toContain("ema_10_1m" as never);
    await clock.run(START + 5_000);
    expect(await body("/health")).toMatchObject({ status: "DEGRADED" });
    const metrics = await (await get("/metrics", false)).text();
    expect(metrics).toContain('chimera_signals_total{strategy_id="bars",service="s02"} 1');
    expect(metrics).toContain(`chimera_feature_updates_total{instrument="${FUT}",service="s02"} 5`);
    expect(metrics).toContain(`chimera_factor_age_ms{instrument="${FUT}"`);
  });

  test("says of each missing factor why it is", async () => {
    const { missing, age_ms } = await body(`/features/${FUT}`);
    expect(missing).toContainEqual({ id: "regime", why: "warm_up" } as never);
    expect(missing).toContainEqual({ id: "depth_top3_usdt", why: "missing" } as never);
    expect(age_ms as unknown as number).toBeGreaterThan(3_000);
  });

  test("recomputes for those who may, tells how far it is, and reads what was kept", async () => {
    const request = { symbols: [FUT], windows: ["1m"], from_ts: T + MINUTE_MS, to_ts: T + 20 * MINUTE_MS };
    expect((await post("/features/recompute", request, "viewer")).status).toBe(403);
    expect((await post("/features/recompute", { ...request, windows: ["7m"] }, "researcher")).status).toBe(400);
    expect((await post("/features/recompute", { ...request, symbols: ["FUT:ETHUSDT"] }, "researcher")).status).toBe(
      422,
    );
    const accepted = await post("/features/recompute", request, "researcher");
    expect(accepted.status).toBe(202);
    const { job_id, accepted: bars } = (await accepted.json()) as { job_id: string; accepted: number };
    expect(bars).toBe(20);
    await clock.run(clock.now() + 1_000);
    expect(await body(`/features/jobs/${job_id}`)).toMatchObject({ state: "DONE", done: 20, written: 20 } as never);
    expect((await body("/features/jobs?state=DONE")).items).toHaveLength(1);
    expect((await post(`/features/jobs/${job_id}/cancel`, {}, "researcher")).status).toBe(409);
    expect((await get("/features/jobs/none")).status).toBe(404);

    const { items } = await body(
      `/features/${FUT}/history?window=1m&factors=ema_10_1m&limit=3&from_ts=${T + 10 * MINUTE_MS}`,
    );
    expect(
      (items as unknown as { ts: number; values: object }[]).map(({ ts, values }) => [(ts - T) / MINUTE_MS, values]),
    ).toEqual([
      [10, { ema_10_1m: expect.any(Number) }],
      [11, { ema_10_1m: expect.any(Number) }],
      [12, { ema_10_1m: expect.any(Number) }],
    ]);
    expect((await get(`/features/${FUT}/history?factors=no_such`)).status).toBe(400);
    expect((await get(`/features/${FUT}/history?window=7m`)).status).toBe(400);
    const registered = await store("s02").get(factorRegistry, "ema_10_1m");
    expect(registered?.value).toMatchObject({ active: true, config_rev: 4 });
  });
});
