import { expect, test } from "bun:test";
import { applyFact } from "./apply.ts";
import { Exchange } from "./exchange.ts";
import { FastBook } from "./fast-book.ts";
import { BTC, FuturesGround } from "./futures-ground.fixture.ts";
import { defaultListings } from "./listing.ts";
import { LimitOrderMatcher } from "./matching.ts";

/** Another exchange with the ground's past, over a book of its own. */
function restarted(ground: FuturesGround) {
  const book = new FastBook();
  const matcher = new LimitOrderMatcher(book);
  const exchange = new Exchange({
    ...{ listings: defaultListings(), matcher: () => matcher },
    ...{ write: () => {}, heard: () => {}, flush: () => {} },
  });
  for (const { at, facts } of ground.batches) for (const fact of facts) applyFact(exchange.state, fact, at);
  return { exchange, book, rebook: () => exchange.run(ground.now + 1, () => exchange.rebook(() => true)) };
}

test("an order that ends while others go back to their books does not go there itself", () => {
  const ground = new FuturesGround({ a: "100000", b: "100000" });
  ground.order("b", "SELL 1 60000");
  ground.order("a", "BUY 1 MARKET");
  ground.order("a", "SELL 1 61000");
  const closing = ground.order("a", "SELL 1 62000", { reduce_only: true });
  const { exchange, book, rebook } = restarted(ground);
  // The market has risen meanwhile: the first order trades at once, and leaves nothing to close.
  book.add({ id: "stranger", side: "BUY", ticks: 615_000, lots: 1_000 });
  rebook();
  expect(exchange.state.orders.get(closing.order_id)).toMatchObject({ status: "EXPIRED", end_reason: "knocked_out" });
  expect(exchange.state.open.size).toBe(0);
  expect(book.size).toBe(0);
  expect(exchange.state.position("a", BTC).qty as bigint).toBe(0n);
});
