/** Starts of the router while its store is away, and journals whose writers somebody else has followed meanwhile. */
import { afterEach, expect, test } from "bun:test";
import { holdings, intents, orders } from "../../shared/collections/orders.ts";
import { Intent } from "../../shared/domain/order.ts";
import { asProblem } from "../../shared/errors.ts";
import { all } from "./kept.ts";
import { EXIT, entry, FUT, faultsOf, RouterWorld } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error) => asProblem(error).code,
  );

async function opened(): Promise<void> {
  world = new RouterWorld();
  await world.start();
  await world.place(entry());
  await world.pass(2_000);
}

test.each(["down", "failing"] as const)(
  "a start that never read the books leaves no picture by which the next would take what is held for nothing: %s",
  async (trouble) => {
    await opened();
    world.boot();
    world.faults.trouble = trouble;
    expect(await codeOf(world.start())).toBe("UNAVAILABLE");
    expect(await world.journal.read()).toEqual([]);
    await world.pass(3_000);
    world.boot();
    expect(await codeOf(world.start())).toBe("UNAVAILABLE");
    world.faults.trouble = undefined;
    world.boot();
    await world.start();
    await world.pass(5_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0.01");
    expect(faultsOf(world)).toEqual([]);
  },
);

test.each([3, 4, 5, 6, 7, 8, 9, 12])(
  "a journal cut at its %i. step that comes back after somebody else went on: what it meant to do is not done any more",
  async (call) => {
    await opened();
    world.faults.trouble = "down";
    await world.place({ ...EXIT, intent_id: "some", qty: "0.003" });
    world.dieAt({ call, after: true });
    void codeOf(world.router.admission.place(Intent.parse({ ...EXIT, intent_id: "late", qty: "0.007" })));
    await world.pass(500);
    const lines = await world.journal.read();
    expect(lines.length).toBeGreaterThan(2);
    await world.journal.clear();
    world.faults.trouble = undefined;
    world.boot();
    await world.start();
    await world.pass(120_000);
    const held = world.router.book.holding(FUT)?.qty ?? "0";
    if (held !== "0") await world.place({ ...EXIT, intent_id: "other", qty: held });
    await world.pass(2_000);
    await world.place(entry());
    await world.pass(2_000);
    for (const line of lines) await world.journal.append(line);
    world.boot();
    await world.start();
    await world.pass(60_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0.01");
    expect(world.exchange.positions.get(FUT)).toBe(10n ** 16n);
    expect((await all(world.store, intents, { state: "RUNNING" })).map(({ value }) => value.intent_id)).toEqual([]);
    expect(await world.journal.read()).toEqual([]);
  },
);

test("a clock that was put back while the store was away makes nothing of the journal old", async () => {
  await opened();
  world.faults.trouble = "down";
  world.wrongMs = -30_000;
  expect(await world.place({ ...EXIT, intent_id: "out" })).toMatchObject({ status: "FILLED" });
  await world.pass(5_000);
  world.faults.trouble = undefined;
  await world.pass(5_000);
  expect((await world.store.get(intents, "out"))?.value.state).toBe("DONE");
  expect((await all(world.store, holdings, {})).map(({ value }) => value.qty)).toEqual(["0"]);
  const open = (await all(world.store, orders, {})).filter(({ value }) => ["NEW", "SENT"].includes(value.status));
  expect(open.map(({ value }) => value.leg)).toEqual([]);
});

test("started by its journal, it enters nothing before it has read what was said of health", async () => {
  await opened();
  await world.place({ ...EXIT, intent_id: "first" });
  await world.pass(2_000);
  await world.finish(world.router.reaction.hear({ level: "RED", reasons: [], ts: world.clock.now() }));
  world.faults.trouble = "down";
  await codeOf(world.place({ ...EXIT, intent_id: "none" }));
  world.boot();
  await world.start();
  await world.pass(3_000);
  expect(world.router.recovery.reconciled).toBe(true);
  const asked: Promise<unknown>[] = [];
  const told = world.alerts.push.bind(world.alerts);
  world.alerts.push = (...alerts) => {
    const isBack = alerts.some((alert) => alert.startsWith("STORE_BACK"));
    if (isBack) asked.push(codeOf(world.router.admission.place(Intent.parse(entry()))));
    return told(...alerts);
  };
  world.faults.trouble = undefined;
  await world.pass(3_000);
  expect(await Promise.all(asked)).toEqual(["WRONG_STATE"]);
});
