/** What every connector must do, with a real exchange of any kind behind it on real sockets. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { SubmitOco } from "../../shared/contracts.ts";
import { asProblem, type Problem } from "../../shared/errors.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { BTC, order, SPOT_BTC } from "./venue.fixture.ts";
import { type Lacks, openBench, soon, type TestExchange, type VenueBench } from "./venue-bench.fixture.ts";

const BID = 59_990;
const ASK = 60_000;
const nothing = () => {};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "nothing was refused",
    (error: unknown) => asProblem(error).code,
  );
const same = (a: string | undefined, b: number) => expect(Number(a)).toBeCloseTo(b, 9);

type Execution = Extract<AccountEvent, { kind: "execution" }>;

export function venueContract(name: string, open: () => Promise<TestExchange>, lacks: Lacks = {}): void {
  // Real sockets on a busy machine; said for each file, which is how far it reaches.
  setDefaultTimeout(60_000);
  describe(name, () => {
    const now = {} as { bench: VenueBench };
    beforeAll(async () => {
      now.bench = await openBench(await open());
    });
    afterAll(() => now.bench.stop());
    facts(now, lacks);
    marketData(now);
    orders(now);
    refusals(now);
    unknownOutcomes(now);
    positions(now);
    conditionals(now);
    pairs(now, lacks);
    away(now);
  });
}
type Now = { bench: VenueBench };

const executions = ({ told }: VenueBench, id: string): Execution[] =>
  told.filter((event): event is Execution => event.kind === "execution" && event.client_order_id === id);
let counter = 0;
const fresh = () => `contract-${++counter}`;
const ref = (client_order_id: string, instrument = BTC, conditional = false) => ({
  ...{ account: "main", instrument, client_order_id, conditional },
});
const resting = (client_order_id: string, given: Partial<Parameters<typeof order>[0]> = {}) =>
  order({ client_order_id, type: "LIMIT", qty: "0.003", price: "50000.1", ...given });

function facts(now: Now, lacks: Lacks): void {
  test("the exchange's clock, its listing with exact steps, and how the account is set up", async () => {
    const { venue, instruments, accountGuard } = now.bench.connector;
    expect([...venue.listing.markets].sort()).toEqual(["FUT", "SPOT"]);
    for (const market of venue.listing.markets) {
      expect(Math.abs(venue.link.clockOffsetMs(market))).toBeLessThan(5_000);
      expect(venue.link.answeredAt(market)).toBeGreaterThan(0);
    }
    const info = instruments.need(BTC).info;
    expect(info).toMatchObject({ market: "FUT", base: "BTC", quote: "USDT", status: "TRADING" });
    same(info.tick_size, 0.1);
    same(info.step_size, 0.001);
    expect(instruments.need(SPOT_BTC).info).toMatchObject({ market: "SPOT", symbol: "BTCUSDT" });
    await accountGuard.check();
    expect(accountGuard.trouble()).toBeUndefined();
    expect(venue.lacks.some((words) => words.includes("position mode"))).toBe(lacks.accountMode === true);
  });

  test("bars, oldest first; what the exchange has no bars of is refused", async () => {
    const { queries } = now.bench.connector;
    await now.bench.exchange.trade("BUY");
    for (const instrument of [BTC, SPOT_BTC]) {
      const bars = await queries.history({ instrument, timeframe: "1m", limit: 5 });
      expect(bars.length).toBeGreaterThan(0);
      expect(bars.map((bar) => bar.open_ts)).toEqual(bars.map((bar) => bar.open_ts).toSorted((a, b) => a - b));
      expect(bars.at(-1)).toMatchObject({ instrument, timeframe: "1m" });
      expect(Number(bars.at(-1)!.high)).toBeGreaterThanOrEqual(Number(bars.at(-1)!.low));
      expect(bars.at(-1)!.close_ts - bars.at(-1)!.open_ts).toBe(59_999);
    }
    expect(await codeOf(queries.history({ instrument: BTC, timeframe: "5s", limit: 5 }))).toBe("INVALID");
    expect(await codeOf(queries.fundingRates(SPOT_BTC, { from_ts: 0, to_ts: 1 }))).toBe("INVALID");
  });
}

function marketData(now: Now): void {
  test("of an instrument that is followed no longer no age is told", async () => {
    const { market, around } = { ...now.bench, ...now.bench.connector };
    const told = () => {
      market.measure();
      return [...around.counted.keys()].filter((key) => key.startsWith("marketAgeMs/")).toSorted();
    };
    const both = [`marketAgeMs/${BTC}`, `marketAgeMs/${SPOT_BTC}`];
    const trade = () => now.bench.exchange.trade("BUY");
    await soon(() => told().length === 2, trade);
    expect(told()).toEqual(both);
    market.follow([BTC]);
    expect(told()).toEqual([`marketAgeMs/${BTC}`]);
    market.follow([BTC, SPOT_BTC]);
    await soon(() => told().length === 2 && market.trouble() === undefined, trade);
  });

  test("both markets flow: a whole book that is right, trades once each, marks", async () => {
    const { bench } = now;
    const { exchange, depths, trades, tickers, fundings, connector } = bench;
    for (const instrument of [BTC, SPOT_BTC]) {
      const whole = () => depths.findLast((depth) => depth.instrument === instrument && depth.ok);
      const book = await soon(whole, () => exchange.trade("BUY"));
      same(book.bids[0]?.[0], BID);
      same(book.asks[0]?.[0], ASK);
      const traded = () => trades.findLast((trade) => trade.instrument === instrument);
      const trade = await soon(traded, () => exchange.trade("BUY"));
      same(trade.price, ASK);
      expect(trade.taker).toBe("BUY");
      await soon(() => tickers.find((ticker) => ticker.instrument === instrument));
    }
    const ids = trades.map((trade) => `${trade.instrument} ${trade.trade_id}`);
    expect(new Set(ids).size).toBe(ids.length);
    await exchange.quote(BID + 1, ASK + 1);
    await soon(() => depths.findLast((depth) => depth.instrument === BTC && Number(depth.bids[0]?.[0]) === BID + 1));
    await soon(() => tickers.findLast((ticker) => ticker.instrument === BTC && Number(ticker.ask) === ASK + 1));
    await exchange.quote(BID, ASK);
    await soon(() => depths.findLast((depth) => Number(depth.bids[0]?.[0]) === BID));
    expect((await soon(() => fundings.at(-1))).instrument).toBe(BTC);
    expect(Number(connector.market.mark(BTC))).toBeGreaterThan(0);
    expect(connector.market.trouble()).toBeUndefined();
  });
}

function orders(now: Now): void {
  test.each([BTC, SPOT_BTC])(
    "%s: an order rests exactly as asked, is found, and is cancelled once",
    async (instrument) => {
      const { bench } = now;
      const { orders } = bench.connector;
      const id = fresh();
      let before = 0;
      const leverage = instrument === BTC ? 20 : undefined;
      const placed = await orders.submit(resting(id, { instrument, leverage }), () => before++);
      expect(placed).toMatchObject({ instrument, client_order_id: id, status: "NEW", side: "BUY", conditional: false });
      expect(before).toBe(1);
      const [received] = bench.exchange.received(id);
      expect(Number(received?.qty)).toBe(0.003);
      expect(Number(received?.price)).toBe(50_000.1);
      const found = await orders.query(ref(id, instrument));
      expect(found).toMatchObject({ order_id: placed.order_id, client_order_id: id, status: "NEW" });
      same(found.qty, 0.003);
      same(found.price, 50_000.1);
      for (const open of [
        orders.openOrders(placed.instrument === BTC ? "FUT" : "SPOT"),
        orders.openOrders(instrument === BTC ? "FUT" : "SPOT", instrument),
      ]) {
        expect((await open).map((row) => row.client_order_id)).toContain(id);
      }
      expect((await orders.cancel(ref(id, instrument))).status).toBe("CANCELED");
      expect((await orders.cancel(ref(id, instrument))).status).toBe("CANCELED");
      expect((await orders.query(ref(id, instrument))).status).toBe("CANCELED");
      expect(await orders.openOrders(instrument === BTC ? "FUT" : "SPOT", instrument)).toEqual([]);
      await soon(() => executions(bench, id).some((event) => event.status === "CANCELED"));
      expect(executions(bench, id)[0]).toMatchObject({ instrument, side: "BUY", order_id: placed.order_id });
    },
  );

  test("a maker order that would take, an IOC order that finds nothing", async () => {
    const { orders } = now.bench.connector;
    const taking = fresh();
    const outcome = await orders
      .submit(resting(taking, { type: "LIMIT_MAKER", price: String(ASK + 10) }), nothing)
      .then(
        (answer) => answer.status,
        (error: unknown) => asProblem(error).code,
      );
    expect(["EXCHANGE_REFUSED", "EXPIRED", "CANCELED", "REJECTED"]).toContain(outcome);
    const late = await orders.submit(resting(fresh(), { time_in_force: "IOC" }), nothing);
    expect(["EXPIRED", "CANCELED"]).toContain(late.status);
    same(late.filled_qty, 0);
  });
}

function refusals(now: Now): void {
  test("what was never sent is not found, and its cancel neither", async () => {
    const { orders } = now.bench.connector;
    for (const instrument of [BTC, SPOT_BTC]) {
      expect(await codeOf(orders.query(ref("never-sent", instrument)))).toBe("NOT_FOUND");
      expect(await codeOf(orders.cancel(ref("never-sent", instrument)))).toBe("NOT_FOUND");
    }
    expect(await codeOf(orders.query(ref("never-sent", BTC, true)))).toBe("NOT_FOUND");
  });

  test("a refusal is one, with the exchange's code", async () => {
    const { orders } = now.bench.connector;
    const big = { qty: "900", price: "59000" } as const;
    for (const instrument of [BTC, SPOT_BTC]) {
      const refused = orders.submit(resting(fresh(), { ...big, instrument, leverage: undefined }), nothing);
      const problem = (await refused.catch(asProblem)) as Problem;
      expect(problem.code).toBe("EXCHANGE_REFUSED");
      expect(problem.errors.find(({ field }) => field === "exchange_code")?.message).toMatch(/^-?\d+$/);
    }
  });

  test("what the last look before the sending throws keeps it from being sent", async () => {
    const { connector, exchange } = now.bench;
    const id = fresh();
    const stopped = connector.orders.submit(resting(id), () => {
      throw new Error("the kill switch is on");
    });
    await expect(stopped).rejects.toThrow("the kill switch is on");
    expect(exchange.received(id)).toEqual([]);
  });

  test("a repeat of a client id is one order", async () => {
    const { connector, exchange } = now.bench;
    const id = fresh();
    const first = await connector.desk.submit(resting(id));
    const again = await connector.desk.submit(resting(id));
    expect(again.order_id).toBe(first.order_id);
    expect(exchange.received(id).length).toBe(1);
    await connector.desk.cancel(ref(id));
  });
}

function unknownOutcomes(now: Now): void {
  test("an answer that stays away leaves the outcome unknown, and asking tells it", async () => {
    const { bench } = now;
    const { orders } = bench.connector;
    const id = fresh();
    bench.exchange.loseAnswer();
    expect(await codeOf(orders.submit(resting(id), nothing))).toBe("EXCHANGE_UNKNOWN");
    expect((await orders.query(ref(id))).status).toBe("NEW");
    expect(bench.exchange.received(id).length).toBe(1);
    await orders.cancel(ref(id));
  });
}

function positions(now: Now): void {
  test("a gap first; then each fill with its fee, the position, the balances", async () => {
    const { bench } = now;
    const { connector, told } = bench;
    await soon(() => connector.streams.trouble() === undefined);
    for (const market of ["SPOT", "FUT"]) {
      const first = told.find((event) => event.kind !== "balance" && event.instrument.startsWith(market));
      expect(first?.kind).toBe("gap");
    }
    await connector.orders.prepare(BTC, 7);
    const id = fresh();
    const bought = await connector.orders.submit(order({ client_order_id: id, qty: "0.01" }), nothing);
    expect(bought.status).toBe("FILLED");
    same(bought.filled_qty, 0.01);
    same(bought.avg_price, ASK);
    const event = await soon(() => executions(bench, id).find((each) => each.fill !== undefined));
    same(event.fill?.price, ASK);
    expect(event.fill).toMatchObject({ fee_asset: "USDT", maker: false });
    await soon(() => executions(bench, id).some((each) => each.status === "FILLED"));

    const fills = await connector.queries.fills({ instrument: BTC, order_id: bought.order_id });
    expect(fills.map((fill) => fill.fill_id)).toEqual([event.fill!.fill_id]);
    same(fills[0]!.fee, Number(event.fill!.fee));
    const since = await connector.queries.fills({ instrument: BTC, from_ts: fills[0]!.ts });
    expect(since.map((fill) => fill.fill_id)).toContain(event.fill!.fill_id);

    const [position] = await connector.queries.positions("main", BTC);
    expect(position).toMatchObject({ account: "main", instrument: BTC, leverage: 7 });
    same(position!.qty, 0.01);
    same(position!.entry_price, ASK);
    expect(await connector.queries.positions("main", SPOT_BTC)).toEqual([]);
    const heard = await soon(() => told.findLast((each) => each.kind === "position" && each.instrument === BTC));
    if (heard.kind === "position") same(heard.position.qty, 0.01);
    const balances = await connector.queries.balances();
    expect(Number(balances.find((row) => row.asset === "USDT" && row.market === "FUT")?.free)).toBeGreaterThan(0);
    await soon(() => told.some((each) => each.kind === "balance"));
  });

  test("a reduce-only order closes, and without a position it is refused", async () => {
    const { bench } = now;
    const { orders, queries } = bench.connector;
    const exit = { side: "SELL", entry: false, reduce_only: true, qty: "0.01" } as const;
    const closed = await orders.submit(order({ ...exit, client_order_id: fresh() }), nothing);
    expect(closed.status).toBe("FILLED");
    expect(await queries.positions("main")).toEqual([]);
    const refused = orders.submit(order({ ...exit, client_order_id: fresh() }), nothing);
    expect(await codeOf(refused)).toBe("EXCHANGE_REFUSED");
    expect(await queries.positions("main")).toEqual([]);
  });

  test("spot: bought and sold by quantity", async () => {
    const { bench } = now;
    const { orders, queries } = bench.connector;
    const terms = { instrument: SPOT_BTC, qty: "0.002", leverage: undefined } as const;
    const held = async () =>
      Number((await queries.balances()).find((row) => row.market === "SPOT" && row.asset === "BTC")?.free ?? 0);
    const before = await held();
    const id = fresh();
    const bought = await orders.submit(order({ ...terms, client_order_id: id }), nothing);
    expect(bought.status).toBe("FILLED");
    same(bought.filled_qty, 0.002);
    await soon(() => executions(bench, id).find((each) => each.fill !== undefined));
    if (bench.connector.venue.lacks.every((words) => !words.includes("one wallet"))) {
      expect((await held()) - before).toBeCloseTo(0.002, 4);
    }
    const sold = await orders.submit(
      order({ ...terms, client_order_id: fresh(), side: "SELL", entry: false }),
      nothing,
    );
    expect(sold.status).toBe("FILLED");
  });
}

function conditionals(now: Now): void {
  test("a stop waits at the exchange, is listed as open, and can be cancelled", async () => {
    const { bench } = now;
    const { orders } = bench.connector;
    await orders.submit(order({ client_order_id: fresh(), qty: "0.01" }), nothing);
    const terms = { side: "SELL", entry: false, reduce_only: true, qty: "0.01" } as const;
    for (const [type, stop_price] of [
      ["STOP_MARKET", "55000.5"],
      ["TAKE_PROFIT_MARKET", "65000.5"],
    ] as const) {
      const id = fresh();
      const stop = await orders.submit(order({ ...terms, client_order_id: id, type, stop_price }), nothing);
      expect(stop).toMatchObject({ client_order_id: id, status: "NEW", side: "SELL", reduce_only: true });
      same(stop.stop_price, Number(stop_price));
      const open = (await orders.openOrders("FUT", BTC)).find((row) => row.client_order_id === id);
      expect(open).toMatchObject({ status: "NEW", order_id: stop.order_id, conditional: true });
      expect((await orders.query(ref(id, BTC, true))).status).toBe("NEW");
      expect((await orders.cancel(ref(id, BTC, true))).status).toBe("CANCELED");
      expect((await orders.cancel(ref(id, BTC, true))).status).toBe("CANCELED");
    }
  });

  test("a stop that is set off lives on under its client id until it is filled", async () => {
    const { bench } = now;
    const { orders, queries } = bench.connector;
    const id = fresh();
    const terms = { side: "SELL", entry: false, reduce_only: true, qty: "0.01" } as const;
    const stop = { ...terms, type: "STOP_MARKET", stop_price: "59500", working_type: "CONTRACT_PRICE" } as const;
    await orders.submit(order({ ...stop, client_order_id: id }), nothing);
    await bench.exchange.quote(59_400, 59_410);
    await soon(
      () => executions(bench, id).some((each) => each.status === "FILLED"),
      () => bench.exchange.trade("SELL"),
    );
    const asked = await orders.query(ref(id, BTC, true));
    expect(asked).toMatchObject({ client_order_id: id, status: "FILLED" });
    expect(executions(bench, id).some((each) => each.fill !== undefined)).toBe(true);
    const fills = await queries.fills({ instrument: BTC, order_id: asked.order_id });
    same(String(fills.reduce((all, fill) => all + Number(fill.qty), 0)), 0.01);
    await bench.exchange.quote(BID, ASK);
    expect(await queries.positions("main")).toEqual([]);
  });
}

function pairs(now: Now, lacks: Lacks): void {
  test("a spot pair: both legs, or a clear refusal and nothing sent", async () => {
    const { bench } = now;
    const { orders } = bench.connector;
    const bought = { instrument: SPOT_BTC, qty: "0.003", leverage: undefined, client_order_id: fresh() } as const;
    await orders.submit(order(bought), nothing);
    const [list, target, stop] = [fresh(), fresh(), fresh()];
    const oco: SubmitOco = {
      ...{ account: "main", instrument: SPOT_BTC, list_client_order_id: list, side: "SELL", qty: "0.001" },
      ...{ take_profit_client_order_id: target, take_profit_price: "66000" },
      ...{ stop_client_order_id: stop, stop_price: "54000", stop_limit_price: "53000" },
    };
    if (lacks.oco) {
      expect(await codeOf(orders.submitOco(oco, nothing))).toBe("RULE");
      expect([...bench.exchange.received(target), ...bench.exchange.received(stop)]).toEqual([]);
      return;
    }
    const legs = await orders.submitOco(oco, nothing);
    expect(legs.map((leg) => [leg.client_order_id, leg.status])).toEqual([
      [target, "NEW"],
      [stop, "NEW"],
    ]);
    await orders.cancel(ref(target, SPOT_BTC));
    expect((await orders.query(ref(stop, SPOT_BTC))).status).toMatch(/CANCELED|EXPIRED/);
    await soon(() => executions(bench, stop).length > 0);
  });
}

function away(now: Now): void {
  test("an exchange that is gone: nothing was sent, and the streams say so", async () => {
    const { bench } = now;
    const { connector, exchange } = bench;
    await exchange.stop();
    await soon(() => connector.streams.trouble());
    const id = fresh();
    expect(await codeOf(connector.orders.submit(resting(id), nothing))).toBe("UNAVAILABLE");
    expect(exchange.received(id)).toEqual([]);
    expect(await codeOf(connector.queries.balances())).toBe("UNAVAILABLE");
    await soon(() => connector.market.trouble());
  });
}
