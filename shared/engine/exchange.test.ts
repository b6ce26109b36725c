import { expect, test } from "bun:test";
import fc from "fast-check";
import { add, dec, show, sub, sum, zero } from "../domain/money.ts";
import { placeAlgo, triggerAlgos } from "./algos.ts";
import { applyFact } from "./apply.ts";
import { Refusal } from "./checks.ts";
import { Exchange } from "./exchange.ts";
import type { Batch } from "./facts.ts";
import { fund } from "./funding.ts";
import { FUND } from "./futures-state.ts";
import { liquidate } from "./liquidation.ts";
import { defaultListings } from "./listing.ts";
import { cancelList, placeOco } from "./lists.ts";
import type { Matcher } from "./matcher.ts";
import { LimitOrderMatcher } from "./matching.ts";
import { setLeverage, setMarginType } from "./settings.ts";
import { canonical, ExchangeState, isOpen, remaining, type VenueTrade } from "./state.ts";
import { activate, placeWaiting } from "./stops.ts";

const listings = defaultListings();
const AT = 1_700_000_000_000;

function stand(deposits: Record<string, { SPOT?: Record<string, string>; FUT?: string }>) {
  const books = new Map<string, Matcher>(listings.map((each) => [each.instrument, new LimitOrderMatcher()]));
  const batches: Batch[] = [];
  const exchange = new Exchange({
    listings,
    matcher: (instrument) => books.get(instrument)!,
    write: (batch) => batches.push(batch),
    heard: () => {},
    flush: () => {},
  });
  let ids = 0;
  const run = <T>(work: () => T): T => exchange.run(AT + batches.length, work);
  run(() => {
    for (const [account, { SPOT = {}, FUT }] of Object.entries(deposits)) {
      for (const [asset, qty] of Object.entries(SPOT)) {
        exchange.move(account, "SPOT", { asset, qty: dec(qty), why: "deposit" });
      }
      if (FUT) exchange.move(account, "FUT", { asset: "USDT", qty: dec(FUT), why: "deposit" });
    }
  });
  const nextId = () => `c${++ids}`;
  const order = (account: string, text: string, more: object = {}) => {
    const [side, qty, price, instrument = "FUT:BTCUSDT"] = text.split(" ") as ["BUY" | "SELL", string, string, never];
    const isMarket = price === "MARKET";
    const type = isMarket ? ("MARKET" as const) : ("LIMIT" as const);
    const amounts = { price: isMarket ? zero : dec(price), qty: dec(qty) };
    const terms = { account, instrument, client_id: nextId(), side, type, tif: "GTC" as const, ...amounts };
    return run(() => exchange.place({ ...terms, ...more }));
  };
  return { exchange, state: exchange.state, batches, run, order, nextId };
}

function whyRefused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.why;
    throw error;
  }
  return "taken";
}

const texts = (state: ExchangeState): string =>
  JSON.stringify(canonical(state), (_, value) => (typeof value === "bigint" ? value.toString() : value));

test("a futures round trip moves margin, realises PnL and charges maker and taker fees, exactly", () => {
  const { state, order, run, exchange } = stand({ a: { FUT: "1000" }, b: { FUT: "1000" } });
  run(() => setMarginType(exchange, { account: "a", instrument: "FUT:BTCUSDT" }, "ISOLATED"));
  order("b", "SELL 0.01 60000");
  order("a", "BUY 0.01 MARKET");
  const position = state.position("a", "FUT:BTCUSDT");
  // 600 USDT at 20×: 30 margin; taker fee 600 × 0.0005 = 0.30
  expect(show(state.isolatedMargin(position))).toBe("30");
  expect(show(state.free("a", "FUT", "USDT"))).toBe("969.7");
  order("b", "BUY 0.004 61000");
  order("a", "SELL 0.004 MARKET", { reduce_only: true });
  // realised (61000 − 60000) × 0.004 = 4; fee 244 × 0.0005 = 0.122; margin released 30 × 0.4 = 12
  expect(show(state.isolatedMargin(position))).toBe("18");
  expect(show(state.free("a", "FUT", "USDT"))).toBe("985.578");
  expect(show(position.qty)).toBe("0.006");
  expect(state.trades.map((trade) => [trade.account, trade.maker, show(trade.fee), show(trade.realised)])).toEqual([
    ["a", false, "0.3", "0"],
    ["b", true, "0.12", "0"],
    ["a", false, "0.122", "4"],
    ["b", true, "0.0488", "-4"],
  ]);
});

