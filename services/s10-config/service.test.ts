/** The config service through its REST face, hosted as it runs: tokens, roles, problems and answers. */
import { beforeAll, describe, expect, test } from "bun:test";
import { EmbeddedBus } from "../../shared/adapters/embedded-bus.ts";
import { programRunner } from "../../shared/adapters/programs.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { rootLog } from "../../shared/kit/log.ts";
import type { Role } from "../../shared/kit/service.ts";
import type { World } from "../../shared/kit/world.ts";
import { readBundleText } from "./bundle-text.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import service from "./service.ts";

const clock = new VirtualClock(1_700_000_000_000);
const serviceKey = new Uint8Array(32).fill(1);
const tokens = createTokens(serviceKey, clock);
const document = readBundleText(shippedBundle as unknown as string) as object;
let running: Constellation;

beforeAll(async () => {
  const store = openStore({ path: ":memory:", owner: "s10", collections: COLLECTIONS });
  const onError = (error: unknown) => {
    throw error;
  };
  const world = {
    clock,
    random: seededRandom(1),
    bus: new EmbeddedBus({ path: ":memory:", clock, onError, onDead: onError }),
    store: () => store,
    programs: programRunner(),
    env: {},
    log: rootLog(clock, () => {}, "silent"),
    serviceKey,
    account: "main",
    mode: "paper",
    replica: "test",
    build: { version: "0", git_commit: "0", built_at: "0" },
  } as unknown as World;
  running = await constellation([service], ["s10"], world);
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
  const response = await running.hosted.get("s10")!.fetch(request);
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

  test("activates by risk or admin, with a key, in the modes there are", async () => {
    const body = { bundle_id: "shipped", to_rev: 2, mode: "FULL" };
    const headers = { "idempotency-key": "promote-2" };
    expect((await ask("POST /promote", { role: "trader", body, headers })).status).toBe(403);
    expect((await ask("POST /promote", { role: "risk", body })).status).toBe(400);
    const canary = { ...body, mode: "CANARY" };
    expect(
      (await ask("POST /promote", { role: "risk", body: canary, headers: { "idempotency-key": "c" } })).status,
    ).toBe(400);
    const alone = await ask("POST /promote", { role: "risk", second: "ann", body, headers });
    expect(alone).toMatchObject({ status: 403, body: { code: "SECOND_PERSON", detail: expect.stringContaining("2") } });
    const back = { bundle_id: "shipped", to_rev: 1, mode: "ROLLBACK" };
    const early = await ask("POST /promote", {
      role: "risk",
      second: "ann",
      body: back,
      headers: { "idempotency-key": "r" },
    });
    expect(early).toMatchObject({ status: 409, body: { code: "WRONG_STATE" } });
    const first = await ask("POST /promote", { role: "risk", body, headers });
    expect(first).toMatchObject({ status: 200, body: { rev: 2, status: "DONE" } });
    expect(await ask("POST /promote", { role: "risk", body, headers })).toEqual(first);
    expect((await ask("GET /active")).body.rev).toBe(2 as never);
  });

  test("publishes the schema of a bundle", async () => {
    const { body } = await ask("GET /config/schema");
    expect(Object.keys(body.properties ?? {})).toContain("strategies");
  });
});
