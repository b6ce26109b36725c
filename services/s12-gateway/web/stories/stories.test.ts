import { describe, expect, test } from "bun:test";
import { MINUS } from "../format/numbers.ts";
import { translator } from "../i18n/translate.ts";
import { aDecision, aFill, anOrder, aService, aTrade } from "../samples.ts";
import { decisionStory, fillStory, orderStory, serviceStory, tradeStory } from "./stories.ts";
import { guardInWords, guardValue } from "./words.ts";

const t = translator("en");

describe("stories", () => {
  test("a skip says who looked, why not, and by how much", () => {
    expect(decisionStory(t, aDecision()).sentences).toEqual([
      "book-pressure looked and did nothing: spread too wide.",
      "The first guard that failed was “Spread (bps)”: 3.2 vs 3.",
    ]);
  });
  test("a guard that could not be read says so, not that a limit was passed", () => {
    const guards = [{ name: "funding_rate", passed: false, value: null, limit: 0.0005 }];
    expect(decisionStory(t, aDecision({ guards })).sentences[0]).toEndWith("did nothing: not known yet: Funding rate.");
  });
  test("a decision made while a promotion was under way tells its arm, and what health did to it", () => {
    const health = { level: "YELLOW" as const, effects: ["size × 0.8", "no adds"] };
    const arm = { promotion_id: "p1", name: "CANARY" as const };
    const { sentences, numbers } = decisionStory(t, aDecision({ arm, health }));
    expect(sentences.at(-1)).toContain("which did this: size × 0.8; no adds.");
    expect(numbers[0]).toEqual(["Config revision", "1 · canary"]);
    expect(decisionStory(t, aDecision({ health: { level: "GREEN", effects: [] } })).sentences).toHaveLength(2);
  });
  test("an order tells its state and leads to the decision behind it", () => {
    const story = orderStory(t, anOrder({ status: "FILLED", filled_qty: "0.010", avg_price: "60000.1" }));
    expect(story.sentences[1]).toBe("It filled completely, at 60,000.1 on average.");
    expect(story.links).toEqual([{ kind: "decision", id: "s1" }]);
    expect(orderStory(t, anOrder({ intent_id: "t1:SET_STOP:2" })).links).toEqual([]);
  });
  test("a fill says whether it cost or gained", () => {
    expect(fillStory(t, aFill({ slippage_bps: 1.5 })).sentences[1]).toStartWith("Slippage cost 1.50 bps");
    expect(fillStory(t, aFill({ slippage_bps: -1.5 })).sentences[1]).toStartWith("It was 1.50 bps better");
  });
  test("a closed trade ends with its result", () => {
    const closed = aTrade({ status: "CLOSED", closed_at: 9, avg_exit: "60100", pnl_usdt: "0.4", exit_reason: "stop" });
    expect(tradeStory(t, closed).sentences.at(-1)).toBe("It ended at 60,100 (Stop) with +0.40 USDT after fees.");
  });
  test("a service tells which of its shards nobody holds, or that nobody leads", () => {
    const { sentences } = serviceStory(t, aService({ status: "ERROR", shards_free: [0, 1, 2] }), 1);
    const wait = "Their instruments wait until a replica takes over.";
    expect(sentences).toEqual([`Shards that nobody holds: 0–2 of 4. ${wait}`]);
    const whole = aService({ status: "ERROR", shards_free: [0], shard_count: 1 });
    expect(serviceStory(t, whole, 1).sentences.at(-1)).toStartWith("None of its replicas leads");
    expect(serviceStory(t, aService(), 1).sentences).toHaveLength(1);
  });
  test("both languages tell every order status", () => {
    for (const status of [
      "PENDING",
      "SENT",
      "NEW",
      "PARTIALLY_FILLED",
      "FILLED",
      "CANCELED",
      "REJECTED",
      "EXPIRED",
      "UNKNOWN",
    ] as const) {
      for (const locale of ["en", "zh-TW"] as const) {
        const [, told] = orderStory(translator(locale), anOrder({ status })).sentences;
        expect(told).not.toContain("story.order");
      }
    }
  });
  test("guards without numbers say nothing", () => {
    expect(guardInWords(t, { name: "x", passed: false, value: null, limit: null })).toBe("");
    expect(guardInWords(t, { name: "x", passed: false, value: 0.00012, limit: 2000 })).toBe("0.00012 vs 2,000");
    const numbers = [15.5893, 119.72, 3.1, 3.00001, 40, -0.5];
    expect(numbers.map((value) => guardValue(t, value))).toEqual(["15.59", "119.7", "3.1", "3", "40", `${MINUS}0.5`]);
  });
});