test("what an order may not do is refused and changes nothing", () => {
  const { state, order } = stand({ a: { FUT: "100", SPOT: { USDT: "100" } }, b: { FUT: "100000" } });
  order("b", "SELL 1 60000");
  order("b", "BUY 1 59000");
  const before = texts(state);
  const cases: [string, () => unknown][] = [
    ["NO_MARGIN", () => order("a", "BUY 0.1 59500")],
    ["NO_MARGIN", () => order("a", "BUY 0.1 MARKET")],
    ["REDUCE_ONLY", () => order("a", "SELL 0.001 MARKET", { reduce_only: true })],
    ["MAX_POSITION", () => order("b", "BUY 9000 59500")],
    ["WOULD_TAKE", () => order("a", "BUY 0.001 60000", { tif: "GTX" })],
    ["FOK", () => order("b", "BUY 2 60000", { tif: "FOK" })],
    ["DUPLICATE_ID", () => order("b", "BUY 0.001 50000", { client_id: "c1" })],
    ["NO_BALANCE", () => order("a", "BUY 0.01 20000 SPOT:BTCUSDT")],
    ["NO_BALANCE", () => order("a", "SELL 0.00001 20000 SPOT:BTCUSDT")],
    ["NO_DEPTH", () => order("a", "BUY 0 MARKET SPOT:BTCUSDT", { quote_qty: dec("50") })],
  ];
  for (const [why, work] of cases) expect(whyRefused(work)).toBe(why);
  expect(texts(state)).toBe(before);
});

test("a reduce-only order is cut to the position, and knocked out when the position is gone", () => {
  const { state, order } = stand({ a: { FUT: "1000" }, b: { FUT: "1000" } });
  order("b", "SELL 0.01 60000");
  order("b", "BUY 0.02 59000");
  order("a", "BUY 0.01 MARKET");
  const profit = order("a", "SELL 0.05 61000", { reduce_only: true });
  expect(show(profit.qty)).toBe("0.01");
  expect(whyRefused(() => order("a", "SELL 0.005 62000", { reduce_only: true }))).toBe("REDUCE_ONLY");
  order("a", "SELL 0.01 MARKET", { reduce_only: true });
  expect([profit.status, profit.end_reason]).toEqual(["EXPIRED", "knocked_out"]);
  expect(state.position("a", "FUT:BTCUSDT").qty).toBe(zero);
});

test("a conditional order triggers at its price on the right side, closes the position and ends", () => {
  const { state, exchange, order, run, nextId } = stand({ a: { FUT: "1000" }, b: { FUT: "10000" } });
  order("b", "SELL 0.01 60000");
  order("b", "BUY 0.5 59000");
  order("a", "BUY 0.01 MARKET");
  const asked = (type: "STOP_MARKET" | "TAKE_PROFIT_MARKET", trigger: string) => ({
    account: "a",
    instrument: "FUT:BTCUSDT" as const,
    client_id: nextId(),
    side: "SELL" as const,
    type,
    trigger_price: dec(trigger),
    working_type: "MARK_PRICE" as const,
    qty: zero,
    reduce_only: false,
    close_position: true,
    price_protect: false,
  });
  expect(whyRefused(() => run(() => placeAlgo(exchange, asked("STOP_MARKET", "60500"), dec("60000"))))).toBe(
    "WOULD_TRIGGER",
  );
  const stop = run(() => placeAlgo(exchange, asked("STOP_MARKET", "59500"), dec("60000")));
  const profit = run(() => placeAlgo(exchange, asked("TAKE_PROFIT_MARKET", "61000"), dec("60000")));
  const mark = (price: string) =>
    run(() => triggerAlgos(exchange, { instrument: "FUT:BTCUSDT", working: "MARK_PRICE", price: dec(price) }));
  mark("59500.1");
  expect(stop.status).toBe("NEW");
  mark("59500");
  expect(stop.status).toBe("FINISHED");
  expect(state.position("a", "FUT:BTCUSDT").qty).toBe(zero);
  const sent = state.orders.get(stop.order_id!)!;
  expect([sent.status, sent.close_position, show(sent.qty)]).toEqual(["FILLED", true, "0.01"]);
  mark("61000");
  expect([profit.status, profit.order_id]).toEqual(["EXPIRED", undefined]);
});

