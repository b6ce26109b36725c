import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { trades } from "../../shared/collections/trades.ts";
import { dec, show, sum } from "../../shared/domain/money.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { FundingBooking } from "./funding-booking.ts";
import { FUT, World } from "./world.fixture.ts";

let world: World;
beforeEach(async () => {
  world = await new World().start();
});
afterEach(() => world.close());

let ids = 0;
const payment = (amount_usdt: string, exch_ts: number, over: object = {}) => ({
  ...{ account: "main", instrument: FUT, income_id: `i-${++ids}`, amount_usdt, exch_ts },
  ...over,
});
const hear = (payments: ReturnType<typeof payment>) => world.positions.funding.hear(payments);
const kept = async (id = "sig") => (await world.store.get(trades, id))?.value as Trade;
async function close(): Promise<void> {
  const exit = { intent_id: "sig:CLOSE:1", kind: "EXIT", side: "SELL", reduce_only: true } as const;
  await world.hear(world.result(exit, [{ price: "110", qty: "1", fee_usdt: "0.25" }]));
}

describe("a funding payment", () => {
  test("belongs to the open trade, once however often it is told, also by a process that began since", async () => {
    const { opened_at } = await world.open();
    await world.pass(1_000);
    const paid = payment("-0.12345678", opened_at + 500);
    await hear(paid);
    await Promise.all([hear(paid), hear(paid)]);
    world.boot();
    await world.start();
    await hear(paid);
    expect(await kept()).toMatchObject({ funding_usdt: "-0.12345678", pnl_usdt: "-0.12345678" });
    expect(world.positions.book.open(FUT)).toEqual(await kept());
  });

  test("told late, belongs to the trade that has closed since; several add up, and its result with them", async () => {
    const { opened_at } = await world.open();
    await world.pass(60_000);
    await close();
    const closed = await kept();
    expect(closed).toMatchObject({ status: "CLOSED", pnl_usdt: "9.75" });
    await hear(payment("-0.5", opened_at + 1));
    await hear(payment("0.2", closed.closed_at as number));
    await hear(payment("7", (closed.closed_at as number) + 1));
    await hear(payment("7", opened_at - 1));
    const after = await kept();
    expect(after).toMatchObject({ status: "CLOSED", funding_usdt: "-0.3", pnl_usdt: "9.45", realised_usdt: "10" });
    expect(world.positions.book.open(FUT)).toBeUndefined();
  });

  test("at the moment where one trade ends and the next begins, it is the one's that ended", async () => {
    await world.open();
    await world.pass(1_000);
    await close();
    const { closed_at } = await kept();
    const entry = { intent_id: "two:entry", signal_id: "two" };
    await world.hear(world.result(entry, [{ price: "100", qty: "1", trade_id: "two", ts: closed_at as number }]));
    await hear(payment("-1", closed_at as number));
    expect((await kept()).funding_usdt).toBe("-1");
    expect((await kept("two")).funding_usdt).toBe("0");
  });

  test("told before the fills that opened its trade, it waits for them", async () => {
    const ts = world.clock.now();
    const early = payment("-0.7", ts + 10);
    const records = { query: async () => ({ items: [{ key: "", rev: "", value: { ...early, ts: early.exch_ts } }] }) };
    await hear(early);
    await world.pass(100);
    await world.hear(world.result({}, [{ price: "100", qty: "1", ts }]));
    expect((await kept()).funding_usdt).toBe("0");
    const store = new Proxy(world.store, {
      get(target, name) {
        if (name !== "query") return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
        return (collection: { name: string }, query: never) =>
          collection.name === "funding_records" ? records.query() : target.query(collection as never, query);
      },
    });
    const { clock, positions } = world;
    const again = new FundingBooking({ account: "main", store, clock }, positions.book);
    await again.catchUp();
    await again.catchUp();
    expect((await kept()).funding_usdt).toBe("-0.7");
  });

  test("of another account or where nothing was held changes nothing", async () => {
    const { opened_at } = await world.open();
    await hear(payment("-1", opened_at, { account: "other" }));
    await hear(payment("-1", opened_at, { instrument: "FUT:ETHUSDT" }));
    expect((await kept()).funding_usdt).toBe("0");
  });

  test("sums come out to the last digit whatever the order", async () => {
    const { opened_at } = await world.open();
    await world.pass(10_000);
    const amounts = Array.from({ length: 40 }, (_, n) => `${n % 3 ? "-" : ""}0.0000000${(n % 9) + 1}`);
    const all = amounts.map((amount, n) => payment(amount, opened_at + ((n * 7) % 50)));
    await Promise.all(all.map(hear));
    expect((await kept()).funding_usdt).toBe(show(sum(amounts.map(dec))));
  });
});
