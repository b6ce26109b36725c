import { expect, test } from "bun:test";
import { Intent } from "../../shared/domain/order.ts";
import { keptOf } from "./kept.ts";
import { timelineOf } from "./timeline.ts";
import { entry, FUT, MAKER, RouterWorld } from "./world.fixture.ts";

/** What a reader sees of an intent, as [what, leg or "", by] in order. */
async function told(world: RouterWorld, intentId: string): Promise<string[]> {
  const { orders, fills } = await keptOf(world.store, intentId);
  const intent = world.router.book.intent(intentId)!;
  const entries = timelineOf({ intent, orders, fills });
  const times = entries.map((one) => one.ts);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  return entries.map(({ what, leg = "", by }) => [what, leg, by].filter(Boolean).join(" "));
}

test("an entry by maker and taker, from the intent to its stop, in the order of time", async () => {
  const world = new RouterWorld();
  await world.start();
  await world.place(entry({ intent_id: "a:entry", exec: MAKER }));
  await world.pass(5_000);
  const story = await told(world, "a:entry");
  expect(story.slice(0, 4)).toEqual(["INTENT ROUTER", "PLAN ROUTER", "SUBMIT e0 ROUTER", "ACK e0 STREAM"]);
  const rest = story.slice(4);
  expect(rest.filter((line) => line.includes(" e"))).toEqual([
    "CANCEL e0 ANSWER",
    "SUBMIT e1 ROUTER",
    "FILL e1 STREAM",
    "ACK e1 STREAM",
  ]);
  expect(rest.filter((line) => line.includes(" sl0"))).toEqual(["SUBMIT sl0 ROUTER", "PROTECTION sl0 STREAM"]);
  expect(rest.filter((line) => line.includes(" tp"))).toEqual(["SUBMIT tp1 ROUTER", "PROTECTION tp1 STREAM"]);
  expect(rest).toContain("DONE ROUTER");
  world.close();
});

test("an order without an answer is UNKNOWN until a question tells, and its fill stands where it happened", async () => {
  const world = new RouterWorld();
  await world.start();
  world.exchange.eventCopies = 0;
  world.exchange.faults.push("lost_answer");
  await world.place(entry({ intent_id: "a:entry" }));
  await world.pass(10_000);
  const own = (await told(world, "a:entry")).filter((line) => line.includes(" e0"));
  expect(own).toEqual(["SUBMIT e0 ROUTER", "FILL e0 QUERY", "UNKNOWN e0 ANSWER"]);
  world.close();
});

test("what a start learns is told as a reconciliation", async () => {
  const world = new RouterWorld();
  await world.start();
  Object.assign(world.exchange, { answerMs: 1_000, eventCopies: 0 });
  void world.router.admission.place(Intent.parse(entry({ intent_id: "a:entry" }))).catch(() => undefined);
  await world.pass(700);
  Object.assign(world.exchange, { answerMs: 20, eventCopies: 1 });
  world.boot();
  await world.start();
  await world.pass(10_000);
  const own = (await told(world, "a:entry")).filter((line) => line.includes(" e0"));
  expect(own).toEqual(["FILL e0 RECONCILIATION", "UNKNOWN e0 ROUTER", "RECONCILIATION e0 RECONCILIATION"]);
  expect(world.router.book.holding(FUT)?.qty).toBe("0.01");
  world.close();
});
