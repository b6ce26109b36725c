import { describe, expect, test } from "bun:test";
import { fundingRecords } from "../../shared/collections/exchange.ts";
import { fills, orders } from "../../shared/collections/orders.ts";
import { killState } from "../../shared/collections/people.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { dec, neg, show, sum } from "../../shared/domain/money.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";
import { positionThere, reconcile } from "./reconcile.fixture.ts";
import { copyAll, loseAllAndRestore } from "./restore.fixture.ts";

const MINUTE_MS = 60_000;
const DOWN_MS = 20_000;
const SETTLED_MS = 60_000;
const FUNDED_AT = Date.UTC(2026, 0, 1, 8);

interface Case {
  instruments: InstrumentId[];
  /** Until the backup, from then until all is lost, and until the services are there again. */
  beforeMs: number;
  lostMs: number;
  downMs: number;
}
const CASES: [string, Case][] = [
  ["down for most of the hour", { ...times(3, 5, 55), instruments: [FUT] }],
  ["spot and futures, traded to the end", { ...times(2, 4, 0.3), instruments: [FUT, SPOT] }],
];

function times(before: number, lost: number, down: number): Omit<Case, "instruments"> {
  return { beforeMs: before * MINUTE_MS, lostMs: lost * MINUTE_MS, downMs: down * MINUTE_MS };
}

const countOf = (desk: Desk) => desk.sim.world.store("s04").count(fills);

/** What the exchange has booked to the account's futures wallet, and what our books add up to. */
async function cash(desk: Desk) {
  const said = desk.venue.exchange.state.income.filter((row) => row.account === "main");
  const of = (type: string) => show(sum(said.filter((row) => row.type === type).map((row) => row.qty)));
  const ours = (await readAll(desk.sim.world.store("s04"), fills)).filter(({ instrument }) => instrument === FUT);
  const funding = await readAll(desk.sim.world.store("s01"), fundingRecords);
  return {
    theirs: { realised: of("REALIZED_PNL"), fees: of("COMMISSION"), funding: of("FUNDING_FEE") },
    ours: {
      realised: show(sum(ours.map((fill) => dec(fill.realised_usdt ?? "0")))),
      fees: show(neg(sum(ours.map((fill) => dec(fill.fee))))),
      funding: show(sum(funding.map((row) => dec(row.amount_usdt)))),
    },
  };
}

/** Positions, orders and fills are the journal's, to the last digit, and so is the cash; and no trade is told twice. */
async function booksAreTheVenues(desk: Desk): Promise<void> {
  const { summary, items } = await reconcile(desk);
  expect({ agreement: summary.agreement, items }).toEqual({ agreement: 1, items: [] });
  expect(await desk.troubles()).toEqual([]);
  expect(await countOf(desk)).toBe(desk.venue.trades().length);
  const { theirs, ours } = await cash(desk);
  expect(ours).toEqual(theirs);
  const kept = await readAll(desk.sim.world.store("s06"), trades);
  const entered = sum(kept.filter(({ instrument }) => instrument === FUT).map((trade) => dec(trade.entry_qty)));
  const opening = new Set(["ENTRY", "ADD"]);
  const booked = (await readAll(desk.sim.world.store("s04"), fills)).filter((fill) => fill.instrument === FUT);
  const opened = booked.filter(({ kind }) => opening.has(kind)).map((fill) => dec(fill.qty));
  expect(show(entered)).toBe(show(sum(opened)));
  // Each payment counts in the trade that held the position then.
  expect(show(sum(kept.map((trade) => dec(trade.funding_usdt))))).toBe(theirs.funding);
}

describe("restore from an hour-old backup while the venue moved on", () => {
  for (const [name, { instruments, beforeMs, lostMs, downMs }] of CASES) {
    test(`after reconciliation books equal the venue's journal exactly: ${name}`, async () => {
      const desk = await Desk.open({
        ...{ seed: `restore ${name}`, instruments, strategies: true, canCrash: true },
        startsAt: FUNDED_AT - beforeMs - lostMs - MINUTE_MS,
      });
      const { sim, venue } = desk;
      await sim.advance(beforeMs);
      const backed = await countOf(desk);
      // The system trades on while its stores are read one after the other.
      const copies = await copyAll(sim, () => sim.advance(300));
      await sim.advance(lostMs);
      const lost = venue.trades().length - backed;
      await loseAllAndRestore(sim, copies, downMs);
      expect((await countOf(desk)) - backed).toBeLessThan(lost);
      expect(lost).toBeGreaterThan(10);
      await sim.advance(downMs + SETTLED_MS);
      await booksAreTheVenues(desk);

      // It holds still until somebody says so, and then it trades on.
      const known = venue.trades().length;
      expect(await desk.answered(desk.enter(FUT))).toBe("KILL_SWITCH");
      expect((await sim.world.store("s12").get(killState, "kill"))?.value).toMatchObject({ enabled: true });
      await desk.answered(desk.kill(false));
      const until = sim.clock.now() + 6 * MINUTE_MS;
      await sim.clock.run(() => venue.trades().length > known || sim.clock.now() > until);
      expect(venue.trades().length).toBeGreaterThan(known);
      await sim.advance(5_000);
      await desk.cancelAll();
      await booksAreTheVenues(desk);
    }, 300_000);
  }
});

