import { expect, test } from "bun:test";
import { dec, show, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { cancelList, placeOco, placeTriggered } from "./lists.ts";
import { BTC, Ground, leg, whyRefused } from "./spot-ground.fixture.ts";
import type { VenueList } from "./state.ts";
import { activate } from "./stops.ts";

const rich = { USDT: "1000000", BTC: "100" };

function oco(ground: Ground, account: string, side: Side, [above, below]: [string, string]): VenueList {
  const legs = { above: leg(ground.nextId(), above), below: leg(ground.nextId(), below) };
  const asked = { account, instrument: BTC, client_id: ground.nextId(), side, qty: legs.above.qty, ...legs };
  return ground.run(() => placeOco(ground.exchange, asked, ground.last.get(BTC)));
}

function triggered(
  ground: Ground,
  account: string,
  kind: "OTO" | "OTOCO" | "OPO" | "OPOCO",
  texts: readonly string[],
): VenueList {
  const [first = "", ...others] = texts.map((text) => text.slice(text.indexOf(" ") + 1));
  const [side, pending_side] = texts.map((text) => text.slice(0, text.indexOf(" ")) as Side) as [Side, Side];
  const pending = others.map((text) => leg(ground.nextId(), text));
  const working = { ...leg(ground.nextId(), first), side };
  const pending_qty = pending[0]!.qty;
  const asked = {
    account,
    instrument: BTC,
    client_id: ground.nextId(),
    kind,
    working,
    pending,
    pending_side,
    pending_qty,
  };
  return ground.run(() => placeTriggered(ground.exchange, asked));
}

const statuses = (ground: Ground, list: VenueList) => ground.orders(list).map(({ status }) => status);

test("an OCO pair holds once; prices on the wrong side of the market are refused", () => {
  const ground = new Ground({ a: rich });
  ground.last.set(BTC, dec("60000"));
  const wrong: [Side, [string, string]][] = [
    ["SELL", ["LIMIT_MAKER 1 @ 59999", "STOP_LOSS 1 > 59000"]],
    ["SELL", ["LIMIT_MAKER 1 @ 61000", "STOP_LOSS 1 > 60000"]],
    ["SELL", ["STOP_LOSS 1 > 61000", "LIMIT_MAKER 1 @ 59000"]],
    ["BUY", ["LIMIT_MAKER 1 @ 61000", "STOP_LOSS 1 > 59000"]],
  ];
  for (const [side, legs] of wrong) expect(whyRefused(() => oco(ground, "a", side, legs))).toBe("OCO_PRICES");
  const list = oco(ground, "a", "BUY", ["STOP_LOSS_LIMIT 1 @ 61500 > 61000", "LIMIT_MAKER 1 @ 59000"]);
  expect(show(ground.held("a", "USDT"))).toBe("61500");
  ground.run(() => cancelList(ground.exchange, list));
  expect([show(ground.held("a", "USDT")), statuses(ground, list)]).toEqual(["0", ["CANCELED", "CANCELED"]]);
});

test("OTO: the second order waits for the first one's whole fill, with both funds set aside", () => {
  const ground = new Ground({ a: rich, b: rich });
  const list = triggered(ground, "a", "OTO", ["BUY LIMIT 1 @ 60000", "SELL LIMIT 0.5 @ 62000"]);
  expect([show(ground.held("a", "USDT")), show(ground.held("a", "BTC"))]).toEqual(["60000", "0.5"]);
  expect(statuses(ground, list)).toEqual(["NEW", "PENDING_NEW"]);
  ground.order("b", "SELL MARKET 0.4");
  expect(statuses(ground, list)).toEqual(["PARTIALLY_FILLED", "PENDING_NEW"]);
  ground.order("b", "SELL MARKET 0.6");
  expect([statuses(ground, list), list.done]).toEqual([["FILLED", "NEW"], false]);
  expect(ground.books.get(BTC)!.lotsAt("SELL", 6_200_000)).toBe(50_000);
  ground.order("b", "BUY MARKET 0.5");
  expect([statuses(ground, list), list.done]).toEqual([["FILLED", "FILLED"], true]);
  expect([show(ground.held("a", "USDT")), show(ground.held("a", "BTC"))]).toEqual(["0", "0"]);
});

test("cancelling either order of an OTO ends both and frees both holds", () => {
  for (const which of [0, 1]) {
    const ground = new Ground({ a: rich });
    const list = triggered(ground, "a", "OTO", ["BUY LIMIT 1 @ 60000", "SELL MARKET 0.5"]);
    ground.run(() => ground.exchange.cancel(ground.orders(list)[which]));
    expect([statuses(ground, list), list.done]).toEqual([["CANCELED", "CANCELED"], true]);
    expect([show(ground.free("a", "USDT")), show(ground.free("a", "BTC"))]).toEqual(["1000000", "100"]);
  }
});

test("OTOCO: a filled first order starts a pair of which one cancels the other", () => {
  const ground = new Ground({ a: rich, b: rich });
  ground.order("b", "SELL LIMIT 1 @ 60000");
  ground.order("b", "BUY LIMIT 5 @ 58000");
  const list = triggered(ground, "a", "OTOCO", [
    "BUY LIMIT 1 @ 60000",
    "SELL LIMIT_MAKER 1 @ 62000",
    "SELL STOP_LOSS 1 > 59000",
  ]);
  expect(statuses(ground, list)).toEqual(["FILLED", "NEW", "NEW"]);
  ground.run(() => activate(ground.exchange, BTC, dec("59000")));
  expect([statuses(ground, list), list.done]).toEqual([["FILLED", "EXPIRED", "FILLED"], true]);
  expect(show(ground.held("a", "BTC"))).toBe("0");
});

test("OPO sells what was bought, whole steps of it; the fee comes from the wallet where it can", () => {
  for (const [has, qty, left] of [
    // The fee of 0.0005 is in the wallet, so that all of 0.5 is sold.
    ["0.1", "0.5", "0.0995"],
    // It is not: 0.5 − 0.0005 is kept.
    ["0", "0.4995", "0"],
  ] as const) {
    const ground = new Ground({ a: { USDT: "30000", ...(has === "0" ? {} : { BTC: has }) }, b: rich });
    const list = triggered(ground, "a", "OPO", ["BUY LIMIT 0.5 @ 60000", "SELL LIMIT 0 @ 62000"]);
    expect(show(ground.held("a", "USDT"))).toBe("30000");
    ground.order("b", "SELL MARKET 0.2");
    // Received and kept, not free to spend.
    expect(ground.free("a", "BTC") <= dec(has)).toBe(true);
    ground.order("b", "SELL MARKET 0.3");
    const [, sale] = ground.orders(list);
    expect([sale!.status, show(sale!.qty), show(ground.free("a", "BTC"))]).toEqual(["NEW", qty, left]);
    expect(show(ground.held("a", "BTC"))).toBe(qty);
  }
});

test("an OPO that is cancelled after a partial fill frees what it had bought", () => {
  const ground = new Ground({ a: { USDT: "30000" }, b: rich });
  const list = triggered(ground, "a", "OPOCO", [
    "BUY LIMIT 0.5 @ 60000",
    "SELL LIMIT_MAKER 0 @ 62000",
    "SELL STOP_LOSS 0 > 59000",
  ]);
  ground.order("b", "SELL MARKET 0.2");
  ground.run(() => cancelList(ground.exchange, list));
  expect([statuses(ground, list), list.done]).toEqual([["CANCELED", "CANCELED", "CANCELED"], true]);
  // 0.2 less 0.1 %; 30000 − 0.2 × 60000
  expect([show(ground.free("a", "BTC")), show(ground.free("a", "USDT"))]).toEqual(["0.1998", "18000"]);
});

test("what cannot be paid or repeats an id leaves nothing behind", () => {
  const ground = new Ground({ a: { USDT: "60000" }, b: rich });
  ground.order("b", "SELL LIMIT 1 @ 61000");
  const buy = "BUY LIMIT 1 @ 60000";
  expect(whyRefused(() => triggered(ground, "a", "OTO", [buy, "SELL LIMIT 1 @ 62000"]))).toBe("NO_BALANCE");
  expect(whyRefused(() => triggered(ground, "a", "OTO", [buy, "BUY LIMIT 1 @ 1000"]))).toBe("NO_BALANCE");
  const taker = "BUY LIMIT_MAKER 0.9 @ 61000";
  expect(whyRefused(() => triggered(ground, "a", "OPO", [taker, "SELL LIMIT 0 @ 62000"]))).toBe("WOULD_TAKE");
  expect([ground.state.lists.size, ground.held("a", "USDT")]).toEqual([0, zero]);
  const list = triggered(ground, "a", "OPO", [buy, "SELL LIMIT 0 @ 62000"]);
  const again = { client_id: ground.orders(list)[1]!.client_id };
  expect(whyRefused(() => ground.order("a", "SELL LIMIT 1 @ 70000", again))).toBe("DUPLICATE_ID");
});
