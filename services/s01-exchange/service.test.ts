import { afterAll, beforeAll, expect, test } from "bun:test";
import { AgentsMarket } from "../../ops/venue/agents.ts";
import { venueNet } from "../../ops/venue/memory-net.ts";
import { createVenue } from "../../ops/venue/venue.ts";
import { EmbeddedBus } from "../../shared/adapters/embedded-bus.ts";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { balancesSnapshots } from "../../shared/collections/exchange.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { exchange } from "../../shared/contracts.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { rootLog } from "../../shared/kit/log.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { World } from "../../shared/kit/world.ts";
import { type AccountEvent, accountEvents, depth, funding, marketTrade, ticker } from "../../shared/streams.ts";
import { configNeighbour } from "../../shared/testing/neighbours.ts";
import s01 from "./service.ts";

const FUT = "FUT:BTCUSDT";
const SPOT = "SPOT:BTCUSDT";
const START = 1_700_000_000_000;
const bundle = Bundle.parse({
  format: 1,
  bundle_id: "b",
  rev: 4,
  factors: [],
  instruments: [{ instrument: FUT }, { instrument: SPOT }, { instrument: "FUT:ETHUSDT", enabled: false }],
  strategies: [],
});
const s10 = configNeighbour({ rev: 4, activated_at: START, bundle });

const clock = new VirtualClock(START);
const market = new AgentsMarket({ clock, random: seededRandom("agents"), listings: defaultListings() });
const venue = createVenue({ clock, random: seededRandom("venue"), market });
const logged: string[] = [];
const bus = new EmbeddedBus({ path: ":memory:", clock, freeze: true, onError: (error) => logged.push(String(error)) });
const stores = new Map<ServiceId, SqliteStore>();
const store = (owner: ServiceId): SqliteStore => {
  const kept = stores.get(owner) ?? openStore({ path: ":memory:", owner, collections: COLLECTIONS, others: store });
  stores.set(owner, kept);
  return kept;
};
const world = {
  ...{ clock, bus, store, env: {}, account: "main", mode: "paper", replica: "one", freeze: true },
  ...{ net: venueNet(venue, clock), blobs: new MemoryBlobs(clock), random: seededRandom(1) },
  log: rootLog(clock, (line) => logged.push(line), "warn"),
  serviceKey: new Uint8Array(32).fill(3),
  build: { version: "0", git_commit: "0", built_at: "0" },
} as unknown as World;

let all: Constellation;
const heard: Record<string, number> = {};
const told: AccountEvent[] = [];

/** Lets virtual time pass until the promise is settled. */
async function settle<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  while (!isDone) await clock.run(clock.now() + 20);
  return work;
}
async function get(path: string, token = true): Promise<Response> {
  const bearer = await createTokens(world.serviceKey, clock).mint("s12", "s01");
  const headers: Record<string, string> = token ? { authorization: `Bearer ${bearer}` } : {};
  return settle(Promise.resolve(all.hosted.get("s01")!.fetch(new Request(`http://localhost${path}`, { headers }))));
}
const items = async (path: string) => ((await (await get(path)).json()) as { items: Record<string, unknown>[] }).items;
const call = (name: keyof typeof exchange.methods, input: unknown) =>
  settle(
    all.hosted.get("s01")!.call(exchange.methods[name] as never, input, { kind: "service", id: "s04", role: "admin" }),
  );

beforeAll(async () => {
  await venue.start();
  all = await constellation([s10, s01], ["s10", "s01"], world);
  for (const stream of [ticker, depth, marketTrade, funding]) {
    bus.subscribe(stream as typeof ticker, {
      ...{ group: "test", consumer: "one" },
      handle: ({ key }) => {
        heard[`${stream.family} ${key}`] = (heard[`${stream.family} ${key}`] ?? 0) + 1;
      },
    });
  }
  bus.subscribe(accountEvents, { group: "test", consumer: "one", handle: ({ event }) => told.push(event) });
  await all.start();
});
afterAll(async () => {
  await settle(all.stop());
  await venue.stop();
  expect(logged).toEqual([]);
});

