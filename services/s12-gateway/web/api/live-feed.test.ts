import { expect, test } from "bun:test";
import { HEARD } from "../../live-feed.ts";
import { TOPIC, topicOf } from "./topics.ts";

test("every topic the page hears is a stream that the gateway tells, known both ways", () => {
  const told = new Set(HEARD.map((stream) => stream.family));
  for (const [topic, family] of Object.entries(TOPIC)) {
    expect([family, told.has(family)]).toEqual([family, true]);
    expect(topicOf(family)).toBe(topic as keyof typeof TOPIC);
  }
  expect(topicOf("acct:x")).toBeUndefined();
});
