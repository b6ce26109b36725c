/** Documents of bundles through the service's REST face: paths, roles, problems and answers. */
import { beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { Net } from "../../shared/kit/ports.ts";
import { defineService, type Role } from "../../shared/kit/service.ts";
import { BARE } from "../../shared/testing/neighbours.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { readBundleText } from "./bundle-text.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import service from "./service.ts";

const shipped = shippedBundle as unknown as string;
const clock = new VirtualClock(1_700_000_000_000);
/** S11 is called by promotions alone. */
const watching = defineService({
  ...BARE,
  ...{ id: "s11", name: "s11-metrics", title: "Metrics & Health", port: 8091 },
  setup: () => ({ verbs: [] }),
});
let running: Constellation;
let tokens: ReturnType<typeof createTokens>;

beforeAll(async () => {
  const world = simulatedWorld({ clock, net: {} as Net, seed: 1 });
  tokens = createTokens(world.serviceKey, clock);
  running = await constellation([service, watching], ["s10", "s11"], world);
  await running.start();
  const base = (await ask("GET /active")).body.hash;
  const draft = {
    ...{ extends: base, bundle_id: "shipped", rev: 2, factors: ["rv_20_1d@SPOT:BTCUSDT"] },
    rules: [{ rule_id: "smaller-on-wide-spread", effect: { size_mult: 0.6 } }],
  };
  expect((await ask("POST /bundles", "researcher", draft)).status).toBe(200);
});

async function ask(what: string, role: Role = "viewer", body?: object) {
  const [method = "", path = ""] = what.split(" ");
  const request = new Request(`http://s10${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await tokens.mint("s12", "s10", { id: "ann", role })}`,
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const response = await running.hosted.get("s10")!.fetch(request);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("the documents of a revision", () => {
  test.each(["factors", "strategies", "rules", "instruments", "models", "flags"])("GET /config/%s", async (kind) => {
    const { status, body } = await ask(`GET /config/${kind}?limit=3`);
    expect([status, body.bundle_id, body.rev]).toEqual([200, "shipped", 1]);
    const items = body.items as Record<string, unknown>[];
    expect(items.length).toBeLessThanOrEqual(3);
    for (const item of items)
      expect(item).toMatchObject({ kind, hash: expect.stringMatching(/^[0-9a-f]{64}$/), first_rev: 1 });
  });

  test("of another revision are asked by its name, both parts of it", async () => {
    const { body } = await ask("GET /config/rules?bundle_id=shipped&rev=2");
    expect(body.items).toContainEqual(
      expect.objectContaining({ id: "smaller-on-wide-spread", first_rev: 2, author: "ann" }) as never,
    );
    expect((await ask("GET /config/rules?bundle_id=shipped")).status).toBe(400);
    expect((await ask("GET /config/rules?bundle_id=shipped&rev=9")).status).toBe(404);
  });

  test("have a history, whatever their ids are made of", async () => {
    const instrument = await ask(`GET /config/documents/instruments/${encodeURIComponent("FUT:BTCUSDT")}/history`);
    expect(instrument.body.items).toMatchObject([{ id: "FUT:BTCUSDT", first_rev: 1, last_rev: 2, revisions: 2 }]);
    const factor = await ask(`GET /config/documents/factors/${encodeURIComponent("rv_20_1d@SPOT:BTCUSDT")}/history`);
    expect(factor.body.items).toMatchObject([{ first_rev: 2, author: "ann" }]);
    expect((await ask("GET /config/documents/rules/none/history")).status).toBe(404);
    expect((await ask("GET /config/documents/wishes/none/history")).status).toBe(400);
  });
});

test("a difference and a whole revision are for everybody to read", async () => {
  const { body } = await ask("GET /config/diff?from=CURRENT&to=shipped@2");
  expect(body).toMatchObject({ from: { rev: 1 }, to: { rev: 2, status: "DRAFT" }, same: false, changes_total: 3 });
  expect((await ask("GET /config/diff?from=CURRENT&to=2")).status).toBe(400);
  const whole = await ask("GET /bundles/shipped/2");
  expect(whole.body).toMatchObject({ rev: 2, author: "ann", bundle: { rev: 2, bundle_id: "shipped" } });
  expect((await ask("GET /bundles/shipped/3")).status).toBe(404);
});

test("lint is for those who draft, stores nothing, and never fails for what a document says", async () => {
  const asked = { text: shipped };
  expect((await ask("POST /config/lint", "viewer", asked)).status).toBe(403);
  const { status, body } = await ask("POST /config/lint", "researcher", asked);
  expect([status, body.passed, body.rev]).toEqual([200, true, 1]);
  const bundle = { ...(readBundleText(shipped) as object), factors: "none" };
  expect((await ask("POST /config/lint", "risk", { bundle })).body).toMatchObject({
    passed: false,
    errors: [{ path: "factors" }],
  });
  expect((await ask("POST /config/lint", "risk", {})).status).toBe(400);
  expect((await ask("POST /config/lint", "risk", { text: "a", bundle })).status).toBe(400);
  expect(((await ask("GET /bundles")).body.items as object[]).length).toBe(2);
});
