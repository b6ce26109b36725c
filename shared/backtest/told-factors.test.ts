/** What a tape cannot tell is missing: bars know nothing of the flow of orders, trades nothing of the book. */
import { expect, test } from "bun:test";
import { missingText, toldFactors } from "./told-factors.ts";

const ids = [
  "mid",
  "spread_bps",
  "depth_top3_usdt",
  "microprice",
  "obi_5",
  "trade_imb_20s",
  "ret_10s",
  "rsi_14_1m",
  "regime",
];
const all = [...ids, "funding_rate", "nothing_known"];
const missing = (form: "book" | "trades" | "bars"): readonly string[] => toldFactors(form, all).missing;

test("a whole book tells all", () => expect(missing("book")).toEqual([]));
test("trades tell no book and no ways of the mid", () => {
  expect(missing("trades")).toEqual(["microprice", "obi_5", "ret_10s"]);
});
test("bars tell no flow either", () =>
  expect(missing("bars")).toEqual(["microprice", "obi_5", "trade_imb_20s", "ret_10s"]));
test("what is missing is said in words", () => {
  expect(missingText(toldFactors("bars", all))).toContain("cannot tell: microprice, obi_5");
  expect(missingText(toldFactors("book", all))).toBeUndefined();
});
