import { expect, setDefaultTimeout, test } from "bun:test";
import { alertsKept } from "../../shared/collections/operations.ts";
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
    log,
    dead: async () => letters,
    take: async ({ alert_id }, { id }) => void taken.push(`${alert_id} ${id}`),
  });
  for (let n = 0; n < 3; n++) await again.look();
  expect([told.length, taken]).toEqual([3, ["a 3"]]);
});
