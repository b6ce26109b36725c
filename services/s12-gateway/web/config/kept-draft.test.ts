import { expect, test } from "bun:test";
import { readDraft } from "./kept-draft.ts";

test("a kept draft comes back whole, anything else is none", () => {
  const draft = { text: "format: 1\n", of: "shipped@3", ts: 1_795_000_000_000 };
  expect(readDraft(JSON.stringify(draft))).toEqual(draft);
  for (const broken of [null, "", "{", "null", "[]", '{"text":1,"of":"","ts":1}', '{"text":"a"}']) {
    expect(readDraft(broken)).toBeUndefined();
  }
});
