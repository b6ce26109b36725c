/** The account's state from trades and entries, in order, out of order, repeated, and rebuilt. */
import { describe, expect, test } from "bun:test";
import { type IntentRecord, intents } from "../../shared/collections/orders.ts";
import { positionsSnapshots, trades } from "../../shared/collections/trades.ts";
import { show } from "../../shared/domain/money.ts";
import type { Intent } from "../../shared/domain/order.ts";
import { shard, shardOf, WHOLE } from "../../shared/kit/shard.ts";
import { NOON, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { AccountBook } from "./account-book.ts";
import { answerTo, closedTrade, engineWith, storesOn, tradeWith, write } from "./strategy.fixture.ts";

const { risk } = viewWith().bundle.flags;
const HOUR_MS = 3_600_000;
const entry = { intent_id: "s1:entry", instrument: "FUT:ETHUSDT", kind: "ENTRY", valid_until: NOON + 5_000 } as Intent;
async function bookAt(part = WHOLE) {
  const { book, clock } = await engineWith({ shard: part });
  await book.rebuild();
  return { book, clock, open: (now = NOON) => book.state(now, risk).open.map((one) => one.instrument) };
}

describe("after news were lost", () => {
  test("trades and entries are as those who told of them keep them", async () => {
    const { book, stores } = await engineWith();
    const eth = { instrument: "FUT:ETHUSDT" };
    book.begin(entry, "400");
    const onItsWay = { ...entry, intent_id: "s2:entry", instrument: "FUT:SOLUSDT" } as Intent;
    book.begin(onItsWay, "100");
    book.onTrade(tradeWith({ trade_id: "trade-2", ...eth, open_qty: "0.1", avg_entry: "2600", updated_at: NOON }));
    book.begin(entry, "400");
    const ended = answerTo(entry, { status: "CANCELED" });
    const times = { created_at: NOON, updated_at: NOON };
    const record = { intent_id: entry.intent_id, instrument: entry.instrument, intent: entry, answer: ended };
    await write(stores, intents, { ...record, state: "DONE", ...times } as IntentRecord);
    await write(stores, trades, tradeWith({ trade_id: "trade-2", ...eth, status: "ABANDONED", updated_at: NOON + 1 }));
    await write(stores, trades, closedTrade("trade-3", "-2", { closed_at: NOON, updated_at: NOON }));
    await book.catchUp();
    const { open, losses_in_row } = book.state(NOON, risk);
    expect([open.map((one) => one.instrument), losses_in_row]).toEqual([["FUT:SOLUSDT"], 1]);
    await book.catchUp();
    expect(book.state(NOON, risk).losses_in_row).toBe(1);
  });
});

describe("what is open", () => {
  test("an entry counts from the moment it is sent, and its trade takes over", async () => {
    const { book, open } = await bookAt();
    book.begin(entry, "400");
    expect(open()).toEqual(["FUT:ETHUSDT"]);
    book.onTrade(tradeWith({ instrument: "FUT:ETHUSDT", open_qty: "0.1", avg_entry: "2600" }));
    const state = book.state(NOON, risk);
    expect(state.open.map((one) => show(one.notional_usdt))).toEqual(["260"]);
    book.onTrade(closedTrade("trade-1", "1", { instrument: "FUT:ETHUSDT" }));
    expect(open()).toEqual([]);
  });

  test.each(["CANCELED", "REJECTED", "EXPIRED"] as const)(
    "an entry that ends %s without a fill is gone",
    async (status) => {
      const { book, open } = await bookAt();
      book.begin(entry, "400");
      book.onResult({ intent: entry, answer: answerTo(entry, { status: "WORKING" }) });
      expect(open()).toHaveLength(1);
      book.onResult({ intent: entry, answer: answerTo(entry, { status }) });
      expect(open()).toHaveLength(0);
    },
  );

  test("an entry with a fill stays until its trade is there, however long that takes", async () => {
    const { book, open } = await bookAt();
    book.begin(entry, "400");
    book.onResult({ intent: entry, answer: answerTo(entry, { status: "CANCELED", filled_qty: "0.05" }) });
    expect(open(NOON + HOUR_MS)).toHaveLength(1);
  });

  test("an entry of another shard counts from S4's first word until it is over, or is forgotten", async () => {
    const { book, open } = await bookAt(shard(1 - shardOf(entry.instrument, 2), 2));
    const sized = { ...entry, qty: "0.1", stop_loss: { price: "2500" } };
    const tell = (change: object) => book.onResult({ intent: sized, answer: answerTo(sized, change) });
    tell({ status: "WORKING" });
    expect(book.state(NOON, risk).open.map((one) => show(one.notional_usdt))).toEqual(["250"]);
    tell({ status: "CANCELED" });
    expect(open()).toEqual([]);
    tell({ status: "WORKING" });
    book.onTrade(tradeWith({ instrument: entry.instrument }));
    tell({ status: "WORKING" });
    tell({ status: "FILLED", filled_qty: "0.1" });
    expect(open()).toEqual([entry.instrument]);
    book.onTrade(closedTrade("trade-1", "1", { instrument: entry.instrument }));
    expect(open()).toEqual([]);
    tell({ status: "WORKING" });
    tell({ status: "FILLED", filled_qty: "0.1" });
    expect(open(NOON + 65_001)).toEqual([]);
  });

  test("an entry of its own that it did not begin is left to its trade", async () => {
    const { book, open } = await bookAt();
    book.onResult({ intent: entry, answer: answerTo(entry, { status: "WORKING" }) });
    expect(open()).toEqual([]);
  });

  test("an entry that nobody speaks of again is forgotten a minute after it ran out", async () => {
    const { book, open } = await bookAt();
    book.begin(entry, "400");
    expect(open(NOON + 65_000)).toHaveLength(1);
    expect(open(NOON + 65_001)).toHaveLength(0);
  });

  test("news that is older, repeated or late changes nothing", async () => {
    const { book, open } = await bookAt();
    book.onTrade(tradeWith({ updated_at: NOON + 2 }));
    book.onTrade(tradeWith({ updated_at: NOON + 1, status: "PENDING_ENTRY", open_qty: "0" }));
    expect(show(book.state(NOON, risk).open[0]!.notional_usdt)).toBe("360");
    const closed = closedTrade("trade-1", "-1", { updated_at: NOON + 3 });
    book.onTrade(closed);
    book.onTrade(closed);
    book.onTrade(tradeWith({ updated_at: NOON + 4 }));
    expect(open()).toEqual([]);
    expect(show(book.state(NOON, risk).day_pnl_usdt)).toBe("-1");
    book.onTrade({ ...closed, pnl_usdt: "-1.5", updated_at: NOON + 5 });
    expect(show(book.state(NOON, risk).day_pnl_usdt)).toBe("-1.5");
  });
});

describe("how it has done", () => {
  test("losses in a row end with a trade that lost nothing, by time of closing", async () => {
    const { book } = await bookAt();
    book.onTrade(closedTrade("a", "-1", { closed_at: NOON + 1 }));
    book.onTrade(closedTrade("c", "-1", { closed_at: NOON + 3 }));
    expect(book.state(NOON, risk).losses_in_row).toBe(2);
    book.onTrade(closedTrade("x", "0", { closed_at: NOON + 4, status: "ABANDONED" }));
    expect(book.state(NOON, risk).losses_in_row).toBe(2);
    book.onTrade(closedTrade("b", "0", { closed_at: NOON + 2 }));
    expect(book.state(NOON, risk).losses_in_row).toBe(1);
    expect(show(book.state(NOON, risk).day_pnl_usdt)).toBe("-2");
  });

  test("a new UTC day begins with nothing", async () => {
    const { book } = await bookAt();
    book.onTrade(closedTrade("a", "-1"));
    const tomorrow = book.state(NOON + 12 * HOUR_MS, risk);
    expect([tomorrow.losses_in_row, show(tomorrow.day_pnl_usdt)]).toEqual([0, "0"]);
  });

  test("only a stop that lost keeps entries of its instrument away", async () => {
    const { book } = await bookAt();
    book.onTrade(closedTrade("a", "-1", { exit_reason: "STOP" }));
    book.onTrade(closedTrade("b", "1", { exit_reason: "STOP", instrument: "FUT:ETHUSDT" }));
    book.onTrade(closedTrade("c", "-1", { exit_reason: "STAGNATED", instrument: "SPOT:BTCUSDT" }));
    expect([...book.state(NOON, risk).cooldown_until]).toEqual([["FUT:BTCUSDT", NOON + risk.cooldown_after_stop_ms]]);
  });
});

test("a restart rebuilds all of it from S6's trades and S4's intents", async () => {
  const stores = storesOn();
  await write(stores, trades, tradeWith());
  await write(
    stores,
    trades,
    closedTrade("old", "-5", { opened_at: NOON - 30 * HOUR_MS, closed_at: NOON - 13 * HOUR_MS }),
  );
  await write(stores, trades, closedTrade("new", "-2", { exit_reason: "SL", closed_at: NOON - 1 }));
  await write(stores, intents, recordOf("s2:entry", "FUT:ETHUSDT"));
  await write(stores, intents, recordOf("s1:entry", "FUT:BTCUSDT"));
  await write(stores, positionsSnapshots, { snapshot_id: "1", positions: [], equity_usdt: "1000", ts: NOON - 2 });
  await write(stores, positionsSnapshots, { snapshot_id: "2", positions: [], equity_usdt: "900", ts: NOON - 1 });
  const { clock } = await engineWith();
  const book = new AccountBook(stores("s03"), clock, WHOLE);
  await book.rebuild();
  const state = book.state(NOON, risk);
  expect(state.open.map((one) => [one.instrument, show(one.notional_usdt)])).toEqual([
    ["FUT:BTCUSDT", "360"],
    ["FUT:ETHUSDT", "250"],
  ]);
  expect([state.losses_in_row, show(state.day_pnl_usdt)]).toEqual([1, "-2"]);
  expect([...state.cooldown_until.keys()]).toEqual(["FUT:BTCUSDT"]);
  expect([show(state.equity!.now_usdt), show(state.equity!.peak_usdt)]).toEqual(["900", "1000"]);
});

test("a restart keeps the cool-down and the loss of a trade that was open for longer than a week", async () => {
  const stores = storesOn();
  const long = { exit_reason: "SL", opened_at: NOON - 30 * 24 * HOUR_MS, closed_at: NOON - 1 };
  await write(stores, trades, closedTrade("long", "-2", long));
  const { clock } = await engineWith();
  const book = new AccountBook(stores("s03"), clock, WHOLE);
  await book.rebuild();
  const state = book.state(NOON, risk);
  expect([...state.cooldown_until]).toEqual([["FUT:BTCUSDT", NOON - 1 + risk.cooldown_after_stop_ms]]);
  expect([state.losses_in_row, show(state.day_pnl_usdt)]).toEqual([1, "-2"]);
});

function recordOf(intent_id: string, instrument: string): IntentRecord {
  const intent = { ...entry, intent_id, instrument, side: "BUY", notional_usdt: "250" } as Intent;
  return {
    intent_id,
    body_hash: "",
    intent,
    state: "RUNNING",
    plan: {},
    reserved_usdt: "1",
    answer: answerTo(intent),
    instrument,
    created_at: NOON,
    updated_at: NOON,
  };
}
