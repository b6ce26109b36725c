import { describe, expect, test } from "bun:test";
import { alertsKept } from "../../shared/collections/operations.ts";
import { holdings, orders } from "../../shared/collections/orders.ts";
import { statements, trades } from "../../shared/collections/trades.ts";
import { dec, neg, show, sum, toStep } from "../../shared/domain/money.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";
import { byHand, copyOf, found, positionThere, reconcile, restore, runs, trade } from "./reconcile.fixture.ts";

const SETTLED_MS = 60_000;
const TIMEOUT_MS = 60_000;
/** Statements are written every ten minutes. */
const STATEMENT_AT = Date.UTC(2026, 0, 1, 0, 10);

/** An entry made and protected, and the books in agreement. */
async function inTrade(
  seed: string,
  instrument = FUT,
  more: { canCrash?: boolean; startsAt?: number } = {},
): Promise<Desk> {
  const desk = await Desk.open({ seed, instruments: [FUT, SPOT], ...more });
  await desk.answered(desk.enter(instrument));
  await desk.sim.advance(4_000);
  expect((await reconcile(desk)).summary).toMatchObject({ agreement: 1 });
  expect(await found(desk)).toEqual([]);
  return desk;
}
const holding = async (desk: Desk, instrument = FUT) =>
  (await readAll(desk.sim.world.store("s04"), holdings)).find((row) => row.instrument === instrument);
const openTrades = (desk: Desk) =>
  readAll(desk.sim.world.store("s06"), trades, { status: { in: ["ACTIVE", "PENDING_CLOSING"] } });
const alertsOf = async (desk: Desk, code: string) =>
  (await readAll(desk.sim.world.store("s11"), alertsKept)).filter((alert) => alert.code === code);

/** Both sides say the same in the end, and nothing that must hold was broken on the way. */
async function settles(desk: Desk, but: RegExp = /^$/): Promise<void> {
  await desk.sim.advance(SETTLED_MS);
  const { summary, items } = await reconcile(desk);
  expect({ agreement: summary.agreement, items }).toEqual({ agreement: 1, items: [] });
  expect((await desk.troubles()).filter((trouble) => !but.test(trouble))).toEqual([]);
}
/** The day so far, to the last digit, its liquidation fee included. */
async function statementAgrees(desk: Desk): Promise<void> {
  await desk.sim.clock.run(STATEMENT_AT + 3_000);
  const day = new Date(desk.sim.clock.now()).toISOString().slice(0, 10);
  const told = (await desk.sim.world.store("s06").get(statements, `main/${day}`))?.value;
  const said = desk.venue.exchange.state.income.filter((row) => row.account === "main");
  const of = (...types: string[]) => show(sum(said.filter((row) => types.includes(row.type)).map((row) => row.qty)));
  expect(of("INSURANCE_CLEAR")).not.toBe("0");
  expect(told).toMatchObject({
    ...{ differences: [], realised_usdt: of("REALIZED_PNL"), other_usdt: of("INSURANCE_CLEAR") },
    fees_usdt: show(neg(dec(of("COMMISSION")))),
  });
}
/** A stranger's order has no intent of ours, and what it opens has no stop of ours at first. */
const STRANGER = /^1: the venue has web_|^10: .* stood unprotected/;

describe("orders of others", () => {
  test(
    "a stop cancelled at the exchange is noticed, and another one stands",
    async () => {
      const desk = await inTrade("stop cancelled");
      const stop = desk.venue.algos().find((algo) => algo.status === "NEW" && algo.type === "STOP_MARKET");
      await desk.fault({ kind: "drop_streams", for_ms: 3_000 });
      await byHand(desk, "DELETE /fapi/v1/algoOrder", { clientAlgoId: stop?.client_id ?? "" });
      await settles(desk, STRANGER);
      const standing = desk.venue.algos().filter((algo) => algo.status === "NEW" && algo.type === "STOP_MARKET");
      expect(standing.map((algo) => algo.client_id === stop?.client_id)).toEqual([false]);
    },
    TIMEOUT_MS,
  );

  test(
    "an order placed by hand is cancelled",
    async () => {
      const desk = await inTrade("order by hand");
      const price = desk.price(FUT, 0.97);
      const by = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price };
      await byHand(desk, "POST /fapi/v1/order", by);
      await settles(desk, STRANGER);
      expect(await found(desk)).toEqual(["ORDER_MISSING_HERE CANCEL DONE"]);
      const open = desk.venue.orders().filter((order) => order.status === "NEW" && order.instrument === FUT);
      expect(open).toEqual([]);
      expect(await alertsOf(desk, "ORDER_MISSING_HERE")).toMatchObject([{ severity: "WARN" }]);
    },
    TIMEOUT_MS,
  );
});

