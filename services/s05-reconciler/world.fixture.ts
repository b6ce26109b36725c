/** The reconciler hosted on a virtual clock, beside an exchange and owners of books that tests script. */
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { fills, type Holding, holdings, orders } from "../../shared/collections/orders.ts";
import { reconciliations } from "../../shared/collections/reconciliation.ts";
import { trades } from "../../shared/collections/trades.ts";
import {
  type ExchangeFill,
  type ExchangeOrder,
  exchange,
  type Income,
  position,
  type RepairHolding,
  type RepairOrder,
  router,
} from "../../shared/contracts.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { Fill, Order } from "../../shared/domain/order.ts";
import type { Balance, ExchangePosition, Trade } from "../../shared/domain/trade.ts";
import { refuse } from "../../shared/errors.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { type Mortal, mortal } from "../../shared/kit/mortal.ts";
import { answers, defineService, type Role } from "../../shared/kit/service.ts";
import {
  type AccountEvent,
  type Alert,
  accountEvents,
  alerts,
  opsEvents,
  type Reconciliation,
  reconResults,
} from "../../shared/streams.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import s05 from "./service.ts";

export const FUT = "FUT:BTCUSDT";
export const SPOT = "SPOT:BTCUSDT";
const START = Date.UTC(2026, 0, 5, 12);

type OrderAnswer = { done: "RESYNCED" | "ADOPTED" | "CANCELED" | "NONE"; before: string; after: string };
type HoldingAnswer = {
  done: "BOOKED" | "ADOPTED" | "CLOSING" | "ADJUSTED" | "NONE";
  before: string;
  after: string;
  detail: string;
};
type TradeAnswer = { done: "REBUILT" | "NONE"; before: string; after: string; detail: string };

const listing = (instrument: string) => ({
  ...{ instrument, market: instrument.startsWith("FUT") ? ("FUT" as const) : ("SPOT" as const), symbol: "BTCUSDT" },
  ...{ base: "BTC", quote: "USDT", status: "TRADING" as const, tick_size: "0.1", step_size: "0.001" },
  ...{ min_qty: "0.001", max_qty: "1000", min_notional: "5", updated_at: 0 },
});

export class ReconcilerWorld {
  readonly clock = new VirtualClock(START);
  readonly asked: string[] = [];
  readonly told: Reconciliation[] = [];
  readonly alerts: Alert[] = [];
  readonly audits: string[] = [];
  /** What the exchange says. */
  readonly there = {
    orders: [] as ExchangeOrder[],
    positions: [] as ExchangePosition[],
    balances: [] as Balance[],
    fills: [] as ExchangeFill[],
    income: [] as Income[],
    isAway: false,
    looks: 0,
  };
  /** What the owners do when they are asked; the defaults do it as the real ones do, in one stroke. */
  repairOrder: (ask: RepairOrder) => OrderAnswer | Promise<OrderAnswer> = (ask) => this.plainOrder(ask);
  repairHolding: (ask: RepairHolding) => HoldingAnswer | Promise<HoldingAnswer> = (ask) => this.plainHolding(ask);
  repairTrade: () => TradeAnswer = () => ({ done: "REBUILT", before: "1", after: "2", detail: "" });
  readonly world: SimWorld;
  private life!: Mortal;
  private all!: Constellation;
  private requests = 0;

  private constructor(env: Record<string, string>) {
    const net = { fetch: () => Promise.reject(new Error("no net")), connect: () => ({ send() {}, close() {} }) };
    this.world = simulatedWorld({ clock: this.clock, net, seed: "s05", env, freeze: true });
    this.listen();
  }

  /** Not reconciled yet: the first run is due when the clock moves. */
  static async open(env: Record<string, string> = {}): Promise<ReconcilerWorld> {
    const it = new ReconcilerWorld(env);
    await it.boot();
    return it;
  }

  private listen(): void {
    const listen = { group: "test", consumer: "test" };
    const { bus } = this.world;
    bus.subscribe(reconResults, { ...listen, handle: ({ event }) => void this.told.push(event as Reconciliation) });
    bus.subscribe(alerts, { ...listen, handle: ({ event }) => void this.alerts.push(event) });
    bus.subscribe(opsEvents, {
      ...listen,
      handle: ({ event }) => void this.audits.push(`${event.actor} ${event.what} ${event.ref} ${event.outcome}`),
    });
  }

  private async boot(): Promise<void> {
    this.life = mortal(this.world);
    const services = [this.s01(), this.s04(), s05, this.s06(), this.s10()];
    this.all = await this.finish(
      constellation(
        services,
        services.map((each) => each.id),
        this.life.world,
      ),
    );
    await this.finish(this.all.start());
  }

