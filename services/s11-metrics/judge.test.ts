/** Every figure driven over each of its limits and back, through the service. */
import { beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { orders as ordersKept } from "../../shared/collections/orders.ts";
import type { HealthReading, LevelChange } from "../../shared/domain/watching.ts";
import { accountEvents, alerts } from "../../shared/streams.ts";
import { TAKERS_ONLY_MS } from "../../shared/trading/health/effects.ts";
import type { Level } from "../../shared/trading/health/settle.ts";
import { HOUR, MINUTE, SECOND, WatchWorld } from "./watch.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let watch: WatchWorld;
beforeEach(async () => {
  watch = await WatchWorld.begin();
});

interface Told {
  level: Level;
  reasons: string[];
  effects: Record<string, unknown>;
  readings: HealthReading[];
  since: number;
}
const told = () => watch.get<Told>("/health-level");
const level = async () => (await told()).level;
/** What has been told when the level was judged again. */
const judged = async () => {
  await watch.pass(10 * SECOND);
  return level();
};
const reading = async (name: string) => (await told()).readings.find((each) => each.name === name)!;
/** Since better counts only after it has held. */
const HELD = 80 * SECOND;

describe("the level by orders", () => {
  test("follows the time until answers, there and back, and not with fewer than 50 of them", async () => {
    await watch.orderResults(49, { acked_at: watch.clock.now() + 4_000 });
    expect(await judged()).toBe("GREEN");
    expect(await reading("ack_p95_ms")).toMatchObject({ sample: 49, sample_min: 50, value: 4_000 });
    expect((await reading("ack_p95_ms")).level).toBeUndefined();
    await watch.orderResults(1, { acked_at: watch.clock.now() + 4_000 });
    expect(await judged()).toBe("RED");
    // With 5 % of them or fewer slow it is over.
    await watch.orderResults(950);
    expect(await judged()).toBe("RED");
    await watch.pass(HELD);
    expect(await level()).toBe("GREEN");
    for (const [ms, expected] of [
      [1_250, "YELLOW"],
      [2_100, "ORANGE"],
      [3_100, "RED"],
    ] as const) {
      watch = await WatchWorld.begin();
      await watch.orderResults(60, { acked_at: watch.clock.now() + ms });
      expect([ms, await judged()]).toEqual([ms, expected]);
    }
  });

  test("follows errors in submitting, there and back", async () => {
    const unanswered = { status: "UNKNOWN" as const, acked_at: undefined };
    await watch.orderResults(49, unanswered);
    expect(await judged()).toBe("GREEN");
    watch = await WatchWorld.begin();
    for (const [errors, fine, expected] of [
      [1, 199, "GREEN"],
      [1, 0, "YELLOW"],
      [3, 0, "ORANGE"],
      [18, 0, "RED"],
    ] as const) {
      if (errors > 0) await watch.orderResults(errors, unanswered as never);
      if (fine > 0) await watch.orderResults(fine);
      expect([errors, await judged()]).toEqual([errors, expected]);
    }
    await watch.orderResults(4_500);
    await judged();
    await watch.pass(HELD);
    expect(await level()).toBe("GREEN");
  });

  test("is RED for errors only while they happen; with half an hour without one it is ORANGE", async () => {
    await watch.orderResults(50, { status: "UNKNOWN", acked_at: undefined } as never);
    expect(await judged()).toBe("RED");
    await watch.pass(29 * MINUTE);
    expect(await level()).toBe("RED");
    await watch.pass(3 * MINUTE);
    expect(await level()).toBe("ORANGE");
    await watch.orderResults(1, { status: "UNKNOWN", acked_at: undefined } as never);
    expect(await judged()).toBe("RED");
  });
});

describe("the level by books and streams", () => {
  test("follows the reconciler's agreement, there and back", async () => {
    for (const [agreement, expected] of [
      [1, "GREEN"],
      [0.99, "YELLOW"],
      [0.97, "ORANGE"],
      [0.89, "RED"],
    ] as const) {
      await watch.reconciled(agreement);
      expect([agreement, await judged()]).toEqual([agreement, expected]);
    }
    await watch.reconciled(1);
    expect(await judged()).toBe("RED");
    await watch.pass(HELD);
    expect(await level()).toBe("GREEN");
  });

  test("follows the age of what nobody has taken, there and back", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    watch.world.bus.subscribe(accountEvents, { group: "s06", consumer: "s06", handle: () => held });
    // Three seconds before the level is judged again.
    await watch.pass(7 * SECOND - (watch.clock.now() % (10 * SECOND)) + 10 * SECOND);
    await watch.world.bus.publish(accountEvents, { instrument: "FUT:BTCUSDT" } as never, { key: "FUT:BTCUSDT" });
    const seen: Level[] = [];
    for (let turn = 0; turn < 4; turn++) seen.push(await judged());
    expect(seen).toEqual(["YELLOW", "ORANGE", "ORANGE", "RED"]);
    release();
    await watch.pass(HELD);
    expect(await level()).toBe("GREEN");
  });
});

describe("a change of level", () => {
  test("is kept with its reasons, and told at once", async () => {
    await watch.reconciled(0.5);
    await judged();
    await watch.reconciled(1);
    await judged();
    await watch.pass(HELD);
    const { items } = await watch.get<{ items: LevelChange[] }>("/health-level/history");
    expect(items.map(({ from, to }) => [from, to])).toEqual([
      ["RED", "GREEN"],
      ["GREEN", "RED"],
    ]);
    expect(items[1]?.reasons).toEqual(["reconciliation_agreement 0.5 is under 0.9"]);
    expect((await told()).since).toBe(items[0]!.ts);
    const levels = watch.told.map((each) => each.level);
    expect(levels.filter((each, at) => each !== levels[at - 1])).toEqual(["GREEN", "RED", "GREEN"]);
  });
});

