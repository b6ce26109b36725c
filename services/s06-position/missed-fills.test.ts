import { afterEach, describe, expect, test } from "bun:test";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { put } from "../../shared/changes.ts";
import { trades } from "../../shared/collections/trades.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { MissedFills } from "./missed-fills.ts";
import { FUT, listing, World } from "./world.fixture.ts";

/** One owner's documents with the router's beside them. */
const both = (own: SqliteStore, routers: SqliteStore) =>
  ({
    get: (collection: typeof trades, key: string) => (collection.owner === "s04" ? routers : own).get(collection, key),
    query: (...asked: Parameters<typeof routers.query>) => routers.query(...asked),
    isDone: (...asked: Parameters<typeof own.isDone>) => own.isDone(...asked),
  }) as unknown as SqliteStore;

let world: World;
afterEach(() => world.close());
const begin = async () => {
  world = await new World().start();
};

describe("news that were lost", () => {
  const exit = { kind: "EXIT", side: "SELL", intent_id: "sig:CLOSE:1" } as const;
  const kept = async (id = "sig") => (await world.store.get(trades, id))?.value;
  const bookedRound = async () => {
    const entered = await world.booked(world.result({ stop_loss: { price: "97" } }, [{ price: "100", qty: "2" }]));
    const left = await world.booked(world.result(exit, [{ kind: "EXIT", side: "SELL", price: "101", qty: "2" }]));
    return { entered, left };
  };

  test("an exit whose entry never came is taken with it; the entry told again counts for nothing", async () => {
    await begin();
    const { entered, left } = await bookedRound();
    await world.hear(left);
    expect(await kept()).toMatchObject({ status: "CLOSED", entry_qty: "2", exit_qty: "2", realised_usdt: "2" });
    await world.hear(entered);
    await world.hear(left);
    expect(world.positions.book.all()).toEqual([]);
    expect((await world.events()).map((event) => event.kind)).toEqual(["ENTRY", "EXIT"]);
    expect(world.alerts).toEqual([]);
  });

  test("an entry that follows a lost exit opens a trade of its own", async () => {
    await begin();
    const { entered, left } = await bookedRound();
    await world.hear(entered);
    const other = await world.booked(world.result({ intent_id: "two:entry" }, [{ qty: "3", trade_id: "two" }]));
    await world.hear(other);
    expect([(await kept())?.status, world.positions.book.open(FUT)?.entry_qty]).toEqual(["CLOSED", "3"]);
    await world.hear(left);
    expect(world.positions.book.open(FUT)).toMatchObject({ trade_id: "two", open_qty: "3" });
  });

  test("all that the router has booked is looked for, once, and what was heard stays as it is", async () => {
    await begin();
    const { entered } = await bookedRound();
    const stop = { kind: "SL", leg: "sl0", status: "NEW", stop_price: "98.5", client_order_id: "sl" } as Order;
    const other = world.result({ intent_id: "two:entry" }, [{ qty: "3", trade_id: "two" }], { orders: [stop] });
    await world.booked(other);
    await world.hear(entered);
    for (let round = 0; round < 2; round++) await world.positions.lookForMissed();
    expect(await kept()).toMatchObject({ status: "CLOSED", exit_qty: "2" });
    expect(world.positions.book.open(FUT)).toMatchObject({ trade_id: "two", entry_qty: "3", stop_price: "98.5" });
    await world.hear(other);
    expect(world.positions.book.open(FUT)?.entry_qty).toBe("3");
  });

  test("a trade from before fills were marked is known by its sums", async () => {
    await begin();
    const { entered, left } = await bookedRound();
    await world.hear(entered);
    await world.hear(left);
    const before = await kept();
    const again = openStore({ path: ":memory:", owner: "s06", collections: COLLECTIONS });
    await again.commit([put(trades, before as Trade)]);
    const unmarked = new MissedFills({ ...world.ports(), store: both(again, world.routers) }, () => listing(FUT));
    expect(await unmarked.all()).toEqual([]);
    await again.commit([put(trades, { ...(before as Trade), status: "ACTIVE", exit_qty: "0" })]);
    expect((await unmarked.all()).map(({ result }) => result.fills[0]?.kind)).toContain("EXIT");
    await again.close();
  });

  test("an older result that comes late moves no levels", async () => {
    await begin();
    await world.open();
    const target = (price: string) => ({ kind: "TP", leg: "tp0", status: "NEW", price }) as Order;
    const older = world.result({}, [], { orders: [target("105")], ts: world.clock.now() });
    await world.pass(10);
    await world.hear(world.result({}, [], { orders: [target("106")] }));
    await world.hear(older);
    expect(world.positions.book.open(FUT)?.take_profit_price).toBe("106");
  });
});
