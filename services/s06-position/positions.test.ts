import { afterEach, describe, expect, test } from "bun:test";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { fills, intents, orders as ordersKept } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { type Fill, Intent, type Order } from "../../shared/domain/order.ts";
import type { ExchangePosition, Trade } from "../../shared/domain/trade.ts";
import { Problem } from "../../shared/errors.ts";
import type { OrderResult, PositionEvent } from "../../shared/streams.ts";
import { MissedFills } from "./missed-fills.ts";
import { Positions } from "./positions.ts";
import { type Ports, PositionSettings } from "./types.ts";

const FUT = "FUT:BTCUSDT";
const SPOT = "SPOT:BTCUSDT";
const START = Date.UTC(2026, 0, 5, 12);
const listing = (instrument: string) => ({
  instrument,
  market: instrument.startsWith("FUT") ? ("FUT" as const) : ("SPOT" as const),
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  status: "TRADING" as const,
  tick_size: "0.01",
  step_size: "0.001",
  min_qty: "0.001",
  max_qty: "1000",
  min_notional: "5",
  updated_at: 0,
});

/** A position manager on a virtual clock; the router is a list of what it was asked. */
class World {
  readonly clock = new VirtualClock(START);
  readonly store: SqliteStore;
  /** The router's own. */
  readonly routers: SqliteStore;
  readonly asked: Intent[] = [];
  readonly commands: Intent[] = [];
  readonly alerts: string[] = [];
  readonly held: ExchangePosition[] = [];
  /** What the router throws, first come first served. */
  readonly refusals: (Problem | undefined)[] = [];
  positions: Positions;
  private seq = 0;

  constructor() {
    const options = { path: ":memory:", collections: COLLECTIONS, now: () => this.clock.now() };
    this.routers = openStore({ ...options, owner: "s04" });
    const others = (owner: string) => (owner === "s04" ? [this.routers] : undefined);
    this.store = openStore({ ...options, owner: "s06", others });
    this.positions = this.boot();
  }

  /** A new process over the same store. */
  boot(): Positions {
    this.positions = new Positions(this.ports());
    return this.positions;
  }

  async start(): Promise<this> {
    await this.positions.start();
    return this;
  }

  ports(): Ports {
    const rev = 1;
    const bundle = Bundle.parse({
      format: 1,
      bundle_id: "test",
      rev,
      factors: [],
      strategies: [],
      instruments: [{ instrument: FUT }],
    });
    return {
      account: "main",
      settings: PositionSettings.parse({}),
      clock: this.clock,
      store: this.store,
      router: {
        placeOrder: async ({ intent }: { intent: unknown }) => {
          const refusal = this.refusals.shift();
          this.asked.push(Intent.parse(intent));
          if (refusal) throw refusal;
          return {};
        },
      } as unknown as Ports["router"],
      exchange: {
        getInstruments: async () => ({ instruments: [listing(FUT), listing(SPOT)] }),
        getPositions: async () => ({ positions: this.held }),
        getBalances: async () => ({
          balances: [{ market: "FUT", asset: "USDT", free: "1000", locked: "0", updated_at: 0 }],
        }),
      } as unknown as Ports["exchange"],
      config: () => ({ rev, bundle_id: "test", hash: "h", bundle }),
      command: async (intent) => this.commands.push(intent),
      alert: (_severity, code, message) => this.alerts.push(`${code} ${message}`),
      warn: (message, fields) => this.alerts.push(`warn ${message} ${JSON.stringify(fields)}`),
    };
  }

  /** One price, after the wait between two looks. */
  async price(price: string, instrument = FUT): Promise<void> {
    await this.pass(300);
    const now = this.clock.now();
    const stamp = { instrument, exch_ts: now, ts: now };
    this.positions.caretaker.hear({ ...stamp, seq: 1, bid: price, ask: price, bid_qty: "1", ask_qty: "1" });
    await this.pass(1);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
  }

