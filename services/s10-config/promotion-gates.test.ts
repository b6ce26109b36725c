/** Each gate of a promotion fails for its own reason, is told by name, and lets pass when it is mended. */
import { beforeEach, expect, test } from "bun:test";
import type { GateResult } from "../../shared/domain/promotion.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import type { Problem } from "../../shared/errors.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { Desk, HOUR_MS, refusal } from "./promotions.fixture.ts";

let desk: Desk;
let asked: { bundle_id: string; to_rev: number; mode: "CANARY" | "RAMP" | "FULL" };

beforeEach(async () => {
  desk = await new Desk().open();
  asked = { ...(await desk.drafted(2)), mode: "CANARY" };
});

const failed = async (): Promise<string[]> =>
  desk.promotions.promote(asked, "rita").then(
    () => [],
    (error: unknown) => (error as Problem).errors.map(({ field, message }) => `${field}: ${message}`),
  );
const simulation = (change: Partial<Simulation>): Simulation =>
  ({ sim_id: "sim-9", status: "DONE", ended_at: desk.clock.now(), ...change }) as Simulation;
const gate = (name: GateResult["name"], state: GateResult["state"]): GateResult => ({
  ...{ name, state, value: 0.1, limit: 0.5 },
  detail: `${name} says ${state}`,
});

test("lint: against what exists now, not what existed when it was drafted", async () => {
  desk.around.known = { instruments: ["FUT:BTCUSDT"] };
  const [first] = await failed();
  expect(first).toStartWith("lint: ");
  expect(first).toContain("FUT:ETHUSDT");
  desk.around.known = {};
  expect(await failed()).toEqual([]);
});

test("health: worse than YELLOW, or nobody to say", async () => {
  for (const level of ["ORANGE", "RED"] as const) {
    desk.around.level = level;
    expect(await failed()).toEqual([`health: health is ${level}; it must be better than ORANGE`]);
  }
  desk.around.isWatched = false;
  expect((await failed())[0]).toContain("does not answer");
  Object.assign(desk.around, { level: "YELLOW", isWatched: true });
  expect(await failed()).toEqual([]);
});

test("steps: where what is in force requires them", async () => {
  desk = await new Desk().open(
    (shippedBundle as unknown as string).replace("steps_required: false", "steps_required: true"),
  );
  await desk.drafted(2, { flags: { promotion: { steps_required: false } } });
  asked = { ...asked, mode: "FULL" };
  expect(await failed()).toEqual(["steps: FULL needs a RAMP of the same content that stood to its end"]);
  asked = { ...asked, mode: "RAMP" };
  expect(await failed()).toEqual(["steps: RAMP needs a CANARY of the same content that stood to its end"]);
  asked = { ...asked, mode: "CANARY" };
  expect(await failed()).toEqual([]);
  await desk.pass(1_000);
  await desk.pass(24 * HOUR_MS);
  asked = { ...asked, mode: "RAMP" };
  expect(await failed()).toEqual([]);
});

test("simulation: what its dry-run and its sensitivity say, each by its name", async () => {
  const bounds = [gate("dry_run", "FAILED"), gate("robustness", "FAILED")];
  desk.simulations.latestFor = async () => simulation({ bounds_guard: bounds });
  expect(await failed()).toEqual(["dry_run: dry_run says FAILED", "robustness: robustness says FAILED"]);
  desk.simulations.latestFor = async () =>
    simulation({ bounds_guard: [gate("dry_run", "NOT_ENOUGH"), gate("robustness", "PASSED")] });
  expect(await failed()).toEqual([]);
  const { gates, timeline } = await desk.only();
  expect(gates.map(({ name, state }) => `${name} ${state}`)).toEqual([
    ...["lint PASSED", "simulation PASSED", "dry_run NOT_ENOUGH", "robustness PASSED", "health PASSED", "steps PASSED"],
  ]);
  expect(timeline[1]?.detail).toContain("dry_run has too little to say");
});

test("simulation: one is begun where there is none of the last day, and waited for a little while", async () => {
  const begun: string[] = [];
  desk.simulations = {
    latestFor: async () => simulation({ ended_at: desk.clock.now() - 24 * HOUR_MS - 1 }),
    async runDefault({ bundle_id, rev, author }) {
      begun.push(`${bundle_id} ${rev} ${author}`);
      return { sim_id: "sim-9" };
    },
    get: async () => simulation({ status: "RUNNING" }),
  };
  const refused = refusal(desk.promotions.promote(asked, "rita"));
  await desk.clock.run(desk.clock.now() + 5_000);
  expect(await refused).toContain("the simulation sim-9 is under way; ask again when it is DONE");
  desk.simulations.get = async () => simulation({ status: "FAILED", error: "no signals" });
  expect(await failed()).toEqual(["simulation: the simulation sim-9 is FAILED: no signals"]);
  const found = ["RUNNING", "RUNNING", "DONE"] as const;
  let looks = 0;
  desk.simulations.get = async () => simulation({ status: found[Math.min(looks++, 2)]! });
  const passed = failed();
  await desk.clock.run(desk.clock.now() + 1_000);
  expect(await passed).toEqual([]);
  expect(begun).toEqual(Array(3).fill("shipped 2 rita"));
});

test("simulation: beside what was in force when it was begun says nothing once something else is", async () => {
  asked = { ...(await desk.drafted(3)), mode: "CANARY" };
  const ends = new Map<string, Simulation["status"]>([["sim-2", "DONE"]]);
  desk.simulations.runDefault = async ({ rev }) => ({ sim_id: `sim-${rev}` });
  desk.simulations.get = async (sim_id) => simulation({ sim_id, status: ends.get(sim_id) ?? "RUNNING" });
  const promoted = refusal(desk.promotions.promote(asked, "rita"));
  await desk.clock.run(desk.clock.now() + 100);
  await desk.promotions.promote({ bundle_id: "shipped", to_rev: 2, mode: "FULL" }, "rita");
  await desk.look();
  ends.set("sim-3", "DONE");
  await desk.clock.run(desk.clock.now() + 500);
  expect(await promoted).toStartWith("WRONG_STATE: Something else has come into force");
  expect(await desk.states()).toEqual(["FULL 2 DONE"]);
});

test("a gate that failed is told before anybody is asked for a second person's word, and not of what has one", async () => {
  desk.around.level = "RED";
  expect(await refusal(desk.promotions.words(asked, { id: "rita" }))).toStartWith("RULE: A gate is not passed: health");
  expect(await desk.promotions.words(asked, { id: "rita", second: "ruth" })).toStartWith("Canary of revision 2");
  expect(await refusal(desk.promotions.promote(asked, "rita"))).toStartWith("RULE");
  await desk.drafted(3);
  const back = { bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" } as const;
  expect(await refusal(desk.promotions.promote(back, "rita"))).toStartWith("WRONG_STATE");
});

test("what is in force for all is not promoted, nor is anybody sent to roll back to it", async () => {
  const again = { bundle_id: "shipped", to_rev: 1, mode: "FULL" } as const;
  expect(await refusal(desk.promotions.promote(again, "rita"))).toBe(
    "WRONG_STATE: Revision 1 is in force for all already.",
  );
});
