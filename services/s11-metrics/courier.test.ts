import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { HOUR, MINUTE, openS11, type S11, SECOND } from "./inbox.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let s11: S11;
beforeEach(async () => {
  s11 = await openS11();
});
afterEach(() => s11.stop());
const codes = (channel: string) => s11.heard(channel).flatMap(({ data }) => data.alerts.map(({ code }) => code));
const states = async (channel_id: string) => (await s11.deliveries({ channel_id })).map(({ state }) => state);

describe("a channel that fails", () => {
  test("delays no other, whatever it does, and has everything once it works again", async () => {
    for (const id of ["good", "silent", "away", "broken"]) await s11.webhook(id);
    s11.outside.set("silent.test", "never");
    s11.outside.set("away.test", "away");
    s11.outside.set("broken.test", 500);
    const all = Array.from({ length: 20 }, (_, n) => `CODE_${n}`);
    for (const code of all) {
      await s11.publish("WARN", code);
      await s11.advance(SECOND);
      expect(codes("good")).toContain(code);
    }
    for (const id of ["silent", "away", "broken"]) s11.outside.set(`${id}.test`, 200);
    await s11.advance(HOUR);
    for (const id of ["silent", "away", "broken"]) {
      const sent = (await s11.deliveries({ channel_id: id, state: "SENT" })).flatMap(({ alert_ids }) => alert_ids);
      expect([id, new Set(sent).size >= 20]).toEqual([id, true]);
      expect(await states(id)).not.toContain("WAITING");
    }
  });

  test("is asked with growing waits, and not more often for having more to say", async () => {
    await s11.webhook("away");
    s11.outside.set("away.test", "away");
    for (let n = 0; n < 40; n++) await s11.publish("WARN", `CODE_${n}`);
    await s11.advance(HOUR);
    expect(s11.outside.sent.length).toBeLessThan(40);
    expect(s11.outside.sent.length).toBeGreaterThan(5);
  });

  test("does not keep a FATAL alert waiting for its rest to be over", async () => {
    await s11.webhook("ops");
    s11.outside.set("ops.test", "away");
    await s11.publish("WARN", "X");
    await s11.advance(30 * MINUTE);
    s11.outside.set("ops.test", 200);
    await s11.publish("FATAL", "FORCED_CLOSE");
    await s11.advance(SECOND);
    expect(codes("ops")).toContain("FORCED_CLOSE");
  });
});

describe("the failing of a channel", () => {
  test("has an end that is told to who hears of INFO", async () => {
    await s11.webhook("ops", { severity_min: "INFO" });
    s11.outside.set("ops.test", "away");
    await s11.publish("WARN", "X");
    await s11.advance(5 * MINUTE);
    s11.outside.set("ops.test", 200);
    await s11.advance(10 * MINUTE);
    expect(codes("ops")).toContain("CHANNEL_BACK");
  });

  test("is told of by the others and not by itself, and so is its end", async () => {
    await s11.webhook("good", { severity_min: "INFO" });
    await s11.webhook("bad");
    s11.outside.set("bad.test", 503);
    await s11.publish("WARN", "X");
    await s11.advance(10 * MINUTE);
    expect(codes("good")).toEqual(["X", "CHANNEL_FAILING"]);
    expect(codes("bad").filter((code) => code === "CHANNEL_FAILING")).toEqual([]);
    const [open] = (await s11.ask("GET /alerts?code=CHANNEL_FAILING", {}, "viewer")).body.items ?? [];
    expect(open).toMatchObject({ severity: "ERROR", state: "OPEN", message: expect.stringContaining("channel bad") });
    await s11.restart();
    s11.outside.set("bad.test", 200);
    await s11.advance(HOUR);
    expect(codes("good")).toContain("CHANNEL_BACK");
    expect((await s11.alert(String(open?.alert_id)))?.state).toBe("RESOLVED");
  });

  test("of all of them goes round in no circle", async () => {
    for (const id of ["a", "b"]) await s11.webhook(id);
    for (const id of ["a", "b"]) s11.outside.set(`${id}.test`, 500);
    await s11.publish("WARN", "X");
    await s11.advance(2 * HOUR);
    const { items } = (await s11.ask("GET /alerts?code=CHANNEL_FAILING", {}, "viewer")).body;
    expect(items).toHaveLength(2);
    expect(s11.outside.sent.length).toBeLessThan(80);
  });

  test("gives a message up when it is old news, and not one that is grave", async () => {
    await s11.webhook("away");
    s11.outside.set("away.test", "away");
    await s11.publish("WARN", "X");
    await s11.publish("ERROR", "Y");
    await s11.advance(5.5 * HOUR);
    expect((await s11.deliveries({ code: "X" })).map(({ state }) => state)).toContain("WAITING");
    await s11.advance(1.5 * HOUR);
    expect((await s11.deliveries({ code: "X" })).map(({ state }) => state)).toEqual(["GIVEN_UP"]);
    expect((await s11.deliveries({ code: "Y" })).some(({ state }) => state === "WAITING")).toBe(true);
  });
});