test("liquidation at the maintenance margin: what the book does not take at the bankruptcy price goes to the fund", () => {
  const { state, exchange, order, run } = stand({ a: { FUT: "1000" }, b: { FUT: "100000" } });
  const of = { account: "a", instrument: "FUT:BTCUSDT" } as const;
  run(() => {
    setMarginType(exchange, of, "ISOLATED");
    setLeverage(exchange, of, 100);
  });
  order("b", "SELL 0.1 60000");
  order("a", "BUY 0.1 MARKET");
  const resting = order("a", "BUY 0.1 50000");
  const wallet = state.free("a", "FUT", "USDT");
  order("b", "BUY 0.2 58000");
  const mark = (price: string) =>
    run(() => {
      exchange.setMark("FUT:BTCUSDT", dec(price));
      liquidate(exchange, "FUT:BTCUSDT", dec(price));
    });
  mark("59700");
  expect(show(state.position("a", "FUT:BTCUSDT").qty)).toBe("0.1");
  mark("59500");
  // margin 60 ÷ 0.1: bankrupt at 59400, where the book bids nothing; the wallet outside the position is untouched
  expect(state.position("a", "FUT:BTCUSDT").qty).toBe(zero);
  expect(resting.end_reason).toBe("liquidation");
  expect(state.free("a", "FUT", "USDT")).toBe(wallet);
  const fund = state.position(FUND, "FUT:BTCUSDT");
  expect([fund.qty, fund.cost].map(show)).toEqual(["0.1", "5940"]);
  expect(state.tradesOf("a", "FUT:BTCUSDT").at(-1)?.client_id).toStartWith("autoclose-");
  mark("58100");
  // Within 0.5 % of the mark the fund sells: (58000 − 59400) × 0.1
  expect(fund.qty).toBe(zero);
  expect(show(state.ledger.balance("house", "insurance", "USDT"))).toBe("-140");
});

test("funding moves qty × mark × rate from longs to shorts", () => {
  const { state, exchange, order, run } = stand({ a: { FUT: "1000" }, b: { FUT: "1000" } });
  order("b", "SELL 0.01 60000");
  order("a", "BUY 0.01 MARKET");
  const [a, b] = [state.free("a", "FUT", "USDT"), state.free("b", "FUT", "USDT")];
  run(() => fund(exchange, "FUT:BTCUSDT", { rate: dec("0.0001"), mark: dec("61000") }));
  // 0.01 × 61000 × 0.0001 = 0.061
  expect(show(sub(state.free("a", "FUT", "USDT"), a))).toBe("-0.061");
  expect(show(sub(state.free("b", "FUT", "USDT"), b))).toBe("0.061");
});

test("an OCO list holds once, and the leg that works ends the other", () => {
  const { state, exchange, order, run, nextId } = stand({
    a: { SPOT: { BTC: "1" } },
    b: { SPOT: { USDT: "200000", BTC: "1" } },
  });
  order("b", "BUY 1 59000 SPOT:BTCUSDT");
  const place = () =>
    run(() =>
      placeOco(
        exchange,
        {
          account: "a",
          instrument: "SPOT:BTCUSDT",
          client_id: nextId(),
          side: "SELL",
          qty: dec("0.5"),
          above: { client_id: nextId(), type: "LIMIT_MAKER", price: dec("61000"), tif: "GTC" },
          below: { client_id: nextId(), type: "STOP_LOSS", price: zero, stop_price: dec("59500"), tif: "GTC" },
        },
        dec("60000"),
      ),
    );
  const list = place();
  expect(show(state.free("a", "SPOT", "BTC"))).toBe("0.5");
  run(() => activate(exchange, "SPOT:BTCUSDT", dec("59500")));
  const [above, below] = list.order_ids.map((id) => state.orders.get(id)!);
  expect([above!.status, above!.end_reason, below!.status, list.done]).toEqual(["EXPIRED", "list", "FILLED", true]);
  // 0.5 × 59000 = 29500 less 0.1 %
  expect(show(state.free("a", "SPOT", "USDT"))).toBe("29470.5");
  const second = place();
  run(() => cancelList(exchange, second));
  expect(show(state.free("a", "SPOT", "BTC"))).toBe("0.5");
  const third = place();
  order("b", "BUY 0.1 61000 SPOT:BTCUSDT");
  expect(third.order_ids.map((id) => state.orders.get(id)!.status)).toEqual(["PARTIALLY_FILLED", "EXPIRED"]);
  expect(show(state.ledger.total("a:SPOT", "hold", "BTC"))).toBe("0.4");
});

