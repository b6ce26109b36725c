import { expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { put } from "../../shared/changes.ts";
import { holdings, intents } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { emptyTrade } from "../../shared/trading/position/trade.ts";
import { Followed } from "./followed.ts";

const [BTC, ETH, SOL] = ["FUT:BTCUSDT", "FUT:ETHUSDT", "FUT:SOLUSDT"];

function world() {
  const positions = openStore({ path: ":memory:", owner: "s06", collections: COLLECTIONS });
  const router = openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS });
  const others = (owner: string) => (owner === "s04" ? router : positions);
  const store = openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, others });
  const told: string[] = [];
  const follow = (instruments: readonly string[]) => void told.push(instruments.join(" "));
  const opening = { account: "main", strategy_id: "s", side: "BUY", leverage: 20, params: {}, config_rev: 1 } as const;
  const trade = (instrument: string, status: "ACTIVE" | "PENDING_CLOSING" | "CLOSED") =>
    positions.commit([put(trades, { ...emptyTrade({ ...opening, trade_id: instrument, instrument }, 1), status })]);
  const intent = (instrument: string, state: "RUNNING" | "DONE") =>
    router.commit([put(intents, { intent_id: instrument, instrument, state, created_at: 1 } as never)]);
  const holding = (instrument: string, qty: string) =>
    router.commit([put(holdings, { key: instrument, instrument, qty } as never)]);
  return { followed: new Followed({ store, follow }), told, trade, intent, holding, store };
}

test("what is traded is followed, and what falls out of it until nothing of it is open", async () => {
  const { followed, told, trade } = world();
  followed.trade([BTC, ETH, SOL]);
  await trade(ETH, "ACTIVE");
  await followed.look();
  followed.trade([BTC]);
  await followed.look();
  await trade(ETH, "PENDING_CLOSING");
  await followed.look();
  await trade(ETH, "CLOSED");
  await followed.look();
  await followed.look();
  expect(told).toEqual([`${BTC} ${ETH} ${SOL}`, `${BTC} ${ETH} ${SOL}`, `${BTC} ${ETH}`, BTC]);
});

test("after a start it finds what is open besides, and one that is traded again is followed once", async () => {
  const { followed, told, trade } = world();
  await trade(ETH, "ACTIVE");
  followed.trade([BTC]);
  await followed.look();
  followed.trade([BTC, ETH]);
  await followed.look();
  expect(told).toEqual([BTC, `${BTC} ${ETH}`, `${BTC} ${ETH}`]);
});

test("while trades cannot be read nothing is dropped", async () => {
  const { followed, told, store } = world();
  followed.trade([BTC, ETH]);
  followed.trade([BTC]);
  store.query = () => Promise.reject(new Error("away"));
  await expect(followed.look()).rejects.toThrow("away");
  expect(told.at(-1)).toBe(`${BTC} ${ETH}`);
});

test("an entry that was under way when its revision was taken back keeps its market, and what it filled does", async () => {
  const { followed, told, intent, holding } = world();
  followed.trade([BTC, ETH]);
  await intent(ETH, "RUNNING");
  followed.trade([BTC]);
  await followed.look();
  expect(told.at(-1)).toBe(`${BTC} ${ETH}`);
  // The router guards what it holds before the position manager has heard of it, and while that one is away.
  await holding(ETH, "0.5");
  await intent(ETH, "DONE");
  await followed.look();
  expect(told.at(-1)).toBe(`${BTC} ${ETH}`);
  await holding(ETH, "0");
  await followed.look();
  expect(told.at(-1)).toBe(BTC);
});
