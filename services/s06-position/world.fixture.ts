/** The position manager's test world: virtual clock, embedded stores, a router that is a list of what it was asked. */
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit, put } from "../../shared/changes.ts";
import { fills, intents, orders as ordersKept } from "../../shared/collections/orders.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { type ActiveConfig, revisionOf } from "../../shared/domain/arms.ts";
import { Bundle, type BundleView } from "../../shared/domain/bundle.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import { type Fill, Intent } from "../../shared/domain/order.ts";
import type { ExchangePosition, Trade } from "../../shared/domain/trade.ts";
import type { Problem } from "../../shared/errors.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import {
  type HealthEffects,
  type HealthLevel,
  type OrderResult,
  opsEvents,
  type PositionEvent,
} from "../../shared/streams.ts";
import { PositionSettings } from "../../shared/trading/position/position-settings.ts";
import { Positions } from "./positions.ts";
import type { Ports } from "./types.ts";

export const FUT = "FUT:BTCUSDT";
export const SPOT = "SPOT:BTCUSDT";
const START = Date.UTC(2026, 0, 5, 12);
export const listing = (instrument: string) => ({
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

export const revisionWith = (rev: number, flags: object = {}, instruments = [FUT, SPOT]): BundleView => ({
  ...{ rev, bundle_id: "test", hash: `h${rev}` },
  bundle: Bundle.parse({
    ...{ format: 1, bundle_id: "test", rev, factors: [], strategies: [], flags },
    instruments: instruments.map((instrument) => ({ instrument })),
  }),
});

const OTHERS: readonly ServiceId[] = ["s03", "s12"];

export class World {
  readonly clock = new VirtualClock(START);
  readonly store: SqliteStore;
  /** The router's own. */
  readonly routers: SqliteStore;
  /** Those that S6 reads besides. */
  readonly others = new Map<ServiceId, SqliteStore>();
  readonly asked: Intent[] = [];
  readonly commands: Intent[] = [];
  readonly alerts: string[] = [];
  readonly held: ExchangePosition[] = [];
  /** What the router throws, first come first served. */
  readonly refusals: (Problem | undefined)[] = [];
  /** As the real one answers while a person has not decided. */
  gateway: Ports["gateway"]["requestTransfer"] = async ({ transfer_id }) => ({
    transfer_id,
    status: "PENDING_APPROVAL",
  });
  /** Free USDT. */
  readonly free = { FUT: "1000", SPOT: "0" };
  /** Coins in the spot wallet. */
  readonly coins: [string, string][] = [];
  /** Why no risk should be added now. */
  busTrouble: string | undefined;
  /** What is in force. */
  active: ActiveConfig = revisionWith(1);
  /** Revisions besides, as S10 keeps them. */
  readonly kept = new Map<number, BundleView>();
  positions: Positions;
  private seq = 0;

  constructor() {
    const options = { path: ":memory:", collections: COLLECTIONS, now: () => this.clock.now() };
    this.routers = openStore({ ...options, owner: "s04" });
    for (const owner of OTHERS) this.others.set(owner, openStore({ ...options, owner }));
    const others = (owner: ServiceId) => (owner === "s04" ? [this.routers] : this.others.get(owner));
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

  private revision(rev: number | undefined): BundleView | undefined {
    return rev === undefined ? undefined : (revisionOf(this.active, rev) ?? this.kept.get(rev));
  }

  ports(): Ports {
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
          return { status: "WORKING", filled_qty: "0" };
        },
      } as unknown as Ports["router"],
      exchange: {
        getInstruments: async () => ({ instruments: [listing(FUT), listing(SPOT)] }),
        getPositions: async () => ({ positions: this.held }),
        getBalances: async () => ({
          balances: [
            ...(["FUT", "SPOT"] as const).map((market) => ({ market, asset: "USDT", free: this.free[market] })),
            ...this.coins.map(([asset, free]) => ({ market: "SPOT" as const, asset, free })),
          ].map((row) => ({ ...row, locked: "0", updated_at: 0 })),
        }),
      } as unknown as Ports["exchange"],
      config: () => this.active,
      revision: (rev) => this.revision(rev) ?? this.active,
      learn: async (rev) => this.revision(rev),
      gateway: { requestTransfer: (transfer) => this.gateway(transfer) },
      noEntries: () => this.busTrouble,
      audit: (entry) => emit(opsEvents, { source: "s06", ts: this.clock.now(), ...entry }),
      command: async (intent) => this.commands.push(intent),
      alert: (_severity, code, message) => this.alerts.push(`${code} ${message}`),
      warn: (message, fields) => this.alerts.push(`warn ${message} ${JSON.stringify(fields)}`),
    };
  }

  /** S11 tells it. */
  async health(level: HealthLevel, effects: HealthEffects = {}): Promise<void> {
    const ts = this.clock.now();
    await this.positions.gate.hear({ level, reasons: [], effects, ts });
  }

  async close(): Promise<void> {
    await this.store.close();
    for (const other of this.others.values()) await other.close();
    await this.routers.close();
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
  async booked(result: OrderResult, decision?: Decision): Promise<OrderResult> {
    const { intent, answer, orders } = result;
    const { intent_id, instrument } = intent;
    const record = { intent_id, instrument, intent, answer, body_hash: "", state: "DONE" as const, plan: {} };
    const times = { reserved_usdt: "0", created_at: this.clock.now(), updated_at: this.clock.now() };
    await this.routers.commit([
      put(intents, { ...record, ...times, ...(decision && { decision }) }),
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
