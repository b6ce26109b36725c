import { afterEach, beforeEach, expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { BARE } from "../testing/neighbours.ts";
import { type SimWorld, simulatedWorld } from "../testing/world.ts";
import { createTokens, type OnBehalf } from "./auth.ts";
import { constellation } from "./constellation.ts";
import type { Hosted } from "./host.ts";
import { type Asking, defineService, type Faces, type Verb, verb } from "./service.ts";

/** What was melted, by whom and with whose word. */
let melted: string[] = [];
const melting: Verb[] = [
  verb({
    name: "melt",
    summary: "Melts a thing; a big one only with a second person",
    rest: "POST /melt",
    roles: ["risk", "admin"],
    care: "fresh",
    input: z.object({ size: z.number(), dry_run: z.boolean().default(false) }),
    output: z.object({ melted: z.number() }),
    second: async ({ size, dry_run }) => (size > 10 && !dry_run ? `Melt something of size ${size}` : undefined),
    run({ size, dry_run }, { principal: { id, second, from } }) {
      if (!dry_run) melted.push(`${id} ${size} ${second} ${from}`);
      return { melted: size };
    },
  }),
  verb({
    name: "look",
    summary: "Looks",
    rest: "GET /look",
    input: z.object({}),
    output: z.object({}),
    run: () => ({}),
  }),
];
const foundry = (faces: Partial<Faces> = {}) =>
  defineService({
    ...BARE,
    ...{ id: "s04", name: "s04-router", title: "Foundry", port: 8084 },
    setup: () => ({ verbs: melting, ...faces }),
  });

let world: SimWorld;
let hosted: Hosted;
let stop: () => Promise<void>;
async function open(faces: Partial<Faces> = {}): Promise<void> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const net = { fetch: () => Promise.reject(new Error("no network here")), connect: () => ({}) as never };
  world = simulatedWorld({ clock, net, seed: 1 });
  const all = await constellation([foundry(faces)], ["s04"], world);
  hosted = all.hosted.get("s04") as Hosted;
  stop = () => all.stop();
  melted = [];
}
beforeEach(() => open());
afterEach(() => stop());

let keys = 0;
async function melt(who: OnBehalf | undefined, body: object): Promise<(number | string)[]> {
  const tokens = createTokens(world.serviceKey, world.clock);
  const token = await tokens.mint("s12", "s04", who);
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "idempotency-key": `k${++keys}`,
  };
  const response = await hosted.fetch(
    new Request("http://x/melt", { method: "POST", headers, body: JSON.stringify(body) }),
  );
  const { code, detail } = (await response.json()) as { code?: string; detail?: string };
  const isSaid = code === undefined || code === "SECOND_PERSON";
  return [response.status, ...(code === undefined ? [] : [code]), ...(isSaid && detail !== undefined ? [detail] : [])];
}

const rita: OnBehalf = { id: "rita", role: "risk" };

test("a person does not alone what needs two: the refusal says in words what it was", async () => {
  expect(await melt(rita, { size: 11 })).toEqual([403, "SECOND_PERSON", "Melt something of size 11"]);
  expect(await melt({ ...rita, second: "rita" }, { size: 11 })).toEqual([
    403,
    "SECOND_PERSON",
    "Melt something of size 11",
  ]);
  expect(melted).toEqual([]);
});

test("with somebody else's word, or where one person is enough, it is done", async () => {
  expect(await melt({ ...rita, second: "ruth" }, { size: 11 })).toEqual([200]);
  expect(await melt({ ...rita, second: "single", from: "192.0.2.7" }, { size: 12 })).toEqual([200]);
  expect(melted).toEqual(["rita 11 ruth undefined", "rita 12 single 192.0.2.7"]);
});

test("what does not need two is done by one, and by services anything", async () => {
  expect(await melt(rita, { size: 10 })).toEqual([200]);
  expect(await melt(rita, { size: 11, dry_run: true })).toEqual([200]);
  expect(await melt(undefined, { size: 11 })).toEqual([200]);
  expect(melted).toEqual(["rita 10 undefined undefined", "s12 11 undefined undefined"]);
});

test("role and shape come first: neither learns what a second person would be asked", async () => {
  expect(await melt({ id: "tom", role: "trader" }, { size: 11 })).toEqual([403, "FORBIDDEN"]);
  expect(await melt(rita, { size: "x" })).toEqual([400, "INVALID"]);
});

test("a service may answer in a verb's place, or refuse, before it runs", async () => {
  await stop();
  const seen: Asking[] = [];
  await open({
    async admits(asking) {
      seen.push(asking);
      return (asking.input as { size: number }).size === 1 ? undefined : new Response('{"detail":"later"}');
    },
  });
  expect(await melt(rita, { size: 11 })).toEqual([200, "later"]);
  expect(await melt(rita, { size: 1 })).toEqual([200]);
  expect(seen.map(({ verb: { name }, principal: { id }, text }) => [name, id, text])).toEqual([
    ["melt", "rita", '{"size":11}'],
    ["melt", "rita", '{"size":1}'],
  ]);
  expect(melted).toEqual(["rita 1 undefined undefined"]);
});

test("care and the second person are documented", () => {
  const { paths } = hosted.openapi() as { paths: Record<string, Record<string, object>> };
  expect(paths["/melt"]?.post).toMatchObject({ "x-care": "fresh", "x-second-person": true });
  expect(Object.keys(paths["/look"]?.get ?? {}).filter((name) => /x-(care|second)/.test(name))).toEqual([]);
});
