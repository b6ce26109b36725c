import { beforeAll, describe, expect, test } from "bun:test";
import { fundingRecords } from "../../shared/collections/exchange.ts";
import { statements, taxRows, trades } from "../../shared/collections/trades.ts";
import { type Amount, add, dec, neg, show, sub, sum } from "../../shared/domain/money.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { type Income, walletOf } from "../../shared/engine/state.ts";
import { accountEvents } from "../../shared/streams.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";

const MINUTE = 60_000;
const MIDNIGHT = Date.UTC(2026, 0, 2);

let desk: Desk;
const kept = {
  trades: () => readAll(desk.sim.world.store("s06"), trades),
  funding: () => readAll(desk.sim.world.store("s01"), fundingRecords),
  statement: async (day: string) => (await desk.sim.world.store("s06").get(statements, `main/${day}`))?.value,
};
const rows = (day: 1 | 2): Income[] =>
  desk.venue.exchange.state.income.filter((row) => row.account === "main" && row.at < MIDNIGHT === (day === 1));
const total = (of: readonly Income[], ...types: string[]): string =>
  show(sum(of.filter((row) => types.length === 0 || types.includes(row.type)).map((row) => row.qty)));
const wallet = (market: "SPOT" | "FUT", asset: string): Amount =>
  sum(
    desk.venue
      .ledger()
      .filter((line) => line.owner === walletOf("main", market) && line.asset === asset)
      .map((line) => line.amount),
  );

/** As the exchange does it when it is asked to. */
function transfer(qty: string): void {
  const { exchange } = desk.venue;
  exchange.run(desk.sim.clock.now(), () => {
    const why = "transfer MAIN_UMFUTURE";
    exchange.move("main", "SPOT", { asset: "USDT", qty: neg(dec(qty)), why });
    exchange.move("main", "FUT", { asset: "USDT", qty: dec(qty), why });
  });
}
async function traded(instrument: typeof FUT, ms: number): Promise<void> {
  await desk.answered(desk.enter(instrument));
  await desk.sim.advance(ms);
  await desk.answered(desk.exit(instrument));
  await desk.sim.advance(3_000);
}

beforeAll(async () => {
  desk = await Desk.open({
    seed: "accounts",
    instruments: [FUT, SPOT],
    startsAt: MIDNIGHT - 5 * MINUTE,
    canCrash: true,
  });
  await desk.answered(desk.enter(FUT));
  await traded(SPOT, 5_000);
  transfer("25.25");
  await desk.fault({ kind: "funding", instrument: FUT, rate: "0.000137" });
  await desk.sim.advance(500);
  // The news of it has come, its record has not been asked for.
  desk.sim.crash();
  await desk.sim.advance(10_000);
  // The next payment's record comes only when its trade has ended.
  await desk.fault({ kind: "answer", path: "/fapi/v1/income", count: 2, status: 503, code: -1001 });
  await desk.fault({ kind: "funding", instrument: FUT, rate: "-0.00021" });
  await desk.sim.advance(4_000);
  await desk.answered(desk.exit(FUT));
  await desk.sim.advance(3_000);
  desk.clearFaults();
  await desk.sim.advance(8_000);
  await desk.answered(desk.enter(SPOT));
  await desk.answered(desk.enter(FUT, { side: "SELL" }));
  const by_ms = MIDNIGHT + 20_000 - Math.floor(desk.sim.clock.now());
  await desk.fault({ kind: "late_funding", instrument: FUT, by_ms });
  await desk.sim.clock.run(MIDNIGHT + MINUTE);
  await desk.answered(desk.exit(FUT));
  await desk.sim.advance(3_000);
  for (const { income_id, instrument, account, amount_usdt, ts } of await kept.funding()) {
    const told = { kind: "funding", account, instrument, income_id, amount_usdt, exch_ts: ts, ts } as const;
    await desk.answered(desk.sim.world.bus.publish(accountEvents, told, { key: instrument }));
  }
  await desk.sim.clock.run(MIDNIGHT + 11 * MINUTE);
}, 300_000);

