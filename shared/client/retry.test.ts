import { expect, test } from "bun:test";
import { ApiProblem } from "./problem.ts";
import { decideRetry } from "./retry.ts";

const failed = (status: number, code: string, retryAfterMs?: number) => new ApiProblem(status, { code }, retryAfterMs);
const NOTHING = undefined;

/** What failed, whether it may be repeated, how often it was tried, and how long is waited. */
const rows: [ApiProblem, boolean, number, number | undefined][] = [
  [failed(0, "NETWORK"), true, 1, 250],
  [failed(0, "NETWORK"), true, 2, 500],
  [failed(0, "NETWORK"), true, 3, 1_000],
  [failed(0, "NETWORK"), true, 9, 4_000],
  [failed(0, "NETWORK"), true, 10, NOTHING],
  [failed(0, "NETWORK"), false, 1, NOTHING],
  [failed(503, "UNAVAILABLE", 1_000), true, 1, 1_000],
  [failed(503, "UNAVAILABLE", 1_000), false, 1, NOTHING],
  [failed(429, "RATE_LIMITED", 2_000), false, 1, 2_000],
  [failed(429, "RATE_LIMITED", 60_000), true, 1, NOTHING],
  [failed(409, "STILL_RUNNING"), true, 1, NOTHING],
  [failed(409, "STILL_RUNNING"), true, 2, 500],
  [failed(409, "KILL_SWITCH"), true, 2, NOTHING],
  [failed(422, "RULE"), true, 1, NOTHING],
];
for (const [problem, isRepeatable, tries, waitMs] of rows) {
  test(`${problem.code}, ${isRepeatable ? "repeatable" : "not repeatable"}, after try ${tries}: ${waitMs} ms`, () => {
    expect(decideRetry({ problem, isRepeatable, tries, triesMax: 10, chance: 1 })).toBe(waitMs as number);
  });
}
test("waits are spread between the half and the whole", () => {
  const wait = (chance: number) =>
    decideRetry({ problem: failed(502, ""), isRepeatable: true, tries: 1, triesMax: 2, chance });
  expect([wait(0), wait(0.5)]).toEqual([125, 187.5]);
});
