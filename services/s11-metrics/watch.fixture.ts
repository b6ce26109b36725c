/** S11 alone on a virtual clock, with what the others would tell it. */
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { Order } from "../../shared/domain/order.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { Net } from "../../shared/kit/ports.ts";
import {
  type HealthEvent,
  healthEvents,
  type OrderResult,
  orderResults,
  type Reconciliation,
  reconResults,
} from "../../shared/streams.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import service from "./service.ts";

export const START = Date.UTC(2026, 0, 1);
export const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** What S11 waits for after a start, before the age of entries counts. */
const SETTLED_MS = 31_000;

export class WatchWorld {
  readonly clock: VirtualClock;
  readonly world: SimWorld;
  /** Every word of health that was told. */
  readonly told: HealthEvent[] = [];
  private running: Constellation | undefined;
  private orders = 0;

  /** `slow`: it looks once a minute, for tests of many hours. */
  constructor(slow = false) {
    const lookMs = slow ? "60000" : "10000";
    this.clock = new VirtualClock(START);
    this.world = simulatedWorld({
      ...{ clock: this.clock, net: {} as Net, seed: 1 },
      env: { CHIMERA_S11_SCRAPE_MS: lookMs, CHIMERA_S11_LEVEL_MS: lookMs },
    });
    this.world.bus.subscribe(healthEvents, {
      ...{ group: "test", consumer: "test" },
      handle: ({ event }) => void this.told.push(event),
    });
  }

  static async begin(slow = false): Promise<WatchWorld> {
    const it = new WatchWorld(slow);
    await it.start();
    await it.pass(SETTLED_MS);
    return it;
  }
  async start(): Promise<void> {
    this.running = await constellation([service], ["s11"], this.world);
    await this.done(this.running.start());
  }
  async restart(downMs = 0): Promise<void> {
    await this.done(this.running!.stop());
    await this.pass(downMs);
    await this.start();
  }
  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
  }
  async done<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const ended = () => {
      isDone = true;
    };
    work.then(ended, ended);
    await this.clock.run(() => isDone);
    return work;
  }

  async get<T>(path: string): Promise<T> {
    const token = await createTokens(this.world.serviceKey, this.clock).mint("s12", "s11", {
      id: "ann",
      role: "viewer",
    });
    const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
    const response = await this.done(
      this.running!.hosted.get("s11")!.fetch(new Request(`http://s11${path}`, { headers })),
    );
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** S4 tells of so many orders, each sent and answered just now unless it says otherwise. */
  async orderResults(count: number, over: Partial<Order> = {}): Promise<void> {
    const now = this.clock.now();
    const orders = Array.from({ length: count }, () => this.order({ sent_at: now, acked_at: now + 50, ...over }));
    for (let at = 0; at < count; at += 50) await this.result(orders.slice(at, at + 50));
    await this.pass(0);
  }
  async result(orders: Order[], intent: Partial<OrderResult["intent"]> = {}): Promise<void> {
    const event = { intent: { kind: "EXIT", ...intent }, orders, fills: [], ts: this.clock.now() } as never;
    await this.world.bus.publish(orderResults, event as OrderResult, { key: "FUT:BTCUSDT" });
  }
  order(over: Partial<Order>): Order {
    const now = this.clock.now();
    return {
      ...{
        client_order_id: `t-${++this.orders}`,
        account: "main",
        instrument: "FUT:BTCUSDT",
        intent_id: "i",
        leg: "e1",
      },
      ...{ kind: "ENTRY", side: "BUY", type: "MARKET", qty: "1", price: "100", reduce_only: false, status: "FILLED" },
      ...{ order_id: "1", filled_qty: "1", created_at: now, sent_at: now, acked_at: now, updated_at: now },
      ...over,
    } as Order;
  }
  async reconciled(agreement: number): Promise<void> {
    const run = { mode: "ALL", status: "DONE", summary: { agreement }, started_at: this.clock.now() };
    await this.world.bus.publish(reconResults, run as unknown as Reconciliation);
    await this.pass(0);
  }
}
