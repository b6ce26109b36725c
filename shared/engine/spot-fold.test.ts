import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Amount, add, dec, mul, show, sum, zero } from "../domain/money.ts";
import { amendOrder } from "./amend.ts";
import { applyFact } from "./apply.ts";
import { Book } from "./book.ts";
import type { Batch, ListKind } from "./facts.ts";
import { FastBook } from "./fast-book.ts";
import { cancelList, placeOco, placeTriggered } from "./lists.ts";
import type { StpMode } from "./matcher.ts";
import { bookText, isCrossed } from "./order-book.ts";
import { BTC, Ground, leg, SPOT_LISTINGS, stateText, whyRefused } from "./spot-ground.fixture.ts";
import { ExchangeState, isOpen, isWaiting, remaining } from "./state.ts";
import { activate } from "./stops.ts";

const rich = { USDT: "1000000", BTC: "100" };

test("self-trade prevention is booked on both orders, and what is no longer needed is freed", () => {
  /** Mode, what taker and maker became, what the wallet holds for them. */
  const cases: [StpMode, [string, string], [string, string]][] = [
    ["EXPIRE_TAKER", ["EXPIRED_IN_MATCH", "NEW"], ["0", "2"]],
    ["EXPIRE_MAKER", ["NEW", "EXPIRED_IN_MATCH"], ["180000", "0"]],
    ["EXPIRE_BOTH", ["EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"], ["0", "0"]],
    ["DECREMENT", ["NEW", "EXPIRED_IN_MATCH"], ["60000", "0"]],
  ];
  for (const [stp, ended, held] of cases) {
    const ground = new Ground({ a: rich });
    const maker = ground.order("a", "SELL LIMIT 2 @ 59000");
    const taker = ground.order("a", "BUY LIMIT 3 @ 60000", { stp });
    expect([taker.status, maker.status] as string[]).toEqual(ended);
    expect([show(ground.held("a", "USDT")), show(ground.held("a", "BTC"))]).toEqual(held);
    expect(ground.state.prevented).toMatchObject([
      { match_id: 1, taker_id: taker.order_id, maker_id: maker.order_id, stp },
    ]);
    expect(ground.state.trades).toEqual([]);
  }
});

test("a maker that is decremented stays with what is left", () => {
  const ground = new Ground({ a: rich });
  const maker = ground.order("a", "BUY LIMIT 3 @ 60000");
  const taker = ground.order("a", "SELL LIMIT 1 @ 60000", { stp: "DECREMENT" });
  expect([taker.status, maker.status, show(maker.prevented), show(remaining(maker))]).toEqual([
    ...["EXPIRED_IN_MATCH", "NEW", "1", "2"],
  ]);
  expect(show(ground.held("a", "USDT"))).toBe("120000");
});

test("an iceberg fills slice by slice and shows no more than its slice", () => {
  const ground = new Ground({ a: rich, b: rich });
  const iceberg = ground.order("a", "SELL LIMIT 1 @ 60000", { iceberg_qty: dec("0.2") });
  expect(ground.books.get(BTC)!.depth(1).asks).toEqual([[6_000_000, 20_000]]);
  const taker = ground.order("b", "BUY MARKET 0.7");
  expect([taker.status, show(iceberg.filled), show(ground.held("a", "BTC"))]).toEqual(["FILLED", "0.7", "0.3"]);
});