  result(intent: Partial<Intent>, fills: Partial<Fill>[], over: Partial<OrderResult> = {}): OrderResult {
    const full = Intent.parse({
      intent_id: "sig:entry",
      instrument: FUT,
      kind: "ENTRY",
      side: "BUY",
      qty: "1",
      ...intent,
    });
    return {
      intent: full,
      answer: {
        intent_id: full.intent_id,
        status: "FILLED",
        order_ids: [],
        client_order_ids: [],
        filled_qty: "0",
        fills: [],
      },
      orders: [],
      fills: fills.map((fill) => this.fill(full, fill)),
      ts: this.clock.now(),
      ...over,
    };
  }

  /** The router books it, as it does before anybody hears of it. */
  async booked(result: OrderResult): Promise<OrderResult> {
    const { intent, answer, orders } = result;
    const { intent_id, instrument } = intent;
    const record = { intent_id, instrument, intent, answer, body_hash: "", state: "DONE" as const, plan: {} };
    const times = { reserved_usdt: "0", created_at: this.clock.now(), updated_at: this.clock.now() };
    await this.routers.commit([
      put(intents, { ...record, ...times }),
      ...orders.map((order) => put(ordersKept, { ...order, intent_id, instrument })),
      ...result.fills.map((fill) => put(fills, fill)),
    ]);
    await this.pass(10);
    return result;
  }

  /** The router's word comes, as message `id`. */
  async hear(result: OrderResult, id = String(++this.seq)): Promise<void> {
    const stream = `results/${result.intent.instrument}`;
    const message = { id, stream, key: result.intent.instrument, version: 1, event: result, ts: 0, attempt: 1 };
    await this.positions.results.hear(result, message);
    await this.pass(1);
  }

  async open(over: Partial<Intent> = {}): Promise<Trade> {
    await this.hear(this.result({ stop_loss: { price: "97" }, ...over }, [{ price: "100", qty: "1" }]));
    return this.positions.book.open(over.instrument ?? FUT) as Trade;
  }

  async events(): Promise<PositionEvent[]> {
    const entries = await this.store.outbox.read(100);
    return entries.filter((entry) => entry.family.startsWith("pos")).map((entry) => entry.event as PositionEvent);
  }

  private fill(intent: Intent, fill: Partial<Fill>): Fill {
    return {
      fill_id: String(++this.seq),
      account: "main",
      instrument: intent.instrument,
      intent_id: intent.intent_id,
      client_order_id: "c",
      order_id: "o",
      kind: intent.kind,
      side: intent.side,
      price: "100",
      qty: "1",
      fee: "0",
      fee_asset: "USDT",
      fee_usdt: "0",
      maker: false,
      mid_at_send: 100,
      slippage_bps: 0,
      trade_id: "sig",
      ts: this.clock.now(),
      ...fill,
    };
  }
}

/** One owner's documents with the router's beside them. */
const both = (own: SqliteStore, routers: SqliteStore) =>
  ({
    get: (collection: typeof trades, key: string) => (collection.owner === "s04" ? routers : own).get(collection, key),
    query: (...asked: Parameters<typeof routers.query>) => routers.query(...asked),
    isDone: (...asked: Parameters<typeof own.isDone>) => own.isDone(...asked),
  }) as unknown as SqliteStore;

let world: World;
afterEach(async () => {
  await world.store.close();
  await world.routers.close();
});
const begin = async () => {
  world = await new World().start();
  return world;
};

