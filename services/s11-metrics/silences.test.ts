import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { HOUR, MINUTE, openS11, type S11, SECOND } from "./inbox.fixture.ts";
import { isSilencedBy, SILENCE_MS_MAX } from "./silences.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let s11: S11;
beforeEach(async () => {
  s11 = await openS11();
  await s11.webhook("ops");
});
afterEach(() => s11.stop());
const silence = (match: object, ms: number, over: object = {}) =>
  s11.ask("POST /silences", { match, until_ts: s11.clock.now() + ms, note: "at work", ...over }, "risk");
const heard = () => s11.heard("ops").flatMap(({ data }) => data.alerts.map(({ code }) => code));

test("what matches is kept and shown, and told to nobody until the silence is over", async () => {
  expect((await silence({ codes: ["MARKET_GAP"] }, HOUR)).body).toMatchObject({ author: "ada", note: "at work" });
  const id = await s11.publish("WARN", "MARKET_GAP");
  await s11.publish("WARN", "BUDGET_RESTORED");
  await s11.advance(MINUTE);
  expect(await s11.alert(id)).toMatchObject({ state: "OPEN", silenced_until: expect.any(Number) });
  expect(heard()).toEqual(["BUDGET_RESTORED"]);
  await s11.advance(HOUR);
  await s11.publish("WARN", "MARKET_GAP");
  await s11.advance(SECOND);
  expect(heard()).toEqual(["BUDGET_RESTORED", "MARKET_GAP"]);
  expect((await s11.alert(id))?.silenced_until).toBeUndefined();
});

test("one that is ended before its time silences no more; one that begins later does not yet", async () => {
  const { body } = await silence({ sources: ["s04"] }, HOUR);
  await s11.ask(`DELETE /silences/${body.silence_id}`, {}, "risk");
  await silence({ sources: ["s04"] }, 2 * HOUR, { from_ts: s11.clock.now() + HOUR });
  await s11.publish("WARN", "A");
  await s11.advance(SECOND);
  expect(heard()).toEqual(["A"]);
  await s11.advance(HOUR);
  await s11.publish("WARN", "B");
  await s11.advance(SECOND);
  expect(heard()).toEqual(["A"]);
  const listed = (await s11.ask("GET /silences", {}, "viewer")).body.items;
  expect(listed?.map(({ ended_at }) => ended_at === undefined)).toEqual([true, false]);
});

test("FATAL ones are silenced by their code alone", async () => {
  await silence({}, HOUR);
  await silence({ sources: ["s04"] }, HOUR);
  await s11.publish("ERROR", "X");
  await s11.publish("FATAL", "Y");
  await s11.advance(SECOND);
  expect(heard()).toEqual(["Y"]);
  await silence({ codes: ["Z"] }, HOUR);
  await s11.publish("FATAL", "Z");
  await s11.advance(10 * MINUTE);
  expect(heard()).not.toContain("Z");
  expect((await silence({ severities: ["FATAL"] }, HOUR)).status).toBe(422);
  expect(isSilencedBy({ severities: ["FATAL"] }, { severity: "FATAL", source: "s04", code: "Y" })).toBe(false);
});

test("a silence has an end, at most 7 days on, and is made by risk and admin", async () => {
  for (const ms of [0, -HOUR, SILENCE_MS_MAX + 1]) expect((await silence({}, ms)).status).toBe(400);
  expect((await silence({}, SILENCE_MS_MAX - MINUTE)).status).toBe(200);
  const until_ts = s11.clock.now() + HOUR;
  expect((await s11.ask("POST /silences", { match: {}, until_ts }, "trader")).status).toBe(403);
  expect((await s11.ask("POST /silences", { match: { code: ["X"] }, until_ts }, "risk")).status).toBe(400);
  expect((await s11.ask("DELETE /silences/none", {}, "risk")).status).toBe(404);
});
