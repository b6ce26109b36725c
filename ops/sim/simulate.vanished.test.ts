/** An instrument goes out of force while a trade of it is open: it is looked after to its end, also over restarts. */
import { expect, test } from "bun:test";
import { trades } from "../../shared/collections/trades.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { alerts, ticker } from "../../shared/streams.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { readAll } from "./pages.ts";
import { whileRunning } from "./requests.ts";
import { openSimulation, type Simulation } from "./simulate.ts";

const SECOND_MS = 1_000;
const [BTC, ETH] = ["FUT:BTCUSDT", "FUT:ETHUSDT"];
const PATIENCE_MS = 40_000;

const bundleOf = (shipped: { flags: object }, instruments: string[]) => ({
  ...shipped,
  rules: [],
  instruments: instruments.map((instrument) => ({ instrument })),
  strategies: [
    {
      ...{ strategy_id: "hold", instruments, triggers: [{ kind: "bar", timeframe: "5s" }] },
      ...{ long: { f: "obi_5", op: ">", v: 0 }, short: { f: "obi_5", op: "<=", v: 0 } },
      sizing: { atr: "atr_14_5s", take_profit_roe: 0.3, stop_atrs: { FROZEN: 30, NORMAL: 30, EXTREME: 30 } },
      position: { stages: [], stagnate_ms: PATIENCE_MS, stagnate_roe: 0.5 },
    },
  ],
});

async function opened(): Promise<{ simulation: Simulation; without: object }> {
  const path = new URL("../../services/s10-config/default-bundle.yaml", import.meta.url);
  const shipped = Bun.YAML.parse(await Bun.file(path).text()) as { flags: object };
  const simulation = await openSimulation({
    seed: "vanished",
    canCrash: true,
    bundleText: JSON.stringify(bundleOf(shipped, [BTC, ETH] as string[])),
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
    env: { CHIMERA_S06_LOOK_EVERY_MS: "200" },
  });
  return { simulation, without: { ...bundleOf(shipped, [BTC] as string[]), rev: 2 } };
}

async function ask({ world, clock, services }: Simulation, path: string, body: object): Promise<void> {
  const ada = { id: "ada", role: "admin", second: "single" } as const;
  const token = await createTokens(world.serviceKey, clock).mint("s12", "s10", ada);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": path };
  const request = new Request(`http://s10${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const response = await whileRunning(clock, services.hosted.get("s10")!.fetch(request));
  expect([path, response.status, response.ok ? "" : await response.text()]).toEqual([path, response.status, ""]);
}

test("its prices flow, its patience holds, and then nobody follows its market any more", async () => {
  const { simulation, without } = await opened();
  const { world } = simulation;
  const told: string[] = [];
  const heard = { group: "test", consumer: "test" } as const;
  world.bus.subscribe(alerts, { ...heard, handle: ({ event }) => void told.push(event.code) });
  let prices = 0;
  const hear = ({ event }: { event: { instrument: string } }) => {
    if (event.instrument === ETH) prices++;
  };
  world.bus.subscribe(ticker, { ...heard, handle: hear });
  const all = () => readAll(world.store("s06"), trades);
  const eth = async () => (await all()).findLast(({ instrument }) => instrument === ETH);
  while ((await eth())?.status !== "ACTIVE") await simulation.advance(SECOND_MS);
  const trade = (await eth())!;
  await ask(simulation, "/bundles", without);
  await ask(simulation, "/simulate", { bundle_id: "shipped", rev: 2 });
  await ask(simulation, "/promote", { bundle_id: "shipped", to_rev: 2, mode: "FULL" });
  await simulation.advance(3 * SECOND_MS);
  simulation.kill(["s01", "s06", "s04"], SECOND_MS);
  await simulation.advance(6 * SECOND_MS);
  expect((await eth())?.status).toBe("ACTIVE");
  prices = 0;
  await simulation.advance(SECOND_MS);
  expect(prices).toBeGreaterThan(0);
  await simulation.advance(PATIENCE_MS);
  expect((await all()).find(({ trade_id }) => trade_id === trade.trade_id)?.status).toBe("CLOSED");
  expect((await eth())?.trade_id).toBe(trade.trade_id);
  expect(told).not.toContain("PRICE_MISSING");
  await simulation.advance(6 * SECOND_MS);
  prices = 0;
  await simulation.advance(5 * SECOND_MS);
  expect(prices).toBe(0);
  expect((await simulation.summary()).invariants.violated).toEqual([]);
}, 300_000);
