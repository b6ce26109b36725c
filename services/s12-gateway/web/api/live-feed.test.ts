import { expect, test } from "bun:test";
import { decideWaitMs } from "./live-feed.ts";
import { TOPIC, topicOf } from "./topics.ts";

test("waits grow to a ceiling, so that a dead gateway is asked gently for ever", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 1_000].map(decideWaitMs);
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(waits.at(-1)).toBe(waits.at(-2)!);
});

test("every topic the page hears is a declared stream, known both ways", () => {
  for (const [topic, family] of Object.entries(TOPIC)) expect(topicOf(family)).toBe(topic as keyof typeof TOPIC);
  expect(topicOf("acct:x")).toBeUndefined();
});
