import { expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { router } from "../contracts.ts";
import { simulatedWorld } from "../testing/world.ts";
import { constellation } from "./constellation.ts";
import { type Net, NetError } from "./ports.ts";
import { type Clients, defineService } from "./service.ts";

/** A caller of the router, which is nowhere. */
async function callerAlone() {
  const clock = new VirtualClock(0);
  const sent: string[] = [];
  const net = {
    fetch(request: { url: string }) {
      sent.push(request.url.slice(request.url.lastIndexOf("/") + 1));
      return Promise.reject(new NetError("refused", "nothing there"));
    },
  } as unknown as Net;
  let calls: Clients<{ router: typeof router }> | undefined;
  const caller = defineService({
    id: "s12",
    name: "s12-gateway",
    title: "Caller",
    port: 8092,
    settings: z.object({}),
    calls: { router },
    emits: [],
    usesConfig: false,
    owns: [],
    setup(context) {
      ({ calls } = context);
      return {};
    },
  });
  await constellation([caller], ["s12"], simulatedWorld({ clock, net, seed: 1 }));
  const done = async (work: Promise<unknown>): Promise<string> => {
    let code = "";
    work.then(
      () => (code = "answered"),
      (error: { code: string }) => (code = error.code),
    );
    await clock.run(() => code !== "");
    return code;
  };
  return { calls: calls as NonNullable<typeof calls>, sent, done };
}

test("a callee that does not answer is left alone, but for what lowers risk", async () => {
  const { calls, sent, done } = await callerAlone();
  for (let i = 0; i < 5; i++) await done(calls.router.getBudget({}));
  const before = sent.length;
  expect(await done(calls.router.getBudget({}))).toBe("UNAVAILABLE");
  expect(sent.length).toBe(before);
  const kill = { enabled: true, mode: "CANCEL", epoch: 1, reason: "drill", actor: "ada" } as const;
  expect(await done(calls.router.setKill(kill))).toBe("UNAVAILABLE");
  expect(await done(calls.router.cancelOrder({ intent_id: "i" }))).toBe("UNAVAILABLE");
  expect(sent.slice(before)).toEqual(["SetKill", "CancelOrder"]);
});
