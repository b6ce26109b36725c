import { describe, expect, test } from "bun:test";
import type { AlertRecord } from "../../shared/collections/operations.ts";
import type { Delivery } from "../../shared/domain/alerting.ts";
import { linkTo, messageOf, SMS_CHARACTERS_MAX } from "./message.ts";

const TS = Date.UTC(2026, 0, 5);
const alert = (over: Partial<AlertRecord> = {}): AlertRecord => ({
  ...{ alert_id: "a1", severity: "ERROR", source: "s04", code: "BREAKER_OPEN", message: "too many calls fail" },
  ...{ action_taken: "entries are refused", ts: TS, first_ts: TS, count: 3, state: "OPEN" },
  ...over,
});
const delivery = (over: Partial<Delivery> = {}): Delivery => ({
  ...{ delivery_id: "d1", channel_id: "ops", alert_ids: ["a1"], cause: "ALERT", severity: "ERROR", state: "WAITING" },
  ...{ tries: 0, created_at: TS },
  ...over,
});
const told = (alerts: AlertRecord[], over: Partial<Delivery> = {}, publicUrl: string | undefined = "https://c.test/") =>
  messageOf({ delivery: delivery(over), alerts, publicUrl, where: "Chimera live" });

describe("a message of one alert", () => {
  test("says what happened, what was done, what it means, what to do and where to look", () => {
    const { subject, text, short } = told([alert()]);
    expect(subject).toBe("[Chimera live] ERROR BREAKER_OPEN: too many calls fail");
    expect(text).toBe(
      [
        "ERROR BREAKER_OPEN from S04 at 2026-01-05T00:00:00.000Z, 3 times",
        "too many calls fail",
        "Done: entries are refused",
        "What it means: Too many calls to the exchange failed in a row.",
        "What to do: Wait. Positions keep their stops at the exchange.",
        "https://c.test/status?open=alert:a1",
        "Runbook: docs/reference/alerts.md#breaker_open",
        "",
        "All alerts: https://c.test/status?id=alerts",
      ].join("\n"),
    );
    expect(short).toBe("[Chimera live] ERROR BREAKER_OPEN: too many calls fail https://c.test/status?open=alert:a1");
  });
  test("has no links where nobody said where the page is", () => {
    const { text, payload } = messageOf({ delivery: delivery(), alerts: [alert()], publicUrl: undefined, where: "x" });
    expect(text).not.toContain("status?");
    expect(JSON.stringify(payload)).not.toContain("url");
    expect(linkTo(undefined, "a")).toBeUndefined();
  });
  test("is one line in its subject, whatever the alert says", () => {
    const { subject, short, text } = told([alert({ message: `line\r\nBcc: x\u0000\u2028${"y".repeat(5_000)}` })]);
    expect(subject).not.toMatch(/[\p{Cc}\u2028]/u);
    expect([subject.length <= 120, short.length <= SMS_CHARACTERS_MAX, text.length < 2_000]).toEqual([
      true,
      true,
      true,
    ]);
  });
  test("of a code without a rule says what is known", () => {
    expect(told([alert({ code: "NEW_ONE" })]).text).not.toContain("What to do");
  });
  test("says why it comes again", () => {
    const subjects = (["REPEAT", "ESCALATION", "RESOLVED"] as const).map((cause) => told([alert()], { cause }).subject);
    expect(subjects.map((subject) => subject.split(" ").slice(3, 5).join(" "))).toEqual([
      "still: BREAKER_OPEN:",
      "nobody has",
      "over: BREAKER_OPEN:",
    ]);
  });
});

test("a message of many alerts names their codes, shows ten and counts the rest", () => {
  const alert_ids = Array.from({ length: 40 }, (_, at) => `a${at}`);
  const alerts = alert_ids.slice(0, 20).map((alert_id, at) => alert({ alert_id, code: at < 5 ? "X" : "Y" }));
  const { subject, text, payload } = told(alerts, { alert_ids, cause: "DIGEST", severity: "FATAL" });
  expect(subject).toBe("[Chimera live] FATAL together: 40 alerts: X, Y");
  expect(text).toContain("and 30 more");
  expect(payload.data).toMatchObject({ count: 40, severity: "FATAL" });
  expect(payload.data.alerts).toHaveLength(10);
});

test("programs are told type, time and the alerts, and nothing else of the installation", () => {
  const { payload } = told([alert()], { cause: "RESOLVED" });
  expect(payload).toMatchObject({ type: "alert.resolved", timestamp: "2026-01-05T00:00:00.000Z" });
  expect(payload.data).toMatchObject({
    ...{ delivery_id: "d1", severity: "ERROR", count: 1, installation: "Chimera live" },
    alerts: [{ alert_id: "a1", code: "BREAKER_OPEN", url: "https://c.test/status?open=alert:a1" }],
  });
  expect(told([], { cause: "TEST", alert_ids: [] })).toMatchObject({
    subject: "[Chimera live] test: this channel works",
    payload: { type: "test" },
  });
});

test("what is cut off leaves no half of a character behind, at whatever place it is cut", () => {
  for (let before = 0; before < 4; before++) {
    const message = `${"x".repeat(before)}${"\u{1F6A8}".repeat(400)}`;
    const { subject, text, short } = told([alert({ message, action_taken: `\uD83D${message}` })]);
    expect([subject, text, short].map((each) => each.isWellFormed())).toEqual([true, true, true]);
  }
});
