import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { AlertRule } from "../../shared/alert-rules/rule.ts";
import { ALERT_RULES, kindsFor, ruleOf } from "../../shared/alert-rules.ts";
import type { AlertRecord } from "../../shared/collections/operations.ts";
import type { ChannelKind } from "../../shared/domain/alerting.ts";
import { HOUR, MINUTE, openS11, type S11, SECOND, SIGNING } from "./inbox.fixture.ts";
import { ALERTS_PER_MESSAGE_MAX, decideTelling } from "./telling.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let s11: S11;
beforeEach(async () => {
  s11 = await openS11();
});
afterEach(() => s11.stop());

describe("whether it is told again", () => {
  const pace = { alertAgainMs: HOUR, fatalAgainMs: 3 * MINUTE };
  const now = 10 * HOUR;
  const kept = (over: Partial<AlertRecord>) =>
    ({ severity: "WARN", state: "OPEN", told_at: now, ...over }) as AlertRecord;
  const decide = (severity: "WARN" | "ERROR" | "FATAL", before?: AlertRecord) =>
    decideTelling({ severity }, before, { now, pace });
  test("it is the first time, when nobody was told, and when it is graver than before", () => {
    expect(decide("WARN")).toBe("ALERT");
    expect(decide("WARN", kept({ told_at: undefined as never }))).toBe("ALERT");
    expect(decide("ERROR", kept({}))).toBe("ALERT");
  });
  test("an open one is after an hour, a FATAL one after three minutes", () => {
    expect(decide("WARN", kept({ told_at: now - HOUR + 1 }))).toBeUndefined();
    expect(decide("WARN", kept({ told_at: now - HOUR }))).toBe("REPEAT");
    expect(decide("FATAL", kept({ severity: "FATAL", told_at: now - 3 * MINUTE + 1 }))).toBeUndefined();
    expect(decide("FATAL", kept({ severity: "FATAL", told_at: now - 3 * MINUTE }))).toBe("REPEAT");
  });
  test("one that was seen or over is told as new, but not again and again", () => {
    for (const state of ["ACKED", "RESOLVED"] as const) {
      expect(decide("WARN", kept({ state, told_at: now - 4 * MINUTE }))).toBeUndefined();
      expect(decide("WARN", kept({ state, told_at: now - 5 * MINUTE }))).toBe("ALERT");
    }
  });
});

describe("a channel is told", () => {
  test("of what is severe enough and matches, while it is on", async () => {
    await s11.webhook("all", { severity_min: "INFO" });
    await s11.webhook("errors", { severity_min: "ERROR" });
    await s11.webhook("router", { match: { sources: ["s04"], codes: ["X", "Y"] } });
    await s11.webhook("off", { enabled: false });
    await s11.publish("INFO", "X");
    await s11.publish("WARN", "Y", "y", "s04");
    await s11.publish("ERROR", "Y", "another", "s03");
    await s11.advance(SECOND);
    const codes = (channel: string) => s11.heard(channel).flatMap(({ data }) => data.alerts.map(({ code }) => code));
    expect(codes("all").sort()).toEqual(["X", "Y", "Y"]);
    expect([codes("errors"), codes("router"), codes("off")]).toEqual([["Y"], ["Y"], []]);
  });
});

