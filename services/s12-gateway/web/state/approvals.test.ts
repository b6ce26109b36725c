import { expect, test } from "bun:test";
import { canBeCollected, canBeEnded, inOrder, mayDecide, whyNotApprove } from "./approvals.ts";

const asked = { kind: "TRANSFER", requested_by: "rita" } as const;
const rita = { username: "rita", role: "risk" } as const;

test.each([
  [{ ...rita, username: "tom", role: "trader" }, "two", "role"],
  [rita, "two", "own"],
  [rita, "single", undefined],
  [{ ...rita, username: "ada", role: "admin" }, "two", undefined],
  [undefined, "single", "role"],
] as const)("who may approve what rita asked for: %p with %s", (me, mode, expected) => {
  expect(whyNotApprove(asked, me, mode)).toBe(expected);
});
test("about people an admin decides, about money risk too", () => {
  expect(mayDecide({ kind: "USER" }, rita)).toBe(false);
  expect(mayDecide({ kind: "USER" }, { username: "ada", role: "admin" })).toBe(true);
  expect(mayDecide({ kind: "KILL_OFF" }, rita)).toBe(true);
});
test("a secret is collected by who asked for it, once it is approved", () => {
  const approved = { state: "APPROVED", collect: true, requested_by: "rita" } as const;
  expect(canBeCollected(approved, rita)).toBe(true);
  expect(canBeCollected(approved, { username: "ada", role: "admin" })).toBe(false);
  expect(canBeCollected({ ...approved, collect: false }, rita)).toBe(false);
  expect(canBeCollected({ ...approved, state: "PENDING" }, rita)).toBe(false);
});
test("what is decided and done is over; what is approved can be taken back once", () => {
  expect(canBeEnded({ state: "PENDING" })).toBe(true);
  expect(canBeEnded({ state: "APPROVED" })).toBe(true);
  expect(canBeEnded({ state: "APPROVED", withdrawn_by: "ada" })).toBe(false);
  expect((["REFUSED", "EXPIRED", "DONE", "FAILED"] as const).map((state) => canBeEnded({ state }))).not.toContain(true);
});
test("what waits stands first, then the newest", () => {
  const row = (state: "PENDING" | "DONE", created_at: number) => ({ state, created_at });
  const sorted = inOrder([row("DONE", 4), row("PENDING", 1), row("DONE", 5), row("PENDING", 2)]);
  expect(sorted.map(({ created_at }) => created_at)).toEqual([2, 1, 5, 4]);
});