describe("what was asked in the lost hour", () => {
  test("is not done again when it is asked again, and what it opened keeps its stop where it was moved to", async () => {
    const desk = await Desk.open({ seed: "asked again", instruments: [FUT, SPOT], canCrash: true });
    const { sim, venue } = desk;
    const copies = await copyAll(sim);
    const [fut, spot] = [desk.intent(FUT), desk.intent(SPOT)];
    for (const intent of [fut, spot]) await desk.answered(desk.place(intent));
    await sim.advance(5_000);
    await desk.answered(desk.moveStop(FUT, 0.995));
    await sim.advance(5_000);
    const [held, sent] = [positionThere(desk, FUT), venue.orders().length];
    const stopOf = () => venue.algos().find((algo) => algo.status === "NEW" && algo.type === "STOP_MARKET");
    const moved = stopOf();
    await loseAllAndRestore(sim, copies, DOWN_MS);
    await sim.advance(DOWN_MS + SETTLED_MS);
    await desk.answered(desk.kill(false));
    await sim.advance(2_000);
    for (const intent of [fut, spot]) expect(await desk.answered(desk.place(intent))).toBe("EXPIRED_INTENT");
    await sim.advance(SETTLED_MS);
    expect(positionThere(desk, FUT)).toBe(held);
    expect(stopOf()).toEqual(moved);
    expect(venue.orders().length).toBe(sent);
    expect(await desk.troubles()).toEqual([]);
    const kept = await readAll(sim.world.store("s04"), orders);
    expect(new Set(kept.map(({ order_id }) => order_id)).size).toBe(kept.length);
  }, 300_000);

  test("a position that stands without a stop is closed: what nobody can explain must not add risk", async () => {
    const desk = await Desk.open({ seed: "bare", instruments: [FUT], canCrash: true });
    const { sim, venue } = desk;
    const copies = await copyAll(sim);
    await desk.answered(desk.enter(FUT));
    await sim.advance(5_000);
    sim.kill(["s04", "s06"], 60_000);
    for (const algo of venue.algos().filter(({ status }) => status === "NEW")) {
      const { exchange } = venue;
      const { cancelAlgo } = await import("../../shared/engine/algos.ts");
      exchange.run(sim.clock.now(), () => cancelAlgo(exchange, algo));
    }
    await loseAllAndRestore(sim, copies, 1_000);
    await sim.advance(DOWN_MS + SETTLED_MS);
    expect(positionThere(desk, FUT)).toBe("0");
    expect((await desk.troubles()).filter((trouble) => !/^10: .* stood unprotected/.test(trouble))).toEqual([]);
  }, 300_000);

  test("stands as it is while the exchange does not tell the past: nobody mends books that lack it", async () => {
    const desk = await Desk.open({ seed: "no past", instruments: [FUT, SPOT], canCrash: true });
    const { sim, venue } = desk;
    const copies = await copyAll(sim);
    for (const instrument of [FUT, SPOT]) await desk.answered(desk.enter(instrument));
    await sim.advance(5_000);
    const standing = () => [
      ...venue
        .algos()
        .filter(({ status }) => status === "NEW")
        .map(({ client_id }) => client_id),
      ...venue
        .orders()
        .filter(({ status }) => status === "NEW")
        .map(({ client_id }) => client_id),
    ];
    const [held, before] = [positionThere(desk, FUT), standing()];
    for (const path of ["/api/v3/allOrders", "/fapi/v1/allOrders"]) {
      await desk.fault({ kind: "answer", path, status: 503, code: -1001, count: 1_000 });
    }
    await loseAllAndRestore(sim, copies, DOWN_MS);
    await sim.advance(DOWN_MS + SETTLED_MS / 2);
    expect(standing()).toEqual(before);
    desk.clearFaults();
    await sim.advance(SETTLED_MS);
    expect(positionThere(desk, FUT)).toBe(held);
    expect(standing()).toEqual(before);
    expect(await desk.troubles()).toEqual([]);
  }, 300_000);
});
