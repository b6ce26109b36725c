import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { decisionsMade } from "../../shared/collections/signals.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { openReplayMarket } from "../venue/replay-market.ts";
import { readAll } from "./pages.ts";
import { whileRunning } from "./requests.ts";
import { openSimulation, type Simulation, type Summary } from "./simulate.ts";

const MINUTES = 60_000;

const agents = (seed: string, durationMs: number): Promise<Simulation> =>
  openSimulation({
    seed,
    durationMs,
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
  });
const replay = (files: string[], seed = "1"): Promise<Simulation> =>
  openSimulation({ seed, market: (clock) => openReplayMarket({ clock, files, listings: defaultListings() }) });

async function played(simulation: Simulation): Promise<Summary> {
  await simulation.play();
  return simulation.summary();
}

describe("the whole system on the agents market, five virtual minutes", () => {
  test("trades, keeps every invariant, and does it again to the last bit", async () => {
    const first = await played(await agents("seven", 5 * MINUTES));
    expect(first.errors).toEqual([]);
    expect(first.invariants.violated).toEqual([]);
    expect(first.invariants.checked).toBeGreaterThan(1_000);
    for (const what of ["events", "features", "orders", "fills", "trades"] as const) {
      expect([what, first[what] > 0]).toEqual([what, true]);
    }
    const again = await played(await agents("seven", 5 * MINUTES));
    expect({ ...again, wall_ms: 0 }).toEqual({ ...first, wall_ms: 0 });
  }, 300_000);
  test("another seed is another run", async () => {
    const [a, b] = [await played(await agents("a", MINUTES)), await played(await agents("b", MINUTES))];
    expect(a.state_hash).not.toBe(b.state_hash);
  }, 300_000);
});

describe("a new revision promoted while trading", () => {
  test("every decision has exactly one revision, the old one before and the new one after", async () => {
    const simulation = await agents("swap", MINUTES);
    const { clock, services, world } = simulation;
    await simulation.advance(2 * MINUTES);
    const ada = { id: "ada", role: "admin", second: "single" } as const;
    const token = await createTokens(world.serviceKey, clock).mint("s12", "s10", ada);
    const ask = async (method: string, path: string, body?: object) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": path };
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      const request = new Request(`http://s10${path}`, init);
      const response = await whileRunning(clock, services.hosted.get("s10")?.fetch(request) as Promise<Response>);
      return (await response.json()) as { rev: number; bundle: { rev: number; rules: unknown[] }; bundle_id: string };
    };
    const { rev, bundle, bundle_id } = await ask("GET", "/active");
    await ask("POST", "/bundles", { ...bundle, rev: rev + 1, rules: [] });
    const promotedAt = clock.now();
    await ask("POST", "/promote", { bundle_id, to_rev: rev + 1, mode: "FULL" });
    await simulation.advance(2 * MINUTES);

    const decided = await readAll(world.store("s03"), decisionsMade);
    const revisions = new Set(decided.map((decision) => decision.config_rev));
    expect([...revisions].sort()).toEqual([rev, rev + 1]);
    for (const decision of decided) {
      expect(decision.intents.every((intent) => intent.config_rev === decision.config_rev)).toBe(true);
      if (decision.ts < promotedAt) expect(decision.config_rev).toBe(rev);
      if (decision.ts > promotedAt + 1_000) expect(decision).toMatchObject({ config_rev: rev + 1, rules: [] });
    }
    expect((await simulation.summary()).invariants.violated).toEqual([]);
  }, 300_000);
});

const folder = process.env.CHIMERA_MARKET_DATA;
const depth = (name: string) => join(folder ?? "", "depth", name);
const here = folder !== undefined && existsSync(depth("usdm__btcusdt_20240808.gz"));
if (!here) console.log("skipped: needs recorded markets; CHIMERA_MARKET_DATA names their folder");

describe.skipIf(!here)("the whole system on recorded markets", () => {
  const rows: [string, string[]][] = [
    ["USDⓈ-M BTCUSDT", ["usdm__btcusdt_20240808.gz"]],
    ["spot BTCUSDT, two files in a row", ["spot__btcusdt_20240809.gz", "spot__btcusdt_20240808.gz"]],
    [
      "four instruments at once",
      [
        "usdm__btcusdt_20240808.gz",
        "usdm__ethusdt_20240808.gz",
        "spot__btcusdt_20240808.gz",
        "spot__ethusdt_20240808.gz",
      ],
    ],
  ];
  for (const [what, files] of rows) {
    test(what, async () => {
      const summary = await played(await replay(files.map(depth)));
      expect(summary.errors).toEqual([]);
      expect(summary.invariants.violated).toEqual([]);
      for (const part of ["orders", "fills", "trades"] as const)
        expect([part, summary[part] > 0]).toEqual([part, true]);
      expect(summary.decisions.open).toBeGreaterThan(0);
    }, 300_000);
  }
  test("the same arguments give the same state_hash", async () => {
    const files = [depth("usdm__btcusdt_20240808.gz")];
    const [a, b] = [await played(await replay(files)), await played(await replay(files))];
    expect(b.state_hash).toBe(a.state_hash);
  }, 300_000);
});
