import { expect, setDefaultTimeout, test } from "bun:test";
import { alertsKept } from "../../shared/collections/operations.ts";
import { alerts } from "../../shared/streams.ts";
import { MINUTE, openS11, SECOND } from "./inbox.fixture.ts";
import { createTakeAgain } from "./take-again.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

test("alerts that came while our store failed are kept and told once it works again, each once", async () => {
  const s11 = await openS11();
  await s11.webhook("ops");
  const { commit } = s11.store;
  s11.store.commit = async () => {
    throw new Error("the disk is full");
  };
  for (const n of [1, 2, 3]) await s11.publish("ERROR", `CODE_${n}`);
  await s11.advance(5 * MINUTE);
  expect(s11.heard("ops")).toEqual([]);
  expect(s11.world.errors.some((error) => error.startsWith("dead letter"))).toBe(true);
  s11.store.commit = commit;
  await s11.publish("ERROR", "CODE_4");
  await s11.advance(2 * MINUTE);
  const codes = s11.heard("ops").flatMap(({ data }) => data.alerts.map(({ code }) => code));
  expect(codes.sort()).toEqual(["CODE_1", "CODE_2", "CODE_3", "CODE_4"]);
  await s11.advance(5 * MINUTE);
  const kept = (await s11.store.query(alertsKept, { limit: 10 })).items.map(({ value }) => value.count);
  expect(kept).toEqual([1, 1, 1, 1]);
  await s11.stop();
});

test("what is no alert is passed over, and looked at once", async () => {
  const told: string[] = [];
  const taken: string[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (message: string) => void told.push(message) };
  const alert = { alert_id: "a", severity: "WARN", source: "s04", code: "X", message: "m", ts: SECOND };
  const bodies = ["{", "{}", "[1]", JSON.stringify(alert)];
  const letters = bodies.map((body, at) => ({ id: String(at), stream: "alerts", reason: "", body }));
  const again = createTakeAgain({
    ...{ log, clock: { now: () => MINUTE } },
    dead: async () => letters,
    take: async ({ alert_id }, { id }) => void taken.push(`${alert_id} ${id}`),
  });
  for (let n = 0; n < 3; n++) await again.look();
  expect([told.length, taken]).toEqual([3, ["a 3"]]);
});

test("one that cannot be taken keeps no other waiting, and is tried again", async () => {
  const taken: string[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const bodyOf = (alert_id: string) =>
    JSON.stringify({ alert_id, severity: "WARN", source: "s04", code: "X", message: "m", ts: SECOND });
  const letters = ["a", "bad", "b"].map((id) => ({ id, stream: "alerts", reason: "", body: bodyOf(id) }));
  let isMended = false;
  const again = createTakeAgain({
    ...{ log, clock: { now: () => MINUTE } },
    dead: async () => letters,
    async take({ alert_id }) {
      if (alert_id === "bad" && !isMended) throw new Error("too large");
      taken.push(alert_id);
    },
  });
  await again.look();
  await again.look();
  expect(taken).toEqual(["a", "b"]);
  isMended = true;
  await again.look();
  expect(taken).toEqual(["a", "b", "bad"]);
});

test("of many that come at once none is left behind", async () => {
  const s11 = await openS11();
  const { commit } = s11.store;
  s11.store.commit = async () => {
    throw new Error("the disk is full");
  };
  for (let n = 0; n < 100; n++) await s11.publish("WARN", `CODE_${n}`);
  await s11.advance(10 * MINUTE);
  s11.store.commit = commit;
  await s11.advance(10 * MINUTE);
  expect(await s11.store.count(alertsKept, { severity: "WARN" })).toBe(100);
  await s11.stop();
});

test("one that is taken late ends nothing that began after it, and opens nothing that is over", async () => {
  const s11 = await openS11();
  const say = (severity: "ERROR" | "INFO", code: string, ts: number) =>
    s11.world.bus.publish(alerts, {
      ...{ alert_id: `${code}-x`, severity, source: "s11", code, message: "s04-router does not answer.", ts },
    });
  const now = s11.clock.now();
  await say("ERROR", "SERVICE_DOWN", now);
  await s11.advance(SECOND);
  await say("INFO", "SERVICE_BACK", now - MINUTE);
  await s11.advance(SECOND);
  expect((await s11.alert("SERVICE_DOWN-x"))?.state).toBe("OPEN");
  await say("INFO", "SERVICE_BACK", now + SECOND);
  await s11.advance(SECOND);
  expect((await s11.alert("SERVICE_DOWN-x"))?.state).toBe("RESOLVED");
  await say("ERROR", "SERVICE_DOWN", now - MINUTE);
  await s11.advance(SECOND);
  expect(await s11.alert("SERVICE_DOWN-x")).toMatchObject({ state: "RESOLVED", ts: now, count: 2 });
  await s11.stop();
});

test("old ones are not told again when nobody knows any more whether they were taken", async () => {
  const taken: string[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const bodyOf = (alert_id: string, ts: number) =>
    JSON.stringify({ alert_id, severity: "WARN", source: "s04", code: "X", message: "m", ts });
  const letters = [
    { id: "1", stream: "alerts", reason: "", body: bodyOf("old", 40 * 24 * 60 * MINUTE) },
    { id: "2", stream: "alerts", reason: "", body: bodyOf("new", 60 * 24 * 60 * MINUTE) },
  ];
  const again = createTakeAgain({
    ...{ log, clock: { now: () => 61 * 24 * 60 * MINUTE } },
    dead: async () => letters,
    take: async ({ alert_id }) => void taken.push(alert_id),
  });
  await again.look();
  expect(taken).toEqual(["new"]);
});