describe("every alert rule", () => {
  const targets = {
    WEBHOOK: { kind: "WEBHOOK", url: "https://webhook.test/in" },
    SLACK: { kind: "SLACK" },
    TELEGRAM: { kind: "TELEGRAM", chat_id: "1" },
    EMAIL: { kind: "EMAIL", host: "mail.test", from: "bot@x.test", to: ["ops@x.test"] },
    SMS: { kind: "SMS", url: "https://sms.test/A", user: "A", from: "+1", to: ["+2"] },
  } as const;
  const secrets = {
    ...{ WEBHOOK: SIGNING, SLACK: "https://slack.test/x", TELEGRAM: "123456:abcdefghijklmnopqrstuvwxyz" },
    ...{ EMAIL: undefined, SMS: "token" },
  };
  const kinds = Object.keys(targets) as ChannelKind[];
  const codeOf = ({ code }: AlertRule): string => code.replace("*", "ANY");

  test("is told in each of its severities over the channels that it says, and over no other", async () => {
    for (const kind of kinds) {
      const channel_id = kind.toLowerCase();
      const secret = secrets[kind];
      const sealed =
        secret === undefined ? undefined : await s11.ask(`POST /channels/${channel_id}/secret`, { secret });
      const body = { channel_id, title: kind, target: targets[kind], sealed_secret: sealed?.body.sealed_secret };
      expect((await s11.ask("POST /channels", { ...body, per_hour_max: 1_000 })).status).toBe(200);
    }
    const wanted: Record<string, string[]> = {};
    for (const rule of ALERT_RULES) {
      for (const severity of rule.severities) {
        const id = await s11.publish(severity, codeOf(rule), `a matter of ${severity}`, rule.sources[0]);
        wanted[id] = kindsFor(severity)
          .map((kind) => kind.toLowerCase())
          .sort();
      }
    }
    await s11.advance(MINUTE);
    const rows = (await s11.deliveries({ cause: "ALERT" })).filter(({ state }) => state === "SENT");
    for (const [id, channels] of Object.entries(wanted)) {
      const told = rows.filter(({ alert_ids }) => alert_ids.includes(id)).map(({ channel_id }) => channel_id);
      expect([id, told.sort()]).toEqual([id, channels]);
    }
  });

  // Of a level is each the end of the last, which has a test of its own.
  const endings = ALERT_RULES.flatMap((rule) =>
    (rule.ends?.codes ?? []).filter((each) => each !== rule.code).map((ended) => [rule.code, ended] as const),
  );
  /** What both messages are about, where the rule looks for that. */
  const about: Readonly<Record<string, string>> = {
    ...{ FEATURES_BACK: "FUT:BTCUSDT", CHANNEL_BACK: "channel ops", SERVICE_BACK: "s04-router answers" },
    ...{ SLO_BURN_OVER: "Orders: budget" },
  };
  test.each(endings)("%s ends what %s has begun, and nothing that is about something else", async (code, ended) => {
    const rule = ruleOf(code) as AlertRule;
    const [source] = rule.sources;
    const subject = about[code] ?? "it";
    const begun = await s11.publish(ruleOf(ended)?.severities.at(-1) ?? "WARN", ended, `${subject} is bad`, source);
    const other = await s11.publish("WARN", ended, "s01-exchange FUT:ETHUSDT channel other: bad", source);
    const foreign = await s11.publish("WARN", ended, `${subject} is bad`, "s99");
    await s11.advance(SECOND);
    expect((await s11.alert(begun))?.state).toBe("OPEN");
    await s11.publish(rule.severities[0] as "INFO", code, `${subject} is well`, source);
    await s11.advance(SECOND);
    const states = [await s11.alert(begun), await s11.alert(other), await s11.alert(foreign)].map(
      (each) => each?.state,
    );
    expect(states).toEqual(["RESOLVED", rule.ends?.about ? "OPEN" : "RESOLVED", "OPEN"]);
  });
});

describe("a storm", () => {
  test("of one code within a minute is told as one; other codes go on alone", async () => {
    await s11.webhook("ops");
    for (let n = 0; n < 30; n++) await s11.publish("WARN", "ORDER_UNKNOWN", `order ${n}`);
    await s11.publish("WARN", "OTHER");
    await s11.advance(SECOND);
    const first = s11.heard("ops");
    expect(first.length).toBeLessThanOrEqual(4);
    expect(first.map(({ data }) => data.alerts[0]?.code)).toContain("OTHER");
    await s11.advance(MINUTE + 10 * SECOND);
    const heard = s11.heard("ops");
    expect(heard.length).toBeLessThanOrEqual(5);
    expect(heard.reduce((sum, { data }) => sum + data.count, 0)).toBe(31);
    expect(heard.some(({ data }) => /\d\d alerts: ORDER_UNKNOWN/.test(data.summary))).toBe(true);
  });
  test("of hundreds is a few messages, and each alert is in one", async () => {
    await s11.webhook("ops");
    for (let n = 0; n < 400; n++) await s11.publish("WARN", "ORDER_UNKNOWN", `order ${n}`);
    await s11.advance(10 * MINUTE);
    const rows = await s11.deliveries({ state: "SENT" });
    expect(rows.length).toBeLessThan(60);
    const told = rows.flatMap(({ alert_ids }) => alert_ids);
    expect([told.length, new Set(told).size]).toEqual([400, 400]);
    expect(Math.max(...rows.map(({ alert_ids }) => alert_ids.length))).toBeLessThanOrEqual(ALERTS_PER_MESSAGE_MAX);
  });
  test("that nobody takes becomes one message of each code", async () => {
    await s11.webhook("ops");
    s11.outside.set("ops.test", "away");
    await s11.publish("WARN", "X", "first");
    await s11.advance(SECOND);
    for (let n = 0; n < 50; n++) await s11.publish("WARN", "X", `number ${n}`);
    const waiting = await s11.deliveries({ state: "WAITING" });
    expect(waiting.filter(({ code }) => code === "X").length).toBeLessThanOrEqual(5);
    s11.outside.set("ops.test", 200);
    await s11.advance(HOUR);
    const told = (await s11.deliveries({ state: "SENT" })).filter(({ code }) => code === "X");
    expect(new Set(told.flatMap(({ alert_ids }) => alert_ids)).size).toBe(51);
  });
});