describe("trades by hand", () => {
  for (const [name, side, quantity, left] of [
    ["enlarged", "BUY", "0.002", "own"],
    ["reduced", "SELL", "0.001", "less"],
    ["closed", "SELL", "all", "0"],
    ["turned round", "SELL", "0.02", "0"],
  ] as const) {
    test(
      `a position ${name} by hand`,
      async () => {
        const desk = await inTrade(`by hand: ${name}`);
        const own = positionThere(desk, FUT);
        await trade(desk, "fut", side, quantity === "all" ? own : quantity);
        await settles(desk, STRANGER);
        expect((await found(desk)).some((line) => line.startsWith("MANUAL_TRADE"))).toBeTrue();
        const after = positionThere(desk, FUT);
        if (left === "own") expect(dec(after) <= dec(own)).toBeTrue();
        if (left === "less") expect(Number(after)).toBeCloseTo(Number(own) - 0.001, 9);
        if (left === "0") expect(after).toBe("0");
        expect((await openTrades(desk)).length).toBe(after === "0" ? 0 : 1);
      },
      TIMEOUT_MS,
    );
  }

  test(
    "a position opened by hand is reduced to flat at once",
    async () => {
      const desk = await Desk.open({ seed: "opened by hand", instruments: [FUT, SPOT] });
      await trade(desk, "fut", "BUY", "0.002");
      await settles(desk, STRANGER);
      expect(positionThere(desk, FUT)).toBe("0");
      expect((await runs(desk)).find((run) => run.items.length > 0)?.cause).toBe("OUTSIDE");
    },
    TIMEOUT_MS,
  );

  test(
    "a position opened by hand is kept and protected where the policy says so",
    async () => {
      const desk = await Desk.open({ seed: "kept", instruments: [FUT, SPOT] });
      await desk.fault({ kind: "drop_streams", for_ms: 12_000 });
      await trade(desk, "fut", "BUY", "0.002");
      await desk.sim.advance(6_000);
      const { items } = await reconcile(desk, { orphan_policy: "RECLAIM_IF_SAFE" });
      expect(items.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(["KEEP DONE"]);
      await settles(desk, STRANGER);
      expect(positionThere(desk, FUT)).toBe("0.002");
      expect(desk.venue.algos().some((algo) => algo.status === "NEW" && algo.type === "STOP_MARKET")).toBeTrue();
    },
    TIMEOUT_MS,
  );
});

describe("what else others do", () => {
  for (const streams of ["told by the stream", "while streams are down"]) {
    test(
      `a liquidation is booked, and alerted as FATAL: ${streams}`,
      async () => {
        const more = { canCrash: true, startsAt: STATEMENT_AT - 100_000 };
        const desk = await inTrade(`liquidated ${streams}`, FUT, more);
        if (streams === "while streams are down") await desk.fault({ kind: "drop_streams", for_ms: 4_000 });
        // Else the router would close the position before the exchange does.
        desk.sim.kill(["s04", "s06"], 4_000);
        await byHand(desk, "DELETE /fapi/v1/algoOpenOrders", { symbol: "BTCUSDT" });
        desk.venue.faults.setMark(FUT, dec(desk.price(FUT, 0.5)), desk.sim.clock.now() + 4_000);
        await settles(desk, STRANGER);
        expect(desk.venue.orders().some((order) => order.forced)).toBeTrue();
        expect(positionThere(desk, FUT)).toBe("0");
        const lines = await found(desk);
        expect(lines.some((line) => line.startsWith("LIQUIDATION BOOK"))).toBeTrue();
        expect(lines.some((line) => line.startsWith("MANUAL_TRADE"))).toBeFalse();
        expect((await alertsOf(desk, "LIQUIDATION"))[0]).toMatchObject({ severity: "FATAL" });
        expect(await openTrades(desk)).toEqual([]);
        await statementAgrees(desk);
      },
      TIMEOUT_MS,
    );
  }

  for (const [name, share] of [
    ["all", 1],
    ["a half, whose rest is sold", 0.5],
  ] as const) {
    test(
      `coins taken out of the wallet, ${name}, leave the holding and the trade, though no fill says so`,
      async () => {
        const desk = await inTrade(`coins taken: ${name}`, SPOT);
        const { qty = "0" } = (await holding(desk, SPOT)) ?? {};
        const taken = toStep(dec(String(Number(qty) * share)), dec("0.00001"), "down");
        await desk.fault({ kind: "drop_streams", for_ms: 2_000 });
        await byHand(desk, "DELETE /api/v3/openOrders", { symbol: "BTCUSDT" });
        const { exchange } = desk.venue;
        const change = { asset: "BTC", qty: neg(share === 1 ? dec(qty) : taken), why: "withdrawal" };
        exchange.run(desk.sim.clock.now(), () => exchange.move("main", "SPOT", change));
        // The router tries to sell what it can no longer protect; the rest must stand still before it is believed.
        await desk.sim.advance(SETTLED_MS);
        await settles(desk, STRANGER);
        expect((await alertsOf(desk, "HOLDING_ADJUSTED")).length).toBe(1);
        expect(await openTrades(desk)).toEqual([]);
        expect(await holding(desk, SPOT)).toMatchObject({ qty: "0" });
      },
      TIMEOUT_MS,
    );
  }

  test(
    "coins sold by hand leave the holding and the trade",
    async () => {
      const desk = await inTrade("coins sold", SPOT);
      const { qty = "0" } = (await holding(desk, SPOT)) ?? {};
      const whole = show(toStep(dec(qty), dec("0.00001"), "down"));
      await desk.fault({ kind: "drop_streams", for_ms: 2_000 });
      await byHand(desk, "DELETE /api/v3/openOrders", { symbol: "BTCUSDT" });
      await trade(desk, "spot", "SELL", whole);
      await settles(desk, STRANGER);
      expect(await holding(desk, SPOT)).toMatchObject({ qty: "0" });
      expect(await openTrades(desk)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe("books that lost something", () => {
  test(
    "the router's store restored from before the trade: nothing stays open that nobody knows",
    async () => {
      const desk = await inTrade("restored", FUT, { canCrash: true });
      await restore(desk, []);
      desk.sim.crash();
      await desk.sim.advance(SETTLED_MS);
      expect(positionThere(desk, FUT)).toBe("0");
      expect(desk.venue.algos().filter((algo) => algo.status === "NEW")).toEqual([]);
      await desk.sim.advance(SETTLED_MS);
      const { summary, items } = await reconcile(desk);
      expect({ agreement: summary.agreement, items }).toEqual({ agreement: 1, items: [] });
      expect(await openTrades(desk)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "the router's store restored from the moment of the entry: the trade goes on, with one stop and one target",
    async () => {
      const desk = await Desk.open({ seed: "restored half", instruments: [FUT, SPOT], canCrash: true });
      const entering = desk.enter(FUT);
      await desk.sim.clock.run(() => desk.venue.orders().length > 0);
      const copy = await copyOf(desk);
      await desk.answered(entering);
      await desk.sim.advance(4_000);
      const own = positionThere(desk, FUT);
      await restore(desk, copy);
      desk.sim.crash();
      await settles(desk);
      expect(positionThere(desk, FUT)).toBe(own);
      const standing = desk.venue.algos().filter((algo) => algo.status === "NEW");
      expect(standing.map((algo) => algo.type).sort()).toEqual(["STOP_MARKET", "TAKE_PROFIT_MARKET"]);
      expect(await openTrades(desk)).toMatchObject([{ status: "ACTIVE", open_qty: own }]);
    },
    TIMEOUT_MS,
  );

  test(
    "a trade that lost a fill is rebuilt from the router's",
    async () => {
      const desk = await inTrade("lost a fill", FUT, { canCrash: true });
      const [open] = await openTrades(desk);
      const short = { ...open!, entry_qty: "0.001", open_qty: "0.001" };
      await desk.sim.world.store("s06").commit([{ op: "put", collection: trades as never, value: short }]);
      desk.sim.kill(["s06"], 0);
      await desk.sim.advance(1_000);
      const { items } = await reconcile(desk);
      expect(items.map(({ type, action, outcome }) => `${type} ${action} ${outcome}`)).toEqual([
        "TRADE_DIFFERS REBUILD DONE",
      ]);
      expect((await openTrades(desk))[0]?.open_qty).toBe(open!.open_qty);
      await settles(desk);
    },
    TIMEOUT_MS,
  );
});

describe("runs", () => {
  test(
    "a dry run changes nothing at the exchange nor in the books",
    async () => {
      const desk = await inTrade("dry");
      const { clock } = desk.sim;
      const price = desk.price(FUT, 0.97);
      await desk.fault({ kind: "drop_streams", for_ms: 8_000 });
      const by = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price };
      await byHand(desk, "POST /fapi/v1/order", by);
      const before = await readAll(desk.sim.world.store("s04"), orders);
      const run = await reconcile(desk, { dry_run: true });
      expect(run.items).toMatchObject([{ type: "ORDER_MISSING_HERE", action: "CANCEL", outcome: "PLANNED" }]);
      expect(await readAll(desk.sim.world.store("s04"), orders)).toEqual(before);
      expect(desk.venue.orders().filter((order) => order.status === "NEW")).toHaveLength(1);
      expect(clock.now()).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  test(
    "the reconciler killed after a repair, before it has kept its run, finds nothing done twice",
    async () => {
      const desk = await inTrade("killed", FUT, { canCrash: true });
      let killed = false;
      desk.sim.onStep((step) => {
        const isRepair = step.port === "call" && step.by === "s05" && step.method === "repairHolding";
        if (killed || !isRepair || step.when !== "after") return;
        killed = true;
        desk.sim.kill(["s05"], 1_000);
      });
      await trade(desk, "fut", "BUY", "0.002");
      await settles(desk, STRANGER);
      expect(killed).toBeTrue();
      const starts = (await runs(desk)).filter((run) => run.cause === "START");
      expect(starts.map((run) => run.status)).toEqual(["DONE", "DONE"]);
    },
    TIMEOUT_MS,
  );
});
