import { afterEach, beforeEach, expect, test } from "bun:test";
import { put, remove } from "../../shared/changes.ts";
import { fills, type Holding, holdings, intents, orders, routerMarks } from "../../shared/collections/orders.ts";
import { dec } from "../../shared/domain/money.ts";
import { type Code, Problem } from "../../shared/errors.ts";
import type { Collection } from "../../shared/kit/ports.ts";
import { RESTORED_MARK, type RestoredMark } from "../../shared/restored.ts";
import type { ExchangeCalls } from "./types.ts";
import { entry, FUT, RouterWorld } from "./world.fixture.ts";

const GONE = "FUT:AAAUSDT";
let world: RouterWorld;
beforeEach(async () => {
  world = new RouterWorld();
  await world.start();
});
afterEach(() => world.close());

const rowsOf = async <T>(of: Collection<T>) => (await world.store.query(of, { limit: 500 })).items;
const stops = () => world.exchange.live().filter(({ type }) => type === "STOP_MARKET");
const markNow = async () => (await world.store.get(routerMarks, RESTORED_MARK))?.value.value as RestoredMark;

/** The store as it was at `as_of`, when there was nothing but this in it. */
async function restored(as_of: number, kept: readonly Holding[] = []): Promise<void> {
  for (const of of [intents, orders, fills, holdings] as unknown as Collection[]) {
    await world.store.commit((await rowsOf(of)).map(({ key }) => remove(of, key)));
  }
  const value: RestoredMark = { backup_id: "b", as_of, restored_at: world.clock.now() };
  await world.store.commit([
    ...kept.map((holding) => put(holdings, holding)),
    put(routerMarks, { id: RESTORED_MARK, value, ts: world.clock.now() }),
  ]);
  world.boot();
}

/** What is asked about one instrument's past meets this, until the answer is called. */
function refuses(instrument: string, code: Code): () => void {
  const calls = world.exchange.calls as { -readonly [Name in keyof ExchangeCalls]: ExchangeCalls[Name] };
  const { getFills, getOpenOrders } = calls;
  let isOn = true;
  const mayAnswer = (asked: { instrument?: string | undefined }) => {
    if (isOn && asked.instrument === instrument) throw new Problem(code, "-1121 Invalid symbol.");
  };
  calls.getFills = async (asked) => {
    mayAnswer(asked);
    return getFills(asked);
  };
  calls.getOpenOrders = async (asked) => {
    mayAnswer(asked);
    return getOpenOrders(asked);
  };
  return () => {
    isOn = false;
  };
}

const flat = (instrument: string): Holding => ({
  ...{ key: `main/${instrument}`, account: "main", instrument, qty: "0", avg_entry: "0", reserved_usdt: "0" },
  ...{ working_type: "MARK_PRICE", guard: false, dust: "0", next_leg: 0, updated_at: 0 },
});

test("an instrument that was delisted does not keep the others' books, stops and entries waiting", async () => {
  const as_of = world.clock.now();
  await world.place(entry());
  await world.pass(1_000);
  // What stood for it is gone: the position is to be closed, which waits for what happened.
  for (const { client_order_id } of world.exchange.live()) world.exchange.end(client_order_id, "CANCELED");
  refuses(GONE, "EXCHANGE_REFUSED");
  await restored(as_of, [flat(GONE)]);
  await world.start();
  await world.pass(20_000);
  expect((await markNow()).caught_up_at).toBeDefined();
  expect(world.alerts.filter((alert) => alert.startsWith("BOOKS_RESTORED"))).toHaveLength(1);
  expect(world.alerts.some((alert) => alert.startsWith("warn") && alert.includes(GONE))).toBe(true);
  expect(world.exchange.positions.get(FUT) as bigint).toBe(dec("0"));
  expect((await world.place(entry())).status).toBe("FILLED");
});

test("one that cannot be asked yet keeps entries waiting, not the protection of the others", async () => {
  const as_of = world.clock.now();
  await world.place(entry());
  await world.pass(1_000);
  for (const { client_order_id } of world.exchange.live()) world.exchange.end(client_order_id, "CANCELED");
  const answers = refuses(GONE, "UNAVAILABLE");
  await restored(as_of, [flat(GONE)]);
  await world.start();
  await world.finish(world.router.catchUp());
  await world.finish(world.router.recovery.sweep());
  await world.pass(20_000);
  expect((await markNow()).caught_up_at).toBeUndefined();
  expect(stops()).toEqual([]);
  expect(world.exchange.positions.get(FUT) as bigint).toBe(dec("0"));
  await expect(world.place(entry())).rejects.toMatchObject({ code: "NOT_READY" });
  answers();
  await world.finish(world.router.catchUp());
  expect((await markNow()).caught_up_at).toBeDefined();
});

test("a key that is refused is no answer", async () => {
  const as_of = world.clock.now();
  refuses(FUT, "EXCHANGE_REFUSED");
  await restored(as_of);
  await world.start();
  await world.pass(20_000);
  expect((await markNow()).caught_up_at).toBeUndefined();
});
