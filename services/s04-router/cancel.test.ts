import { afterEach, describe, expect, test } from "bun:test";
import { entry, faultsOf, RouterWorld } from "./world.fixture.ts";

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

describe("cancel", () => {
  const cancel = (request: object) => world.finish(world.router.cancellation.cancel({ cascade: true, ...request }));

  test("of a resting entry by any id; twice is the same; of a filled one ALREADY_FILLED; of none NOT_FOUND", async () => {
    await open();
    const resting = await world.place(entry({ type: "LIMIT", price: "59950" }));
    const [order_id] = resting.order_ids;
    const first = await cancel({ order_id });
    expect(first).toEqual({ result: "CANCELED", order_ids: [order_id!] });
    expect(await cancel({ intent_id: resting.intent_id })).toEqual(first);
    expect(await cancel({ client_order_id: resting.client_order_ids[0] })).toEqual(first);
    const filled = await world.place(entry());
    expect((await refusal(cancel({ intent_id: filled.intent_id }))).code).toBe("ALREADY_FILLED");
    expect((await refusal(cancel({ order_id: "77777" }))).code).toBe("NOT_FOUND");
  });

  test("a fill that comes first wins", async () => {
    await open();
    const resting = await world.place(entry({ type: "LIMIT", price: "59950" }));
    world.clock.after(5, () => world.exchange.fill(resting.client_order_ids[0]!, "0.01"));
    expect((await refusal(cancel({ intent_id: resting.intent_id }))).code).toBe("ALREADY_FILLED");
    await world.pass(1_000);
    expect(faultsOf(world)).toEqual([]);
  });

  test("a partly filled entry keeps its part, protected", async () => {
    await open();
    const resting = await world.place(entry({ type: "LIMIT", price: "59950" }));
    world.exchange.fill(resting.client_order_ids[0]!, "0.004");
    await world.pass(100);
    await cancel({ intent_id: resting.intent_id });
    await world.pass(1_000);
    expect(world.exchange.live().map((o) => o.qty)).toEqual(["0.004", "0.004"]);
    expect(faultsOf(world)).toEqual([]);
  });
});
