/** Intents of two revisions: each is executed by its own, within the limits of what is in force for all. */
import { afterEach, describe, expect, test } from "bun:test";
import type { BundleView } from "../../shared/domain/bundle.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { entry, FUT, faultsOf, MAKER, RouterWorld, revisionWith, SPOT } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

const waits = (rev: number, maker_wait_ms: number, instruments = [FUT, SPOT]): BundleView =>
  revisionWith(rev, instruments, { execution: { maker_wait_ms, maker_depth_usdt_min: 0 } });
const canaryOf = (view: BundleView) => ({ promotion_id: "p", traffic_pct: 10, slot_ms: 1_000, until: 0, view });

async function open(): Promise<RouterWorld> {
  world = new RouterWorld();
  world.active = { ...waits(1, 700), canary: canaryOf(waits(2, 900)) };
  await world.start();
  return world;
}
const refusal = (work: Promise<unknown>): Promise<{ code: string; message: string }> =>
  work.then(
    () => expect.unreachable("was not refused"),
    (error) => error,
  );
const posted = { exec: MAKER } as const;
const wait = (intent_id: string) => {
  const record = world.router.book.intent(intent_id);
  return record && planOf(record).maker_wait_ms;
};

describe("an entry", () => {
  test("is planned by the flags of the revision that it names; one that names none by those for all", async () => {
    await open();
    await world.place(entry({ ...posted, intent_id: "a", config_rev: 2 }));
    await world.place(entry({ ...posted, intent_id: "b", config_rev: 1, instrument: SPOT }));
    expect([wait("a"), wait("b")]).toEqual([900, 700]);
    await world.pass(5_000);
    await world.place(entry({ ...posted, intent_id: "c" }));
    expect(wait("c")).toBe(700);
  });

  test("keeps them though its revision is taken back meanwhile, and after a restart", async () => {
    await open();
    const rests = { policy: "MAKER_THEN_TAKER", twap: { slices: 3, interval_ms: 2_000 } } as const;
    await world.place(entry({ intent_id: "a", config_rev: 2, exec: rests }));
    world.active = waits(3, 500);
    world.kept.set(2, waits(2, 900));
    world.boot();
    await world.start();
    const record = world.router.book.intent("a");
    expect(record?.state).toBe("RUNNING");
    expect([wait("a"), record?.intent.config_rev]).toEqual([900, 2]);
    await world.pass(20_000);
    expect(world.router.book.intent("a")?.state).toBe("DONE");
    expect(faultsOf(world)).toEqual([]);
  });

  test("of a revision that nobody knows is refused, and an exit is not", async () => {
    await open();
    const refused = await refusal(world.place(entry({ config_rev: 9 })));
    expect([refused.code, refused.message]).toEqual(["RULE", "there is no config revision 9"]);
    await world.place(entry({ intent_id: "a", config_rev: 1 }));
    await world.pass(1_000);
    const bare = { stop_loss: undefined, take_profit: undefined, reduce_only: true } as const;
    await world.place(entry({ ...bare, intent_id: "exit", kind: "EXIT", side: "SELL", config_rev: 9 }));
    await world.pass(1_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0");
  });
});

describe("an instrument that one revision alone trades", () => {
  const wider = { ...waits(1, 700, [SPOT]), canary: canaryOf(waits(2, 900)) };

  test("takes that revision's entries, and no others", async () => {
    await open();
    world.active = wider;
    for (const config_rev of [1, undefined]) {
      expect((await refusal(world.place(entry({ config_rev })))).code).toBe("INSTRUMENT_DISABLED");
    }
    await world.place(entry({ intent_id: "a", config_rev: 2 }));
    expect(world.router.book.intent("a")?.intent.config_rev).toBe(2);
  });

  test("takes none of them any more once that is taken back: what was switched off is off for all", async () => {
    await open();
    world.active = wider;
    world.kept.set(2, waits(2, 900));
    const { canary: _, ...stable } = wider;
    world.active = stable;
    expect((await refusal(world.place(entry({ config_rev: 2 })))).code).toBe("INSTRUMENT_DISABLED");
  });

  test("is one of those that must be listed", async () => {
    await open();
    expect(world.router.market.isComplete).toBe(true);
    world.active = { ...wider, canary: canaryOf(waits(2, 900, ["FUT:NEWUSDT"])) };
    expect(world.router.market.isComplete).toBe(false);
  });
});

test("the budget and the limits are those for all, whichever arm asks", async () => {
  await open();
  const risk = (budget_usdt: string) => ({ risk: { budget_usdt } });
  const [small, large] = [revisionWith(1, [FUT, SPOT], risk("0.5")), revisionWith(2, [FUT, SPOT], risk("50"))];
  world.active = { ...small, canary: canaryOf(large) };
  expect((await refusal(world.place(entry({ config_rev: 2 })))).code).toBe("BUDGET");
  world.active = { ...large, rev: 1, canary: canaryOf({ ...small, rev: 2 }) };
  await world.place(entry({ config_rev: 2 }));
  expect(world.router.budget().budget_usdt).toBe("50");
});
