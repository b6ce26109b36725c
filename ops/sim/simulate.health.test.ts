/** The whole system while its health changes: S11 goes silent, comes back, and finds acknowledgements that come late. */
import { expect, test } from "bun:test";
import { executionPlans } from "../../shared/collections/execution.ts";
import { automaticActions, logEvents, strategyEvents } from "../../shared/collections/operations.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import { orderCommands } from "../../shared/streams.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";

const SILENT_MS = 15_000;
/** A judgement of S11 and the way of its word. */
const JUDGED_MS = 12_000;
const LEFT = { policy: "MAKER_THEN_TAKER" } as const;
/** Enough acknowledgements for S11 to say anything of them. */
const CYCLES = 20;

let desk: Desk;
const newestDecision = async (): Promise<Decision> => {
  const newest = { sort: { field: "ts", order: "desc" }, limit: 1 } as const;
  const row = (await desk.sim.world.store("s03").query(decisionsMade, newest)).items[0];
  if (!row) throw new Error("nothing was decided");
  return row.value;
};
/** The first decision that was made at that level, within some judgements of S11. */
async function decidedAt(level: string): Promise<Decision> {
  for (let waited = 0; waited < 5 * JUDGED_MS; waited += 1_000) {
    const decision = await newestDecision();
    if (decision.health?.level === level) return decision;
    await desk.sim.advance(1_000);
  }
  throw new Error(`nothing was decided at ${level}: ${JSON.stringify((await newestDecision()).health)}`);
}
/** A round trip on spot; answers how its entry was planned, or why there was none. */
async function roundTrip(tries = 10): Promise<string> {
  const answer = await desk.answered(desk.enter(SPOT, { exec: LEFT, notional_usdt: "100" }));
  if (typeof answer === "string") {
    // A strategy may have a trade there.
    if (answer === "WRONG_STATE" || tries === 0) return answer;
    await desk.sim.advance(1_000);
    return roundTrip(tries - 1);
  }
  await desk.sim.advance(2_000);
  await desk.answered(desk.exit(SPOT));
  await desk.sim.advance(1_500);
  return (await desk.sim.world.store("s04").get(executionPlans, answer.intent_id))?.value.why ?? "no plan";
}

test("decisions and orders follow S11's silence, its return, and RED by late acknowledgements", async () => {
  const age = Object.fromEntries(["03", "04", "06"].map((id) => [`CHIMERA_S${id}_HEALTH_AGE_MS_MAX`, `${SILENT_MS}`]));
  desk = await Desk.open({
    seed: "health",
    ...{ instruments: [FUT, SPOT], strategies: true, canCrash: true },
    env: { ...age, CHIMERA_S11_LEVEL_AGAIN_MS: "1000", CHIMERA_S11_SCRAPE_MS: "10000" },
  });
  await desk.sim.advance(JUDGED_MS);
  expect((await decidedAt("GREEN")).health).toEqual({ level: "GREEN", effects: [] });
  const plan = await roundTrip();
  expect(plan).not.toContain("slices");

  desk.sim.kill(["s11"], SILENT_MS + 15_000);
  await desk.sim.advance(SILENT_MS + 3_000);
  const silent = await decidedAt("ORANGE");
  expect(silent.health?.effects).toEqual(["S11 is silent, which counts as ORANGE", "size × 0.5", "no adds"]);
  expect(await roundTrip()).toContain("2 slices (health is ORANGE)");

  await desk.sim.advance(15_000 + JUDGED_MS);
  expect((await decidedAt("GREEN")).health).toEqual({ level: "GREEN", effects: [] });
  expect(await roundTrip()).not.toContain("slices");

  for (let n = 0; n < CYCLES; n++) await roundTrip();
  await desk.sim.world.bus.publish(orderCommands, desk.intent(FUT, { intent_id: "lost" }), { key: FUT });
  await desk.fault({ kind: "delay", path: "/api/v3/order", method: "POST", when: "before", delay_ms: 3_500, count: 8 });
  for (let n = 0; n < 4; n++) await roundTrip();
  const red = await decidedAt("RED");
  expect(await desk.answered(desk.enter(SPOT))).toBe("WRONG_STATE");
  expect([red.decision.reason, red.health]).toEqual(["health", { level: "RED", effects: ["no entries", "no adds"] }]);
  const s11 = desk.sim.world.store("s11");
  const actions = await readAll(s11, automaticActions);
  const pause = actions.find(({ kind, source }) => kind === "PAUSE" && source === "s11");
  expect([pause?.what, pause?.trigger]).toEqual([
    "Health is RED: no entries; those under way end",
    expect.stringContaining("ack_p95_ms"),
  ]);
  const logged = (await readAll(s11, logEvents)).map(({ service, message }) => `${service}: ${message}`);
  expect(logged).toContainEqual(expect.stringContaining("s11: alert: Health is RED"));
  expect(logged).toContainEqual(expect.stringContaining("s04: alert: lost: only exits come this way"));
  const events = (await readAll(s11, strategyEvents)).map(({ text }) => text);
  expect(events.some((text) => text.startsWith("Entries are held back by health: RED"))).toBe(true);
});
