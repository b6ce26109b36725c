import { expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import { openStore } from "../adapters/sqlite.ts";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { COLLECTIONS } from "../collections.ts";
import { Problem } from "../errors.ts";
import { type SimWorld, simulatedWorld } from "../testing/world.ts";
import { createFences } from "./fences.ts";
import { type Instance, startInstance } from "./instance.ts";
import type { NetRequest } from "./ports.ts";
import { createReaching } from "./reaching.ts";
import { defineService, verb } from "./service.ts";
import { WHOLE } from "./shard.ts";

const clock = new VirtualClock(0);
const service = defineService({
  ...{ id: "s01", name: "s01-exchange", title: "Sender", port: 8081, calls: {}, emits: [], owns: [] },
  ...{ usesConfig: false, settings: z.object({}) },
  setup: ({ net, quota }) => ({
    verbs: [
      verb({
        name: "giveBack",
        summary: "Gives back what others may have reserved again since",
        rest: "POST /xchg/give-back",
        audience: "open",
        once: "body",
        input: z.object({}),
        output: z.object({ released: z.boolean() }),
        run: async () => ({ released: await quota.release("budget", "one") }),
      }),
      verb({
        name: "send",
        summary: "Sends bytes out of the system, after no commit",
        rest: "POST /xchg/send",
        audience: "open",
        once: "body",
        input: z.object({}),
        output: z.object({ status: z.number() }),
        async run() {
          const request = { method: "POST", url: "http://exchange/order", headers: {}, timeoutMs: 1_000 };
          return { status: (await net.fetch(request)).status };
        },
      }),
    ],
  }),
});

interface Held {
  instance: Instance;
  world: SimWorld;
  sent: NetRequest[];
  passed: string[];
  /** As time does it: the lease runs out, and then somebody else opens the store. */
  runOut(): void;
  passOn(): void;
}

async function hold(ask: "at once" | "later" = "at once"): Promise<Held> {
  const sent: NetRequest[] = [];
  const passed: string[] = [];
  const fetch = async (request: NetRequest) => {
    sent.push(request);
    return { status: 200, headers: {}, body: "{}" };
  };
  const world = simulatedWorld({ clock, net: { fetch, connect: () => ({ send() {}, close() {} }) }, seed: 1 });
  let isHeld = true;
  let isPassed = false;
  const mustBeNewest = () => {
    if (ask === "later") return clock.sleep(20).then(refuseWhenPassed);
    refuseWhenPassed();
  };
  const refuseWhenPassed = () => {
    if (isPassed) throw new Problem("FENCED", "passed on");
  };
  const instance = startInstance({
    ...{ service, world, shard: WHOLE, fences: createFences(world.lock) },
    reaching: createReaching([service], () => undefined, world),
    lease: { name: "lease:s01:0", fence: 1, isHeld: () => isHeld },
    openStore: () => {
      const store = openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, now: () => clock.now() });
      return { store, mustBeNewest, close: () => store.close() };
    },
    onPassed: (where) => void passed.push(where),
  });
  await settled(instance.started);
  const runOut = () => {
    isHeld = false;
  };
  const passOn = () => {
    isPassed = true;
  };
  return { instance, world, sent, passed, runOut, passOn };
}

async function settled<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => {});
  await clock.run(() => isDone);
  return done;
}
const send = ({ instance }: Held, what = "send"): Promise<Response> =>
  settled(instance.ask((hosted) => hosted.fetch(new Request(`http://s01/xchg/${what}`, { method: "POST" }))));

for (const ask of ["at once", "later"] as const) {
  test(`whoever has slept past its lease sends nothing out once somebody else has begun; its store answers ${ask}`, async () => {
    const held = await hold(ask);
    expect((await send(held)).status).toBe(200);
    held.runOut();
    expect((await send(held)).status).toBe(200);
    held.passOn();
    await expect(send(held)).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(held.sent.length).toBe(2);
    expect(held.passed.length).toBe(1);
  });
}

test("nor does it change what all share of a limit", async () => {
  const held = await hold();
  const { quota } = held.world;
  await settled(quota.set("budget", "one", 5));
  held.runOut();
  held.passOn();
  await expect(send(held, "give-back")).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(await settled(quota.used("budget"))).toBe(5);
});

test("past the term it goes on sending as long as nobody else has begun", async () => {
  const held = await hold();
  held.runOut();
  expect((await send(held)).status).toBe(200);
  expect(held.sent.length).toBe(1);
});

test("what is asked when it stops in order is answered; what is asked afterwards was not done here", async () => {
  const { instance } = await hold();
  const inHand = instance.ask(() => clock.sleep(300).then(() => "answered"));
  const stopping = instance.stop();
  await expect(settled(instance.ask(async () => "begun"))).rejects.toMatchObject({ code: "NOT_OWNER" });
  expect(await settled(inHand)).toBe("answered");
  await settled(stopping);
});

test("stops all the same where an answer does not come", async () => {
  const { instance } = await hold();
  const inHand = instance.ask(() => new Promise(() => {}));
  inHand.catch(() => {});
  await settled(instance.stop());
  await expect(inHand).rejects.toMatchObject({ code: "TIMEOUT" });
});
