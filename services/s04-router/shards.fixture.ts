/** Routers that split the instruments: one exchange, one clock, one quota, and a store for each. */
import { embeddedCoordination } from "../../shared/adapters/coordination.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { holdings, intents } from "../../shared/collections/orders.ts";
import { dec, toNumber } from "../../shared/domain/money.ts";
import { Problem } from "../../shared/errors.ts";
import { budgetName } from "../../shared/keys.ts";
import type { Quota } from "../../shared/kit/ports.ts";
import { shard, shardOf } from "../../shared/kit/shard.ts";
import { FakeExchange, listingOf } from "./exchange.fixture.ts";
import { all } from "./kept.ts";
import { COMPARE_EVERY_MS } from "./shared-budget.ts";
import { RouterWorld, START } from "./world.fixture.ts";

const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "ADAUSDT", "BNBUSDT", "DOTUSDT", "LTCUSDT", "UNIUSDT"];
export const BUDGET_USDT = 50;

/** A quota some milliseconds away, that can be out of reach and can forget everything. */
export class FarQuota implements Quota {
  isAway = false;
  /** Milliseconds that the next calls take there and back; the last one goes on. */
  delaysMs: number[] = [1];
  private kept: Quota;
  private readonly clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.clock = clock;
    this.kept = embeddedCoordination({ clock, path: ":memory:" }).quota;
  }

  forget(): void {
    this.kept = embeddedCoordination({ clock: this.clock, path: ":memory:" }).quota;
  }

  reserve: Quota["reserve"] = (...call) => this.far(() => this.kept.reserve(...call));
  release: Quota["release"] = (...call) => this.far(() => this.kept.release(...call));
  used: Quota["used"] = (...call) => this.far(() => this.kept.used(...call));
  set: Quota["set"] = (...call) => this.far(() => this.kept.set(...call));
  list: Quota["list"] = (...call) => this.far(() => this.kept.list(...call));

  /** What is there now, at once. */
  now(): Promise<{ id: string; amount: number }[]> {
    return this.kept.list(budgetName("main"));
  }

  private async far<T>(call: () => Promise<T>): Promise<T> {
    const ms = this.delaysMs.length > 1 ? (this.delaysMs.shift() as number) : (this.delaysMs[0] as number);
    await this.clock.sleep(ms);
    if (this.isAway) throw new Problem("UNAVAILABLE", "no answer from Redis");
    const answer = await call();
    await this.clock.sleep(ms);
    // It came back too late: done, and nobody hears of it.
    if (this.isAway) throw new Problem("UNAVAILABLE", "no answer from Redis");
    return answer;
  }
}

export class Shards {
  readonly clock = new VirtualClock(START);
  readonly exchange = new FakeExchange(this.clock);
  readonly quota = new FarQuota(this.clock);
  readonly worlds: readonly RouterWorld[];
  /** One after another, every shard owning at least one of the first `count`. */
  readonly instruments: readonly string[];
  /** The most that was ever at risk in all stores together, USDT. */
  mostAtRisk = 0;

  constructor(count: number, settings: Record<string, unknown> = {}) {
    const all = SYMBOLS.map((symbol) => `FUT:${symbol}`);
    const firsts = Array.from({ length: count }, (_, index) => all.find((one) => shardOf(one, count) === index));
    this.instruments = [...new Set([...(firsts as string[]), ...all])].slice(0, Math.max(count, 4));
    this.exchange.listings = this.instruments.map((instrument) => listingOf(instrument.slice("FUT:".length)));
    const { clock, exchange, quota, instruments } = this;
    const around = { clock, exchange, quota, instruments, committed: () => this.measure() };
    this.worlds = firsts.map((_, index) => new RouterWorld(settings, { ...around, shard: shard(index, count) }));
    exchange.hear = (event) => Promise.all(this.worlds.map((world) => world.router.accounts.hear(event)));
    clock.every(COMPARE_EVERY_MS, () => {
      for (const { router } of this.worlds) router.sharedBudget?.compare();
    });
  }

  async start(): Promise<void> {
    for (const world of this.worlds) await world.start();
    // The first to start has signed before the last was there.
    await this.pass(50);
  }

  ownerOf(instrument: string): RouterWorld {
    return this.worlds[shardOf(instrument, this.worlds.length)] as RouterWorld;
  }

  pass(ms: number): Promise<unknown> {
    return this.clock.run(this.clock.now() + ms);
  }

  /** What the stores of all shards say is at risk, USDT. */
  async atRisk(): Promise<number> {
    let risk = 0;
    for (const { store } of this.worlds) {
      for (const { value } of await all(store, intents, { state: "RUNNING" })) risk += usdt(value);
      for (const { value } of await all(store, holdings, {})) risk += usdt(value);
    }
    return risk;
  }

  /** What the quota has reserved, USDT. */
  async reserved(): Promise<number> {
    return (await this.quota.now()).reduce((sum, { amount }) => sum + amount, 0) / 1e6;
  }

  close(): void {
    for (const world of this.worlds) world.close();
  }

  private async measure(): Promise<void> {
    this.mostAtRisk = Math.max(this.mostAtRisk, await this.atRisk());
  }
}

const usdt = ({ reserved_usdt }: { reserved_usdt: string }): number => toNumber(dec(reserved_usdt));
