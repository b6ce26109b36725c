/** Objectives from orders to alerts, through the service. */
import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import type { KillState } from "../../shared/collections/kill.ts";
import { killState } from "../../shared/collections/people.ts";
import type { Slo } from "../../shared/domain/watching.ts";
import { type Alert, alerts } from "../../shared/streams.ts";
import { HOUR, MINUTE, SECOND, WatchWorld } from "./watch.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let watch: WatchWorld;
let heard: Alert[];
const listen = () => {
  heard = [];
  watch.world.bus.subscribe(alerts, { group: "test", consumer: "test", handle: ({ event }) => void heard.push(event) });
};
beforeEach(async () => {
  watch = await WatchWorld.begin();
  listen();
});
const slo = async (id: string) =>
  (await watch.get<{ items: Slo[] }>("/slo")).items.find(({ slo_id }) => slo_id === id)!;
const burns = () => heard.filter(({ code }) => code.startsWith("SLO_")).map(({ code, message }) => [code, message]);
/** Until what was counted has been scraped and its minute rolled up. */
const ROLLED = 3 * MINUTE + 10 * SECOND;

test("orders that fail page somebody, and are over when enough of them went well again", async () => {
  watch = await WatchWorld.begin(true);
  listen();
  expect((await slo("order_success")).state).toBe("NO_DATA");
  await watch.orderResults(100);
  await watch.pass(ROLLED);
  expect(await slo("order_success")).toMatchObject({ state: "OK", value: 1, budget_left: 1, good: 100, total: 100 });
  await watch.orderResults(20, { status: "REJECTED", message: "-1013 no" });
  await watch.pass(ROLLED);
  expect(await slo("order_success")).toMatchObject({ state: "PAGE", good: 100, total: 120 });
  const fast =
    "Order success: its error budget burns so fast that the budget of 30 days lasts five at most: somebody is to look now.";
  expect(burns()).toEqual([["SLO_BURN_PAGE", fast]]);
  // The short windows are over: it is no longer so bad that somebody must look now.
  await watch.pass(40 * MINUTE);
  expect((await slo("order_success")).state).toBe("TICKET");
  await watch.pass(8 * HOUR);
  expect((await slo("order_success")).state).toBe("OK");
  expect(burns().map(([code]) => code)).toEqual(["SLO_BURN_PAGE", "SLO_BURN_OVER", "SLO_BURN_TICKET", "SLO_BURN_OVER"]);
}, 300_000);

test("slow answers burn their own budget, and few orders tell nobody", async () => {
  await watch.orderResults(40, { acked_at: watch.clock.now() + 900 });
  await watch.pass(ROLLED);
  expect(await slo("ack_latency")).toMatchObject({ state: "OK", value: 0 });
  await watch.orderResults(40, { acked_at: watch.clock.now() + 900 });
  await watch.pass(ROLLED);
  expect((await slo("ack_latency")).state).toBe("PAGE");
  expect((await slo("order_success")).state).toBe("OK");
});

test("a restart forgets neither what happened nor who was told", async () => {
  await watch.orderResults(100, { status: "REJECTED", message: "-1013 no" });
  await watch.pass(ROLLED);
  const before = await slo("order_success");
  expect(before.state).toBe("PAGE");
  await watch.restart(MINUTE);
  await watch.pass(ROLLED);
  expect(await slo("order_success")).toMatchObject({
    state: "PAGE",
    good: 0,
    total: 100,
    since: before.since as number,
  });
  await watch.orderResults(10);
  await watch.pass(ROLLED);
  expect(await slo("order_success")).toMatchObject({ good: 10, total: 110 });
  expect(burns().map(([code]) => code)).toEqual(["SLO_BURN_PAGE"]);
  await watch.pass(2 * HOUR);
  await watch.restart();
  expect(await slo("order_success")).toMatchObject({ good: 10, total: 110 });
});

test("commits are counted from what services tell of them", async () => {
  await watch.pass(10 * MINUTE);
  const { state, value, total } = await slo("store_commit");
  expect({ state, value }).toEqual({ state: "OK", value: 1 });
  expect(total).toBeGreaterThan(50);
});

const entry = async (intent_id: string, over: { valid_until?: number } = {}) => {
  await watch.result([watch.order({ leg: "e0" })], { intent_id, kind: "ENTRY", ...over });
  await watch.pass(0);
};
test("an entry that a gate should have stopped is told at once, and pages", async () => {
  await entry("fine", { valid_until: watch.clock.now() + 5 * SECOND });
  const kill = { id: "kill", enabled: true, mode: "HALT", epoch: 1, reason: "r", actor: "a", ts: watch.clock.now() };
  await watch.world.store("s12").commit([put(killState, kill as KillState)]);
  // It may not have been heard yet.
  await entry("under way");
  await watch.pass(11 * SECOND);
  expect(heard.filter(({ code }) => code === "RISK_GATE_MISSED")).toEqual([]);
  await entry("killed");
  await watch.world.store("s12").commit([put(killState, { ...kill, enabled: false } as KillState)]);
  await entry("late", { valid_until: watch.clock.now() - 11 * SECOND });
  await watch.reconciled(0.1);
  await watch.pass(21 * SECOND);
  await entry("red");
  await entry("red");
  expect(heard.filter(({ code }) => code === "RISK_GATE_MISSED").map(({ message }) => message)).toEqual([
    "The entry killed was sent although the kill switch was on.",
    "The entry late was sent although its time was over.",
    "The entry red was sent although health was RED.",
  ]);
  await watch.pass(ROLLED);
  expect(await slo("risk_gate")).toMatchObject({ state: "PAGE", good: 2, total: 5, budget_left: -2 });
});
