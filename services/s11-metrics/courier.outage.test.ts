/** Channels that were away for long, and what waits for them: nothing starves, and nobody is told the same many times. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { deliveries } from "../../shared/collections/operations.ts";
import type { Delivery } from "../../shared/domain/alerting.ts";
import { HOUR, MINUTE, openS11, type S11, SECOND } from "./inbox.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let s11: S11;
beforeEach(async () => {
  s11 = await openS11();
});
afterEach(() => s11.stop());

test("a FATAL alert goes within the limit's minute, however many older messages wait", async () => {
  await s11.webhook("ops", { per_hour_max: 1 });
  await s11.publish("WARN", "FIRST");
  await s11.advance(SECOND);
  const waiting = Array.from({ length: 150 }, (_, n): Delivery => {
    const at = s11.clock.now();
    return {
      ...{ delivery_id: `w${n}`, channel_id: "ops", alert_ids: [`w${n}`], cause: "ALERT", severity: "WARN" },
      ...{ state: "WAITING", tries: 1, created_at: at, next_try_at: at },
    };
  });
  await s11.store.commit(waiting.map((value) => put(deliveries, value)));
  await s11.advance(MINUTE);
  await s11.publish("FATAL", "FORCED_CLOSE");
  await s11.advance(MINUTE);
  expect(s11.heard("ops").some(({ data }) => data.severity === "FATAL")).toBe(true);
});

test("who could not be told for hours is told once that a FATAL alert is open, and not of each repeat", async () => {
  await s11.webhook("ops", { per_hour_max: 1_000 });
  s11.outside.set("ops.test", "away");
  await s11.publish("FATAL", "FORCED_CLOSE");
  await s11.advance(6 * HOUR);
  const tries = s11.outside.sent.length;
  s11.outside.set("ops.test", 200);
  await s11.advance(20 * MINUTE);
  // What waited, and the repeats of the time since.
  expect(s11.outside.sent.length - tries).toBeGreaterThan(0);
  expect(s11.outside.sent.length - tries).toBeLessThan(10);
});

test("a channel whose last message failed before a restart is told of when it goes on failing", async () => {
  await s11.webhook("ops");
  s11.outside.set("ops.test", "away");
  await s11.publish("WARN", "X");
  await s11.advance(SECOND);
  await s11.restart();
  await s11.advance(10 * MINUTE);
  const { items } = (await s11.ask("GET /alerts?code=CHANNEL_FAILING", {}, "viewer")).body;
  expect(items).toHaveLength(1);
});
