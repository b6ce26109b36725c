import { expect, test } from "bun:test";
import { waitAfter } from "./trying-again.ts";

test("each wait is twice the one before, up to the longest, however many tries there were", () => {
  const waits = { retryMs: 1_000, retryMsMax: 5_000 };
  expect([1, 2, 3, 4, 5_000].map((tries) => waitAfter(tries, waits))).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
});
