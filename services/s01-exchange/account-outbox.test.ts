import { expect, test } from "bun:test";
import type { AccountEvent } from "../../shared/streams.ts";
import { AccountOutbox } from "./account-outbox.ts";
import { testSurroundings } from "./surroundings.fixture.ts";

const balance = (ts: number): AccountEvent => ({ kind: "balance", instrument: "FUT", balances: [], ts });

/** An outbox on a bus that can fail or be slow. */
function open() {
  const around = testSurroundings();
  const published: AccountEvent[] = [];
  const bus = { isDown: false, slowMs: 0 };
  const outbox = new AccountOutbox(around, async (event) => {
    if (bus.slowMs > 0) await around.clock.sleep(bus.slowMs);
    if (bus.isDown) throw new Error("bus down");
    published.push(event);
  });
  const pass = (ms: number) => around.clock.run(around.clock.now() + ms);
  return { around, published, bus, outbox, pass };
}

test("a bus that is down gets everything later, in order and once", async () => {
  const { bus, outbox, published, pass } = open();
  bus.isDown = true;
  for (let ts = 1; ts <= 5; ts++) outbox.add(balance(ts));
  await pass(2_000);
  expect(published).toEqual([]);
  bus.isDown = false;
  outbox.add(balance(6));
  await pass(2_000);
  expect(published.map((event) => event.ts)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("events are published one after another, however slow the bus", async () => {
  const { bus, outbox, published, pass } = open();
  bus.slowMs = 100;
  for (let ts = 1; ts <= 3; ts++) outbox.add(balance(ts));
  await pass(150);
  expect(published.map((event) => event.ts)).toEqual([1]);
  await pass(200);
  expect(published.map((event) => event.ts)).toEqual([1, 2, 3]);
});

test("past its limit what waits becomes a gap for each market, and nothing is published twice", async () => {
  const { around, bus, outbox, published, pass } = open();
  bus.slowMs = 100;
  for (let ts = 1; ts <= 10_001; ts++) outbox.add(balance(ts));
  outbox.add(balance(20_000));
  await pass(1_000);
  expect(published.map((event) => [event.kind, event.instrument])).toEqual([
    ["balance", "FUT"],
    ["gap", "SPOT"],
    ["gap", "FUT"],
    ["balance", "FUT"],
  ]);
  expect(published[1]).toMatchObject({ from_ts: 1 });
  expect(published.at(-1)!.ts).toBe(20_000);
  expect(around.raised).toEqual(["ACCOUNT_EVENTS_LOST"]);
});
