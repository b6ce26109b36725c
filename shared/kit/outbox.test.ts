import { afterEach, beforeEach, expect, test } from "bun:test";
import { EmbeddedBus } from "../adapters/embedded-bus.ts";
import { openStore, type SqliteStore } from "../adapters/sqlite.ts";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { COLLECTIONS, tell, told } from "../testing/store-world.ts";
import { type Relay, startRelay } from "./outbox.ts";
import type { Bus, Publish, Stream, StreamState } from "./ports.ts";

const MINUTE_MS = 60_000;
const stream = told as unknown as Stream;

/** A bus in memory that can be told to have lost everything, and remembers what was said to it. */
class FadingBus extends EmbeddedBus {
  said: string[] = [];
  now = "one";
  waiting: Partial<StreamState>[] = [];
  fails: (id: string) => boolean = () => false;
  private readonly hear = new Set<(epoch: string) => void>();

  override publish<E>(to: Stream<E>, event: E, options: Publish = {}): Promise<string> {
    const { id } = event as { id: string };
    if (this.fails(id)) return Promise.reject(new Error("away"));
    this.said.push(options.again ? `${id} again` : id);
    return super.publish(to, event, options);
  }
  override async epoch(): Promise<string> {
    return this.now;
  }
  override onLoss(...[run]: Parameters<Bus["onLoss"]>): () => void {
    this.hear.add(run);
    return () => void this.hear.delete(run);
  }
  override async state(): Promise<StreamState[]> {
    return this.waiting.map(
      (line) => ({ group: "s06", oldestMs: 0, dead: 0, lag: 0, pending: 0, ...line }) as StreamState,
    );
  }
  lose(epoch: string): void {
    this.now = epoch;
    for (const run of this.hear) run(epoch);
  }
}

let clock: VirtualClock;
let bus: FadingBus;
let store: SqliteStore;
let relay: Relay;
const log = { debug() {}, info() {}, warn() {}, error() {} };

let toldAgain: number;
const begin = (more: { keepMax?: number } = {}): Relay =>
  startRelay({
    ...more,
    onToldAgain: () => void toldAgain++,
    ...{ store, clock, log, bus: bus as Bus },
    streams: new Map([[stream.family, stream]]),
    families: [stream.family],
  });
const emit = (...ids: string[]) => store.commit(ids.map((id) => tell({ id })));
const kept = async () => (await store.outbox.readTold(1_000)).map(({ event }) => (event as { id: string }).id);

beforeEach(() => {
  toldAgain = 0;
  clock = new VirtualClock(1_700_000_000_000);
  bus = new FadingBus({ path: ":memory:", clock });
  store = openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS, now: () => clock.now() });
  relay = begin();
});
afterEach(async () => {
  await relay.stop();
  await bus.close();
  await store.close();
});

test("what was told is kept, and told again in order, before anything new, when the bus has lost it", async () => {
  await emit("1", "2");
  await relay.flush();
  await emit("3");
  bus.fails = () => true;
  await relay.flush();
  bus.fails = () => false;
  bus.lose("two");
  await relay.flush();
  expect(bus.said).toEqual(["1", "2", "1 again", "2 again", "3"]);
  await emit("4");
  await relay.flush();
  expect(bus.said.at(-1)).toBe("4");
  expect(relay.published()).toBe(4);
  expect(toldAgain).toBe(1);
});

test("a loss in the middle of telling is made good before the rest is told", async () => {
  await emit("1", "2", "3");
  bus.fails = (id) => {
    if (id === "2" && bus.now === "one") bus.lose("two");
    return false;
  };
  await relay.flush();
  expect(bus.said).toEqual(["1", "2", "1 again", "2 again", "3"]);
});

test("a loss while it was being told again begins that anew; one that failed goes on by itself", async () => {
  await emit("1", "2");
  await relay.flush();
  let failing = true;
  bus.fails = (id) => {
    if (id === "2" && bus.now === "two") bus.lose("three");
    return id === "2" && bus.now === "three" && failing;
  };
  bus.lose("two");
  await relay.flush();
  failing = false;
  await clock.run(clock.now() + MINUTE_MS);
  expect(bus.said.slice(-2)).toEqual(["1 again", "2 again"]);
  expect(await store.outbox.state()).toMatchObject({ epoch: "three" });
});

test("a loss while the service was down is made good at its start; a first start has nothing to make good", async () => {
  await emit("1");
  await relay.flush();
  await relay.stop();
  bus.now = "two";
  relay = begin();
  await emit("2");
  await relay.flush();
  expect(bus.said).toEqual(["1", "1 again", "2"]);
  await relay.stop();
  relay = begin();
  await relay.flush();
  expect(bus.said.length).toBe(3);
  expect(toldAgain).toBe(1);
});

test("is kept for two minutes at least, then forgotten once all have heard it", async () => {
  await emit("1");
  await relay.flush();
  await clock.run(clock.now() + 2 * MINUTE_MS - 1);
  expect(await kept()).toEqual(["1"]);
  await emit("2");
  await relay.flush();
  await clock.run(clock.now() + MINUTE_MS);
  expect(await kept()).toEqual(["2"]);
  await clock.run(clock.now() + 3 * MINUTE_MS);
  expect(await kept()).toEqual([]);
});

test("is kept for as long as the slowest group has not heard it", async () => {
  await emit("1", "2", "3");
  await relay.flush();
  bus.waiting = [{ stream: "test:told:{FUT:BTCUSDT}", lag: 1, pending: 1 }];
  await clock.run(clock.now() + 10 * MINUTE_MS);
  expect(await kept()).toEqual(["1", "2", "3"]);
  await emit("4", "5");
  await relay.flush();
  await clock.run(clock.now() + MINUTE_MS);
  expect(await kept()).toEqual(["4", "5"]);
  bus.waiting = [];
  await clock.run(clock.now() + 3 * MINUTE_MS);
  expect(await kept()).toEqual([]);
});

test("is not forgotten by a bus that has lost everything, though nothing waits there", async () => {
  await emit("1");
  await relay.flush();
  bus.now = "two";
  await clock.run(clock.now() + 10 * MINUTE_MS);
  expect(await kept()).toEqual(["1"]);
  bus.lose("two");
  await relay.flush();
  expect(bus.said).toEqual(["1", "1 again"]);
});

test("is bounded, whoever does not hear it", async () => {
  await relay.stop();
  relay = begin({ keepMax: 20 });
  bus.waiting = [{ stream: "test:told:{FUT:BTCUSDT}", lag: 1_000_000 }];
  for (const round of ["a", "b", "c", "d"]) {
    await emit(...Array.from({ length: 10 }, (_, at) => `${round}${at}`));
    await relay.flush();
    await clock.run(clock.now() + 3 * MINUTE_MS);
  }
  expect((await kept()).length).toBe(20);
  expect((await kept())[0]).toBe("c0");
});
