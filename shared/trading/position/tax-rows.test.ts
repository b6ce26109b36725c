import { expect, test } from "bun:test";
import { dec, zero } from "../../domain/money.ts";
import type { Fill } from "../../domain/order.ts";
import type { Disposal } from "./cost-basis.ts";
import type { DayBooks, IncomeRow } from "./statement.ts";
import { taxRowsOf } from "./tax-rows.ts";

const row = (over: Partial<IncomeRow>): IncomeRow => ({
  ...{ income_id: "1", market: "FUT", instrument: "FUT:BTCUSDT", kind: "OTHER", asset: "USDT", amount: "0", ts: 1 },
  ...over,
});
const sale: Disposal = {
  ...{ kind: "SALE", asset: "BTC", qty: dec("2"), proceeds: dec("30"), cost: dec("20"), fee: dec("1") },
  ...{ gain: dec("9"), strange: zero, instrument: "SPOT:BTCUSDT", fill_id: "7", ts: 3 },
};
const rowsOf = (over: Partial<DayBooks>) =>
  taxRowsOf({ income: [], fills: [], funding: [], transfers: [], disposals: [], ...over });

test("credits, charges and disposals by time; moving funds between one's own wallets is none", () => {
  const income = [
    row({ income_id: "a", kind: "REALISED_PNL", amount: "-4", ts: 5 }),
    row({ income_id: "b", kind: "TRANSFER", amount: "100" }),
    row({ income_id: "c", kind: "FUNDING", amount: "0.5", ts: 2 }),
    row({ income_id: "d", kind: "COMMISSION", amount: "-0.1", ts: 1 }),
  ];
  expect(rowsOf({ income, disposals: [sale] })).toMatchObject([
    { kind: "FUTURES_COMMISSION", proceeds_usdt: "0", fee_usdt: "0.1", gain_usdt: "-0.1" },
    { kind: "FUTURES_FUNDING", proceeds_usdt: "0.5", gain_usdt: "0.5" },
    { kind: "SALE", asset: "BTC", qty: "2", proceeds_usdt: "30", cost_usdt: "20", fee_usdt: "1", gain_usdt: "9" },
    { kind: "FUTURES_PNL", proceeds_usdt: "-4", gain_usdt: "-4" },
  ]);
});

test("what is not known is said, not guessed", () => {
  const strange = { ...sale, strange: dec("0.5") };
  const income = [row({ kind: "OTHER", asset: "BNB", amount: "3", ts: 9 })];
  expect(rowsOf({ income, disposals: [strange] }).map((each) => [each.gain_usdt, each.note])).toEqual([
    ["9", "cost of 0.5 is not known and counts as the proceeds"],
    ["0", "its worth in USDT is not known"],
  ]);
});

test("a commission in coins is worth what our fill says", () => {
  const income = [row({ kind: "COMMISSION", asset: "BNB", amount: "-0.01", fill_id: "7" })];
  const fills = [{ instrument: "FUT:BTCUSDT", fill_id: "7", fee_usdt: "6" } as Fill];
  expect(rowsOf({ income, fills })).toMatchObject([{ asset: "BNB", qty: "-0.01", fee_usdt: "6", gain_usdt: "-6" }]);
});
