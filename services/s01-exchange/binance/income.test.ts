import { beforeAll, describe, expect, test } from "bun:test";
import type { Income } from "../../../shared/contracts.ts";
import { dec, show, sum } from "../../../shared/domain/money.ts";
import { type Bench, BTC, connectToVenue, order } from "../venue.fixture.ts";
import { readFutIncome } from "./income.ts";

const HOUR = 3_600_000;
let bench: Bench;
beforeAll(async () => {
  bench = await connectToVenue();
});

const between = (from_ts: number, to_ts: number) =>
  bench.settle(bench.connector.venue.income!.between({ from_ts, to_ts })) as Promise<Income[]>;
const today = () => between(bench.clock.now() - HOUR, bench.clock.now());
async function fund(rate: string): Promise<void> {
  const headers = { authorization: `Bearer ${bench.venue.adminToken}` };
  const body = JSON.stringify({ kind: "funding", instrument: BTC, rate });
  const answer = await bench.venue.rest("admin", { method: "POST", path: "/faults", headers, body });
  expect(answer.status).toBe(200);
}

describe("what the exchange says the account gained and paid", () => {
  test("is every entry of both wallets, in every decimal", async () => {
    await bench.settle(bench.connector.desk.submit(order({ client_order_id: "in", qty: "0.013" })));
    await fund("0.000123");
    const out = order({ client_order_id: "out", side: "SELL", qty: "0.013", entry: false, reduce_only: true });
    await bench.settle(bench.connector.desk.submit(out));
    const params = { type: "MAIN_UMFUTURE", asset: "USDT", amount: "12.5" };
    await bench.settle(bench.connector.rests.SPOT.call("POST", "/sapi/v1/asset/transfer", params, { auth: "signed" }));
    const told = await today();
    const theirs = bench.venue.exchange.state.income.filter((row) => row.at >= bench.clock.now() - HOUR);
    const mine = told.filter((row) => row.market === "FUT");
    expect(mine.map((row) => row.amount)).toEqual(theirs.map((row) => show(row.qty)));
    expect(new Set(mine.map((row) => row.kind))).toEqual(
      new Set(["TRANSFER", "COMMISSION", "FUNDING", "REALISED_PNL"]) as Set<Income["kind"]>,
    );
    expect(new Set(told.map((row) => row.income_id)).size).toBe(told.length);
    expect(told.filter((row) => row.market === "SPOT")).toMatchObject([{ kind: "TRANSFER", amount: "-12.5" }]);
    const trades = bench.venue.trades();
    const fees = mine.filter((row) => row.kind === "COMMISSION");
    expect(fees.map((row) => row.fill_id)).toEqual(trades.map((trade) => String(trade.trade_id)));
    expect(show(sum(fees.map((row) => dec(row.amount))))).toBe(show(dec(`-${show(sum(trades.map((t) => t.fee)))}`)));
  });

  test("loses none where more than a page has one timestamp, and doubles none", async () => {
    const ts = bench.clock.now();
    const rows = Array.from({ length: 2_500 }, (_, n) => ({
      ...{ symbol: "BTCUSDT", incomeType: n % 2 ? "COMMISSION" : "REALIZED_PNL", income: "-0.00000001", asset: "USDT" },
      ...{ time: ts, tranId: `9007199254740${100_000 + Math.floor(n / 2)}`, tradeId: "" },
    }));
    bench.faulty.fetch = ({ url }) => {
      const { pathname, searchParams } = new URL(url);
      if (pathname !== "/fapi/v1/income") return undefined;
      const limit = Number(searchParams.get("limit"));
      const from = (Number(searchParams.get("page")) - 1) * limit;
      const body = JSON.stringify(rows.slice(from, from + limit)).replaceAll(/"tranId":"(\d+)"/g, '"tranId":$1');
      return Promise.resolve({ status: 200, headers: {}, body });
    };
    const found = (await between(ts, ts)).filter((row) => row.market === "FUT");
    bench.faulty.fetch = () => undefined;
    expect(found.length).toBe(2_500);
    expect(show(sum(found.map((row) => dec(row.amount))))).toBe("-0.000025");
    expect(found[0]?.fill_id).toBeUndefined();
  });

  test("an entry of a kind that is not known here is OTHER, with its symbol or without", () => {
    const row = {
      symbol: "",
      incomeType: "WELCOME_BONUS",
      income: "5",
      asset: "USDT",
      time: 1,
      tranId: 7,
      tradeId: "",
    };
    expect(readFutIncome(row)).toEqual({
      ...{ income_id: "FUT:WELCOME_BONUS:7:-:USDT", market: "FUT", kind: "OTHER", asset: "USDT", amount: "5", ts: 1 },
    });
    expect(() => readFutIncome({ ...row, income: "1e-7" })).toThrow();
  });
});
