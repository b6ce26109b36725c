import { expect, test } from "bun:test";
import { Breaker } from "./breaker.ts";

const RULES = { failShare: 0.2, windowMs: 60_000, openMs: 300_000, callsMin: 10 };

test("opens above the share, once, for its time; the window forgets", () => {
  const breaker = new Breaker();
  for (let call = 0; call < 8; call++) expect(breaker.record(false, call, RULES)).toBe(false);
  expect(breaker.record(true, 8, RULES)).toBe(false);
  // 2 of 10 is not above 20 %, 3 of 11 is.
  expect(breaker.record(true, 9, RULES)).toBe(false);
  expect(breaker.isOpen(9)).toBe(false);
  expect(breaker.record(true, 10, RULES)).toBe(true);
  expect(breaker.record(true, 11, RULES)).toBe(false);
  expect([breaker.isOpen(300_009), breaker.isOpen(300_010), breaker.opensIn(10)]).toEqual([true, false, 300_000]);
  expect(breaker.record(true, 300_010, RULES)).toBe(false);
});

test("a few calls prove nothing", () => {
  const breaker = new Breaker();
  for (let call = 0; call < 9; call++) expect(breaker.record(true, call, RULES)).toBe(false);
});
