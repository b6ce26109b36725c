import { beforeAll, describe, expect, test } from "bun:test";
import { fundingRecords as fundingKept } from "../../shared/collections/exchange.ts";
import type { Income } from "../../shared/contracts.ts";
import { dec, show, sum } from "../../shared/domain/money.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { FundingRecords } from "./funding-records.ts";
import { type Bench, BTC, connectToVenue, order } from "./venue.fixture.ts";

const HOUR = 3_600_000;
let bench: Bench;
beforeAll(async () => {
  bench = await connectToVenue();
});

const between = (from_ts: number, to_ts: number) =>
  bench.settle(bench.connector.venue.income!.between({ from_ts, to_ts })) as Promise<Income[]>;
const today = () => between(bench.clock.now() - HOUR, bench.clock.now());
const kept = async () => (await bench.store.query(fundingKept, { limit: 100 })).items.map(({ value }) => value);
const told = async () =>
  (await bench.store.outbox.read(100))
    .map(({ event }) => event as AccountEvent)
    .flatMap((event) => (event.kind === "funding" ? [event] : []));

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

  test("an entry of a kind that is not known here is OTHER, with its symbol or without", async () => {
    const { readFutIncome } = await import("./binance/income.ts");
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

describe("funding records", () => {
  test("follow the account stream within seconds, and the news is in the same commit", async () => {
    await bench.settle(bench.connector.desk.submit(order({ client_order_id: "in2", qty: "0.02" })));
    const before = (await kept()).length;
    await fund("0.0002");
    await bench.pass(4_000);
    const records = await kept();
    expect(records.length).toBe(before + 1 + (before === 0 ? 1 : 0));
    const theirs = bench.venue.exchange.state.income.filter((row) => row.type === "FUNDING_FEE");
    expect(records.map((r) => r.amount_usdt).sort()).toEqual(theirs.map((row) => show(row.qty)).sort());
    expect((await told()).map((event) => event.income_id).sort()).toEqual(records.map((r) => r.income_id).sort());
  });

  test("are told once however often they are read, by two readers and after a restart", async () => {
    const before = await told();
    const { account, fundingRecords, venue } = bench.connector;
    const reborn = new FundingRecords(bench.around, { account, store: bench.store, income: venue.income });
    await bench.settle(Promise.all([fundingRecords.refresh(), fundingRecords.refresh()]));
    await bench.settle(reborn.refresh());
    expect(await told()).toEqual(before);
  });

  test("take in what the history shows only hours later, and what comes twice", async () => {
    const { account } = bench.connector;
    const late: Income = {
      ...({ income_id: "FUT:FUNDING_FEE:late:BTCUSDT:USDT", market: "FUT", instrument: BTC, kind: "FUNDING" } as const),
      ...{ asset: "USDT", amount: "-0.5", ts: bench.clock.now() - 20 * HOUR },
    };
    const foreign = { ...late, income_id: "FUT:FUNDING_FEE:x:BTCUSDC:USDC", asset: "USDC" };
    const income = { funding: async () => [late, foreign] };
    const reader = new FundingRecords(bench.around, { account, store: bench.store, income });
    const before = (await told()).length;
    await bench.settle(reader.refresh());
    await bench.settle(reader.refresh());
    expect((await told()).slice(before)).toMatchObject([{ income_id: late.income_id, exch_ts: late.ts }]);
  });
});
