import { beforeEach, describe, expect, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { fundingRecords, treasuryTransfers } from "../../shared/collections/exchange.ts";
import { positionsSnapshots, statements, taxRows } from "../../shared/collections/trades.ts";
import { DAY, Ledgers, START } from "./ledgers.fixture.ts";

const MINUTE = 60_000;
let ledgers: Ledgers;
beforeEach(() => {
  ledgers = new Ledgers();
});
const statement = async (day: string) => (await ledgers.store("s06").get(statements, `main/${day}`))?.value;
const keep = () => ledgers.boot().statements.keep();
const fut = { instrument: "FUT:BTCUSDT", fee: "0.05", fee_usdt: "0.05" };

async function equity(usdt: string): Promise<void> {
  const ts = ledgers.clock.now();
  const snapshot = { snapshot_id: String(ts), positions: [], equity_usdt: usdt, ts };
  await ledgers.store("s06").commit([put(positionsSnapshots, snapshot)]);
}
async function transfer(amount_usdt: string, over: object = {}): Promise<void> {
  const now = ledgers.clock.now();
  const row = {
    ...{ transfer_id: `t-${amount_usdt}`, account: "main", from: "SPOT", to: "FUT", amount_usdt, reason: "test" },
    ...{ hash: "h", approved_by: "policy", state: "OK", created_at: now, updated_at: now },
    ...over,
  } as const;
  await ledgers.store("s01").commit([put(treasuryTransfers, row as never)]);
}

describe("statements", () => {
  test("a day is told while it goes on, and is final ten minutes after its end", async () => {
    await equity("1000");
    await ledgers.at(START + MINUTE);
    await ledgers.fill({ ...fut, realised_usdt: "7.5" });
    await ledgers.funding("-0.25");
    await equity("1007.2");
    await keep();
    expect(await statement("2026-01-05")).toMatchObject({
      ...{ realised_usdt: "7.5", fees_usdt: "0.05", funding_usdt: "-0.25", transfers_usdt: "0", fills: 1 },
      ...{ equity_start_usdt: "1000", equity_end_usdt: "1007.2", differences: [], final: false },
    });
    await ledgers.at(START + DAY);
    await keep();
    expect((await statement("2026-01-05"))?.final).toBe(false);
    await ledgers.at(START + DAY + 11 * MINUTE);
    await keep();
    expect((await statement("2026-01-05"))?.final).toBe(true);
    expect(await statement("2026-01-06")).toMatchObject({ final: false, fills: 0 });
    expect(ledgers.alerts).toEqual([]);
  });

  test("what differs is listed and alerted once, looked at again, and final when it agrees", async () => {
    await ledgers.fill({ ...fut, realised_usdt: "7.5" });
    await ledgers.fill({ ...fut, fee: "0.00000001" }, false);
    await ledgers.funding("-0.25", false);
    await keep();
    await ledgers.at(START + DAY + 11 * MINUTE);
    await keep();
    await keep();
    const found = await statement("2026-01-05");
    expect(found).toMatchObject({ final: false, fees_usdt: "0.05", funding_usdt: "-0.25" });
    expect(found?.differences).toEqual([
      { what: "COMMISSION FUT:BTCUSDT USDT", ours: "-0.05000001", exchange: "-0.05" },
      { what: "FUNDING FUT:BTCUSDT USDT", ours: "0", exchange: "-0.25" },
    ]);
    expect(ledgers.alerts.length).toBe(1);
    expect(ledgers.alerts[0]).toStartWith(
      "STATEMENT_DIFFERS 2026-01-05: COMMISSION FUT:BTCUSDT USDT: -0.05000001 here",
    );

    ledgers.income.splice(
      ledgers.income.findIndex((row) => row.kind === "FUNDING"),
      1,
    );
    const late = { market: "FUT", instrument: "FUT:BTCUSDT", kind: "COMMISSION", asset: "USDT" } as const;
    ledgers.income.push({ ...late, income_id: "late", amount: "-0.00000001", fill_id: "2", ts: START });
    await keep();
    expect(await statement("2026-01-05")).toMatchObject({ final: true, differences: [], fees_usdt: "0.05000001" });
    expect(ledgers.alerts.length).toBe(1);
  });

  test("a difference that stays is final after three days", async () => {
    await ledgers.funding("-0.25", false);
    await keep();
    await ledgers.at(START + 3 * DAY + 11 * MINUTE);
    await keep();
    expect((await statement("2026-01-05"))?.final).toBe(false);
    await ledgers.at(START + 4 * DAY + MINUTE);
    await keep();
    expect(await statement("2026-01-05")).toMatchObject({ final: true, differences: { length: 1 } });
    ledgers.income.length = 0;
    await keep();
    expect((await statement("2026-01-05"))?.differences.length).toBe(1);
  });
});

describe("what becomes known after the end of its day", () => {
  const late = START + DAY + 5 * 60 * MINUTE;

  test("a payment is in the statement and in the tax rows of its day, however late it is told", async () => {
    await equity("1000");
    await ledgers.at(START + DAY + 11 * MINUTE);
    await keep();
    expect(await statement("2026-01-05")).toMatchObject({ funding_usdt: "0", final: true });
    await ledgers.at(late);
    const about = { instrument: "FUT:BTCUSDT", asset: "USDT", ts: START + MINUTE } as const;
    ledgers.income.push({ ...about, income_id: "f", market: "FUT", kind: "FUNDING", amount: "-0.25" });
    const record = { ...about, income_id: "f", account: "main", amount_usdt: "-0.25" };
    await ledgers.store("s01").commit([put(fundingRecords, record)]);
    await keep();
    expect(await statement("2026-01-05")).toMatchObject({ funding_usdt: "-0.25", differences: [], final: true });
    expect(await ledgers.store("s06").count(taxRows, { day: "2026-01-05" })).toBe(1);
  });

  test("a spot purchase that was missed changes what later sales made, also on days that were final", async () => {
    await equity("1000");
    await ledgers.fill({ qty: "1", price: "100", ts: START + MINUTE });
    await ledgers.fill({ side: "SELL", qty: "1", price: "130", ts: START + DAY + MINUTE });
    await ledgers.at(START + 2 * DAY + 11 * MINUTE);
    await keep();
    expect(await statement("2026-01-06")).toMatchObject({ spot_realised_usdt: "30", final: true });
    await ledgers.fill({ qty: "1", price: "120", ts: START + 2 * MINUTE });
    await keep();
    expect(await statement("2026-01-05")).toMatchObject({ fills: 2, final: true });
    expect(await statement("2026-01-06")).toMatchObject({ spot_realised_usdt: "20", final: true });
  });
});

describe("what a statement takes in", () => {
  test("days on which nothing ran here are written when it runs again", async () => {
    await equity("1000");
    await ledgers.at(START + 2 * DAY + 5);
    await ledgers.funding("0.5");
    await ledgers.at(START + 5 * DAY + 11 * MINUTE);
    await keep();
    const { items } = await ledgers.store("s06").query(statements, { sort: { field: "day", order: "asc" }, limit: 10 });
    expect(items.map(({ value }) => [value.day.slice(-2), value.funding_usdt, value.final])).toEqual([
      ...[5, 6, 7, 8, 9].map((day) => [`0${day}`, day === 7 ? "0.5" : "0", true]),
      ["10", "0", false],
    ]);
  });

  test("a day that cannot be told keeps no other one from being told", async () => {
    await equity("1000");
    await ledgers.at(START + 2 * DAY + 11 * MINUTE);
    ledgers.refuses = (ts) => ts < START + DAY;
    await keep();
    expect(await statement("2026-01-05")).toBeUndefined();
    expect((await statement("2026-01-06"))?.final).toBe(true);
    expect(ledgers.alerts).toHaveLength(1);
    ledgers.refuses = () => false;
    await keep();
    expect((await statement("2026-01-05"))?.final).toBe(true);
  });

  test("transfers of ours must be there; what others moved is counted", async () => {
    const row = { market: "FUT", kind: "TRANSFER", asset: "USDT", ts: START + 1 } as const;
    ledgers.income.push({ ...row, income_id: "1", amount: "100" }, { ...row, income_id: "2", amount: "-30" });
    await ledgers.at(START + 1);
    await transfer("30", { from: "FUT", to: "SPOT" });
    await transfer("7", { state: "FAIL" });
    await keep();
    expect(await statement("2026-01-05")).toMatchObject({ transfers_usdt: "70", differences: [] });
    await transfer("5");
    await keep();
    const [difference] = (await statement("2026-01-05"))?.differences ?? [];
    expect(difference).toEqual({ what: "TRANSFER USDT", ours: "5", exchange: "0" });
  });

  test("a finished day leaves its tax rows, the same however often it is written", async () => {
    await ledgers.fill({ ...fut, realised_usdt: "7.5", fee: "0.001", fee_asset: "BNB", fee_usdt: "0.6" });
    await ledgers.fill({ qty: "1", price: "100", ts: START + 1 });
    await ledgers.fill({ side: "SELL", qty: "1", price: "110", fee: "0.1", fee_usdt: "0.1", ts: START + 2 });
    await keep();
    const rows = async () => {
      const query = { sort: { field: "ts", order: "asc" }, limit: 10 } as const;
      return (await ledgers.store("s06").query(taxRows, query)).items.map(({ value }) => value);
    };
    expect(await rows()).toEqual([]);
    await ledgers.at(START + DAY + 11 * MINUTE);
    await keep();
    await keep();
    expect((await rows()).map((row) => [row.kind, row.asset, row.gain_usdt])).toEqual([
      ["FUTURES_COMMISSION", "BNB", "-0.6"],
      ["FUTURES_PNL", "USDT", "7.5"],
      ["SALE", "BTC", "9.9"],
    ]);
    expect(await statement("2026-01-05")).toMatchObject({ fees_usdt: "0.6", spot_realised_usdt: "9.9", final: true });
  });
});
