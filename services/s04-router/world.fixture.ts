/** The router's test world: virtual clock, embedded store, the small exchange, and `kill -9` at any port call. */

import type { z } from "@hono/zod-openapi";
import { embeddedCoordination } from "../../shared/adapters/coordination.ts";
import { MemoryJournal } from "../../shared/adapters/memory-journal.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { type ActiveConfig, revisionOf } from "../../shared/domain/arms.ts";
import { Bundle, type BundleView } from "../../shared/domain/bundle.ts";
import { Intent, isEntry } from "../../shared/domain/order.ts";
import { instead } from "../../shared/kit/instead.ts";
import type { Clock, Journal, Quota, Store } from "../../shared/kit/ports.ts";
import { type Shard, WHOLE } from "../../shared/kit/shard.ts";
import { opsEvents } from "../../shared/streams.ts";
import { StoreFaults } from "../../shared/testing/store-faults.ts";
import { RouterSettings } from "../../shared/trading/execution/router-settings.ts";
import { FakeExchange } from "./exchange.fixture.ts";
import { Router } from "./router.ts";
import type { Ports } from "./types.ts";

export const START = Date.UTC(2026, 0, 5, 12);
export const FUT = "FUT:BTCUSDT";
export const SPOT = "SPOT:BTCUSDT";

export const revisionWith = (rev: number, instruments: readonly string[], flags: object = {}): BundleView => ({
  rev,
  bundle_id: "test",
  hash: `h${rev}`,
  bundle: Bundle.parse({
    ...{ format: 1, bundle_id: "test", rev, factors: [], strategies: [], flags },
    instruments: instruments.map((instrument) => ({ instrument })),
  }),
});

/** What routers that split the instruments have in common, and what is each one's own. */
export interface Around {
  readonly clock: VirtualClock;
  readonly exchange: FakeExchange;
  readonly quota: Quota;
  readonly shard: Shard;
  readonly instruments: readonly string[];
  /** Called after each commit. */
  committed?(): Promise<unknown>;
}

export function alone(): Around {
  const clock = new VirtualClock(START);
  const { quota } = embeddedCoordination({ clock, path: ":memory:" });
  return { clock, exchange: new FakeExchange(clock), quota, shard: WHOLE, instruments: [FUT, SPOT] };
}

/** Where a process dies: at its n-th port call, before or after the call's effect. */
export interface Crash {
  readonly call: number;
  readonly after: boolean;
}

export class RouterWorld {
  readonly clock: VirtualClock;
  readonly exchange: FakeExchange;
  readonly alerts: string[] = [];
  /** By so much somebody has set the machine's clock wrong. */
  wrongMs = 0;
  /** Why the bus takes no more risk. */
  busTrouble: string | undefined;
  readonly store: SqliteStore;
  readonly journal = new MemoryJournal();
  /** Between the router and its store. */
  readonly faults: StoreFaults;
  router: Router;
  portCalls = 0;
  crashed = false;
  private crash: Crash | undefined;
  private generation = 0;