describe("trades from the router's results", () => {
  test("open with the first fill, grow, and close with their reason; each change is told", async () => {
    await begin();
    await world.open();
    await world.hear(world.result({}, [{ price: "102", qty: "1", fee_usdt: "0.1" }]));
    const stopped = world.result({}, [{ kind: "SL", side: "SELL", price: "97", qty: "2", fee_usdt: "0.1" }]);
    await world.hear(stopped);
    expect(world.positions.book.all()).toEqual([]);
    const kept = (await world.store.get(trades, "sig"))?.value;
    expect(kept).toMatchObject({ status: "CLOSED", exit_reason: "stop", avg_entry: "101", pnl_usdt: "-8.2" });
    expect((await world.events()).map((event) => event.kind)).toEqual(["ENTRY", "ENTRY", "EXIT"]);
  });

  test("a message told twice counts once, also after a restart", async () => {
    await begin();
    const result = world.result({}, [{ price: "100", qty: "1" }]);
    await world.hear(result, "m1");
    await world.hear(result, "m1");
    world.boot();
    await world.start();
    await world.hear(result, "m1");
    expect(world.positions.book.open(FUT)?.entry_qty).toBe("1");
  });

  test("the stop that the router put in force is the trade's, when the entry named none", async () => {
    await begin();
    await world.open({ stop_loss: undefined });
    const order = { kind: "SL", leg: "sl0", status: "NEW", stop_price: "98.5" } as Order;
    await world.hear(world.result({}, [], { orders: [order] }));
    expect(world.positions.book.open(FUT)?.stop_price).toBe("98.5");
  });

  test("a fill that closes nothing is told, not booked", async () => {
    await begin();
    await world.hear(world.result({ kind: "EXIT", side: "SELL" }, [{ side: "SELL" }]));
    expect(world.alerts.some((alert) => alert.startsWith("FILL_WITHOUT_TRADE"))).toBe(true);
  });
});

describe("news that were lost", () => {
  const exit = { kind: "EXIT", side: "SELL", intent_id: "sig:CLOSE:1" } as const;
  const kept = async (id = "sig") => (await world.store.get(trades, id))?.value;
  const bookedRound = async () => {
    const entered = await world.booked(world.result({ stop_loss: { price: "97" } }, [{ price: "100", qty: "2" }]));
    const left = await world.booked(world.result(exit, [{ kind: "EXIT", side: "SELL", price: "101", qty: "2" }]));
    return { entered, left };
  };

  test("an exit whose entry never came is taken with it; the entry told again counts for nothing", async () => {
    await begin();
    const { entered, left } = await bookedRound();
    await world.hear(left);
    expect(await kept()).toMatchObject({ status: "CLOSED", entry_qty: "2", exit_qty: "2", realised_usdt: "2" });
    await world.hear(entered);
    await world.hear(left);
    expect(world.positions.book.all()).toEqual([]);
    expect((await world.events()).map((event) => event.kind)).toEqual(["ENTRY", "EXIT"]);
    expect(world.alerts).toEqual([]);
  });

  test("an entry that follows a lost exit opens a trade of its own", async () => {
    await begin();
    const { entered, left } = await bookedRound();
    await world.hear(entered);
    const other = await world.booked(world.result({ intent_id: "two:entry" }, [{ qty: "3", trade_id: "two" }]));
    await world.hear(other);
    expect([(await kept())?.status, world.positions.book.open(FUT)?.entry_qty]).toEqual(["CLOSED", "3"]);
    await world.hear(left);
    expect(world.positions.book.open(FUT)).toMatchObject({ trade_id: "two", open_qty: "3" });
  });

  test("all that the router has booked is looked for, once, and what was heard stays as it is", async () => {
    await begin();
    const { entered } = await bookedRound();
    const stop = { kind: "SL", leg: "sl0", status: "NEW", stop_price: "98.5", client_order_id: "sl" } as Order;
    const other = world.result({ intent_id: "two:entry" }, [{ qty: "3", trade_id: "two" }], { orders: [stop] });
    await world.booked(other);
    await world.hear(entered);
    for (let round = 0; round < 2; round++) await world.positions.lookForMissed();
    expect(await kept()).toMatchObject({ status: "CLOSED", exit_qty: "2" });
    expect(world.positions.book.open(FUT)).toMatchObject({ trade_id: "two", entry_qty: "3", stop_price: "98.5" });
    await world.hear(other);
    expect(world.positions.book.open(FUT)?.entry_qty).toBe("3");
  });

  test("a trade from before fills were marked is known by its sums", async () => {
    await begin();
    const { entered, left } = await bookedRound();
    await world.hear(entered);
    await world.hear(left);
    const before = await kept();
    const again = openStore({ path: ":memory:", owner: "s06", collections: COLLECTIONS });
    await again.commit([put(trades, before as Trade)]);
    const unmarked = new MissedFills({ ...world.ports(), store: both(again, world.routers) }, () => listing(FUT));
    expect(await unmarked.all()).toEqual([]);
    await again.commit([put(trades, { ...(before as Trade), status: "ACTIVE", exit_qty: "0" })]);
    expect((await unmarked.all()).map(({ result }) => result.fills[0]?.kind)).toContain("EXIT");
    await again.close();
  });

  test("an older result that comes late moves no levels", async () => {
    await begin();
    await world.open();
    const target = (price: string) => ({ kind: "TP", leg: "tp0", status: "NEW", price }) as Order;
    const older = world.result({}, [], { orders: [target("105")], ts: world.clock.now() });
    await world.pass(10);
    await world.hear(world.result({}, [], { orders: [target("106")] }));
    await world.hear(older);
    expect(world.positions.book.open(FUT)?.take_profit_price).toBe("106");
  });
});

