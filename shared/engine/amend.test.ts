import { expect, test } from "bun:test";
import { dec, show } from "../domain/money.ts";
import { AMENDS_MAX, amendOrder } from "./amend.ts";
import { placeOco } from "./lists.ts";
import { BTC, Ground, leg, whyRefused } from "./spot-ground.fixture.ts";
import { remaining, type VenueOrder } from "./state.ts";

const rich = { USDT: "1000000", BTC: "100" };
const amend = (ground: Ground, order: VenueOrder | undefined, qty: string, client_id = ground.nextId()) =>
  ground.run(() => amendOrder(ground.exchange, order, { qty: dec(qty), client_id }));

test("a cut order keeps its place, frees its hold and has its new id", () => {
  const ground = new Ground({ a: rich, b: rich });
  const [first, second] = [ground.order("a", "BUY LIMIT 5 @ 60000"), ground.order("b", "BUY LIMIT 4 @ 60000")];
  ground.order("b", "SELL LIMIT 1 @ 60000");
  amend(ground, first, "3", "new");
  expect([show(first.qty), show(first.filled), first.client_id]).toEqual(["3", "1", "new"]);
  expect(show(ground.held("a", "USDT"))).toBe("120000");
  expect(ground.state.orderByClientId("a", "SPOT", "new")).toBe(first);
  ground.order("b", "SELL MARKET 2");
  expect([first.status, second.status]).toEqual(["FILLED", "NEW"]);
  expect(ground.state.amendments).toMatchObject([{ client_id: "new", client_id_before: "c1", execution_id: 1 }]);
});

test("what cannot be cut is refused", () => {
  const ground = new Ground({ a: rich, b: rich });
  const order = ground.order("a", "SELL LIMIT 5 @ 60000");
  ground.order("b", "BUY MARKET 2");
  for (const [qty, why] of [
    ["5", "AMEND_NOTHING"],
    ["6", "AMEND_INCREASE"],
    ["2", "AMEND_BELOW_FILLED"],
  ] as const) {
    expect(whyRefused(() => amend(ground, order, qty))).toBe(why);
  }
  ground.order("a", "SELL LIMIT 1 @ 61000", { client_id: "taken" });
  expect(whyRefused(() => amend(ground, order, "4", "taken"))).toBe("DUPLICATE_ID");
  for (let i = 0; i < AMENDS_MAX; i++) amend(ground, order, String((49 - i) / 10));
  expect(whyRefused(() => amend(ground, order, "3"))).toBe("AMEND_TOO_OFTEN");
  expect(whyRefused(() => amend(ground, undefined, "3"))).toBe("UNKNOWN_ORDER");
});

test("cutting one leg of a pair cuts both, and the hold once", () => {
  const ground = new Ground({ a: rich });
  ground.last.set(BTC, dec("60000"));
  const above = leg("tp", "LIMIT_MAKER 2 @ 61000");
  const below = leg("sl", "STOP_LOSS 2 > 59000");
  const asked = {
    account: "a",
    instrument: BTC,
    client_id: "list",
    side: "SELL" as const,
    qty: dec("2"),
    above,
    below,
  };
  const list = ground.run(() => placeOco(ground.exchange, asked, dec("60000")));
  amend(ground, ground.orders(list)[1], "1.5");
  expect(ground.orders(list).map(({ qty }) => show(qty))).toEqual(["1.5", "1.5"]);
  expect(show(ground.held("a", "BTC"))).toBe("1.5");
  expect(ground.books.get(BTC)!.lotsAt("SELL", 6_100_000)).toBe(150_000);
});

test("a pair cannot be cut below what self-trade prevention has left of one leg", () => {
  const ground = new Ground({ a: rich });
  ground.last.set(BTC, dec("60000"));
  const above = leg("tp", "LIMIT_MAKER 2 @ 61000");
  const below = leg("sl", "STOP_LOSS 2 > 59000");
  const pair = { account: "a", instrument: BTC, client_id: "list", side: "SELL" as const, qty: dec("2") };
  const list = ground.run(() => placeOco(ground.exchange, { ...pair, above, below }, dec("60000")));
  ground.order("a", "BUY LIMIT 1.5 @ 61000", { stp: "DECREMENT" });
  const [limit, stop] = ground.orders(list);
  expect([limit!, stop!].map((each) => show(remaining(each)))).toEqual(["0.5", "2"]);
  expect(whyRefused(() => amend(ground, stop, "1.5"))).toBe("AMEND_BELOW_FILLED");
  expect(ground.books.get(BTC)!.lotsAt("SELL", 6_100_000)).toBe(50_000);
  amend(ground, stop, "1.6");
  expect([limit!, stop!].map((each) => show(remaining(each)))).toEqual(["0.1", "1.6"]);
});
