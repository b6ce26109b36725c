import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Fill } from "../../domain/order.ts";
import { type DayBooks, dayOf, daysBetween, type IncomeRow, spanOf, statementOf } from "./statement.ts";

const FUT = "FUT:BTCUSDT";
const fill = (over: Partial<Fill>): Fill => ({
  ...{ fill_id: "1", account: "main", instrument: FUT, intent_id: "i", client_order_id: "c", order_id: "o" },
  ...{ kind: "ENTRY", side: "BUY", price: "100", qty: "1", fee: "0", fee_asset: "USDT", fee_usdt: "0", maker: false },
  ...{ mid_at_send: 100, slippage_bps: 0, ts: 1 },
  ...over,
});
const row = (over: Partial<IncomeRow>): IncomeRow => ({
  ...{ income_id: "1", market: "FUT", instrument: FUT, kind: "OTHER", asset: "USDT", amount: "0", ts: 1 },
  ...over,
});
const books = (over: Partial<DayBooks>): DayBooks => ({
  ...{ income: [], fills: [], funding: [], transfers: [], disposals: [] },
  ...over,
});

describe("days are UTC", () => {
  test("from the first millisecond to the last", () => {
    expect(spanOf("2026-03-01")).toEqual({ from_ts: Date.UTC(2026, 2, 1), to_ts: Date.UTC(2026, 2, 2) - 1 });
    expect([dayOf(Date.UTC(2026, 2, 1)), dayOf(Date.UTC(2026, 2, 1) - 1)]).toEqual(["2026-03-01", "2026-02-28"]);
    expect(daysBetween("2026-02-27", "2026-03-01")).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
    expect(daysBetween("2026-03-01", "2026-02-28")).toEqual([]);
  });
});

describe("a statement", () => {
  test("values a commission in BNB as our fill does, and compares it in BNB", () => {
    const mine = fill({ fee: "0.002", fee_asset: "BNB", fee_usdt: "1.2" });
    const theirs = row({ kind: "COMMISSION", asset: "BNB", amount: "-0.002", fill_id: "1" });
    expect(statementOf(books({ income: [theirs], fills: [mine] }))).toMatchObject({
      fees_usdt: "1.2",
      differences: [],
    });
    const other = statementOf(books({ income: [{ ...theirs, amount: "-0.003" }], fills: [mine] }));
    expect(other.differences).toEqual([{ what: "COMMISSION FUT:BTCUSDT BNB", ours: "-0.002", exchange: "-0.003" }]);
  });

  test("leaves the spot wallet's side of a transfer out, and says what it cannot count", () => {
    const income = [
      row({ kind: "TRANSFER", amount: "50" }),
      row({ kind: "TRANSFER", amount: "-50", market: "SPOT" }),
      row({ kind: "LIQUIDATION_FEE", amount: "-1.5" }),
      row({ kind: "OTHER", amount: "0.25" }),
      row({ kind: "OTHER", amount: "3", asset: "BNB" }),
    ];
    expect(statementOf(books({ income }))).toMatchObject({
      ...{ transfers_usdt: "50", other_usdt: "-1.25" },
      differences: [{ what: "OTHER BNB is in no sum", ours: "0", exchange: "3" }],
    });
  });

  test("two transfers of ours of one amount need two there", () => {
    const transfers = [1, 2].map(() => ({ to: "FUT" as const, amount_usdt: "50" }));
    const once = statementOf(books({ income: [row({ kind: "TRANSFER", amount: "50" })], transfers }));
    expect(once.differences).toEqual([{ what: "TRANSFER USDT", ours: "50", exchange: "0" }]);
  });
});

/** Of 10⁻⁸. */
const units = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
const shown = (amount: bigint): string => {
  const text = (amount < 0n ? -amount : amount).toString().padStart(9, "0");
  const plain = `${text.slice(0, -8)}.${text.slice(-8)}`.replace(/\.?0+$/, "");
  return amount < 0n ? `-${plain}` : plain;
};
const anyDay = fc.record({
  trades: fc.array(
    fc.record({ symbol: fc.constantFrom("BTC", "ETH", "SOL"), realised: units, fee: fc.nat({ max: 100_000_000 }) }),
    { maxLength: 50 },
  ),
  funding: fc.array(fc.record({ symbol: fc.constantFrom("BTC", "ETH"), amount: units }), { maxLength: 10 }),
  moved: fc.array(units, { maxLength: 5 }),
});
type AnyDay = typeof anyDay extends fc.Arbitrary<infer T> ? T : never;

/** What both sides wrote down of the same day. */
function written({
  trades,
  funding,
  moved,
}: AnyDay): { income: IncomeRow[]; fills: Fill[] } & Pick<DayBooks, "funding"> {
  const income: IncomeRow[] = [];
  const fills = trades.map(({ symbol, realised, fee }, at) => {
    const [instrument, fill_id] = [`FUT:${symbol}USDT`, String(at)];
    const said = { realised_usdt: shown(BigInt(realised)), fee: shown(BigInt(fee)) };
    const of = { instrument, fill_id };
    if (realised !== 0)
      income.push(row({ ...of, income_id: `r${at}`, kind: "REALISED_PNL", amount: said.realised_usdt }));
    if (fee !== 0) income.push(row({ ...of, income_id: `c${at}`, kind: "COMMISSION", amount: shown(BigInt(-fee)) }));
    return fill({ ...of, ...said, fee_usdt: said.fee });
  });
  const paid = funding.map(({ symbol, amount }, at) => {
    const [instrument, said] = [`FUT:${symbol}USDT`, shown(BigInt(amount))];
    income.push(row({ instrument, income_id: `f${at}`, kind: "FUNDING", amount: said }));
    return { instrument, asset: "USDT", amount_usdt: said };
  });
  for (const [at, amount] of moved.entries()) {
    income.push(row({ income_id: `t${at}`, kind: "TRANSFER", amount: shown(BigInt(amount)) }));
  }
  return { income, fills, funding: paid };
}
const plainSum = (amounts: readonly number[]): string => shown(amounts.reduce((all, each) => all + BigInt(each), 0n));

test("any day: the sums are the plain ones, and books that wrote down the same agree", () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      expect(statementOf(books(written(day)))).toMatchObject({
        realised_usdt: plainSum(day.trades.map((each) => each.realised)),
        fees_usdt: plainSum(day.trades.map((each) => each.fee)),
        funding_usdt: plainSum(day.funding.map((each) => each.amount)),
        transfers_usdt: plainSum(day.moved),
        fills: day.trades.length,
        differences: [],
      });
    }),
    { seed: 11 },
  );
});

test("any day: one entry off by the last digit, missing or doubled on one side is found, and nothing else", () => {
  const harm = fc.record({ how: fc.constantFrom("off", "missing", "doubled"), at: fc.nat() });
  fc.assert(
    fc.property(anyDay, harm, (day, { how, at }) => {
      const { income, ...rest } = written(day);
      const compared = income.filter((each) => each.kind !== "TRANSFER" && each.amount !== "0");
      const hit = compared[at % Math.max(1, compared.length)];
      if (!hit) return;
      const off = { ...hit, amount: shown(BigInt(Math.round(Number(hit.amount) * 1e8)) + 1n) };
      const harmed = income.flatMap((each) =>
        each !== hit ? [each] : how === "off" ? [off] : how === "missing" ? [] : [each, each],
      );
      const { differences } = statementOf(books({ income: harmed, ...rest }));
      expect(differences.map((each) => each.what)).toEqual([`${hit.kind} ${hit.instrument} USDT`]);
    }),
    { seed: 12 },
  );
});
