/** Agents who take: the informed, who hit stale offers, the many, who come in bursts, followers and contrarians. */
import type { Side } from "../../shared/domain/order.ts";
import type { Random } from "../../shared/kit/ports.ts";
import type { Scene } from "./agent-makers.ts";
import { normal } from "./agent-world.ts";

/** A market order would take any price; agents bound theirs to this share beyond the best. */
const REACH = 0.0005;

/** How often a trader of the many does not simply follow the last one's side. */
const SIDE_CHANGES = 0.1;

function take({ floor, lots }: Scene, side: Side, usdt: number): void {
  const best = floor.best();
  if (best === undefined) return;
  const touch = side === "BUY" ? best.askTicks : best.bidTicks;
  const ticks = Math.round(touch * (side === "BUY" ? 1 + REACH : 1 - REACH));
  floor.act({ side, kind: "limit", ticks, lots: lots(usdt), tif: "IOC" });
}

/** Happens in a stretch of time, at a rate per second. */
const happens = (random: Random, seconds: number, perS: number): boolean =>
  random.next() < 1 - Math.exp(-seconds * perS);

/** How many independent arrivals there are where `mean` are expected (Knuth). */
function poisson(random: Random, mean: number): number {
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > least; product *= random.next()) count++;
  return count;
}

/** Knows the value, and sometimes sees an offer on its wrong side before the maker does. */
export class Informed {
  private readonly random: Random;
  private static readonly PER_S = 3;
  private static readonly EDGE_BPS = 0.4;

  constructor(random: Random) {
    this.random = random;
  }

  act(scene: Scene): void {
    if (!happens(this.random, scene.seconds, Informed.PER_S * scene.heat)) return;
    const best = scene.floor.best();
    if (best === undefined) return;
    const edge = (scene.value * Informed.EDGE_BPS) / 1e4;
    const usdt = 1200 * Math.exp(1.4 * normal(this.random));
    const order = { kind: "limit", lots: scene.lots(usdt), tif: "IOC" } as const;
    if (scene.value > best.askTicks + edge) scene.floor.act({ ...order, side: "BUY", ticks: Math.floor(scene.value) });
    else if (scene.value < best.bidTicks - edge)
      scene.floor.act({ ...order, side: "SELL", ticks: Math.ceil(scene.value) });
  }
}

/** Self-exciting arrivals (a Hawkes process): one trade brings others, mostly on its side. */
export class Many {
  private readonly random: Random;
  private excitement = 0;
  private side: Side = "BUY";
  private static readonly CALM_PER_S = 1.6;
  /** Each trade brings this many more on average, over this time. */
  private static readonly OFFSPRING = 0.9;
  private static readonly MEMORY_S = 0.9;
  private static readonly AT_ONCE_MAX = 8;

  constructor(random: Random) {
    this.random = random;
  }

  act(scene: Scene): void {
    this.excitement *= Math.exp(-scene.seconds / Many.MEMORY_S);
    const perS = Many.CALM_PER_S * scene.heat + this.excitement;
    for (let count = Math.min(Many.AT_ONCE_MAX, poisson(this.random, perS * scene.seconds)); count > 0; count--) {
      this.excitement += Many.OFFSPRING / Many.MEMORY_S;
      // The pull is felt by some: with it the odds of buying lean.
      const buying = 1 / (1 + Math.exp(-0.7 * scene.pull));
      if (this.random.next() < SIDE_CHANGES) this.side = this.random.next() < buying ? "BUY" : "SELL";
      take(scene, this.side, 90 * Math.exp(2.1 * normal(this.random)));
    }
  }
}

/** Splits a large wish into many small orders and sends them at once. */
export class Sweeper {
  private readonly random: Random;
  private static readonly PER_S = 0.22;
  private static readonly ORDERS_MIN = 8;
  private static readonly ORDERS_MAX = 250;
  /** Of the tail of the number of orders (Pareto). */
  private static readonly TAIL = 0.9;

  constructor(random: Random) {
    this.random = random;
  }

  act(scene: Scene): void {
    if (!happens(this.random, scene.seconds, Sweeper.PER_S * scene.heat)) return;
    const wanted = Sweeper.ORDERS_MIN * (1 - this.random.next()) ** (-1 / Sweeper.TAIL);
    const buying = 1 / (1 + Math.exp(-scene.pull));
    const side: Side = this.random.next() < buying ? "BUY" : "SELL";
    const usdt = 25 * Math.exp(normal(this.random));
    for (let count = Math.min(Sweeper.ORDERS_MAX, Math.round(wanted)); count > 0; count--) {
      take(scene, side, usdt * Math.exp(1.2 * normal(this.random)));
    }
  }
}

/** Trades with moves of the last seconds, or against those of the last minute. */
export class Follower {
  private readonly random: Random;
  private readonly style: { memoryS: number; thresholdBps: number; perS: number; direction: 1 | -1 };
  private average: number | undefined;

  constructor(style: Follower["style"], random: Random) {
    this.style = style;
    this.random = random;
  }

  act(scene: Scene): void {
    const best = scene.floor.best();
    if (best === undefined) return;
    const mid = (best.bidTicks + best.askTicks) / 2;
    this.average ??= mid;
    this.average += (mid - this.average) * (1 - Math.exp(-scene.seconds / this.style.memoryS));
    const moveBps = (mid / this.average - 1) * 1e4;
    if (Math.abs(moveBps) < this.style.thresholdBps || !happens(this.random, scene.seconds, this.style.perS)) return;
    const side: Side = moveBps * this.style.direction > 0 ? "BUY" : "SELL";
    take(scene, side, 2500 * Math.exp(0.8 * normal(this.random)));
  }
}

export const MOMENTUM = { memoryS: 8, thresholdBps: 3, perS: 0.8, direction: 1 } as const;
export const REVERSION = { memoryS: 60, thresholdBps: 10, perS: 0.6, direction: -1 } as const;
