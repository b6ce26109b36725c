import { beforeAll, describe, expect, test } from "bun:test";
import { fundingRecords as fundingKept } from "../../shared/collections/exchange.ts";
import type { Income } from "../../shared/contracts.ts";
import { show } from "../../shared/domain/money.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { FundingRecords } from "./funding-records.ts";
import { type Bench, BTC, connectToVenue, order } from "./venue.fixture.ts";

const HOUR = 3_600_000;
let bench: Bench;
beforeAll(async () => {
  bench = await connectToVenue();
});

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

describe("funding records", () => {
  test("follow the account stream within seconds, and the news is in the same commit", async () => {
    await bench.settle(bench.connector.desk.submit(order({ client_order_id: "in", qty: "0.02" })));
    await fund("0.0002");
    await bench.pass(4_000);
    const records = await kept();
    expect(records.length).toBe(1);
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
