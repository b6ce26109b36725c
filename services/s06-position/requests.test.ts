import { afterEach, describe, expect, test } from "bun:test";
import type { Trade } from "../../shared/domain/trade.ts";
import { Problem } from "../../shared/errors.ts";
import type { OpsEvent } from "../../shared/streams.ts";
import { FUT, revisionWith, World } from "./world.fixture.ts";

let world: World;
afterEach(() => world.close());

const STAGES = [
  { roe: 0.2, close: 0.5 },
  { roe: 0.21, close: 0.1 },
];
const ADDING = { adds_max: 1, add_roe: 0.05, stages: STAGES, lock_steps_roe: [0.6, 0.8] };
async function begin(): Promise<void> {
  world = new World();
  world.active = revisionWith(1, { position: ADDING });
  world.boot();
  await world.start();
  await world.health("GREEN");
  await world.open();
}
const NOT_ANSWERED = "the router has not answered the last ask about this trade yet";
const trade = () => world.positions.book.open(FUT) as Trade;
const manage = (actions: string[], over: object = {}, key?: string) =>
  finish(
    world.positions.requests.manage({ instruments: [FUT], actions, dry_run: false, ...over } as never, {
      ...{ actor: "ann", key },
    }),
  );
/** The virtual clock runs until it is answered. */
async function finish<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  await world.clock.run(() => done);
  return work;
}
const audits = async () =>
  (await world.store.outbox.read(100)).filter((e) => e.family === "ops:events").map((e) => e.event as OpsEvent);

/** A price that S6 hears of and, this once, does nothing about. */
async function quietly(price: string): Promise<void> {
  const now = world.clock.now();
  const stamp = { instrument: FUT, exch_ts: now, ts: now };
  world.positions.prices.hear({ ...stamp, seq: 1, bid: price, ask: price, bid_qty: "1", ask_qty: "1" });
}

describe("managing by hand", () => {
  test("a dry run plans what is then done, action by action", async () => {
    await begin();
    await quietly("101");
    const actions = ["PARTIAL_TP", "TRAIL_SL", "CLOSE"];
    const planned = await manage(actions, { dry_run: true });
    expect(planned.plan).toMatchObject({
      reduces: [{ qty: "0.5", reason: "stage 1: ROE 0.2" }, { reason: "close" }],
      stop_moves: [{ stop_price: "100.11", reason: "break_even" }],
    });
    expect([planned.orders, world.asked, await audits()]).toEqual([[], [], []]);
    expect(trade()).toMatchObject({ seq: 0, stage: 0, stop_price: "97" });
    const done = await manage(actions);
    expect(done.plan).toEqual(planned.plan);
    expect(done.orders).toEqual(["sig:TP:1", "sig:SL:2", "sig:CLOSE:3"]);
    expect(done.errors).toEqual([]);
    expect((await audits()).map(({ actor, what, ref }) => [actor, what, ref])).toEqual([
      ["ann", "position.partial_tp", "sig"],
      ["ann", "position.trail_sl", "sig"],
      ["ann", "position.close", "sig"],
    ]);
  });

  test("ADD_IF_OK adds, or says why not", async () => {
    await begin();
    await quietly("100.3");
    const first = await manage(["ADD_IF_OK"]);
    expect(first.errors).toMatchObject([{ action: "ADD_IF_OK", message: "no add: its stop is not at break-even yet" }]);
    await manage(["TRAIL_SL"]);
    const planned = await manage(["ADD_IF_OK"], { dry_run: true });
    expect(planned.plan.adds).toMatchObject([{ qty: "0.5" }]);
    const done = await manage(["ADD_IF_OK"]);
    expect([done.orders, done.plan, done.errors]).toEqual([["sig:ADD:2"], planned.plan, []]);
    const again = await manage(["ADD_IF_OK"]);
    expect(again.errors[0]?.message).toContain("no add: all 1 adds are made");
    await world.health("ORANGE");
    expect(world.asked.map(({ intent_id }) => intent_id)).toEqual(["sig:SL:1", "sig:ADD:2"]);
  });

  test("what the router refuses is told, per trade and action", async () => {
    await begin();
    await quietly("100.3");
    world.refusals.push(new Problem("NO_POSITION", "nothing is held"));
    const answer = await manage(["TRAIL_SL"], { instruments: [FUT, "FUT:ETHUSDT"] });
    expect(answer.orders).toEqual([]);
    expect(answer.errors).toEqual([
      { trade_id: "", instrument: "FUT:ETHUSDT", action: "TRAIL_SL", message: "no trade is open there" },
      { trade_id: "sig", instrument: FUT, action: "TRAIL_SL", message: "nothing is held" },
    ] as never);
  });

  test("a router that does not answer keeps nobody waiting, and the next action says so", async () => {
    await begin();
    await quietly("101");
    world.refusals.push(new Problem("UNAVAILABLE", "away"));
    const answer = await manage(["TRAIL_SL", "PARTIAL_TP"]);
    expect(answer.orders).toEqual(["sig:SL:1"]);
    expect(answer.errors).toMatchObject([{ action: "PARTIAL_TP", message: NOT_ANSWERED }]);
  });

  test("the same request after a crash has no second effect", async () => {
    await begin();
    await quietly("101");
    const requests: [string, object, string][] = [
      ["PARTIAL_TP", {}, "sig:TP:1"],
      ["SET_STOP", { stop_price: "100.2" }, "sig:SL:2"],
      ["CLOSE", {}, "sig:CLOSE:3"],
    ];
    for (const [action, over, id] of requests) {
      for (let time = 0; time < 2; time++) {
        const answer = await manage([action], over, `key ${action}`);
        expect([answer.orders, answer.errors]).toEqual([[id], []]);
        world.boot();
        await world.start();
        await quietly("101.1");
      }
    }
    expect(await audits()).toHaveLength(3);
    expect(await finish(world.positions.flatten([], { actor: "ann", key: "k4", reason: "enough" }))).toEqual(["sig"]);
    expect(world.asked).toHaveLength(3);
  });
});

test("a flatten of nothing stands in the audit log too", async () => {
  world = await new World().start();
  expect(await world.positions.flatten([], { actor: "bob", key: undefined, reason: "test" })).toEqual([]);
  expect(await audits()).toMatchObject([{ actor: "bob", what: "position.flatten", ref: "all" }]);
});
