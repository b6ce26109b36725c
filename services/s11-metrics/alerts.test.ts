import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { alerts } from "../../shared/streams.ts";
import { HOUR, MINUTE, openS11, type S11, SECOND } from "./inbox.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let s11: S11;
beforeEach(async () => {
  s11 = await openS11();
});
afterEach(() => s11.stop());

describe("an alert", () => {
  test("is counted when it comes again, and one message of it counts once", async () => {
    const id = await s11.publish("WARN", "MARKET_GAP", "m");
    await s11.advance(SECOND);
    await s11.publish("WARN", "MARKET_GAP", "m");
    const event = { alert_id: id, severity: "WARN", source: "s04", code: "MARKET_GAP", message: "m", ts: 1 } as const;
    for (const twice of [1, 2]) await s11.world.bus.publish(alerts, { ...event, ts: twice }, { id: "same" });
    await s11.advance(SECOND);
    expect(await s11.alert(id)).toMatchObject({
      count: 3,
      state: "OPEN",
      runbook: "docs/reference/alerts.md#market_gap",
    });
  });
  test("that was acknowledged opens again with the next repeat", async () => {
    const id = await s11.publish("WARN", "X");
    await s11.advance(SECOND);
    const { body } = await s11.ask(`POST /alerts/${id}/ack`, { note: "seen it" }, "trader");
    expect(body).toMatchObject({ state: "ACKED", acked_by: "ada", note: "seen it" });
    await s11.advance(MINUTE);
    await s11.publish("WARN", "X");
    await s11.advance(SECOND);
    const again = await s11.alert(id);
    expect(again).toMatchObject({ state: "OPEN", count: 2 });
    expect(again?.acked_by).toBeUndefined();
  });
  test("is acknowledged while it comes again, and neither is lost", async () => {
    const id = await s11.publish("WARN", "X");
    await s11.advance(SECOND);
    const again = { alert_id: id, severity: "WARN", source: "s04", code: "X", message: "m", ts: 1 } as const;
    const published = s11.world.bus.publish(alerts, again);
    await s11.ask(`POST /alerts/${id}/ack`, {}, "trader");
    await published;
    await s11.advance(MINUTE);
    expect((await s11.alert(id))?.count).toBe(2);
  });
  test("many are acknowledged at once, and of each it is said how it went", async () => {
    const ids = [await s11.publish("WARN", "X"), await s11.publish("ERROR", "Y")];
    await s11.advance(SECOND);
    const { body } = await s11.ask("POST /alerts/ack", { alert_ids: [...ids, "none", ids[0]] }, "risk");
    expect(body.items).toEqual([
      { alert_id: ids[0], state: "ACKED" },
      { alert_id: ids[1], state: "ACKED" },
      { alert_id: "none", error: "There is no alert none." },
    ]);
    expect((await s11.ask("POST /alerts/ack", { alert_ids: ids }, "viewer")).status).toBe(403);
    expect((await s11.ask("POST /alerts/none/ack", {}, "risk")).status).toBe(404);
  });
  test("is found by severity, source, code, state, time and words, page by page", async () => {
    await s11.publish("WARN", "MARKET_GAP", "The book of FUT:BTCUSDT was lost", "s01");
    await s11.advance(HOUR);
    await s11.publish("ERROR", "BREAKER_OPEN", "too many exchange calls fail");
    await s11.publish("FATAL", "FORCED_CLOSE", "FUT:BTCUSDT: the exchange closed");
    await s11.advance(SECOND);
    const codes = async (query: string) => {
      const { body } = await s11.ask(`GET /alerts?${query}`, {}, "viewer");
      return body.items?.map(({ code }) => code);
    };
    expect(await codes("")).toHaveLength(3);
    expect((await codes("severity=ERROR,FATAL"))?.sort()).toEqual(["BREAKER_OPEN", "FORCED_CLOSE"]);
    expect(await codes("source=s01")).toEqual(["MARKET_GAP"]);
    expect(await codes("code=BREAKER_OPEN,NONE")).toEqual(["BREAKER_OPEN"]);
    expect(await codes("state=ACKED")).toEqual([]);
    expect(await codes(`to_ts=${s11.clock.now() - HOUR / 2}`)).toEqual(["MARKET_GAP"]);
    expect(await codes("text=exchange")).toHaveLength(2);
    expect(await codes("text=exchange&severity=FATAL")).toEqual(["FORCED_CLOSE"]);
    const first = (await s11.ask("GET /alerts?limit=2", {}, "viewer")).body;
    const next = (await s11.ask(`GET /alerts?limit=2&cursor=${first.next_cursor}`, {}, "viewer")).body;
    expect([first.items?.length, next.items?.length]).toEqual([2, 1]);
    expect((await s11.ask("GET /alerts?severity=LOUD", {}, "viewer")).status).toBe(400);
  });
});