describe("managing", () => {
  // Margin is 5 at 20×; ROE 0.05 is +0.25, stage 0.06 is +0.30.
  test("break-even first, then a stage, then the ladder; each asked once", async () => {
    await begin();
    await world.open();
    await world.price("100.27");
    expect(world.asked.map((i) => [i.intent_id, i.kind, i.stop_price])).toEqual([["sig:SL:1", "SL", "100.1"]]);
    await world.price("100.27");
    await world.price("100.2");
    expect(world.asked.length).toBe(1);
    await world.price("100.31");
    expect(world.asked.at(-1)).toMatchObject({ intent_id: "sig:TP:2", kind: "TP", qty: "0.3", type: "MARKET" });
    await world.price("100.6");
    expect(world.asked.at(-1)).toMatchObject({ intent_id: "sig:TP:3", qty: "0.3" });
    await world.price("100.6");
    expect(world.asked.at(-1)).toMatchObject({ intent_id: "sig:SL:4", stop_price: "100.25" });
    const trade = world.positions.book.open(FUT) as Trade;
    expect(trade.stops.map((stop) => stop.reason)).toEqual(["entry", "break_even", "lock"]);
  });

  test("an ask without an answer is asked again with the same id, also by the next process", async () => {
    await begin();
    await world.open();
    const away = () => new Problem("UNAVAILABLE", "away");
    world.refusals.push(away(), away());
    await world.price("100.27");
    await world.price("100.27");
    await world.pass(1_000);
    await world.price("100.27");
    world.boot();
    await world.start();
    await world.price("100.27");
    expect(new Set(world.asked.map((intent) => intent.intent_id))).toEqual(new Set(["sig:SL:1"]));
    expect(world.asked.length).toBe(3);
    await world.price("100.27");
    expect(world.asked.length).toBe(3);
  });

  test("an exit that the router cannot be asked for goes by stream under the same id", async () => {
    await begin();
    await world.open();
    world.refusals.push(new Problem("UNAVAILABLE", "away"));
    expect(await world.positions.caretaker.flatten([])).toEqual(["sig"]);
    await world.pass(10);
    expect(world.commands.map((intent) => [intent.intent_id, intent.kind])).toEqual([["sig:CLOSE:1", "EXIT"]]);
  });
});

