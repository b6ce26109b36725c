import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Delivery } from "../../shared/domain/alerting.ts";
import { decideNext, decideRest, decideWait, digestOf, givenUpAt, type Standing } from "./queue.ts";

const SEED = { seed: 11, numRuns: 300 };
const HOUR = 3_600_000;
const row = (over: Partial<Delivery>): Delivery => ({
  ...{ delivery_id: "d", channel_id: "c", alert_ids: ["a"], cause: "ALERT", severity: "WARN", state: "WAITING" },
  ...{ tries: 0, created_at: 1_000 },
  ...over,
});
const calm: Standing = { now: 5_000, sent: 0, per_hour_max: 10, last_sent_at: 0, rest_until: 0 };
const idsOf = (next: ReturnType<typeof decideNext>): string[] =>
  next === undefined ? [] : "one" in next ? [next.one.delivery_id] : next.together.map((each) => each.delivery_id);

describe("what goes next", () => {
  const rows = [
    row({ delivery_id: "late", created_at: 2_000 }),
    row({ delivery_id: "early" }),
    row({ delivery_id: "fatal", severity: "FATAL", created_at: 3_000 }),
    row({ delivery_id: "tried", severity: "FATAL", tries: 1, created_at: 3_500 }),
  ];
  test("is the most severe, then the oldest", () => {
    expect(idsOf(decideNext(rows, calm))).toEqual(["fatal"]);
    expect(idsOf(decideNext(rows.slice(0, 2), calm))).toEqual(["early"]);
    expect(decideNext([], calm)).toBeUndefined();
  });
  test("of a channel that is left alone is only a FATAL one that was not tried", () => {
    const resting = { ...calm, rest_until: 6_000 };
    expect(idsOf(decideNext(rows, resting))).toEqual(["fatal"]);
    expect(
      decideNext(
        rows.filter(({ delivery_id }) => delivery_id !== "fatal"),
        resting,
      ),
    ).toBeUndefined();
    expect(idsOf(decideNext(rows.slice(0, 2), { ...calm, rest_until: 5_000 }))).toEqual(["early"]);
  });
  test("at the hour's last message is all that waits, and beyond it once a minute where a FATAL one waits", () => {
    expect(idsOf(decideNext(rows, { ...calm, sent: 8 }))).toEqual(["fatal"]);
    expect(idsOf(decideNext(rows, { ...calm, sent: 9 }))).toEqual(["fatal", "tried", "early", "late"]);
    expect(decideNext(rows.slice(0, 2), { ...calm, sent: 10 })).toBeUndefined();
    const over = { ...calm, sent: 10, now: 100_000 };
    expect(decideNext(rows, { ...over, last_sent_at: 40_001 })).toBeUndefined();
    expect(idsOf(decideNext(rows, { ...over, last_sent_at: 40_000 }))).toEqual(["fatal", "tried", "early", "late"]);
  });
  test("is never of more alerts than a message can be of", () => {
    const large = Array.from({ length: 9 }, (_, at) =>
      row({ delivery_id: String(at), alert_ids: Array.from({ length: 60 }, (_each, n) => `${at}-${n}`) }),
    );
    const next = decideNext(large, { ...calm, sent: 9 });
    expect(idsOf(next)).toEqual(["0", "1", "2"]);
  });
});

describe("several messages as one", () => {
  test("have all their alerts once, the gravest severity, and another name", () => {
    const rows = [
      row({ delivery_id: "x", alert_ids: ["a", "b"], tries: 3, created_at: 10 }),
      row({ delivery_id: "y", alert_ids: ["b", "c"], severity: "ERROR", created_at: 20 }),
    ];
    const digest = digestOf(rows, 99);
    expect(digest).toMatchObject({ cause: "DIGEST", severity: "ERROR", tries: 0, next_try_at: 99, created_at: 20 });
    expect([...digest.alert_ids].sort()).toEqual(["a", "b", "c"]);
    expect(["x", "y"]).not.toContain(digest.delivery_id);
    expect(digest.code).toBeUndefined();
  });
});

describe("waits", () => {
  test("grow, are spread, and have an end", () => {
    const severity = fc.constantFrom("INFO" as const, "WARN" as const, "ERROR" as const, "FATAL" as const);
    fc.assert(
      fc.property(
        severity,
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (of, tries, chance) => {
          const wait = decideWait(of, tries, chance);
          expect(wait).toBeGreaterThanOrEqual(7_500);
          expect(wait).toBeLessThanOrEqual(30 * 60_000 * 1.25);
          expect(decideWait(of, tries + 1, 0.5)).toBeGreaterThanOrEqual(decideWait(of, tries, 0.5));
          expect(decideRest(tries, chance)).toBeLessThanOrEqual(5 * 60_000 * 1.25);
        },
      ),
      SEED,
    );
    expect([1, 2, 3].map((tries) => decideWait("FATAL", tries, 0.5))).toEqual([10_000, 20_000, 40_000]);
    expect(decideWait("FATAL", 1, 0)).toBeLessThan(decideWait("FATAL", 1, 0.9));
  });
  test("end after a day for what is grave, after six hours else, for a test at once", () => {
    expect(givenUpAt(row({ severity: "ERROR" })) - 1_000).toBe(24 * HOUR);
    expect(givenUpAt(row({ severity: "WARN" })) - 1_000).toBe(6 * HOUR);
    expect(givenUpAt(row({ cause: "TEST" }))).toBe(1_000);
  });
});
