import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTokens, type Tokens } from "../../shared/kit/auth.ts";
import type { Role } from "../../shared/kit/service.ts";
import { open, running, signedIn, sim } from "./treasury.fixture.ts";

let tokens: Tokens;
beforeAll(async () => {
  await open();
  tokens = createTokens(sim.world.serviceKey, sim.clock);
});
afterAll(() => running(sim.services.stop()));

const ROLES: readonly Role[] = ["viewer", "researcher", "trader", "risk", "admin"];
const wanted = { from: "SPOT", to: "FUT", amount_usdt: "1", reason: "roles" };
const why = { reason: "roles" };
/** Of the table of roles: who may pass; of everybody else it is 403. */
const routes: [method: string, path: string, body: object, may: readonly Role[]][] = [
  ["GET", "/xchg/live", {}, ROLES],
  ["GET", "/xchg/live/checklist", {}, ROLES],
  ["POST", "/xchg/live/arm", why, ["risk", "admin"]],
  ["POST", "/xchg/live/disarm", why, ["trader", "risk", "admin"]],
  ["GET", "/xchg/treasury/transfers", {}, ROLES],
  ["POST", "/treasury/transfer", wanted, ["trader", "risk", "admin"]],
  ["GET", "/approvals", {}, ROLES],
  ["GET", "/approvals/none", {}, ROLES],
  ["POST", "/approvals/none/approve", {}, ["risk", "admin"]],
  ["POST", "/approvals/none/refuse", {}, ["risk", "admin"]],
  ["POST", "/auto-transfer/trigger", { trigger_id: "roles" }, ["trader", "admin"]],
];

let keys = 0;
async function send(id: "s01" | "s12", token: string, [method, path, body]: (typeof routes)[number]): Promise<number> {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "idempotency-key": `roles-${++keys}`,
  };
  const init = { method, headers, ...(method !== "GET" && { body: JSON.stringify(body) }) };
  const request = new Request(`http://127.0.0.1${id === "s12" ? "/api/v1" : ""}${path}`, init);
  return (await running(sim.services.hosted.get(id)!.fetch(request))).status;
}

test.each(ROLES)("%s through the gateway: what the table allows, and no more", async (role) => {
  const token = await signedIn(`roles-${role}`, role);
  for (const route of routes) {
    const [method, path, , may] = route;
    const status = await send("s12", token, route);
    expect([method, path, status === 403]).toEqual([method, path, !may.includes(role)]);
    expect([path, [401, 405].includes(status) || status >= 500]).toEqual([path, false]);
  }
});

test.each(ROLES)("%s at S1's own port: the same, and moving funds never", async (role) => {
  const token = await running(tokens.mint("s12", "s01", { id: `roles-${role}`, role }));
  for (const route of routes.filter(([, path]) => path.startsWith("/xchg/"))) {
    const [method, path, , may] = route;
    expect([method, path, (await send("s01", token, route)) === 403]).toEqual([method, path, !may.includes(role)]);
  }
  const direct = { ...wanted, transfer_id: `roles-${role}`, account: "main" };
  expect(await send("s01", token, ["POST", "/xchg/treasury/transfer", direct, []])).toBe(403);
});

test.each(["s03", "s04", "s06", "s12"] as const)("%s does not arm live trading by itself", async (id) => {
  const token = await running(tokens.mint(id, "s01"));
  expect(await send("s01", token, ["POST", "/xchg/live/arm", why, []])).toBe(403);
});
