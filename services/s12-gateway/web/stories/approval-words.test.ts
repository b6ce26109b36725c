import { expect, test } from "bun:test";
import type { Approval } from "../../../../shared/collections/people.ts";
import { translator } from "../i18n/translate.ts";
import { subjectWords } from "./approval-words.ts";

const t = translator("en");
const told = (approval: Partial<Approval>) => subjectWords(t, { subject: {}, ...approval } as Approval);

test("a transfer says how much goes where", () => {
  const subject = { from: "SPOT", to: "FUT", amount_usdt: "1200" };
  expect(told({ kind: "TRANSFER", subject })).toBe("Moves 1,200.00 USDT from the spot wallet to the futures wallet.");
});
test("other requests say what kind they are and what the gateway says of them; without that all of it", () => {
  expect(told({ kind: "KILL_OFF", detail: "all is well again" })).toBe("Allow entries again: all is well again");
  expect(told({ kind: "ACT", subject: { path: "/x" } })).toBe('Do something dangerous: {"path":"/x"}');
});
