/** Events of strategies: what opens, what holds them back while it does, and how trades went. */
import { beforeEach, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { strategyEvents } from "../../shared/collections/operations.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { Net, Store } from "../../shared/kit/ports.ts";
import type { PositionEvent } from "../../shared/streams.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { compileBundle } from "../../shared/trading/decision/compiled.ts";
import { decide } from "../../shared/trading/decision/decide.ts";
import { accountWith, listingOf, signalWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { createStrategyEvents } from "./strategy-events.ts";

const compiled = compileBundle(viewWith());
let store: Store;
let events: ReturnType<typeof createStrategyEvents>;
beforeEach(() => {
  store = simulatedWorld({ clock: new VirtualClock(0), net: {} as Net, seed: 1 }).store("s11");
  events = createStrategyEvents(store);
});
/** As S3 decides it, n seconds later, with an account like that. */
function decided(n: number, account: Parameters<typeof accountWith>[0] = {}): Decision {
  const signal = { ...signalWith(), signal_id: `signal-${n}` };
  const instrument = listingOf(signal.instrument);
  const now = signal.ts + 5;
  return { ...decide({ signal, compiled, account: accountWith(account), instrument, now }), ts: now + n * 1_000 };
}
const lines = async () => {
  const oldest = { sort: { field: "ts", order: "asc" }, limit: 50 } as const;
  const { items } = await store.query(strategyEvents, oldest);
  return items.map(({ value: { kind, text, ref } }) => [kind, text, ref]);
};

test("what opens is told with its size, once", async () => {
  await events.hearDecision(decided(1));
  await events.hearDecision(decided(1));
  const [[kind, text, ref] = []] = await lines();
  expect([kind, text, ref, (await lines()).length]).toEqual([
    "OPEN",
    expect.stringMatching(/^BUY 0\.006 decided: 360\.\d+ USDT at size 1$/),
    "decisions/signal-1",
    1,
  ]);
});

test("a limit that holds entries back is told when it begins and when it is over, also across a restart", async () => {
  const lost = { losses_in_row: 8 };
  for (const n of [1, 2, 3]) await events.hearDecision(decided(n, lost));
  events = createStrategyEvents(store);
  await events.load();
  await events.hearDecision(decided(4, lost));
  await events.hearDecision(decided(5, { ...lost, kill: true }));
  await events.hearDecision(decided(6, { health: "RED" }));
  await events.hearDecision(decided(7));
  const told = await lines();
  expect(told.slice(0, 3)).toEqual([
    ["PAUSE", "Entries are held back by losses_in_row: 8, allowed 8", "decisions/signal-1"],
    ["PAUSE", "Entries are held back by kill_switch: true, allowed false", "decisions/signal-5"],
    ["PAUSE", "Entries are held back by health: RED, allowed ORANGE", "decisions/signal-6"],
  ]);
  expect(
    told
      .slice(3)
      .map(([kind, _text, ref]) => `${kind} ${ref}`)
      .toSorted(),
  ).toEqual(["OPEN decisions/signal-7", "RESUME decisions/signal-7"]);
});

test("what is skipped for the market's sake, or told again from before, is no event", async () => {
  const skip = decided(1);
  const spread = { ...skip, decision: { ...skip.decision, action: "skip", reason: "spread_bps" } } as Decision;
  await events.hearDecision(spread);
  await events.hearDecision(decided(5, { kill: true }));
  await events.hearDecision({ ...decided(2), decision: { ...skip.decision, action: "skip" } } as Decision);
  expect((await lines()).map(([kind]) => kind)).toEqual(["PAUSE"]);
});

test("trades are told as they go, each event once", async () => {
  const trade = {
    ...{ trade_id: "t1", strategy_id: "lean", instrument: "FUT:BTCUSDT", side: "BUY", config_rev: 7 },
    ...{ entry_qty: "0.01", open_qty: "0.004", avg_entry: "60000", pnl_usdt: "1.25" },
  } as Trade;
  const event = (kind: PositionEvent["kind"], ts: number, detail: string): PositionEvent => ({
    kind,
    trade,
    detail,
    ts,
  });
  for (const _twice of [1, 2]) {
    await events.hearPosition(event("ENTRY", 1, "0.01 @ 60000"));
    await events.hearPosition(event("STOP_MOVE", 2, "break even: 59900 → 60060"));
    await events.hearPosition(event("TP_PARTIAL", 3, "0.006 @ 60100"));
    await events.hearPosition(event("EXIT", 4, "stop: 0.004 @ 60060"));
  }
  expect(await lines()).toEqual([
    ["ENTRY", "BUY 0.01 in at 60000 on average: 0.01 @ 60000", "trades/t1"],
    ["STOP_MOVE", "Stop moved: break even: 59900 → 60060", "trades/t1"],
    ["TP_PARTIAL", "A part taken, 0.004 open: 0.006 @ 60100", "trades/t1"],
    ["EXIT", "Closed with 1.25 USDT after fees and funding: stop: 0.004 @ 60060", "trades/t1"],
  ]);
});

test("averages and results are told with no more digits than any price has", async () => {
  const trade = {
    ...{ trade_id: "t1", strategy_id: "lean", instrument: "FUT:BTCUSDT", side: "SELL", config_rev: 7 },
    ...{ entry_qty: "0.007", open_qty: "0.007", avg_entry: "59966.171428571428571429" },
    pnl_usdt: "-0.123456789012345678",
  } as Trade;
  for (const [ts, kind] of (["ENTRY", "ADD", "EXIT"] as const).entries()) {
    await events.hearPosition({ kind, trade, detail: "0.007 @ 59966.2", ts });
  }
  expect((await lines()).map(([, text]) => text)).toEqual([
    "SELL 0.007 in at 59966.17142857 on average: 0.007 @ 59966.2",
    "Added: 0.007 open at 59966.17142857 on average: 0.007 @ 59966.2",
    "Closed with -0.12345679 USDT after fees and funding: 0.007 @ 59966.2",
  ]);
});