const step = fc.record({
  who: fc.constantFrom("a", "b", "c"),
  instrument: fc.constantFrom("FUT:BTCUSDT", "FUT:BTCUSDT", "FUT:ETHUSDT", "SPOT:BTCUSDT"),
  act: fc.constantFrom(
    "limit",
    "limit",
    "limit",
    "limit",
    "limit",
    "limit",
    "market",
    "market",
    "reduce",
    "cancel",
    "oco",
    "stop",
    "algo",
    "mark",
    "fund",
    "lever",
    "type",
  ),
  side: fc.constantFrom("BUY", "SELL"),
  lots: fc.integer({ min: 1, max: 4_000 }),
  price: fc.integer({ min: 900, max: 1_100 }),
  tif: fc.constantFrom("GTC", "GTC", "IOC", "FOK", "GTX"),
  pick: fc.nat(1_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One random command; refusals are part of life. */
function act({ exchange, state, order, run, nextId }: ReturnType<typeof stand>, doing: Step): void {
  const { who, act: what, side, pick } = doing;
  const instrument = doing.instrument as "FUT:BTCUSDT" | "SPOT:BTCUSDT";
  const listing = state.listing(instrument);
  const price = show(dec(doing.price));
  const qty = show((listing.step * BigInt(doing.lots) * (listing.market === "SPOT" ? 100n : 1n)) as typeof zero);
  const isFutures = listing.market === "FUT";
  const one = { account: who, instrument, client_id: nextId(), side: side as "BUY", qty: dec(qty) };
  if (what === "limit")
    order(who, `${side} ${qty} ${price} ${instrument}`, { tif: doing.tif === "GTX" && !isFutures ? "GTC" : doing.tif });
  if (what === "market") order(who, `${side} ${qty} MARKET ${instrument}`);
  if (what === "reduce" && isFutures)
    order(who, `${side} ${qty} ${pick % 2 ? price : "MARKET"} ${instrument}`, { reduce_only: true });
  if (what === "cancel") run(() => exchange.cancel([...state.open.values()][pick % Math.max(1, state.open.size)]));
  if (what === "stop" && !isFutures) {
    run(() =>
      placeWaiting(
        exchange,
        { ...one, type: "STOP_LOSS", price: zero, stop_price: dec(price), tif: "GTC" },
        dec("1000"),
      ),
    );
  }
  if (what === "oco" && !isFutures) {
    const profit = { client_id: nextId(), type: "LIMIT_MAKER" as const, price: dec("1105"), tif: "GTC" as const };
    const stop = {
      client_id: nextId(),
      type: "STOP_LOSS" as const,
      price: zero,
      stop_price: dec(price),
      tif: "GTC" as const,
    };
    run(() => placeOco(exchange, { ...one, side: "SELL", above: profit, below: stop }, dec("1101")));
  }
  if (what === "algo" && isFutures) {
    const rules = { reduce_only: pick % 2 === 0, close_position: false, price_protect: false };
    const algo = {
      ...one,
      ...rules,
      type: "STOP_MARKET" as const,
      trigger_price: dec(price),
      working_type: "MARK_PRICE" as const,
    };
    run(() => placeAlgo(exchange, algo, undefined));
  }
  if (what === "mark") {
    run(() => {
      if (!isFutures) return activate(exchange, instrument, dec(price));
      exchange.setMark(instrument, dec(price));
      triggerAlgos(exchange, { instrument, working: "MARK_PRICE", price: dec(price) });
      liquidate(exchange, instrument, dec(price));
    });
  }
  if (what === "fund" && isFutures) run(() => fund(exchange, instrument, { rate: dec("0.0003"), mark: dec(price) }));
  if (what === "lever" && isFutures) run(() => setLeverage(exchange, { account: who, instrument }, 1 + (pick % 100)));
  if (what === "type" && isFutures)
    run(() => setMarginType(exchange, { account: who, instrument }, pick % 2 ? "ISOLATED" : "CROSSED"));
}

function checkBooks({ state }: ReturnType<typeof stand>): void {
  for (const [asset, total] of state.ledger.sums()) expect([asset, total]).toEqual([asset, zero]);
  for (const line of state.ledger.all()) {
    if (line.bucket === "hold") expect(line.amount > 0n).toBe(true);
    if (line.bucket === "wallet" && line.owner.endsWith(":SPOT")) expect(line.amount >= 0n).toBe(true);
  }
  for (const order of state.orders.values()) {
    expect(order.filled <= order.qty && isOpen(order) === state.open.has(order.order_id)).toBe(true);
    if (order.status === "FILLED") expect(remaining(order)).toBe(zero);
  }
  for (const position of state.positions.values()) {
    const ofIt = (t: VenueTrade) => t.account === position.account && t.instrument === position.instrument;
    const mine = state.trades.filter((t) => ofIt(t) && t.position_side === position.side);
    expect(sum(mine.map((t) => (t.side === "BUY" ? t.qty : sub(zero, t.qty))))).toBe(position.qty);
    expect(sum(mine.map((t) => t.realised))).toBe(position.realised);
    const paid = sum(mine.map((t) => (t.side === "BUY" ? t.quote_qty : sub(zero, t.quote_qty))));
    expect(sub(position.cost, paid)).toBe(position.realised);
  }
}

/** Δwallet = deposits + realised + funding + clearance − fees, for every futures account. */
function checkCash({ state }: ReturnType<typeof stand>): void {
  for (const account of state.accounts) {
    const owner = `${account}:FUT`;
    const has = add(state.ledger.balance(owner, "wallet", "USDT"), state.ledger.total(owner, "margin", "USDT"));
    expect(sum(state.income.filter((row) => row.account === account).map((row) => row.qty))).toBe(has);
  }
}

test("whatever is commanded: books balance, orders add up, cash is conserved, and the journal folds to the same state", () => {
  const deposit = { SPOT: { USDT: "5000", BTC: "10" }, FUT: "3000" };
  let trades = 0;
  let liquidations = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 160, size: "max" }), (steps) => {
      const ground = stand({ a: deposit, b: deposit, c: deposit });
      for (const doing of steps) {
        whyRefused(() => act(ground, doing));
      }
      checkBooks(ground);
      checkCash(ground);
      const folded = new ExchangeState(listings);
      for (const { at, facts } of JSON.parse(JSON.stringify(ground.batches)) as Batch[]) {
        for (const fact of facts) applyFact(folded, fact, at);
      }
      expect(texts(folded)).toBe(texts(ground.state));
      trades += ground.state.trades.length;
      liquidations += ground.batches
        .flatMap((batch) => batch.facts)
        .filter((fact) => fact.fact === "liquidated").length;
    }),
    { seed: 20261122, numRuns: 100 },
  );
  expect(trades).toBeGreaterThan(1000);
  expect(liquidations).toBeGreaterThan(0);
});

test("a failing journal stops the exchange instead of letting it run on unrecorded", () => {
  const { exchange, order } = stand({ a: { FUT: "1000" } });
  (exchange.deps as { write: (batch: Batch) => void }).write = () => {
    throw new Error("disk full");
  };
  expect(() => order("a", "BUY 0.01 50000")).toThrow("disk full");
  expect(() => order("a", "BUY 0.01 50000")).toThrow("disk full");
});
