import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { HOUR, MINUTE, openS11, type S11, SECOND } from "./inbox.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let s11: S11;
beforeEach(async () => {
  s11 = await openS11();
  await s11.webhook("chat");
  await s11.webhook("pager", { severity_min: "FATAL" });
});
afterEach(() => s11.stop());
const types = (channel: string) => s11.heard(channel).map(({ type }) => type);

test("a FATAL alert is told at once, and again every three minutes until somebody acknowledges it", async () => {
  const id = await s11.publish("FATAL", "FORCED_CLOSE");
  await s11.advance(SECOND);
  expect([types("pager"), types("chat")]).toEqual([["alert.alert"], ["alert.alert"]]);
  await s11.advance(10 * MINUTE);
  expect(types("pager")).toEqual(["alert.alert", "alert.repeat", "alert.repeat", "alert.repeat"]);
  await s11.ask(`POST /alerts/${id}/ack`, {}, "trader");
  await s11.advance(HOUR);
  expect(types("pager")).toHaveLength(4);
});

test("several FATAL ones of a code are one repeat; a restart forgets none", async () => {
  for (const n of [1, 2, 3]) await s11.publish("FATAL", "FORCED_CLOSE", `position ${n}`);
  await s11.advance(MINUTE);
  expect(s11.heard("pager").reduce((sum, { data }) => sum + data.count, 0)).toBe(3);
  await s11.restart();
  await s11.advance(3 * MINUTE);
  const last = s11.heard("pager").at(-1);
  expect(last).toMatchObject({ type: "alert.repeat", data: { count: 3 } });
});

test("a silenced FATAL one is not repeated, and is again when that is over", async () => {
  const until_ts = s11.clock.now() + HOUR;
  await s11.ask("POST /silences", { match: { codes: ["FORCED_CLOSE"] }, until_ts }, "risk");
  await s11.publish("FATAL", "FORCED_CLOSE");
  await s11.advance(HOUR - MINUTE);
  expect(types("pager")).toEqual([]);
  await s11.advance(2 * MINUTE);
  expect(types("pager")).toEqual(["alert.repeat"]);
});

test("an ERROR that nobody has seen for half an hour goes to FATAL's channels once", async () => {
  const id = await s11.publish("ERROR", "BREAKER_OPEN");
  const seen = await s11.publish("ERROR", "KEY_REFUSED");
  await s11.advance(10 * MINUTE);
  expect([types("pager"), types("chat")]).toEqual([[], ["alert.alert", "alert.alert"]]);
  await s11.ask(`POST /alerts/${seen}/ack`, {}, "trader");
  await s11.advance(21 * MINUTE);
  expect(s11.heard("pager")).toMatchObject([{ type: "alert.escalation", data: { alerts: [{ alert_id: id }] } }]);
  expect((await s11.alert(id))?.escalated_at).toBeGreaterThan(0);
  await s11.advance(2 * HOUR);
  expect(types("pager")).toHaveLength(1);
});

test("the half hour begins anew when it was acknowledged in between", async () => {
  const id = await s11.publish("ERROR", "BREAKER_OPEN");
  await s11.advance(25 * MINUTE);
  await s11.ask(`POST /alerts/${id}/ack`, {}, "trader");
  await s11.advance(MINUTE);
  await s11.publish("ERROR", "BREAKER_OPEN");
  await s11.advance(28 * MINUTE);
  expect(types("pager")).toEqual([]);
  await s11.advance(3 * MINUTE);
  expect(types("pager")).toEqual(["alert.escalation"]);
});
