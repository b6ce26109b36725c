/** A program's memory through deaths of the strategy engine at each step of a decision: nothing lost, nothing twice. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { put } from "../../shared/changes.ts";
import { intents } from "../../shared/collections/orders.ts";
import { programs } from "../../shared/collections/programs.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { AgentsMarket } from "../venue/agents.ts";
import type { Step } from "./lives.ts";
import { readAll } from "./pages.ts";
import { openSimulation } from "./simulate.ts";

const MINUTES = 2;
const FUT = "FUT:BTCUSDT";
/** Counts what it is asked, and wishes each third time, far enough from the market to rest. */
const COUNTS = `export default {
  start: () => ({ asked: 0 }),
  decide({ asked }, { bid }) {
    const intents = bid !== null && asked % 3 === 2 ? [{ side: "BUY", price: bid - 5, rest_ms: 2000 }] : [];
    return { state: { asked: asked + 1 }, intents };
  },
};`;

async function bundleText(hash: string): Promise<string> {
  const path = new URL("../../services/s10-config/default-bundle.yaml", import.meta.url);
  const bundle = Bun.YAML.parse(await Bun.file(path).text()) as Record<string, unknown>;
  const strategy = {
    ...{ strategy_id: "counts", instruments: [FUT], triggers: [{ kind: "bar", timeframe: "1s" }] },
    ...{ program: { program_id: "counts", hash }, sizing: { atr: "atr_14_5s" } },
  };
  return JSON.stringify({ ...bundle, strategies: [strategy], rules: [] });
}
const puts = (step: Step, name: string): boolean =>
  step.port === "commit" && step.ops.some((op) => op.op === "put" && op.collection.name === name);

const KILLS: [string, (step: Step) => boolean][] = [
  ["before a decision is stored", (step) => step.when === "before" && puts(step, decisionsMade.name)],
  ["with a decision stored", (step) => step.when === "after" && puts(step, decisionsMade.name)],
  ["before an entry is asked for", (step) => step.when === "before" && isAsk(step)],
  ["with an entry taken", (step) => step.when === "after" && isAsk(step)],
];
const isAsk = (step: Step): boolean => step.port === "call" && step.method === "placeOrder";

test.each(KILLS)(
  "killed %s",
  async (_what, is) => {
    const hash = createHash("sha256").update(COUNTS).digest("hex");
    const simulation = await openSimulation({
      seed: "counts",
      durationMs: MINUTES * 60_000,
      bundleText: await bundleText(hash),
      market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
      canCrash: true,
    });
    const card = { program_id: "counts", hash, source: COUNTS, author: "ann", created_at: 0 };
    await simulation.world.store("s10").commit([put(programs, card)]);
    let seen = 0;
    let kills = 0;
    simulation.onStep((step) => {
      if (step.by !== "s03" || !is(step)) return;
      seen += 1;
      if (seen % 4 !== 3) return;
      kills += 1;
      simulation.kill(["s03"], 500);
    });
    await simulation.play();
    const { world } = simulation;
    const decisions = await readAll(world.store("s03"), decisionsMade);
    const asked = decisions
      .filter(({ program }) => program)
      .toSorted((a, b) => a.ts - b.ts)
      .map(({ program }) => program?.state as { asked: number });
    expect(kills).toBeGreaterThan(1);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked).toEqual(asked.map((_, i) => ({ asked: i + 1 })));
    const opened = decisions.flatMap((decision) => decision.intents.map(({ intent_id }) => intent_id));
    const entries = (await readAll(world.store("s04"), intents)).filter(({ intent }) => intent.kind === "ENTRY");
    expect(entries.every(({ intent_id }) => opened.includes(intent_id))).toBe(true);
    const summary = await simulation.summary();
    expect(summary.invariants.violated).toEqual([]);
  },
  120_000,
);
