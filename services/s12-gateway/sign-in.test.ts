import { afterAll, beforeAll, expect, test } from "bun:test";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { quietMarket } from "../../ops/venue/quiet.ts";
import { defaultListings } from "../../shared/engine/listing.ts";

const PASSWORD = "correct-horse-1";
let sim: Simulation;
beforeAll(async () => {
  sim = await openSimulation({
    seed: "restart",
    canCrash: true,
    market: async (clock) => quietMarket(defaultListings(), clock),
    env: { CHIMERA_ADMIN_PASSWORD: PASSWORD },
  });
  await sim.advance(3_000);
});
afterAll(() => whileRunning(sim.clock, sim.services.stop()));

async function ask(path: string, init: RequestInit = {}) {
  const request = new Request(`http://127.0.0.1:8092${path}`, init);
  const response = await whileRunning(sim.clock, sim.services.hosted.get("s12")!.fetch(request));
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, string>,
  };
}
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

test("a restart of the gateway signs nobody out, and lets nobody in again who was out", async () => {
  const enter = () => post("/auth/login", { username: "admin", password: PASSWORD });
  const [stays, leaves] = [await enter(), await enter()];
  const tokenOf = ({ body }: typeof stays) => ({ authorization: `Bearer ${body.access_token}` });
  const cookie = String(stays.headers.get("set-cookie")).split(";")[0] as string;
  expect((await ask("/auth/me", { headers: tokenOf(leaves) })).status).toBe(200);
  await post("/auth/logout", {}, tokenOf(leaves));
  for (let restart = 0; restart < 2; restart++) {
    sim.kill(["s12"], 500);
    await sim.advance(5_000);
    expect((await ask("/auth/me", { headers: tokenOf(stays) })).status).toBe(200);
    expect((await ask("/auth/me", { headers: { cookie } })).status).toBe(200);
    expect((await ask("/auth/me", { headers: tokenOf(leaves) })).status).toBe(401);
  }
  expect((await post("/auth/refresh", { refresh_token: stays.body.refresh_token })).status).toBe(200);
  expect((await post("/auth/refresh", { refresh_token: leaves.body.refresh_token })).status).toBe(401);
});