describe("one message that nobody takes", () => {
  test("holds up no other", async () => {
    await s11.webhook("ops");
    s11.outside.set("ops.test", 400);
    await s11.publish("WARN", "POISON");
    await s11.advance(SECOND);
    s11.outside.set("ops.test", 200);
    await s11.publish("WARN", "X");
    await s11.advance(MINUTE);
    expect(codes("ops")).toContain("X");
  });
});

describe("over the hourly limit", () => {
  test("what waits is told together, and a FATAL alert goes all the same", async () => {
    await s11.webhook("ops", { per_hour_max: 5 });
    for (let n = 0; n < 30; n++) {
      await s11.publish("WARN", `CODE_${n}`);
      await s11.advance(SECOND);
    }
    expect(s11.heard("ops").length).toBe(5);
    await s11.advance(MINUTE);
    await s11.publish("FATAL", "FORCED_CLOSE");
    await s11.advance(10 * SECOND);
    const digest = s11.heard("ops").at(-1);
    expect(digest).toMatchObject({ type: "alert.digest", data: { severity: "FATAL", count: 26 } });
    expect(digest?.data.alerts[0]?.code).toBe("FORCED_CLOSE");
    await s11.advance(HOUR / 2);
    expect(await states("ops")).not.toContain("WAITING");
    const sent = (await s11.deliveries({ state: "SENT" })).flatMap(({ alert_ids }) => alert_ids);
    expect(new Set(sent).size).toBe(31);
  });
});

test("what waits goes on after a restart, and a message never leaves twice for nothing", async () => {
  await s11.webhook("ops");
  s11.outside.set("ops.test", "away");
  for (let n = 0; n < 5; n++) await s11.publish("ERROR", `CODE_${n}`);
  await s11.advance(MINUTE);
  await s11.restart();
  s11.outside.set("ops.test", 200);
  const before = s11.outside.sent.length;
  await s11.advance(HOUR / 4);
  const told = codes("ops").slice(before);
  for (const n of [0, 1, 2, 3, 4]) expect(told.filter((code) => code === `CODE_${n}`)).toHaveLength(1);
  // And that the channel takes messages again.
  expect(told).toHaveLength(6);
});

test("what waits for a channel that was removed is forgotten, and of one that is off waits", async () => {
  for (const id of ["gone", "off"]) await s11.webhook(id);
  for (const id of ["gone", "off"]) s11.outside.set(`${id}.test`, "away");
  await s11.publish("ERROR", "X");
  await s11.advance(SECOND);
  await s11.ask("DELETE /channels/gone");
  const target = { kind: "WEBHOOK", url: "https://off.test/in" };
  await s11.ask("PUT /channels/off", { channel_id: "off", title: "off", target, enabled: false });
  const before = s11.outside.sent.length;
  await s11.advance(HOUR);
  expect(s11.outside.sent.length).toBe(before);
  expect([await states("gone"), await states("off")]).toEqual([["GIVEN_UP"], ["WAITING"]]);
  s11.outside.set("off.test", 200);
  await s11.ask("PUT /channels/off", { channel_id: "off", title: "off", target, enabled: true });
  await s11.advance(MINUTE);
  expect(await states("off")).toContain("SENT");
});