describe("two days of trading over funding, a transfer, a crash and records that come late", () => {
  test("the day that is over is final and says what the exchange says, to the last digit", async () => {
    const said = rows(1);
    const day = await kept.statement("2026-01-01");
    expect(day?.differences).toEqual([]);
    expect(day).toMatchObject({
      final: true,
      realised_usdt: total(said, "REALIZED_PNL"),
      fees_usdt: show(neg(dec(total(said, "COMMISSION")))),
      funding_usdt: total(said, "FUNDING_FEE"),
      transfers_usdt: total(said, "TRANSFER"),
      other_usdt: "0",
      trades: 2,
    });
    expect(said.filter((row) => row.type === "FUNDING_FEE").length).toBe(2);
    expect(day?.equity_end_usdt).toBeDefined();
    const sums = [day?.realised_usdt, `-${day?.fees_usdt}`, day?.funding_usdt, day?.transfers_usdt] as string[];
    expect(show(sum(sums.map(dec)))).toBe(total(said));
  });

  test("the day that goes on is told so far, with the payment of midnight, which the exchange made late", async () => {
    const said = rows(2);
    const day = await kept.statement("2026-01-02");
    const paid = said.filter((row) => row.type === "FUNDING_FEE");
    expect(paid.map((row) => row.at >= MIDNIGHT + 20_000)).toEqual([true]);
    expect(day).toMatchObject({ final: false, differences: [], funding_usdt: total(said, "FUNDING_FEE"), trades: 1 });
  });

  test("cash is conserved: the futures wallet is the sum of its income history", async () => {
    expect(show(wallet("FUT", "USDT"))).toBe(
      total(desk.venue.exchange.state.income.filter((r) => r.account === "main")),
    );
  });

  test("each payment is in the one trade that held the position: late, and told twice", async () => {
    const all = (await kept.trades()).filter((trade) => trade.instrument === FUT);
    const records = await kept.funding();
    const booked = (found: readonly Trade[]) => show(sum(found.map((trade) => dec(trade.funding_usdt))));
    expect(booked(all)).toBe(show(sum(records.map((record) => dec(record.amount_usdt)))));
    expect(booked(all.filter((trade) => trade.side === "BUY"))).toBe(total(rows(1), "FUNDING_FEE"));
    expect(booked(all.filter((trade) => trade.side === "SELL"))).toBe(total(rows(2), "FUNDING_FEE"));
    for (const { realised_usdt, fees_usdt, funding_usdt, pnl_usdt } of all) {
      expect(show(add(sub(dec(realised_usdt), dec(fees_usdt)), dec(funding_usdt)))).toBe(pnl_usdt);
    }
  });

  test("spot: what left the wallet is what the coins cost, less what was realised", async () => {
    const answer = await desk.answered(desk.verb("s06", "listHoldings", {}));
    const { items, realised_usdt } = answer as { items: { asset: string; qty: string; cost_usdt: string }[] } & {
      realised_usdt: string;
    };
    const held = wallet("SPOT", "BTC");
    expect(items).toMatchObject([{ asset: "BTC", qty: show(held), wallet_qty: show(held) }]);
    const cost = sum(items.map((item) => dec(item.cost_usdt)));
    expect(show(sub(wallet("SPOT", "USDT"), dec("10000")))).toBe(
      show(sub(sub(dec(realised_usdt), cost), dec("25.25"))),
    );
  });

  test("the tax rows of the finished day make its sums", async () => {
    const all = await readAll(desk.sim.world.store("s06"), taxRows);
    const day = await kept.statement("2026-01-01");
    const gain = (kind: RegExp) => show(sum(all.filter((row) => kind.test(row.kind)).map((row) => dec(row.gain_usdt))));
    expect(gain(/PNL/)).toBe(day?.realised_usdt as string);
    expect(gain(/COMMISSION/)).toBe(show(neg(dec(day?.fees_usdt as string))));
    expect(gain(/FUNDING/)).toBe(day?.funding_usdt as string);
    expect(gain(/^(SALE|FEE|PURCHASE_FEE)$/)).toBe(day?.spot_realised_usdt as string);
    expect(all.every((row) => row.ts < MIDNIGHT)).toBe(true);
    expect(await desk.answered(desk.verb("s06", "readTax", { year: 2026 }))).toMatchObject({
      items: { length: all.length },
    });
  });
});