describe("exits", () => {
  test("a trade that goes nowhere is closed as stagnated", async () => {
    await begin();
    await world.open();
    await world.pass(4 * 3_600_000);
    await world.price("100.05");
    expect(world.asked.map((intent) => intent.intent_id)).toEqual(["sig:CLOSE:1"]);
    await world.hear(
      world.result({ kind: "EXIT", side: "SELL", intent_id: "sig:CLOSE:1" }, [{ side: "SELL", price: "100.05" }]),
    );
    expect((await world.store.get(trades, "sig"))?.value.exit_reason).toBe("stagnated");
    expect((await world.events()).map((event) => event.kind)).toEqual(["ENTRY", "STAGNATED", "EXIT"]);
  });

  test("an exit that ended early is asked for again until the trade is flat", async () => {
    await begin();
    await world.open();
    await world.positions.caretaker.flatten([FUT]);
    await world.pass(1);
    const rejected = world.result({ kind: "EXIT", side: "SELL", intent_id: "sig:CLOSE:1" }, []);
    await world.hear({ ...rejected, answer: { ...rejected.answer, status: "REJECTED" } });
    expect(world.asked.map((intent) => intent.intent_id)).toEqual(["sig:CLOSE:1", "sig:CLOSE:2"]);
    expect(world.positions.book.open(FUT)?.status).toBe("PENDING_CLOSING");
  });

  test("liquidation too near gives up half", async () => {
    await begin();
    await world.open();
    world.held.push({
      account: "main",
      instrument: FUT,
      qty: "1",
      entry_price: "100",
      mark_price: "96",
      unrealised_usdt: "-4",
      liquidation_price: "95.5",
      leverage: 20,
      isolated_margin_usdt: "5",
      updated_at: 0,
    });
    await world.positions.round();
    await world.pass(1);
    expect(world.asked.map((i) => [i.intent_id, i.qty])).toEqual([["sig:REDUCE:1", "0.5"]]);
    expect(await world.positions.accounting.equity()).toMatchObject({ equity_usdt: "996" });
  });

  test("after a flatten order, a trade that still opens is closed too", async () => {
    await begin();
    expect(await world.positions.caretaker.flatten([])).toEqual([]);
    await world.open();
    expect(world.asked.map((intent) => intent.intent_id)).toEqual(["sig:CLOSE:1"]);
  });

  test("a difference from the exchange that lasts is told", async () => {
    await begin();
    await world.open();
    await world.positions.round();
    expect(world.alerts).toEqual([]);
    await world.pass(10_000);
    await world.positions.round();
    expect(world.alerts).toEqual(["POSITION_DIFFERS FUT:BTCUSDT: trades say 1, the exchange 0"]);
  });
});

describe("requests", () => {
  const manage = (over: object) =>
    world.positions.requests.manage({ instruments: [FUT], actions: [], dry_run: false, ...over } as never);

  test("a dry run plans and asks nothing; the same for real asks", async () => {
    await begin();
    await world.open();
    await world.price("100.1");
    const plan = await manage({ actions: ["SET_STOP", "CLOSE"], stop_price: "99", dry_run: true });
    expect(plan).toMatchObject({
      plan: { stop_moves: [{ stop_price: "99" }], reduces: [{ qty: "1" }] },
      orders: [],
      errors: [],
    });
    expect(world.asked).toEqual([]);
    expect((await manage({ actions: ["SET_STOP"], stop_price: "99" })).orders).toEqual(["sig:SL:1"]);
  });

  test("a stop moved back, off its tick or past the price is refused with its reason", async () => {
    await begin();
    await world.open();
    await world.price("100.1");
    const message = async (stop_price: string) =>
      (await manage({ actions: ["SET_STOP"], stop_price })).errors[0]?.message;
    expect(await message("96")).toContain("never moved back");
    expect(await message("98.005")).toContain("no multiple");
    expect(await message("101")).toContain("passed");
    expect(world.asked).toEqual([]);
  });

  test("results are summed by day, strategy and instrument", async () => {
    await begin();
    await world.open();
    await world.hear(world.result({}, [{ kind: "TP", side: "SELL", price: "110", fee_usdt: "1" }]));
    const [row] = await world.positions.accounting.pnl("day", {});
    expect(row).toMatchObject({ key: "2026-01-05", trades: 1, wins: 1, realised_usdt: "10", pnl_usdt: "9" });
    expect((await world.positions.accounting.pnl("strategy", {}))[0]?.key).toBe("manual");
    const now = world.clock.now();
    expect(await world.positions.accounting.pnl("day", { from_ts: now + 1 })).toEqual([]);
    expect(await world.positions.accounting.pnl("day", { from_ts: now - 60_000, to_ts: now + 1 })).toHaveLength(1);
  });
});