const ACTS = [
  ...(["limit", "limit", "limit", "limit", "market", "quote", "maker", "stop", "trail"] as const),
  ...(["oco", "oto", "otoco", "opo", "opoco", "cancel", "cancel list", "amend", "last", "last", "bnb"] as const),
];
const step = fc.record({
  who: fc.constantFrom("a", "b", "c"),
  act: fc.constantFrom(...ACTS),
  side: fc.constantFrom("BUY" as const, "SELL" as const),
  lots: fc.integer({ min: 600, max: 40_000 }),
  price: fc.integer({ min: 900, max: 1_100 }),
  other: fc.integer({ min: 900, max: 1_100 }),
  tif: fc.constantFrom("GTC" as const, "GTC" as const, "IOC" as const, "FOK" as const),
  stp: fc.constantFrom<StpMode>("NONE", "NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"),
  shown: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined, freq: 3 }),
  pick: fc.nat(1_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The two legs of a pair of which one cancels the other. */
function pairOf(ground: Ground, side: "BUY" | "SELL", { price, other, stp }: Step, qty: string) {
  const [low, high] = [Math.min(price, other), Math.max(price, other)];
  const stop = (at: number) => leg(ground.nextId(), `STOP_LOSS ${qty} > ${at}`, { stp });
  const limit = (at: number) => leg(ground.nextId(), `LIMIT_MAKER ${qty} @ ${at}`);
  return side === "SELL" ? ([limit(high), stop(low)] as const) : ([stop(high), limit(low)] as const);
}

function placeRandomList(ground: Ground, kind: ListKind, doing: Step, qty: string): void {
  const { who: account, side, pick } = doing;
  const { exchange } = ground;
  const terms = { account, instrument: BTC, client_id: ground.nextId() };
  if (kind === "OCO") {
    const [above, below] = pairOf(ground, side, doing, qty);
    ground.run(() => placeOco(exchange, { ...terms, side, qty: dec(qty), above, below }, undefined));
    return;
  }
  const isPaid = kind === "OPO" || kind === "OPOCO";
  const first = isPaid ? "BUY" : side;
  const pending_side = isPaid || pick % 2 ? "SELL" : "BUY";
  const single = () => leg(ground.nextId(), pick % 3 ? `LIMIT ${qty} @ ${doing.other}` : `MARKET ${qty}`);
  const pending = kind.endsWith("CO") ? pairOf(ground, pending_side, doing, qty) : [single()];
  const limit = leg(ground.nextId(), `LIMIT ${qty} @ ${doing.price}`, { tif: doing.tif, stp: doing.stp });
  const working = { ...limit, side: first } as const;
  const pending_qty = isPaid ? zero : dec(qty);
  ground.run(() => placeTriggered(exchange, { ...terms, kind, working, pending, pending_side, pending_qty }));
}

/** One random command; refusals are part of life. */
function act(ground: Ground, doing: Step): void {
  const { who, side, tif, stp, pick, price, other } = doing;
  const { exchange, state, run } = { exchange: ground.exchange, state: ground.state, run: ground.run.bind(ground) };
  const { step } = state.listing(BTC);
  const qty = show((step * BigInt(doing.lots)) as Amount);
  const iceberg = doing.shown === undefined || tif !== "GTC" ? {} : { iceberg_qty: dec(`0.0${1000 + doing.shown}`) };
  const of = <T>(values: Iterable<T>): T | undefined => [...values].at(pick % Math.max(1, [...values].length));
  const order = of([...state.open.values()]);
  const share = order ? ((((order.qty * BigInt(pick % 100)) / 100n / step) * step) as Amount) : zero;
  const list = (kind: ListKind) => () => placeRandomList(ground, kind, doing, qty);
  const commands: Record<Step["act"], () => unknown> = {
    limit: () => ground.order(who, `${side} LIMIT ${qty} @ ${price}`, { tif, stp, ...iceberg }),
    maker: () => ground.order(who, `${side} LIMIT_MAKER ${qty} @ ${price}`),
    market: () => ground.order(who, `${side} MARKET ${qty}`, { stp }),
    quote: () => ground.order(who, `${side} MARKET 0`, { stp, quote_qty: dec(price) }),
    stop: () => ground.order(who, `${side} STOP_LOSS_LIMIT ${qty} @ ${price} > ${other}`, { stp }),
    trail: () => ground.order(who, `${side} TAKE_PROFIT ${qty}`, { stp, trailing_delta: 10 + (pick % 900) }),
    oco: list("OCO"),
    oto: list("OTO"),
    otoco: list("OTOCO"),
    opo: list("OPO"),
    opoco: list("OPOCO"),
    cancel: () => run(() => exchange.cancel(order)),
    "cancel list": () => run(() => cancelList(exchange, of([...state.lists.values()]))),
    amend: () => run(() => amendOrder(exchange, order, { qty: share, client_id: ground.nextId() })),
    last: () => {
      ground.last.set(BTC, dec(price));
      ground.last.set("SPOT:BNBUSDT", dec(other));
      run(() => activate(exchange, BTC, dec(price)));
    },
    bnb: () => run(() => exchange.record({ fact: "bnb_burn", account: who, on: pick % 2 === 0 })),
  };
  commands[doing.act]();
}

function checkMoney({ state }: Ground): void {
  for (const [asset, total] of state.ledger.sums()) expect([asset, total]).toEqual([asset, zero]);
  for (const line of state.ledger.all()) {
    if (line.bucket === "hold" || line.bucket === "wallet") expect([line, line.amount > 0n]).toEqual([line, true]);
  }
  // Nothing is held for what is over.
  const parts = new Set<string>();
  for (const order of state.open.values()) parts.add(`o${order.order_id}`).add(`l${order.list_id}`);
  for (const line of state.ledger.all()) if (line.bucket === "hold") expect(parts.has(line.part)).toBe(true);
}

function checkOrders({ state, books }: Ground): void {
  for (const order of state.orders.values()) {
    const fills = state.tradesOfOrder(order.order_id);
    expect(sum(fills.map((fill) => fill.qty))).toBe(order.filled);
    expect(sum(fills.map((fill) => mul(fill.price, fill.qty)))).toBe(order.quote_filled);
    expect(add(order.filled, order.prevented) <= order.qty).toBe(true);
    expect(isOpen(order)).toBe(state.open.has(order.order_id));
    if (order.status === "FILLED" || order.status === "EXPIRED_IN_MATCH") expect(remaining(order)).toBe(zero);
    const resting = books.get(BTC)!.get(String(order.order_id));
    const lots = resting === undefined ? 0n : BigInt(resting.lots + resting.hidden);
    const rests = isOpen(order) && order.working;
    expect([order.order_id, lots * state.listing(BTC).step]).toEqual([order.order_id, rests ? remaining(order) : zero]);
  }
}

/** A list is done when nothing of it is open; pending orders wait for a first one that is open; a pair works once. */
function checkLists({ state }: Ground): void {
  for (const list of state.lists.values()) {
    const orders = list.order_ids.map((id) => state.orders.get(id)!);
    expect(list.done).toBe(!orders.some(isOpen));
    const [lead] = orders;
    for (const order of orders) if (order.status === "PENDING_NEW") expect(isOpen(lead!)).toBe(true);
    const pair = orders.filter((order) => !order.leads);
    if (pair.length === 2) expect(pair.filter((order) => order.filled > 0n).length).toBeLessThanOrEqual(1);
    if (pair.some((order) => order.filled > 0n && isOpen(order))) {
      expect(pair.filter((order) => isOpen(order) && (isWaiting(order) || order.filled === zero))).toEqual([]);
    }
  }
}

test("whatever is commanded on spot: money, orders and lists add up, on the plain book as on the fast, and from the journal", () => {
  const deposit = { USDT: "40000", BTC: "40", BNB: "1" };
  const seen = { trades: 0, prevented: 0, begun: 0, amended: 0, triggered: 0, inBnb: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 160, size: "max" }), (steps) => {
      const [plain, fast] = [Book, FastBook].map((Kind) => {
        const ground = new Ground({ a: deposit, b: deposit, c: deposit }, () => new Kind());
        const answers = steps.map((doing) => whyRefused(() => act(ground, doing)));
        return { ground, answers };
      }) as [{ ground: Ground; answers: string[] }, { ground: Ground; answers: string[] }];
      expect(fast.answers).toEqual(plain.answers);
      expect(fast.ground.batches).toEqual(plain.ground.batches);
      expect(bookText(fast.ground.books.get(BTC)!)).toBe(bookText(plain.ground.books.get(BTC)!));
      expect(isCrossed(fast.ground.books.get(BTC)!)).toBe(false);
      checkMoney(fast.ground);
      checkOrders(fast.ground);
      checkLists(fast.ground);
      const folded = new ExchangeState(SPOT_LISTINGS);
      for (const { at, facts } of JSON.parse(JSON.stringify(fast.ground.batches)) as Batch[]) {
        for (const fact of facts) applyFact(folded, fact, at);
      }
      expect(stateText(folded)).toBe(stateText(fast.ground.state));
      count(fast.ground, seen);
    }),
    { seed: 20_261_122, numRuns: 50 },
  );
  for (const [what, times] of Object.entries(seen)) expect([what, times > 20]).toEqual([what, true]);
}, 300_000);

function count({ state, batches }: Ground, seen: Record<string, number>): void {
  const facts = batches.flatMap((batch) => batch.facts);
  const of = (kind: string) => facts.filter(({ fact }) => fact === kind).length;
  seen.trades! += state.trades.length;
  seen.prevented! += state.prevented.length;
  seen.begun! += of("begun");
  seen.amended! += state.amendments.length;
  seen.triggered! += of("activated");
  seen.inBnb! += state.trades.filter(({ fee_asset }) => fee_asset === "BNB").length;
}
