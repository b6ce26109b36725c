import { expect, test } from "bun:test";
import { dec, show } from "../../domain/money.ts";
import { budgetOf, hasRoom, share, worstCase } from "./budget.ts";

test("the worst case is the way to the stop plus taker fees on both sides", () => {
  const entry = { side: "BUY" as const, qty: dec("0.1"), price: dec("1000"), stop: dec("990"), takerFee: 0.0005 };
  // 0.1·10 + 0.0005·(100 + 99) = 1.0995
  expect(show(worstCase(entry))).toBe("1.0995");
  expect(show(worstCase({ ...entry, side: "SELL", stop: dec("1010") }))).toBe("1.1005");
});

test("parts of a reservation never exceed it, and the whole is the whole", () => {
  expect(show(share(dec("1"), dec("1"), dec("3")))).toBe("0.333333333333333333");
  expect(show(share(dec("1"), dec("3"), dec("3")))).toBe("1");
  expect(show(share(dec("1"), dec("1"), dec("0")))).toBe("0");
});

test("used and reserved come from holdings and intents; room is what is left, to the last unit", () => {
  const state = budgetOf(dec("50"), [{ reserved_usdt: "20" }], [{ reserved_usdt: "10" }, { reserved_usdt: "0" }]);
  expect([show(state.used), show(state.reserved)]).toEqual(["20", "10"]);
  expect([hasRoom(state, dec("20")), hasRoom(state, dec("20.000000000000000001"))]).toEqual([true, false]);
});
