/** The config service through its REST face, hosted as it runs: tokens, roles, problems and answers. */
import { beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { configActive } from "../../shared/collections/config.ts";
import { metrics } from "../../shared/contracts.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { Net } from "../../shared/kit/ports.ts";
import { answers, defineService, type Role } from "../../shared/kit/service.ts";
import { BARE } from "../../shared/testing/neighbours.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { readBundleText } from "./bundle-text.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import service from "./service.ts";

const clock = new VirtualClock(1_700_000_000_000);
let tokens: ReturnType<typeof createTokens>;
const document = readBundleText(shippedBundle as unknown as string) as object;
let running: Constellation;
let level: "GREEN" | "RED" = "GREEN";
/** S11, which knows of one other service that always has the newest. */
const watching = defineService({
  ...BARE,
  ...{ id: "s11", name: "s11-metrics", title: "Metrics & Health", port: 8091 },
  setup: ({ store }) => ({
    verbs: [
      answers(metrics.methods.getStanding, {
        ...{ name: "getStanding", summary: "How all stand" },
        async run() {
          const { rev = 0, canary } = (await store.get(configActive, "active"))?.value ?? {};
          const held = { service: "s03", replica: "1", answered: true, rev, canary_rev: canary?.rev };
          return { level, reasons: [], revisions: [held], ts: clock.now() };
        },
      }),
    ],
  }),
});

beforeAll(async () => {
  const world = simulatedWorld({ clock, net: {} as Net, seed: 1 });
  tokens = createTokens(world.serviceKey, clock);
  running = await constellation([service, watching], ["s10", "s11"], world);
  await running.start();
});

interface Ask {
  role?: Role | "service" | "none";
  second?: string;
  body?: unknown;
  headers?: Record<string, string>;
}
async function ask(what: string, { role = "viewer", second = "bob", body, headers = {} }: Ask = {}) {
  const [method, path] = what.split(" ") as [string, string];
  const person = role === "service" || role === "none" ? undefined : { id: "ann", role, second };
  const token = role === "none" ? undefined : await tokens.mint("s12", "s10", person);
  const request = new Request(`http://s10${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // Another service is asked on the way, and calls have deadlines: their clock has to run.
  let isOver = false;
  const asked = running.hosted
    .get("s10")!
    .fetch(request)
    .finally(() => {
      isOver = true;
    });
  await clock.run(() => isOver);
  const response = await asked;
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

describe("the config service", () => {
  test("says what is active to anyone with a role, and to nobody else", async () => {
    expect((await ask("GET /active", { role: "none" })).status).toBe(401);
    const { status, body } = await ask("GET /active");
    expect(status).toBe(200);
    expect(body).toMatchObject({ rev: 1, bundle_id: "shipped", activated_at: clock.now() });
    expect(body.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("takes a draft of a researcher, shows it, and keeps viewers out", async () => {
    const draft = { ...document, rev: 2, note: "second" };
    expect((await ask("POST /bundles", { body: draft })).status).toBe(403);
    const { status, body } = await ask("POST /bundles", { role: "researcher", body: draft });
    expect([status, body.status]).toEqual([200, "DRAFT"] as never);
    const list = await ask("GET /bundles?limit=1");
    expect(list.body.items).toMatchObject([{ rev: 2, author: "ann", note: "second" }]);
    expect(list.body.items?.[0]).not.toHaveProperty("bundle");
  });

  test("tells every fault of a draft by its path", async () => {
    const body = { ...document, rev: 3, instruments: [{ instrument: "FUT:BTCUSDT", spread_bps: 1 }] };
    const answer = await ask("POST /bundles", { role: "admin", body });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ field: "instruments[0].spread_bps" }) as never);
    const taken = { ...document, note: "revision 1 has other content" };
    expect((await ask("POST /bundles", { role: "admin", body: taken })).status).toBe(409);
  });

  test("activates by risk or admin, with a key and a second person, and says when all have it", async () => {
    const body = { bundle_id: "shipped", to_rev: 2, mode: "FULL" };
    const headers = { "idempotency-key": "promote-2" };
    expect((await ask("POST /promote", { role: "trader", body, headers })).status).toBe(403);
    expect((await ask("POST /promote", { role: "risk", body })).status).toBe(400);
    const unknown = { ...body, mode: "SOME" };
    expect((await ask("POST /promote", { role: "risk", body: unknown, headers })).status).toBe(400);
    const alone = await ask("POST /promote", { role: "risk", second: "ann", body, headers });
    expect(alone).toMatchObject({ status: 403, body: { code: "SECOND_PERSON", detail: expect.stringContaining("2") } });
    const back = { body: { bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" }, second: "ann" };
    const early = await ask("POST /promote", { role: "risk", ...back, headers: { "idempotency-key": "r" } });
    expect(early).toMatchObject({ status: 409, body: { code: "WRONG_STATE" } });
    const first = await ask("POST /promote", { role: "risk", body, headers });
    expect(first).toMatchObject({ status: 200, body: { rev: 2, status: "PENDING" } });
    expect(await ask("POST /promote", { role: "risk", body, headers })).toEqual(first);
    expect((await ask("GET /active")).body.rev).toBe(2 as never);
    await clock.run(clock.now() + 1_000);
    const { body: promotion } = await ask(`GET /promotions/${first.body.promotion_id}`);
    expect(promotion).toMatchObject({ status: "DONE", services: [{ service: "s03", state: "HAS" }] });
    expect((await ask("GET /promotions?limit=1")).body.items).toMatchObject([{ status: "DONE", rev: 2 }]);
  });

  test("tells a gate that failed before it asks for a second person, and needs none to go back", async () => {
    await ask("POST /bundles", { role: "admin", body: { ...document, rev: 3, note: "third" } });
    expect((await ask("POST /bundles/shipped/stage", { role: "trader", body: {} })).status).toBe(403);
    const staged = await ask("POST /bundles/shipped/stage", { role: "researcher", body: {} });
    expect(staged).toMatchObject({ status: 200, body: { rev: 3, status: "STAGED" } });
    level = "RED";
    const body = { bundle_id: "shipped", to_rev: 3, mode: "CANARY" };
    const refused = await ask("POST /promote", {
      role: "risk",
      second: "ann",
      body,
      headers: { "idempotency-key": "3" },
    });
    expect(refused).toMatchObject({ status: 422, body: { code: "RULE", errors: [{ field: "health" }] } });
    const back = {
      body: { bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" },
      headers: { "idempotency-key": "back" },
    };
    expect(await ask("POST /promote", { role: "risk", second: "ann", ...back })).toMatchObject({
      status: 200,
      body: { rev: 4, status: "PENDING" },
    });
    const { body: active } = await ask("GET /active");
    expect(active.rev).toBe(4 as never);
    level = "GREEN";
  });

  test("publishes the schema of a bundle", async () => {
    const { body } = await ask("GET /config/schema");
    expect(Object.keys(body.properties ?? {})).toContain("strategies");
  });
});
