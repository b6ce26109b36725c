/** A strategy written as a program, through the whole system: it quotes, its quotes are filled, and it is repeatable. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import quoteBothSides from "../../services/s10-config/programs/quote-both-sides.ts" with { type: "text" };
import { fills } from "../../shared/collections/orders.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { readAll } from "./pages.ts";
import { openSimulation } from "./simulate.ts";

const MINUTES = 3;
const FUT = "FUT:BTCUSDT";

async function bundleText(): Promise<string> {
  const path = new URL("../../services/s10-config/default-bundle.yaml", import.meta.url);
  const bundle = Bun.YAML.parse(await Bun.file(path).text()) as Record<string, unknown>;
  const hash = createHash("sha256")
    .update(quoteBothSides as unknown as string)
    .digest("hex");
  const strategy = {
    ...{ strategy_id: "quotes", instruments: [FUT], triggers: [{ kind: "bar", timeframe: "5s" }] },
    program: { program_id: "quote-both-sides", hash },
    sizing: { atr: "atr_14_5s" },
  };
  return JSON.stringify({ ...bundle, strategies: [strategy], rules: [] });
}

async function played() {
  const simulation = await openSimulation({
    seed: "quotes",
    durationMs: MINUTES * 60_000,
    bundleText: await bundleText(),
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
  });
  await simulation.play();
  const { world } = simulation;
  return {
    summary: await simulation.summary(),
    decisions: await readAll(world.store("s03"), decisionsMade),
    fills: await readAll(world.store("s04"), fills),
  };
}

test("the shipped quotes rest on both sides, are filled as maker, and a second run is the first to the last bit", async () => {
  const { summary, decisions, fills: done } = await played();
  expect(summary.errors).toEqual([]);
  expect(summary.invariants.violated).toEqual([]);
  const wished = decisions.filter(({ program }) => program?.wish);
  expect(new Set(wished.map(({ program }) => program?.wish?.side))).toEqual(new Set(["BUY", "SELL"]));
  const opened = decisions.filter(({ decision }) => decision.action === "open").flatMap(({ intents }) => intents);
  expect(new Set(opened.map(({ side }) => side))).toEqual(new Set(["BUY", "SELL"]));
  expect(new Set(opened.map(({ type, exec }) => `${type} ${exec?.policy}`))).toEqual(new Set(["LIMIT LIMIT_ONLY"]));
  const entries = done.filter(({ kind }) => kind === "ENTRY");
  expect(entries.length).toBeGreaterThan(0);
  expect(entries.filter(({ maker }) => maker).length).toBeGreaterThan(0);
  const again = await played();
  expect({ ...again.summary, wall_ms: 0 }).toEqual({ ...summary, wall_ms: 0 });
}, 300_000);
