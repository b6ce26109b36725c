import { expect, test } from "bun:test";
import fc from "fast-check";
import { abs, add, dec, mul, show, sub, sum, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { cancelAlgo } from "./algos.ts";
import { applyFact } from "./apply.ts";
import { Refusal } from "./checks.ts";
import type { Batch, Fact, PriceMatch } from "./facts.ts";
import { fund } from "./funding.ts";
import { entryPrice, type Position, unrealised } from "./futures.ts";
import { BTC, ETH, FuturesGround } from "./futures-ground.fixture.ts";
import { modify, passTime, setCountdown } from "./futures-orders.ts";
import { FUND } from "./futures-state.ts";
import { crossHealth } from "./liquidation.ts";
import { defaultListings } from "./listing.ts";
import { futuresFunds } from "./margin.ts";
import { changeMargin, setLeverage, setMarginType, setPositionMode } from "./settings.ts";
import { canonical, ExchangeState, isOpen, remaining, type VenueOrder } from "./state.ts";

const ACCOUNTS = ["a", "b", "c"] as const;
const ACTS = [
  ...["limit", "limit", "limit", "limit", "limit", "limit", "market", "market", "market", "reduce", "reduce"],
  ...["cancel", "modify", "algo", "cancelAlgo", "mark", "mark", "mark", "fund", "lever", "type", "dual", "margin"],
  ...["countdown", "time"],
] as const;

const step = fc.record({
  who: fc.constantFrom(...ACCOUNTS),
  instrument: fc.constantFrom(BTC, BTC, BTC, ETH),
  act: fc.constantFrom(...ACTS),
  side: fc.constantFrom<Side>("BUY", "SELL"),
  lots: fc.integer({ min: 1, max: 3_000 }),
  price: fc.integer({ min: 900, max: 1_100 }),
  tif: fc.constantFrom("GTC", "GTC", "IOC", "FOK", "GTX", "GTD"),
  stp: fc.constantFrom("NONE", "NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"),
  held: fc.constantFrom("LONG", "SHORT"),
  pick: fc.nat(1_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const sidesOf = (g: FuturesGround, { who, held }: Step) => (g.state.futures.isDual(who) ? { position_side: held } : {});

function orderStep(g: FuturesGround, doing: Step): void {
  const { who, act, side, lots, price, tif, stp, instrument, pick } = doing;
  const qty = show(mul(dec(lots), dec("0.001")));
  const isMarket = act === "market" || (act === "reduce" && pick % 2 === 0);
  g.order(who, `${side} ${qty} ${isMarket ? "MARKET" : price}`, {
    ...{ instrument, stp, reduce_only: act === "reduce" && !g.state.futures.isDual(who) },
    ...(isMarket ? {} : { tif, ...(tif === "GTD" ? { good_till: g.now + 20 } : {}) }),
    ...sidesOf(g, doing),
  });
}

function algoStep(g: FuturesGround, doing: Step): void {
  const { who, side, lots, price, instrument, pick } = doing;
  const type = (["STOP_MARKET", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET", "STOP", "TAKE_PROFIT"] as const)[
    pick % 5
  ]!;
  const limit = type === "STOP" || type === "TAKE_PROFIT";
  const match = pick % 3 === 0 ? ("QUEUE" as PriceMatch) : undefined;
  const close = !limit && type !== "TRAILING_STOP_MARKET" && pick % 2 === 0;
  g.algo(who, {
    ...{ instrument, side, type, trigger_price: dec(price), close_position: close },
    qty: close ? zero : mul(dec(lots), dec("0.001")),
    ...(type === "TRAILING_STOP_MARKET" ? { callback_rate: dec("1") } : {}),
    ...(limit ? { price: dec(price), tif: "GTC", ...(match ? { price_match: match } : {}) } : {}),
    ...sidesOf(g, doing),
  });
}

const pickOf = <T>(all: Iterable<T>, pick: number): T | undefined => {
  const list = [...all];
  return list[pick % Math.max(1, list.length)];
};

function settingStep(g: FuturesGround, doing: Step): void {
  const { who, act, instrument, pick, held } = doing;
  const of = { account: who, instrument };
  const { exchange } = g;
  const side = g.state.futures.isDual(who) ? { position_side: held as "LONG" | "SHORT" } : {};
  g.run(() => {
    if (act === "lever") setLeverage(exchange, of, 1 + (pick % 100));
    if (act === "type") setMarginType(exchange, of, pick % 2 ? "ISOLATED" : "CROSSED");
    if (act === "dual") setPositionMode(exchange, who, pick % 2 === 0);
    if (act === "margin") changeMargin(exchange, { ...of, ...side }, dec((pick % 200) - 100));
    if (act === "countdown") setCountdown(exchange, of, pick % 30);
  });
}

/** One random command; refusals are part of life. */
function act(g: FuturesGround, doing: Step): void {
  const { act: what, price, instrument, pick, lots } = doing;
  const { exchange, state } = g;
  if (what === "limit" || what === "market" || what === "reduce") orderStep(g, doing);
  else if (what === "algo") algoStep(g, doing);
  else if (what === "mark") g.mark(String(price), instrument);
  else if (what === "fund") g.run(() => fund(exchange, instrument, { rate: dec("0.0003"), mark: dec(price) }));
  else if (what === "cancel") g.run(() => exchange.cancel(pickOf(state.open.values(), pick)));
  else if (what === "cancelAlgo") g.run(() => cancelAlgo(exchange, pickOf(state.openAlgos.values(), pick)));
  else if (what === "time") g.run(() => passTime(exchange));
  else if (what === "modify") {
    const order = pickOf(state.open.values(), pick);
    g.run(() => modify(exchange, order, { price: dec(price), qty: mul(dec(lots), dec("0.001")) }));
  } else settingStep(g, doing);
}

function attempt(g: FuturesGround, doing: Step): boolean {
  try {
    act(g, doing);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return false;
  }
}

function checkMoney({ state }: FuturesGround): void {
  for (const [asset, total] of state.ledger.sums()) expect([asset, total]).toEqual([asset, zero]);
  for (const account of ACCOUNTS) {
    const owner = `${account}:FUT`;
    const has = add(state.ledger.balance(owner, "wallet", "USDT"), state.ledger.total(owner, "margin", "USDT"));
    // Δwallet = deposits + realised + funding + insurance − fees
    expect(sum(state.income.filter((row) => row.account === account).map((row) => row.qty))).toBe(has);
  }
}

function checkPositions({ state }: FuturesGround): void {
  for (const instrument of [BTC, ETH]) {
    const all = [...state.positions.values()].filter((position) => position.instrument === instrument);
    // Nobody trades here but these accounts: what one is long, others are short.
    expect(sum(all.map(({ qty }) => qty))).toBe(zero);
  }
  for (const position of state.positions.values()) checkPosition(state, position);
}

function checkPosition(state: ExchangeState, position: Position): void {
  const { account, instrument, side, qty, cost, realised } = position;
  const mine = state.tradesOf(account, instrument).filter((trade) => trade.position_side === side);
  expect(sum(mine.map((t) => (t.side === "BUY" ? t.qty : sub(zero, t.qty))))).toBe(qty);
  const paid = sum(mine.map((t) => (t.side === "BUY" ? t.quote_qty : sub(zero, t.quote_qty))));
  expect(sub(cost, paid)).toBe(realised);
  if (side === "LONG") expect(qty >= zero).toBe(true);
  if (side === "SHORT") expect(qty <= zero).toBe(true);
  if (qty === zero) expect([cost, state.isolatedMargin(position)]).toEqual([zero, zero]);
  else expect(entryPrice(position) > zero).toBe(true);
  if (position.margin_type === "CROSSED") expect(state.isolatedMargin(position)).toBe(zero);
}

/** Resting closing orders fit into their positions, and have never enlarged or turned one. */
function checkClosing({ state }: FuturesGround): void {
  const left = new Map<string, ReturnType<typeof abs>>();
  for (const order of state.open.values()) {
    if (!order.reduce_only) continue;
    const position = state.position(order.account, order.instrument, order.position_side);
    expect(position.qty > zero).toBe(order.side === "SELL");
    const key = `${order.account}|${order.instrument}|${order.position_side}`;
    left.set(key, add(left.get(key) ?? zero, remaining(order)));
    expect((left.get(key) as typeof zero) <= abs(position.qty)).toBe(true);
  }
}

function checkOrders({ state }: FuturesGround): void {
  const open = (order: VenueOrder): boolean => state.open.has(order.order_id);
  for (const order of state.orders.values()) {
    expect([order.order_id, isOpen(order)]).toEqual([order.order_id, open(order)]);
    expect(remaining(order) >= zero || !isOpen(order)).toBe(true);
  }
  for (const algo of state.algos.values()) {
    const sent = algo.order_id === undefined ? undefined : state.orders.get(algo.order_id);
    if (algo.status === "TRIGGERED") expect(sent && isOpen(sent)).toBe(true);
    if (algo.status === "FINISHED") expect(sent && !isOpen(sent)).toBe(true);
  }
}

/** Once marks have been gone through, what is left is carried by its margin. A pass may open new ones by its trades. */
function checkCarried(g: FuturesGround, price: number): void {
  for (let pass = 0; pass < 4; pass++) g.mark(String(price));
  for (const position of g.state.positions.values()) {
    const mark = g.exchange.mark(position.instrument);
    if (position.qty === zero || position.account === FUND || mark === undefined) continue;
    if (position.margin_type !== "ISOLATED") {
      const { equity, needed } = crossHealth(g.exchange, position.account);
      if (position.instrument === BTC) expect(equity > needed).toBe(true);
      continue;
    }
    expect(g.state.isolatedMargin(position) > zero).toBe(true);
    if (position.instrument === BTC) {
      expect(add(g.state.isolatedMargin(position), unrealised(position, mark)) > zero).toBe(true);
    }
  }
}

const texts = (state: ExchangeState): string =>
  JSON.stringify(canonical(state), (_, value) => (typeof value === "bigint" ? value.toString() : value));

test("whatever futures accounts do, in either mode and margin: money, positions and orders add up, and the journal replays", () => {
  const seen = { trades: 0, forced: 0, adl: 0, hedged: 0, prevented: 0, modified: 0, finished: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 200, size: "max" }), (steps) => {
      const g = new FuturesGround({ a: "400", b: "3000", c: "3000" });
      for (const doing of steps) {
        const before = reductions(g, doing);
        if (attempt(g, doing) && before) before();
        checkClosing(g);
        if (doing.act === "mark" && doing.instrument === BTC) checkCarried(g, doing.price);
      }
      checkMoney(g);
      checkPositions(g);
      checkOrders(g);
      const folded = new ExchangeState(defaultListings());
      for (const { at, facts } of JSON.parse(JSON.stringify(g.batches)) as Batch[]) {
        for (const fact of facts) applyFact(folded, fact, at);
      }
      expect(texts(folded)).toBe(texts(g.state));
      expect(futuresFunds(g.state, "a", (instrument) => g.exchange.mark(instrument)).available >= zero).toBe(true);
      seen.trades += g.state.trades.length;
      for (const order of g.state.orders.values()) {
        if (order.forced) seen.forced += 1;
        if (order.client_id.startsWith("adl_")) seen.adl += 1;
      }
      seen.hedged += g.state.trades.filter((trade) => trade.position_side !== "BOTH").length;
      seen.prevented += g.state.prevented.length;
      seen.modified += g.state.futures.modifications.length;
      seen.finished += [...g.state.algos.values()].filter(({ status }) => status === "FINISHED").length;
    }),
    { seed: 20261123, numRuns: 80, endOnFailure: true },
  );
  for (const [what, count] of Object.entries(seen)) expect([what, count > 0]).toEqual([what, true]);
}, 300_000);

/** For a reduce-only order: what must hold of its position after it. */
function reductions(g: FuturesGround, { act: what, who, instrument, held }: Step): (() => void) | undefined {
  if (what !== "reduce") return undefined;
  const side = g.state.futures.isDual(who) ? (held as "LONG" | "SHORT") : "BOTH";
  if (side !== "BOTH") return undefined;
  const position = g.state.position(who, instrument, side);
  const was = position.qty;
  return () => {
    expect(abs(position.qty) <= abs(was)).toBe(true);
    expect(position.qty === zero || position.qty > zero === was > zero).toBe(true);
  };
}

/** What a journal held before there were hedge mode, modified orders and an insurance fund with positions. */
const OLD_FACTS = [
  { fact: "moved", account: "a", market: "FUT", asset: "USDT", qty: "1000", why: "deposit" },
  { fact: "margin_type", account: "a", instrument: BTC, margin_type: "ISOLATED" },
  { fact: "leverage", account: "a", instrument: BTC, leverage: 10 },
  {
    fact: "accepted",
    order: {
      ...{ order_id: 1, client_id: "c1", account: "a", instrument: BTC, side: "BUY", type: "MARKET", tif: "GTC" },
      ...{ price: "0", qty: "0.01", reduce_only: false, close_position: false },
    },
    hold: null,
    margin: "60",
  },
  {
    ...{ fact: "traded", trade_id: 1, order_id: 1, price: "60000", qty: "0.01", maker: false },
    ...{ fee: "0.3", fee_asset: "USDT" },
  },
  { fact: "funded", account: "a", instrument: BTC, rate: "0.0001", mark: "60000", qty: "-0.06" },
  {
    fact: "algo_accepted",
    algo: {
      ...{ algo_id: 1, client_id: "s1", account: "a", instrument: BTC, side: "SELL", type: "STOP_MARKET", qty: "0" },
      ...{ trigger_price: "59000", working_type: "MARK_PRICE", reduce_only: false, close_position: true },
      price_protect: false,
    },
  },
  { fact: "algo_triggered", algo_id: 1 },
  { fact: "algo_ended", algo_id: 1, status: "FINISHED", order_id: 1, reason: "" },
  { fact: "liquidated", account: "a", instrument: BTC, clearance: "1", covered: "0" },
] as unknown as Fact[];

test("facts of older journals fold as they did", () => {
  const state = new ExchangeState(defaultListings());
  for (const fact of OLD_FACTS) applyFact(state, fact, 1);
  const position = state.position("a", BTC);
  expect([position.qty, position.cost, state.isolatedMargin(position)].map(show)).toEqual(["0.01", "600", "59.94"]);
  expect([state.algos.get(1)?.status, state.algos.get(1)?.order_id]).toEqual(["FINISHED", 1]);
  expect(show(state.free("a", "FUT", "USDT"))).toBe("938.7");
  expect(() => applyFact(state, { fact: "unheard" } as unknown as Fact, 1)).toThrow("no fact that is known here");
});
