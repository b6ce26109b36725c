/** S10 dies after every commit of a promotion, in the whole system: it goes from canary to all as if it had not. */
import { expect, test } from "bun:test";
import { promotions } from "../../shared/collections/config.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { configEvents } from "../../shared/streams.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { readAll } from "./pages.ts";
import { whileRunning } from "./requests.ts";
import { openSimulation, type Simulation } from "./simulate.ts";

const SECOND_MS = 1_000;
const DOWN_MS = 300;
const DURATION_H = 0.004;

async function opened(): Promise<Simulation> {
  const path = new URL("../../services/s10-config/default-bundle.yaml", import.meta.url);
  const shipped = Bun.YAML.parse(await Bun.file(path).text()) as { instruments: object[] };
  // It is about who is told what: nobody has to trade for it.
  const bundle = { ...shipped, instruments: shipped.instruments.slice(0, 1), strategies: [], rules: [] };
  return openSimulation({
    seed: "killed while promoting",
    canCrash: true,
    bundleText: JSON.stringify(bundle),
    market: async (clock, random) =>
      new AgentsMarket({
        clock,
        random,
        listings: defaultListings().filter(({ instrument }) => instrument === "FUT:BTCUSDT"),
      }),
    env: { CHIMERA_S10_JUDGE_MS: "1000", CHIMERA_S10_DURATION_LEAST_H: String(DURATION_H) },
  });
}

async function ask({ world, clock, services }: Simulation, what: string, body?: object) {
  const [method, path] = what.split(" ") as [string, string];
  const ada = { id: "ada", role: "admin", second: "single" } as const;
  const token = await createTokens(world.serviceKey, clock).mint("s12", "s10", ada);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": path };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const request = new Request(`http://s10${path}`, init);
  const response = await whileRunning(clock, services.hosted.get("s10")!.fetch(request));
  expect([what, response.status]).toEqual([what, 200]);
  return (await response.json()) as { bundle_id: string; rev: number; bundle: object };
}

test("a promotion goes on where it was", async () => {
  const simulation = await opened();
  const { world, clock } = simulation;
  await simulation.advance(20 * SECOND_MS);
  const { bundle_id, rev, bundle } = await ask(simulation, "GET /active");
  await ask(simulation, "POST /bundles", { ...bundle, rev: rev + 1, note: "another" });
  const terms = { mode: "CANARY", traffic_pct: 50, duration_h: DURATION_H, afterwards: "FULL" };
  await ask(simulation, "POST /promote", { bundle_id, to_rev: rev + 1, ...terms });
  let kills = 0;
  simulation.onStep((step) => {
    if (step.by !== "s10" || step.when !== "after" || step.port !== "commit") return;
    if (!step.ops.some((op) => op.op === "put" && op.collection.name === promotions.name)) return;
    kills++;
    simulation.kill(["s10"], DOWN_MS);
  });
  const all = async () =>
    (await readAll(world.store("s10"), promotions)).toSorted((a, b) => a.created_at - b.created_at);
  const isDone = async () => (await all()).some(({ mode, status }) => mode === "FULL" && status === "DONE");
  const end = clock.now() + 180 * SECOND_MS;
  while (!(await isDone()) && clock.now() < end) await simulation.advance(SECOND_MS);

  const course = await all();
  expect(course.map(({ mode, status }) => `${mode} ${status}`)).toEqual(["CANARY DONE", "RAMP DONE", "FULL DONE"]);
  expect(course.map(({ follows }) => follows)).toEqual([
    undefined,
    ...course.slice(0, 2).map((one) => one.promotion_id),
  ]);
  expect(kills).toBeGreaterThan(8);
  const told = (await world.bus.read(configEvents, { limit: 100 })).map(
    ({ event }) => `${event.rev} ${event.canary_rev}`,
  );
  const [before, after] = [`${rev} ${rev + 1}`, `${rev + 1} undefined`];
  expect(told.filter((one) => one === before || one === after)).toEqual([before, before, before, before, after]);
  await simulation.advance(2 * SECOND_MS);
  for (const id of ["s02", "s03", "s04", "s06"] as const) {
    expect([id, (await simulation.services.hosted.get(id)?.health())?.config_rev]).toEqual([id, rev + 1]);
  }
  expect(world.errors).toEqual([]);
}, 300_000);
