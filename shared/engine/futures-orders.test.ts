import { expect, test } from "bun:test";
import { dec, show } from "../domain/money.ts";
import { applyFact } from "./apply.ts";
import { Exchange } from "./exchange.ts";
import { FastBook } from "./fast-book.ts";
import { AT, BTC, FuturesGround, refusal } from "./futures-ground.fixture.ts";
import { modify, passTime, setCountdown } from "./futures-orders.ts";
import { defaultListings } from "./listing.ts";
import { LimitOrderMatcher } from "./matching.ts";
import type { VenueOrder } from "./state.ts";

function ground(): FuturesGround {
  const g = new FuturesGround({ a: "100", b: "1000000" });
  g.order("b", "SELL 1 60000");
  g.order("b", "BUY 1 59000", { tif: "GTX" });
  g.mark("59500");
  return g;
}

const change = (g: FuturesGround, order: VenueOrder, price: string, qty: string) =>
  refusal(() => g.run(() => modify(g.exchange, order, { price: dec(price), qty: dec(qty) })));

test("a modified order has its new price and quantity, the end of the queue, and one entry more in its history", () => {
  const g = ground();
  const order = g.order("a", "BUY 0.01 59000");
  expect(change(g, order, "59000", "0.01")).toBe("SAME_ORDER");
  expect(change(g, order, "59100", "0.02")).toBe("taken");
  expect([order.price, order.qty].map(show)).toEqual(["59100", "0.02"]);
  g.order("b", "SELL 0.015 59100");
  expect([order.status, show(order.filled)]).toEqual(["PARTIALLY_FILLED", "0.015"]);
  expect(change(g, order, "59200", "0.03")).toBe("taken");
  expect(
    g.state.futures.modifications.map(({ count, before, after }) => [count, show(before.qty), show(after.qty)]),
  ).toEqual([
    [1, "0.01", "0.02"],
    [2, "0.02", "0.03"],
  ]);
  // A quantity that is filled already ends it.
  expect(change(g, order, "59200", "0.015")).toBe("taken");
  expect([order.status, show(order.filled)]).toEqual(["CANCELED", "0.015"]);
  expect(change(g, order, "59200", "0.05")).toBe("UNKNOWN_ORDER");
});

test("a modification is checked as an order is, and one that crosses trades", () => {
  const g = ground();
  const order = g.order("a", "BUY 0.02 59000");
  expect(change(g, order, "59000", "0.04")).toBe("NO_MARGIN");
  expect(change(g, order, "59000", "9000")).toBe("MAX_POSITION");
  expect(show(order.qty)).toBe("0.02");
  expect(change(g, order, "60000", "0.01")).toBe("taken");
  expect([order.status, g.held("a")]).toEqual(["FILLED", "0.01"]);
  const closing = g.order("a", "SELL 0.01 61000", { reduce_only: true });
  expect(change(g, closing, "61000", "0.02")).toBe("REDUCE_ONLY");
  const maker = g.order("a", "BUY 0.001 58000", { tif: "GTX" });
  expect(change(g, maker, "60500", "0.001")).toBe("taken");
  expect([maker.status, maker.end_reason]).toEqual(["EXPIRED", "would_take"]);
});

test("an order that is good till a date ends then; a countdown that is not renewed ends them all", () => {
  const g = ground();
  const dated = g.order("a", "BUY 0.001 50000", { tif: "GTD", good_till: AT + 60_000 });
  const other = g.order("a", "BUY 0.001 50000");
  const at = (ms: number, work: () => void) => g.exchange.run(AT + ms, work);
  at(59_999, () => passTime(g.exchange));
  expect(dated.status).toBe("NEW");
  at(60_000, () => passTime(g.exchange));
  expect([dated.status, dated.end_reason]).toEqual(["EXPIRED", "good_till"]);
  const count = (ms: number, forMs: number) =>
    at(ms, () => setCountdown(g.exchange, { account: "a", instrument: BTC }, forMs));
  count(60_000, 5_000);
  count(64_000, 5_000);
  at(66_000, () => passTime(g.exchange));
  expect(other.status).toBe("NEW");
  count(67_000, 0);
  at(90_000, () => passTime(g.exchange));
  expect(other.status).toBe("NEW");
  count(90_000, 1_000);
  at(91_000, () => passTime(g.exchange));
  expect(other.status).toBe("CANCELED");
  expect(g.state.futures.countdowns.size).toBe(0);
});

/** Another exchange with the same past, over a book of its own. */
function restarted(g: FuturesGround) {
  const book = new FastBook();
  const matcher = new LimitOrderMatcher(book);
  const exchange = new Exchange({
    ...{ listings: defaultListings(), matcher: () => matcher },
    ...{ write: () => {}, heard: () => {}, flush: () => {} },
  });
  for (const { at, facts } of g.batches) for (const fact of facts) applyFact(exchange.state, fact, at);
  return { exchange, book, rebook: () => exchange.run(g.now + 1, () => exchange.rebook(() => true)) };
}

test("an order that ends while others go back to their books does not go there itself", () => {
  const g = new FuturesGround({ a: "100000", b: "100000" });
  g.order("b", "SELL 1 60000");
  g.order("a", "BUY 1 MARKET");
  g.order("a", "SELL 1 61000");
  const closing = g.order("a", "SELL 1 62000", { reduce_only: true });
  const { exchange, book, rebook } = restarted(g);
  // The market has risen meanwhile: the first order trades at once, and leaves nothing to close.
  book.add({ id: "stranger", side: "BUY", ticks: 615_000, lots: 1_000 });
  rebook();
  expect(exchange.state.orders.get(closing.order_id)).toMatchObject({ status: "EXPIRED", end_reason: "knocked_out" });
  expect(exchange.state.open.size).toBe(0);
  expect(book.size).toBe(0);
  expect(exchange.state.position("a", BTC).qty as bigint).toBe(0n);
});