  constructor(settings: Record<string, unknown> = {}, around = alone()) {
    this.around = around;
    this.clock = around.clock;
    this.exchange = around.exchange;
    this.active = revisionWith(1, around.instruments);
    this.faults = new StoreFaults(this.clock);
    this.store = openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS, now: () => this.clock.now() });
    this.settings = RouterSettings.parse(settings);
    this.router = this.boot();
    if (around.shard === WHOLE) this.exchange.hear = (event) => this.router.accounts.hear(event);
    this.clock.every(200, () => this.quote());
    this.clock.every(1_000, () => this.router.steady.merge());
  }
  private readonly settings: RouterSettings;
  private readonly around: Around;
  /** What is in force. */
  active: ActiveConfig;
  /** Revisions besides, as S10 keeps them. */
  readonly kept = new Map<number, BundleView>();

  /** A router of a new generation over the same store and exchange; the old one never acts again. */
  boot(crash?: Crash): Router {
    this.generation += 1;
    this.crash = crash;
    this.portCalls = 0;
    this.crashed = false;
    this.router = new Router(this.ports(this.generation));
    return this.router;
  }

  /** From here on it dies at the n-th port call. */
  dieAt({ call, after }: Crash): void {
    this.crash = { call: this.portCalls + call, after };
  }

  async start(): Promise<void> {
    await this.finish(this.router.start());
    this.quote();
  }

  quote(): void {
    const { bid, ask } = this.exchange;
    for (const instrument of this.around.instruments) {
      const now = this.clock.now();
      const ticker = { instrument, bid, ask, bid_qty: "5", ask_qty: "5", seq: 1, exch_ts: now, ts: now };
      this.router.market.hear(ticker);
      this.router.protector.hear(ticker);
    }
  }

  /** Runs virtual time until the promise settles. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const settled = work.finally(() => {
      done = true;
    });
    settled.catch(() => undefined);
    await this.clock.run(() => done);
    return settled;
  }

  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
  }

  place(intent: z.input<typeof Intent>) {
    return this.finish(this.router.admission.place(Intent.parse(intent)));
  }

  close(): void {
    this.router.stop();
    void this.store.close();
  }

  private ports(generation: number): Ports {
    const alive = () => generation === this.generation && !this.crashed;
    const guarded = <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
      ((...args: A) => this.atPort(alive, () => call(...args))) as (...args: A) => Promise<T>;
    const exchange = Object.fromEntries(
      Object.entries(this.exchange.calls).map(([name, call]) => [name, guarded(call as never)]),
    ) as unknown as Ports["exchange"];
    const store = instead<Store>(this.faults.around(this.store), { commit: guarded(this.commit.bind(this)) });
    return {
      account: "main",
      settings: this.settings,
      clock: clockOf(this.clock, alive, () => this.wrongMs),
      store,
      journal: journalOf(this.journal, guarded),
      quota: portOf(this.around.quota, guarded),
      shard: this.around.shard,
      exchange,
      config: () => this.active,
      revision: (rev) => this.revision(rev) ?? this.active,
      learn: guarded(async (rev) => this.revision(rev)),
      noEntries: () => this.busTrouble,
      alert: (_severity, code, message) => this.alerts.push(`${code} ${message}`),
      warn: (message, fields) => this.alerts.push(`warn ${message} ${JSON.stringify(fields)}`),
      audit: (entry) => ({ op: "emit", stream: opsEvents as never, event: { source: "s04", ts: 0, ...entry } }),
    };
  }

  private revision(rev: number | undefined): BundleView | undefined {
    return rev === undefined ? undefined : (revisionOf(this.active, rev) ?? this.kept.get(rev));
  }

  private async commit(...change: Parameters<Store["commit"]>): Promise<void> {
    await this.faults.around(this.store).commit(...change);
    await this.around.committed?.();
  }

  private async atPort<T>(alive: () => boolean, call: () => Promise<T>): Promise<T> {
    const never = new Promise<T>(() => undefined);
    if (!alive()) return never;
    this.portCalls += 1;
    if (this.crash?.call !== this.portCalls) {
      const answer = await call();
      return alive() ? answer : never;
    }
    if (this.crash.after) await call().catch(() => undefined);
    this.crashed = true;
    return never;
  }
}

/** A port whose every call is one at which the process may die. */
const portOf = (
  quota: Quota,
  guarded: <A extends unknown[], T>(call: (...args: A) => Promise<T>) => typeof call,
): Quota => ({
  reserve: guarded((...call) => quota.reserve(...call)),
  release: guarded((...call) => quota.release(...call)),
  used: guarded((...call) => quota.used(...call)),
  set: guarded((...call) => quota.set(...call)),
  list: guarded((...call) => quota.list(...call)),
});

