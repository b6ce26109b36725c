import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { positionsSnapshots } from "../../shared/collections/trades.ts";
import { FUT, revisionWith, SPOT, World } from "./world.fixture.ts";

let world: World;
beforeEach(async () => {
  world = await new World().start();
});
afterEach(() => world.close());

const snapshots = async () => {
  const query = { sort: { field: "ts", order: "asc" }, limit: 10 } as const;
  return (await world.store.query(positionsSnapshots, query)).items.map(({ value }) => value.equity_usdt);
};
async function measured(): Promise<void> {
  await world.pass(1_000);
  await world.positions.accounting.measure();
  await world.positions.accounting.snapshot();
}

describe("equity", () => {
  test("is not told before the coins in the wallet have a price: they are not worth nothing", async () => {
    world.coins.push(["BTC", "2"]);
    await measured();
    expect(await snapshots()).toEqual([]);
    await world.price("50", SPOT);
    await measured();
    expect(await snapshots()).toEqual(["1100"]);
  });

  test("after a restart it stays what it was until they have one again", async () => {
    world.coins.push(["BTC", "2"]);
    await world.price("50", SPOT);
    await measured();
    world.boot();
    await world.start();
    await measured();
    expect((await world.positions.accounting.equity()).drawdown).toBe(0);
    await world.price("40", SPOT);
    await measured();
    expect(await snapshots()).toEqual(["1100", "1100", "1080"]);
  });

  test("after a restart it waits for a price of what is held, though no revision trades it any more", async () => {
    world.coins.push(["BTC", "2"]);
    await world.open({ instrument: SPOT });
    await world.price("50", SPOT);
    await measured();
    world.active = revisionWith(2, {}, [FUT]);
    world.boot();
    await world.start();
    await measured();
    expect((await world.positions.accounting.equity()).drawdown).toBe(0);
    expect((await snapshots()).slice(-2)).toEqual(["1100", "1100"]);
  });

  test("a coin that nothing here trades counts for nothing, and holds up nothing", async () => {
    world.coins.push(["SHIB", "1000000"]);
    await measured();
    expect(await snapshots()).toEqual(["1000"]);
  });
});
