/** The comparison with backtests, through the service: each limit over its edge and back. */
import { beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ConsistencyCheck } from "../../shared/domain/watching.ts";
import { curve, inForce, traded } from "./compare.fixture.ts";
import { HOUR, WatchWorld } from "./watch.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const DAY = 24 * HOUR;
let watch: WatchWorld;
beforeEach(async () => {
  watch = await WatchWorld.begin(true);
  await inForce(watch, 1);
  await curve(watch, 1);
});
interface Told {
  level: string;
  effects: Record<string, string>;
  consistency: ConsistencyCheck[];
}
/** An hour later, when it has been compared again. */
const told = async () => {
  await watch.pass(HOUR + 120_000);
  return watch.get<Told>("/health-level");
};
const stateOf = ({ consistency }: Told, name: string) => consistency.find((check) => check.name === name)?.state;

describe("what differs from backtests", () => {
  test("slippage beside the cost curve makes routing careful, and back within is undone", async () => {
    await traded(watch, 99, { bps: 1.4 });
    expect(stateOf(await told(), "slippage_mape")).toBe("NOT_ENOUGH");
    await traded(watch, 1, { bps: 1.4 });
    const beyond = await told();
    expect(stateOf(beyond, "slippage_mape")).toBe("BEYOND");
    expect(beyond).toMatchObject({ level: "GREEN", effects: { careful_routing: "slippage_mape 0.4 is over 0.35" } });
    expect(watch.told.at(-1)?.effects).toEqual(beyond.effects);
    await traded(watch, 50, { bps: 1 });
    const within = await told();
    expect([stateOf(within, "slippage_mape"), within.effects]).toEqual(["OK", {}]);
  });

  test("more takers than posts make expected", async () => {
    // Half of what was posted is expected to be filled, and none of it was.
    await traded(watch, 60, { posted: true });
    await traded(watch, 40);
    expect((await told()).effects).toEqual({ careful_routing: "taker_share_difference 0.3 is over 0.2" });
    await traded(watch, 40, { posted: true, maker: true });
    expect((await told()).effects).toEqual({});
  });

  test("answers slower than assumed", async () => {
    await traded(watch, 100, { ackMs: 330 });
    const { effects, consistency } = await told();
    expect(effects.careful_routing).toStartWith("latency_p95_difference_ms ");
    expect(consistency.find(({ name }) => name === "latency_p95_difference_ms")?.detail).toBe(
      "95 % of answers within 330 ms; backtests assume 21 ms.",
    );
    await traded(watch, 2_000, { ackMs: 300 });
    expect((await told()).effects).toEqual({});
  });
});

test("a restart keeps what was told, and too little data makes it neither better nor worse", async () => {
  await traded(watch, 100, { bps: 3 });
  expect((await told()).effects).toHaveProperty("careful_routing");
  await watch.restart(8 * DAY);
  const after = await told();
  expect(stateOf(after, "slippage_mape")).toBe("NOT_ENOUGH");
  expect(after.effects).toHaveProperty("careful_routing");
  await watch.restart(6 * DAY);
  expect(Object.keys((await told()).effects)).toEqual(["careful_routing"]);
  // Where it is still so fourteen days after it began there are no entries any more.
  await traded(watch, 100, { bps: 3 });
  expect(Object.keys((await told()).effects)).toEqual(["careful_routing", "no_entries"]);
  await watch.restart(8 * DAY);
  expect(Object.keys((await told()).effects)).toEqual(["careful_routing", "no_entries"]);
  await traded(watch, 100, { bps: 1 });
  expect((await told()).effects).toEqual({});
});

test("without a bundle there is nothing to compare with", async () => {
  watch = await WatchWorld.begin(true);
  expect(await told()).toMatchObject({ effects: {}, consistency: [] });
});