const journalOf = (
  journal: Journal,
  guarded: <A extends unknown[], T>(call: (...args: A) => Promise<T>) => typeof call,
): Journal => ({
  read: guarded(() => journal.read()),
  append: guarded((line) => journal.append(line)),
  clear: guarded(() => journal.clear()),
  close: () => journal.close(),
});

/** A clock whose callbacks die with the process. */
const clockOf = (clock: Clock, alive: () => boolean, wrongMs: () => number): Clock => ({
  now: () => clock.now() + wrongMs(),
  mono: () => clock.mono(),
  after: (ms, run, order) => clock.after(ms, () => (alive() ? run() : undefined), order),
  every: (ms, run) => clock.every(ms, () => (alive() ? run() : undefined)),
  sleep: (ms, signal) => clock.sleep(ms, signal),
  hold: (work) => clock.hold(work),
});

/** Out of all that `entry` opens; the intent's id is to be said. */
export const EXIT = {
  instrument: FUT,
  kind: "EXIT",
  side: "SELL",
  qty: "0.01",
  reduce_only: true,
  exec: { policy: "MARKET" },
} as const;

let seq = 0;
/** Posts all of it at once, then takes the rest. */
export const MAKER = { policy: "MAKER_THEN_TAKER", twap: { slices: 1, interval_ms: 1_000 } } as const;
/** A long futures entry of 0.01 BTC with its stop and target; override what matters. */
export const entry = (over: Partial<z.input<typeof Intent>> = {}): z.input<typeof Intent> => ({
  intent_id: `t${++seq}:entry`,
  instrument: FUT,
  kind: "ENTRY",
  side: "BUY",
  qty: "0.01",
  exec: { policy: "MARKET" },
  stop_loss: { price: "59900" },
  take_profit: { price: "60200" },
  ...over,
});

/** What must hold once everything is quiet, whatever happened before. */
export function faultsOf(world: RouterWorld, instrument = FUT): string[] {
  const { exchange, router } = world;
  const faults: string[] = [];
  const doubled = exchange.journal.filter((id, at) => exchange.journal.indexOf(id) !== at);
  if (doubled.length > 0) faults.push(`sent twice: ${doubled}`);
  const { book } = router;
  const holding = book.holding(instrument);
  const held = Number(holding?.qty ?? 0) * (holding?.side === "SELL" ? -1 : 1);
  const position = Number(exchange.positions.get(instrument) ?? 0n) / 1e18;
  if (Math.abs(held - position) > 1e-9) faults.push(`books hold ${held}, exchange ${position}`);
  const stops = exchange.live().filter((o) => o.type === "STOP_MARKET" && o.instrument === instrument);
  const covered = stops.reduce((most, o) => Math.max(most, Number(o.qty)), 0);
  if (held !== 0 && !holding?.guard && covered < Math.abs(held)) faults.push(`covered ${covered} of ${held}`);
  const protective = exchange.live().filter((o) => o.type !== "LIMIT" && o.instrument === instrument);
  if (held === 0 && protective.length > 0) faults.push("protection outlives its position");
  if (stops.length > 1) faults.push(`${stops.length} stops stand`);
  const entries = exchange.fills.filter((f) => f.instrument === instrument && !f.client_order_id.includes("none"));
  const bought = entries.filter((f) => exchange.orders.get(f.client_order_id)?.entry);
  const total = bought.reduce((sum, f) => sum + Number(f.qty), 0);
  if (total > 0.010001) faults.push(`entries bought ${total}`);
  for (const order of book.allOrders()) if (order.status === "UNKNOWN") faults.push(`${order.leg} is still UNKNOWN`);
  for (const record of book.running().filter((r) => isEntry(r.intent.kind))) faults.push(`${record.intent_id} runs on`);
  const { used_usdt, reserved_usdt } = router.budget();
  if (held === 0 && used_usdt !== "0") faults.push(`flat, yet ${used_usdt} used`);
  if (reserved_usdt !== "0") faults.push(`${reserved_usdt} still reserved`);
  return faults;
}