describe("the end of an alert", () => {
  test("is told by another one, which asks nothing of anybody", async () => {
    const lost = await s11.publish("WARN", "FEATURES_SILENT", "No features for over 5 ms: FUT:A, FUT:B.", "s03");
    const other = await s11.publish("WARN", "FEATURES_SILENT", "No features for over 5 ms: FUT:C.", "s03");
    await s11.advance(SECOND);
    const back = await s11.publish("INFO", "FEATURES_BACK", "Features come again: FUT:B, FUT:A.", "s03");
    await s11.advance(SECOND);
    expect(await s11.alert(lost)).toMatchObject({ state: "RESOLVED", resolved_by: "FEATURES_BACK" });
    expect(await s11.alert(other)).toMatchObject({ state: "OPEN" });
    expect(await s11.alert(back)).toMatchObject({ state: "RESOLVED" });
  });
  test("of a level is the next level, whatever it is", async () => {
    const yellow = await s11.publish("WARN", "HEALTH_LEVEL", "Health is YELLOW: slow.", "s11");
    await s11.advance(SECOND);
    const red = await s11.publish("ERROR", "HEALTH_LEVEL", "Health is RED: slower.", "s11");
    await s11.advance(SECOND);
    expect([(await s11.alert(yellow))?.state, (await s11.alert(red))?.state]).toEqual(["RESOLVED", "OPEN"]);
    await s11.publish("INFO", "HEALTH_LEVEL", "Health is GREEN.", "s11");
    await s11.advance(SECOND);
    expect((await s11.alert(red))?.state).toBe("RESOLVED");
    await s11.publish("ERROR", "HEALTH_LEVEL", "Health is RED: slower.", "s11");
    await s11.advance(SECOND);
    const again = await s11.alert(red);
    expect(again).toMatchObject({ state: "OPEN", count: 2 });
    expect(again?.resolved_at).toBeUndefined();
  });
  test("is said by people, and channels that were told hear of ends that told themselves alone", async () => {
    await s11.webhook("ops");
    const id = await s11.publish("WARN", "FEATURES_SILENT", "No features: FUT:A.", "s03");
    const by = await s11.publish("ERROR", "BREAKER_OPEN");
    await s11.advance(SECOND);
    expect((await s11.ask(`POST /alerts/${by}/resolve`, { note: "over" }, "trader")).body).toMatchObject({
      ...{ state: "RESOLVED", resolved_by: "ada", note: "over" },
    });
    await s11.publish("INFO", "FEATURES_BACK", "Features come again: FUT:A.", "s03");
    await s11.advance(MINUTE);
    const heard = s11.heard("ops").map(({ type, data }) => `${type} ${data.alerts.map((alert) => alert.alert_id)}`);
    expect(heard.sort()).toEqual([`alert.alert ${by}`, `alert.alert ${id}`, `alert.resolved ${id}`].sort());
  });
});

test("an alert and its messages are there together or not at all, whenever the process ends", async () => {
  await s11.webhook("ops");
  for (let n = 0; n < 20; n++) {
    await s11.publish("WARN", `CODE_${n}`);
    if (n % 5 === 0) await s11.restart();
  }
  await s11.advance(MINUTE);
  const told = s11.heard("ops").flatMap(({ data }) => data.alerts.map(({ code }) => code));
  expect(new Set(told).size).toBe(20);
});