describe("a restart", () => {
  test("goes on with the level and its reasons, and neither flaps nor forgets", async () => {
    await watch.orderResults(60, { acked_at: watch.clock.now() + 4_000 });
    expect(await judged()).toBe("RED");
    const { since } = await told();
    watch.told.length = 0;
    await watch.restart(20 * SECOND);
    // S4's store is empty here: nothing is known of the orders but what was judged of them.
    expect(await told()).toMatchObject({ level: "RED", since });
    await watch.pass(5 * MINUTE);
    expect(await told()).toMatchObject({
      ...{ level: "RED", since },
      reasons: ["ack_p95_ms 4000ms is over 3000ms; too little has been measured since"],
    });
    expect(new Set(watch.told.map((each) => each.level))).toEqual(new Set(["RED"]));
  });
  test("tells people of a level that became another one while nobody judged", async () => {
    const { clock, world } = watch;
    const slow = Array.from({ length: 60 }, () => watch.order({ acked_at: clock.now() + 4_000 }));
    const told: string[] = [];
    world.bus.subscribe(alerts, {
      ...{ group: "test-alerts", consumer: "test" },
      handle: ({ event }) => void told.push(`${event.severity} ${event.code}`),
    });
    await world.store("s04").commit(slow.map((order) => put(ordersKept, order)));
    await watch.restart(MINUTE);
    await judged();
    expect([await level(), told]).toEqual(["RED", ["ERROR HEALTH_LEVEL"]]);
  });

  test("does not take what waited meanwhile for a backlog", async () => {
    watch.world.bus.subscribe(accountEvents, { group: "s06", consumer: "s06", handle: () => new Promise(() => {}) });
    await watch.world.bus.publish(accountEvents, { instrument: "FUT:BTCUSDT" } as never, { key: "FUT:BTCUSDT" });
    await watch.restart();
    await watch.pass(25 * SECOND);
    expect(await level()).toBe("GREEN");
    await watch.pass(20 * SECOND);
    expect(await level()).toBe("RED");
  });
});

describe("figures that change something else", () => {
  const posts = (count: number, filled: string) =>
    watch.orderResults(count, { type: "LIMIT_MAKER", filled_qty: filled, status: "CANCELED" });
  const effects = async () => {
    await watch.pass(10 * SECOND);
    const { level: at, effects: found } = await told();
    expect(at).toBe("GREEN");
    expect(watch.told.at(-1)?.effects).toEqual(found as never);
    return found;
  };

  test("few posts filled: takers only for an hour, then a fresh try", async () => {
    await posts(29, "0.2");
    expect(await effects()).toEqual({});
    await posts(1, "0.2");
    expect(await effects()).toEqual({ takers_only: "maker_fill_ratio 0.2 is under 0.35" });
    await watch.pass(TAKERS_ONLY_MS - 30 * SECOND);
    expect(await effects()).toHaveProperty("takers_only");
    await watch.pass(MINUTE);
    expect(await effects()).toEqual({});
    await posts(29, "0");
    expect(await effects()).toEqual({});
    await posts(1, "0");
    expect(await effects()).toHaveProperty("takers_only");
    for (const [filled, isOff] of [
      ["0.56", false],
      ["0.46", false],
      ["0.44", true],
    ] as const) {
      watch = await WatchWorld.begin();
      await posts(30, filled);
      expect([filled, "takers_only" in (await effects())]).toEqual([filled, isOff]);
    }
  });

  test("too little balance on spot: smaller there, by how often, and whole again", async () => {
    const short = {
      instrument: "SPOT:BTCUSDT" as const,
      status: "REJECTED" as const,
      message: "-2010 insufficient balance",
    };
    const spot = (count: number) => watch.orderResults(count, { instrument: "SPOT:BTCUSDT" });
    await watch.orderResults(29, short);
    expect(await effects()).toEqual({});
    watch = await WatchWorld.begin();
    await spot(97);
    for (const [count, mult] of [
      [3, undefined],
      [1, 0.8],
      [3, 0.5],
      [5, 0.25],
    ] as const) {
      await watch.orderResults(count, short);
      expect(((await effects()).spot_size as { mult: number } | undefined)?.mult).toBe(mult as number);
    }
    await spot(500);
    await effects();
    await watch.pass(HELD);
    expect(await effects()).toEqual({});
  });

  test("an effect outlives a restart, and people are told of its beginning and its end", async () => {
    const heard: string[] = [];
    watch.world.bus.subscribe(alerts, {
      ...{ group: "test", consumer: "test" },
      handle: ({ event }) => void heard.push(`${event.code} ${event.message}`),
    });
    await posts(30, "0.2");
    await effects();
    await watch.restart(MINUTE);
    expect(await effects()).toHaveProperty("takers_only");
    await watch.pass(HOUR);
    expect(await effects()).toEqual({});
    expect(heard).toEqual([
      "HEALTH_EFFECT takers_only: maker_fill_ratio 0.2 is under 0.35.",
      "HEALTH_EFFECT_OVER takers_only: its figures are back within their limits, or its time is over.",
    ]);
  });
});