test("it is ready once the bundle's instruments flow, and not before", async () => {
  expect((await get("/ready", false)).status).toBe(503);
  await clock.run(START + 5_000);
  const ready = await get("/ready", false);
  expect(await ready.json()).toMatchObject({ status: "OK" });
  expect(ready.status).toBe(200);
  for (const family of [ticker.family, depth.family, marketTrade.family]) {
    for (const instrument of [FUT, SPOT]) expect(heard[`${family} ${instrument}`]).toBeGreaterThan(5);
  }
  expect(heard[`${funding.family} ${FUT}`]).toBeGreaterThan(3);
  expect(Object.keys(heard).some((key) => key.includes("ETH"))).toBe(false);
});

test("orders by contract, and what came of them on the account stream and over REST", async () => {
  const order = { account: "main", instrument: FUT, client_order_id: "t-1", side: "BUY", type: "MARKET", qty: "0.01" };
  const entry = { ...order, reduce_only: false, entry: true, leverage: 10 };
  expect(await call("submitOrder", entry)).toMatchObject({ status: "FILLED", filled_qty: "0.010" });
  await clock.run(clock.now() + 200);
  expect(told.some((event) => event.kind === "execution" && event.fill?.qty === "0.010")).toBe(true);
  expect(await items("/xchg/positions")).toMatchObject([{ instrument: FUT, qty: "0.010", leverage: 10 }]);
  expect((await items("/xchg/balances")).map((row) => `${row.market} ${row.asset}`)).toEqual(["SPOT USDT", "FUT USDT"]);
  expect(await items("/xchg/open-orders")).toEqual([]);
  expect(await items(`/xchg/instruments?instrument=${FUT}`)).toMatchObject([{ tick_size: "0.10" }]);
  expect((await items(`/xchg/history?instrument=${FUT}&timeframe=1m&limit=5`)).length).toBe(5);
  expect(await (await get("/xchg/time")).json()).toMatchObject({ offset_ms: { SPOT: 0, FUT: 0 } });

  const kill = { enabled: true, mode: "CANCEL", epoch: 1, reason: "test", actor: "tester" };
  expect(await call("setKill", kill)).toEqual({ epoch: 1, outstanding: [] });
  await expect(call("submitOrder", { ...entry, client_order_id: "t-2" })).rejects.toThrow("kill switch");
});

test("income page by page as the exchange tells it, to services whole; funding as it is on record", async () => {
  const all = await items("/xchg/income");
  expect(all.map((row) => row.kind).slice(-1)).toEqual(["COMMISSION"]);
  const paged: Record<string, unknown>[] = [];
  let cursor = "";
  do {
    const path = `/xchg/income?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = (await (await get(path)).json()) as { items: Record<string, unknown>[]; next_cursor?: string };
    paged.push(...page.items);
    cursor = page.next_cursor ?? "";
  } while (cursor !== "");
  expect(paged).toEqual(all);
  const span = { account: "main", from_ts: START - 1, to_ts: clock.now() };
  expect(await call("getIncome", span)).toEqual({ income: all });
  await expect(call("getIncome", { ...span, to_ts: 0 })).rejects.toThrow("before");
  await expect(call("getIncome", { ...span, account: "other" })).rejects.toThrow();
  expect((await get(`/xchg/income?from_ts=0&to_ts=${clock.now()}`)).status).toBe(400);
  expect(await items("/xchg/funding?limit=5")).toEqual([]);
});

test("callers without a token and bad questions are refused", async () => {
  expect((await get("/xchg/balances", false)).status).toBe(401);
  expect((await get("/xchg/history?instrument=BTC&timeframe=1m")).status).toBe(400);
  expect((await get(`/xchg/history?instrument=${FUT}&timeframe=5s`)).status).toBe(400);
  expect((await get("/xchg/instruments?instrument=FUT:NOPEUSDT")).status).toBe(422);
});

test("balances are kept, metrics are told, keys are not", async () => {
  await clock.run(START + 41_000);
  const kept = await store("s01").query(balancesSnapshots, { limit: 10 });
  expect(kept.items.length).toBe(1);
  const metrics = await (await get("/metrics", false)).text();
  expect(metrics).toMatch(/chimera_market_frames_total\{.*kind="trade".*\} [1-9]/);
  expect(metrics).toMatch(/chimera_order_ack_ms_count\{.*outcome="accepted".*\} 1/);
  const everything = metrics + logged.join() + (await (await get("/openapi.json", false)).text());
  expect(everything).not.toContain("paper-secret");
});
