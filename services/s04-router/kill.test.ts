import { afterEach, describe, expect, test } from "bun:test";
import { entry, faultsOf, MAKER, RouterWorld } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

async function open(settings: Record<string, unknown> = {}): Promise<RouterWorld> {
  world = new RouterWorld(settings);
  await world.start();
  return world;
}
const refusal = (work: Promise<unknown>): Promise<{ code: string; status: number }> =>
  work.then(
    () => expect.unreachable("was not refused"),
    (error) => error,
  );

describe("the kill switch", () => {
  const kill = (over = {}) => ({
    enabled: true,
    mode: "CANCEL" as const,
    epoch: 1,
    reason: "test",
    actor: "me",
    ...over,
  });

  test("on: entries are refused, a resting one is cancelled, exits pass, and it holds across a restart", async () => {
    await open();
    const resting = await world.place(entry({ type: "LIMIT", price: "59950" }));
    expect(resting.status).toBe("ACCEPTED");
    expect(await world.finish(world.router.kill.set(kill()))).toEqual({ epoch: 1, outstanding: [] });
    expect(world.exchange.live()).toEqual([]);
    expect((await refusal(world.place(entry()))).code).toBe("KILL_SWITCH");
    world.boot();
    await world.start();
    expect((await refusal(world.place(entry()))).code).toBe("KILL_SWITCH");
    await world.finish(world.router.kill.set(kill({ enabled: false, epoch: 2 })));
    expect((await world.place(entry())).status).toBe("FILLED");
    expect((await refusal(world.finish(world.router.kill.set(kill())))).code).toBe("CONFLICT");
  });

  test("an entry in flight is outstanding until it is resolved", async () => {
    await open();
    world.exchange.faults.push("lost_request");
    const lost = await world.place(entry());
    const answer = await world.finish(world.router.kill.set(kill()));
    expect(answer.outstanding).toEqual(lost.client_order_ids);
    await world.pass(45_000);
    expect((await world.finish(world.router.kill.set(kill()))).outstanding).toEqual([]);
  });

  test.each(["HALT", "CANCEL", "FLATTEN"] as const)(
    "%s cancels resting entries and what would follow",
    async (mode) => {
      await open();
      await world.place(entry({ type: "LIMIT", price: "59950" }));
      await world.place(entry({ exec: MAKER }));
      const sent = world.exchange.journal.length;
      const answer = await world.finish(world.router.kill.set(kill({ mode })));
      expect(answer.outstanding).toEqual([]);
      if (mode === "HALT") await world.pass(100);
      expect(world.exchange.live()).toEqual([]);
      await world.pass(5_000);
      expect(world.exchange.journal.length).toBe(sent);
      expect(faultsOf(world)).toEqual([]);
    },
  );

  test("it stopped between storing the state and cancelling: the start cancels", async () => {
    await open();
    await world.place(entry({ type: "LIMIT", price: "59950" }));
    world.dieAt({ call: 1, after: true });
    void world.router.kill.set(kill());
    await world.pass(100);
    expect([world.crashed, world.exchange.live().length]).toEqual([true, 1]);
    world.boot();
    await world.start();
    await world.pass(1_000);
    expect(world.exchange.live()).toEqual([]);
    expect(faultsOf(world)).toEqual([]);
  });

  test("a maker that runs out under HALT is not followed by a taker", async () => {
    await open();
    await world.place(entry({ exec: MAKER }));
    await world.finish(world.router.kill.set(kill({ mode: "HALT" })));
    await world.pass(3_000);
    expect(world.exchange.journal.length).toBe(1);
    expect(faultsOf(world)).toEqual([]);
  });
});
