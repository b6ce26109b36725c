import { afterEach, describe, expect, test } from "bun:test";
import { dec } from "../../shared/domain/money.ts";
import { Intent } from "../../shared/domain/order.ts";
import { BUDGET_USDT, Shards } from "./shards.fixture.ts";
import { entry } from "./world.fixture.ts";

let shards: Shards;
afterEach(() => shards.close());

async function open(count: number): Promise<Shards> {
  shards = new Shards(count);
  await shards.start();
  return shards;
}
/** At worst this loses twenty USDT and some fees. */
const big = (at: number, over = {}) =>
  entry({ instrument: shards.instruments[at] as string, stop_loss: { price: "58000" }, ...over });
const place = (intent: ReturnType<typeof big>) => shards.ownerOf(intent.instrument as string).place(intent);
const exit = (at: number) =>
  place(
    big(at, {
      intent_id: `x${at}:${shards.clock.now()}`,
      kind: "EXIT",
      side: "SELL",
      stop_loss: undefined,
      take_profit: undefined,
    }),
  );
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "OK",
    (error) => error.code,
  );

describe("one budget for all shards", () => {
  test("is taken from by each, and full for all", async () => {
    await open(2);
    expect(await codeOf(place(big(0)))).toBe("OK");
    expect(await codeOf(place(big(1)))).toBe("OK");
    expect(await codeOf(place(big(2)))).toBe("BUDGET");
    expect(await codeOf(place(big(3)))).toBe("BUDGET");
    await shards.pass(1_000);
    expect(await shards.reserved()).toBeCloseTo(await shards.atRisk(), 5);
    expect(await codeOf(exit(0))).toBe("OK");
    await shards.pass(1_000);
    expect(await codeOf(place(big(3)))).toBe("OK");
    expect(shards.mostAtRisk).toBeLessThanOrEqual(BUDGET_USDT);
  });

  test("in doubt about what it holds, one shard makes all of them tell it again before entries pass", async () => {
    await open(4);
    await place(big(0));
    await shards.pass(1_000);
    const taken = await shards.reserved();
    shards.worlds[3]?.router.sharedBudget?.doubt();
    await shards.pass(50);
    expect(await codeOf(place(big(1)))).toBe("UNAVAILABLE");
    await shards.pass(10_000);
    expect(await codeOf(place(big(1)))).toBe("OK");
    expect(await shards.reserved()).toBeCloseTo(taken * 2, 5);
    expect(shards.worlds.flatMap(({ alerts }) => alerts)).toEqual([]);
  });

  test("of entries asked of all shards at once only as many pass as fit", async () => {
    await open(4);
    const asked = [0, 1, 2, 3].map((at) => {
      const intent = Intent.parse(big(at));
      return codeOf(shards.ownerOf(intent.instrument).router.admission.place(intent));
    });
    await shards.pass(1_000);
    expect((await Promise.all(asked)).sort()).toEqual(["BUDGET", "BUDGET", "OK", "OK"]);
  });
});

describe("an arbiter in trouble", () => {
  test("an entry on its way into the books keeps its room through a comparison", async () => {
    await open(2);
    const intent = Intent.parse(big(0));
    const { sharedBudget } = shards.ownerOf(intent.instrument).router;
    const storing = sharedBudget!.within(intent, dec("30"), () => shards.clock.sleep(1_000));
    await shards.pass(100);
    sharedBudget!.doubt();
    await shards.pass(500);
    expect(await shards.reserved()).toBe(30);
    await shards.pass(1_000);
    await storing;
    expect(await shards.reserved()).toBe(0);
  });

  test("out of reach, entries are refused and exits pass; back, all is as it was", async () => {
    await open(2);
    await place(big(0));
    shards.quota.isAway = true;
    expect(await codeOf(place(big(1)))).toBe("UNAVAILABLE");
    expect(await codeOf(exit(0))).toBe("OK");
    await shards.pass(5_000);
    expect(await shards.reserved()).toBeGreaterThan(20);
    shards.quota.isAway = false;
    await shards.pass(5_000);
    expect(await shards.reserved()).toBe(0);
    expect(await codeOf(place(big(1)))).toBe("OK");
  });

  test("an arbiter that has forgotten all lets nobody in before every shard has told it again", async () => {
    await open(2);
    await place(big(0));
    await place(big(2));
    await shards.pass(1_000);
    const taken = await shards.reserved();
    shards.quota.forget();
    // Its shard has nothing at risk: without the other's mark it would find the whole budget free.
    const free = [0, 1, 2, 3].filter((at) => shards.ownerOf(shards.instruments[at] as string) !== shards.worlds[0]);
    for (const at of free) expect(await codeOf(place(big(at)))).toMatch(/UNAVAILABLE|RULE/);
    await shards.pass(11_000);
    expect(await shards.reserved()).toBeCloseTo(taken, 5);
    expect(await codeOf(place(big(1)))).toBe("BUDGET");
  });

  test("a shard that is away when it is forgotten keeps entries out until it is back", async () => {
    await open(2);
    const [first, second] = shards.worlds as [Shards["worlds"][0], Shards["worlds"][0]];
    const own = (world: typeof first) => shards.instruments.findIndex((one) => shards.ownerOf(one) === world);
    await place(big(own(second)));
    await shards.pass(1_000);
    second.crashed = true;
    shards.quota.forget();
    await shards.pass(60_000);
    expect(await codeOf(place(big(own(first))))).toBe("UNAVAILABLE");
    second.boot();
    await second.start();
    await shards.pass(11_000);
    expect(await codeOf(place(big(own(first))))).toBe("OK");
  });
});

describe("a router in trouble", () => {
  test("a crash between reserving and storing leaves nothing reserved after the next start", async () => {
    await open(2);
    const intent = Intent.parse(big(0));
    const world = shards.ownerOf(intent.instrument);
    // Its port calls are: reserve, list, commit.
    world.dieAt({ call: 3, after: false });
    void world.router.admission.place(intent);
    await shards.pass(500);
    expect([world.crashed, (await shards.reserved()) > 20]).toEqual([true, true]);
    world.boot();
    await world.start();
    await shards.pass(1_000);
    expect(await shards.reserved()).toBe(0);
    expect(await codeOf(world.place(intent))).toBe("OK");
  });

  test("one that was passed by another neither gives back nor signs", async () => {
    await open(2);
    await place(big(0));
    await shards.pass(1_000);
    const world = shards.ownerOf(shards.instruments[0] as string);
    const commit = world.store.commit.bind(world.store);
    world.store.commit = () => Promise.reject(new Error("fenced"));
    // Its books are old: for it the trade is over.
    const holding = world.router.book.holding(shards.instruments[0] as string);
    Object.assign(holding as object, { reserved_usdt: "0" });
    world.router.sharedBudget?.doubt();
    await shards.pass(15_000);
    expect(await shards.reserved()).toBeGreaterThan(20);
    world.store.commit = commit;
  });
});