  /** Ends it in the middle of whatever it does, and starts it anew. */
  async crash(): Promise<void> {
    this.life.end();
    await this.boot();
  }

  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    await this.clock.run(() => done);
    return work;
  }
  pass(ms: number): Promise<void> {
    return this.clock.run(this.clock.now() + ms);
  }

  private s10() {
    const bundle = Bundle.parse({
      ...{ format: 1, bundle_id: "b", rev: 4, factors: [], strategies: [], instruments: [{ instrument: FUT }] },
    });
    return configNeighbour({ rev: 4, activated_at: START, bundle });
  }

  private s01() {
    const { there } = this;
    const reach = () => there.isAway && refuse("UNAVAILABLE", "the exchange is away");
    const say = <T>(answer: T): T => {
      reach();
      return answer;
    };
    return defineService({
      ...BARE,
      ...{ id: "s01", name: "s01-exchange", title: "Exchange Connectors", port: 8081, emits: [accountEvents] },
      setup: () => ({
        verbs: [
          answers(exchange.methods.getOpenOrders, {
            ...{ name: "getOpenOrders", summary: "Orders" },
            run() {
              there.looks++;
              return say({ orders: there.orders });
            },
          }),
          answers(exchange.methods.getPositions, {
            ...{ name: "getPositions", summary: "Positions", run: () => say({ positions: there.positions }) },
          }),
          answers(exchange.methods.getBalances, {
            ...{ name: "getBalances", summary: "Balances", run: () => say({ balances: there.balances }) },
          }),
          answers(exchange.methods.getInstruments, {
            ...{
              name: "getInstruments",
              summary: "Listings",
              run: () => say({ instruments: [FUT, SPOT].map(listing) }),
            },
          }),
          answers(exchange.methods.getFills, {
            ...{ name: "getFills", summary: "Fills", run: () => say({ fills: there.fills }) },
          }),
          answers(exchange.methods.getIncome, {
            ...{ name: "getIncome", summary: "Income", run: () => say({ income: there.income }) },
          }),
        ],
      }),
    });
  }

  private s04() {
    return defineService({
      ...BARE,
      ...{ id: "s04", name: "s04-router", title: "Order Router", port: 8084 },
      setup: () => ({
        verbs: [
          answers(router.methods.repairOrder, {
            ...{ name: "repairOrder", summary: "Repair an order" },
            run: (ask) => {
              this.asked.push(`${ask.action} ${ask.client_order_id}${ask.conditional ? " (conditional)" : ""}`);
              return this.repairOrder(ask);
            },
          }),
          answers(router.methods.repairHolding, {
            ...{ name: "repairHolding", summary: "Repair a holding" },
            run: (ask) => {
              this.asked.push(`holding ${ask.instrument} ${ask.orphans}`);
              return this.repairHolding(ask);
            },
          }),
        ],
      }),
    });
  }

  private s06() {
    return defineService({
      ...BARE,
      ...{ id: "s06", name: "s06-position", title: "Position Manager", port: 8086 },
      setup: () => ({
        verbs: [
          answers(position.methods.repair, {
            ...{ name: "repair", summary: "Rebuild a trade" },
            run: ({ instrument }) => {
              this.asked.push(`trade ${instrument}`);
              return this.repairTrade();
            },
          }),
        ],
      }),
    });
  }

  private async plainOrder({ client_order_id, action }: RepairOrder): Promise<OrderAnswer> {
    const s04 = this.world.store("s04");
    if (action === "CANCEL") {
      this.there.orders = this.there.orders.filter((order) => order.client_order_id !== client_order_id);
      return { done: "CANCELED", before: "NEW", after: "CANCELED" };
    }
    const kept = (await s04.get(orders, client_order_id))?.value;
    if (!kept) return refuse("NOT_FOUND", "no intent explains it");
    await s04.commit([put(orders, { ...kept, status: "CANCELED" })]);
    return { done: "RESYNCED", before: kept.status, after: "CANCELED" };
  }

  private async plainHolding({ instrument, orphans }: RepairHolding): Promise<HoldingAnswer> {
    const before = (await this.world.store("s04").get(holdings, `main/${instrument}`))?.value.qty ?? "0";
    const after = this.there.positions.find((each) => each.instrument === instrument)?.qty ?? "0";
    if (Number(after) > Number(before) && orphans === "CLOSE") {
      this.there.positions = this.there.positions.filter((each) => each.instrument !== instrument);
      return { done: "CLOSING", before, after: before, detail: "reduced to what was booked" };
    }
    await this.hold({ instrument, qty: after });
    return { done: Number(after) > Number(before) ? "ADOPTED" : "BOOKED", before, after, detail: "from its fills" };
  }

  // ---- what the stores hold and the exchange says

  async order(over: Partial<Order> = {}): Promise<Order> {
    const order: Order = {
      ...{ client_order_id: "simu-1", account: "main", instrument: FUT, intent_id: "i", leg: "m0", kind: "ENTRY" },
      ...{ side: "BUY", type: "LIMIT", qty: "0.01", reduce_only: false, status: "NEW", filled_qty: "0" },
      ...{ created_at: this.clock.now(), updated_at: this.clock.now() },
      ...over,
    };
    await this.world.store("s04").commit([put(orders, order)]);
    return order;
  }
  openThere(over: Partial<ExchangeOrder> = {}): void {
    const order: ExchangeOrder = {
      ...{ instrument: FUT, client_order_id: "simu-1", order_id: "7", status: "NEW", side: "BUY", type: "LIMIT" },
      ...{ qty: "0.01", filled_qty: "0", reduce_only: false, conditional: false, updated_at: this.clock.now() },
      ...over,
    };
    // What was answered before is frozen.
    this.there.orders = [...this.there.orders, order];
  }
  async hold(over: Partial<Holding> = {}): Promise<void> {
    const instrument = over.instrument ?? FUT;
    const row: Holding = {
      ...{ key: `main/${instrument}`, account: "main", instrument, qty: "0.01", avg_entry: "60000", side: "BUY" },
      ...{ reserved_usdt: "1", working_type: "MARK_PRICE", guard: false, dust: "0", next_leg: 0, updated_at: 0 },
      ...over,
    };
    await this.world.store("s04").commit([put(holdings, row)]);
  }
  async fill(over: Partial<Fill> = {}): Promise<void> {
    const fill: Fill = {
      ...{ fill_id: "1", account: "main", instrument: FUT, intent_id: "i", client_order_id: "simu-1", order_id: "7" },
      ...{ kind: "ENTRY", side: "BUY", price: "60000", qty: "0.01", fee: "0", fee_asset: "USDT", fee_usdt: "0" },
      ...{ maker: false, mid_at_send: 60_000, slippage_bps: 0, ts: this.clock.now() },
      ...over,
    };
    await this.world.store("s04").commit([put(fills, fill)]);
  }
  async trade(over: Partial<Trade> = {}): Promise<void> {
    const trade: Trade = {
      ...{ trade_id: "t", account: "main", instrument: FUT, strategy_id: "s", side: "BUY", status: "ACTIVE" },
      ...{ entry_qty: "0.01", exit_qty: "0", open_qty: "0.01", avg_entry: "60000", realised_usdt: "0" },
      ...{ fees_usdt: "0", funding_usdt: "0", pnl_usdt: "0", margin_usdt: "30", leverage: 20, stops: [], stage: 0 },
      ...{ adds: 0, seq: 1, params: {}, opened_at: START, config_rev: 4, updated_at: START },
      ...over,
    };
    await this.world.store("s06").commit([put(trades, trade)]);
  }
  held(qty: string, instrument = FUT): void {
    this.there.positions = [
      ...this.there.positions.filter((each) => each.instrument !== instrument),
      {
        ...{ account: "main", instrument, qty, entry_price: "60000", mark_price: "60000", unrealised_usdt: "0" },
        ...{ leverage: 20, isolated_margin_usdt: "30", updated_at: 0 },
      },
    ];
  }
  /** All of it in agreement: a position of 0.01 with its trade. */
  async trading(): Promise<void> {
    await this.hold();
    await this.trade();
    this.held("0.01");
  }
  async tell(event: Partial<Extract<AccountEvent, { kind: "execution" }>>): Promise<void> {
    const execution = {
      ...{ kind: "execution" as const, account: "main", instrument: FUT, client_order_id: "web_1", order_id: "99" },
      ...{ status: "FILLED" as const, side: "SELL" as const, type: "MARKET", filled_qty: "0.01" },
      ...{ exch_ts: this.clock.now(), ts: this.clock.now() },
      ...event,
    };
    await this.world.bus.publish(accountEvents, execution, { key: execution.instrument });
  }
  async gap(): Promise<void> {
    const now = this.clock.now();
    await this.world.bus.publish(
      accountEvents,
      { kind: "gap", instrument: "FUT", from_ts: 0, ts: now },
      { key: "FUT" },
    );
  }

  // ---- asking

  async ask(method: string, path: string, { body, role = "trader", key }: Asking = {}) {
    const tokens = createTokens(this.world.serviceKey, this.clock);
    const token = await this.clock.hold(tokens.mint("s12", "s05", { id: "ann", role }));
    const headers = {
      ...{ "content-type": "application/json", authorization: `Bearer ${token}` },
      "idempotency-key": key ?? `key-${++this.requests}`,
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await this.all.hosted.get("s05")!.fetch(new Request(`http://127.0.0.1${path}`, init));
    // biome-ignore lint/suspicious/noExplicitAny: tests read what answers hold.
    return { status: answer.status, body: (await answer.json()) as any };
  }
  async reconcile(body: object = {}, more: Asking = {}) {
    return this.finish(this.ask("POST", "/reconcile", { body: { mode: "ALL", ...body }, ...more }));
  }
  async get(path: string) {
    return this.finish(this.ask("GET", path));
  }
  async kept(): Promise<Reconciliation[]> {
    const sort = { field: "started_at", order: "asc" } as const;
    const page = await this.world.store("s05").query(reconciliations, { sort, limit: 100 });
    return page.items.map((row) => row.value);
  }
  /** `TYPE action ref outcome` of each. */
  static lines({ items }: Reconciliation): string[] {
    return items.map(({ type, action, ref, outcome }) => `${type} ${action} ${ref} ${outcome}`);
  }
  async close(): Promise<void> {
    await this.finish(this.all.stop());
  }
}

interface Asking {
  body?: unknown;
  role?: Role;
  key?: string;
}
