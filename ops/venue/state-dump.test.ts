import { expect, test } from "bun:test";
import { defaultListings } from "../../shared/engine/listing.ts";
import { ExchangeState } from "../../shared/engine/state.ts";
import { dumpState, loadState } from "./state-dump.ts";
import { hashState } from "./state-hash.ts";
import { TestVenue } from "./test-client.ts";

test("a state comes back from its text to the last index, and goes on as if nothing had been", async () => {
  const v = await TestVenue.open();
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59000");
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  await v.spot("paper", "ETHUSDT BUY 0.1 2000");
  await v.call("paper", "POST /fapi/v1/leverage", { symbol: "BTCUSDT", leverage: 10 });
  await v.call("paper", "POST /fapi/v1/algoOrder", {
    ...{ symbol: "BTCUSDT", side: "SELL", algoType: "CONDITIONAL", type: "STOP_MARKET", closePosition: true },
    triggerPrice: "58000",
  });
  const { state } = v.venue.exchange;
  const text = dumpState(state);
  const back = new ExchangeState(defaultListings());
  loadState(text, back);
  expect(dumpState(back)).toBe(text);
  expect(hashState(back)).toBe(v.venue.stateHash());
  // What is open is the same object as among all: a change through one is seen by the other.
  const [open] = back.openOrders("main", { market: "SPOT" });
  expect(back.orders.get(open!.order_id)).toBe(open!);
  expect(back.tradesOf("main", "FUT:BTCUSDT")).toHaveLength(1);
  expect(back.ledger.sums()).toEqual(state.ledger.sums());
});

test("what cannot come back is refused when it is written, and foreign text when it is read", () => {
  const state = new ExchangeState(defaultListings());
  (state as unknown as { odd: unknown }).odd = [new URL("http://x")];
  expect(() => dumpState(state)).toThrow("a URL within a list");
  (state as unknown as { odd: unknown }).odd = () => {};
  expect(() => dumpState(state)).toThrow("a function");
  expect(() => loadState("[]", new ExchangeState(defaultListings()))).toThrow("another shape");
});
