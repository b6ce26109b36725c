/** Agents who offer: makers with ladders of quotes around the value, and people whose small orders wait a while. */
import type { Side } from "../../shared/domain/order.ts";
import type { Random } from "../../shared/kit/ports.ts";
import type { Floor } from "./agent-floor.ts";
import { normal } from "./agent-world.ts";

/** What an agent sees when it acts. */
export interface Scene {
  readonly floor: Floor;
  /** Worth in ticks, with a fraction. */
  readonly value: number;
  /** What makers quote around, in ticks: it follows the value in steps, once that is far enough away. */
  readonly seen: number;
  /** Where the next seconds draw, in deviations. */
  readonly pull: number;
  /** How wild it is: 1 is usual. */
  readonly heat: number;
  /** Since the last scene. */
  readonly seconds: number;
  readonly now: number;
  /** USDT → lots, at least one. */
  lots(usdt: number): number;
}

interface MakerStyle {
  /** Distances of the quotes from the centre in units; a unit is a tick where a tick is large enough. */
  readonly ladder: readonly number[];
  /** USDT of the quote at the centre, where there is one. */
  readonly touch: number;
  /** USDT of the first quote beside it; later ones grow. */
  readonly size: number;
  readonly growth: number;
  /** Looks again this often, seconds on average. */
  readonly everyS: number;
  /** Looks at most turns while what it sees is further than this from where it last quoted. */
  readonly patienceBps: number;
  /** How often it takes stale offers that stand in the way of its first quote. */
  readonly takes: number;
}

export const TIGHT: MakerStyle = {
  ladder: [0, 1, 2, 4, 7, 11, 17, 26],
  touch: 60_000,
  size: 7_000,
  growth: 1.04,
  everyS: 0.25,
  patienceBps: 0.12,
  takes: 0.06,
};
export const STEADY: MakerStyle = {
  ladder: [1, 2, 3, 6, 10, 15, 22, 34, 50],
  touch: 0,
  size: 8_000,
  growth: 1.05,
  everyS: 0.5,
  patienceBps: 0.2,
  takes: 0,
};
export const DEEP: MakerStyle = {
  ladder: [12, 20, 35, 55, 80, 120, 170, 240, 330, 450, 600, 800, 1100, 1500, 2000, 2800, 4000, 6000],
  touch: 0,
  size: 10_000,
  growth: 1.14,
  everyS: 2,
  patienceBps: 0.5,
  takes: 0,
};
/** A unit is at least this share of the price: finer ticks would crowd all quotes into less than a spread. */
const UNIT_SHARE = 3.2e-6;
/** How often a maker that is out of place looks, of all turns. */
const ALERTNESS = 0.75;
/** A quote with less than this share of the wanted lots left is made anew. */
const WORN = 0.4;
/** What stands in the way with less than this share of a quote is likely taken. */
const SMALL = 0.3;
const SMALL_TAKEN = 0.6;
/** Inventory at which a maker leans its quotes by a unit, USDT, and how fast it gets rid of it elsewhere. */
const LEAN_USDT = 150_000;
const INVENTORY_HALF_LIFE_S = 20;

interface Quote {
  readonly id: string;
  readonly side: Side;
  readonly ticks: number;
  /** Counted for inventory up to here. */
  lots: number;
}

export class Maker {
  private readonly style: MakerStyle;
  private readonly random: Random;
  private quotes: Quote[] = [];
  /** Lots bought less lots sold. */
  private inventory = 0;
  /** What it saw when it last quoted. */
  private quoted = 0;

  constructor(style: MakerStyle, random: Random) {
    this.style = style;
    this.random = random;
  }

  act(scene: Scene): void {
    this.inventory *= 0.5 ** (scene.seconds / INVENTORY_HALF_LIFE_S);
    const away = (Math.abs(scene.seen - this.quoted) / scene.seen) * 1e4 > this.style.patienceBps;
    if (this.random.next() > (away ? ALERTNESS : 1 - Math.exp(-scene.seconds / this.style.everyS))) return;
    this.quoted = scene.seen;
    this.count(scene.floor);
    const targets = this.targets(scene);
    for (const quote of this.quotes) {
      const wanted = targets[quote.side].get(quote.ticks);
      if (wanted !== undefined && quote.lots >= wanted * WORN) {
        targets[quote.side].delete(quote.ticks);
        continue;
      }
      scene.floor.retire(quote.id);
      quote.lots = 0;
    }
    this.quotes = this.quotes.filter(({ lots }) => lots > 0);
    // Which side is quoted first decides who is in whose way when the value has jumped.
    const first: Side = this.random.next() < 0.5 ? "BUY" : "SELL";
    for (const side of [first, first === "BUY" ? "SELL" : "BUY"] as const) this.quote(scene, side, targets[side]);
  }

  /** What was filled since the last look. */
  private count(floor: Floor): void {
    for (const quote of this.quotes) {
      const left = floor.left(quote.id);
      this.inventory += (quote.lots - left) * (quote.side === "BUY" ? 1 : -1);
      quote.lots = left;
    }
    this.quotes = this.quotes.filter(({ lots }) => lots > 0);
  }

  private targets({ seen: value, pull, lots }: Scene): Record<Side, Map<number, number>> {
    const unit = Math.max(1, Math.round(value * UNIT_SHARE));
    const lean = Math.max(-20, Math.min(20, this.inventory / lots(LEAN_USDT)));
    const centre = value - lean * unit + 0.3 * normal(this.random) * unit;
    const skew = Math.exp(0.35 * Math.max(-2, Math.min(2, pull)) + 0.3 * normal(this.random));
    const targets = { BUY: new Map<number, number>(), SELL: new Map<number, number>() };
    let usdt = this.style.size;
    for (const distance of this.style.ladder) {
      const offset = distance * unit;
      // Outer quotes stand on a coarse grid, so that they can stay where they are while the centre moves.
      const grid = Math.max(1, Math.floor(offset / 5));
      const size = (distance === 0 ? this.style.touch : usdt) * (0.4 + 1.2 * this.random.next());
      // At the touch all stand where everybody sees the price; what they own shows beside it.
      const middle = distance === 0 ? value : centre;
      targets.BUY.set(Math.floor((middle - offset) / grid) * grid, lots(size * skew));
      targets.SELL.set(Math.ceil((middle + offset + 0.001) / grid) * grid, lots(size / skew));
      if (distance > 0) usdt *= this.style.growth;
    }
    return targets;
  }

  private quote({ floor }: Scene, side: Side, targets: ReadonlyMap<number, number>): void {
    let blocked = false;
    let isFirst = true;
    for (const [wanted, lots] of targets) {
      const best = floor.best();
      const limit = best === undefined ? wanted : side === "BUY" ? best.askTicks - 1 : best.bidTicks + 1;
      const inTheWay = side === "BUY" ? wanted > limit : wanted < limit;
      const takes = inTheWay && isFirst && this.takes((side === "BUY" ? best?.askLots : best?.bidLots) ?? 0, lots);
      isFirst = false;
      // One quote next to the stale offers of others is enough, until they are gone.
      if (inTheWay && blocked && !takes) continue;
      blocked ||= inTheWay;
      const ticks = inTheWay && !takes ? limit : wanted;
      if (ticks <= 0) continue;
      const id = floor.act({ side, kind: "limit", ticks, lots, tif: takes ? "GTC" : "GTX" });
      if (id !== undefined) this.quotes.push({ id, side, ticks, lots: floor.left(id) });
    }
  }

  private takes(standing: number, lots: number): boolean {
    const { takes } = this.style;
    return takes > 0 && this.random.next() < (standing < lots * SMALL ? SMALL_TAKEN : takes);
  }
}

/** Fills a spread that others left wide with short-lived quotes. */
export class Closer {
  private readonly random: Random;
  private waiting: { id: string; until: number }[] = [];
  private static readonly SPREAD_TICKS = 2;
  private static readonly ALERTNESS = 0.8;
  private static readonly PATIENCE_MS = 600;
  private static readonly USDT = 14_000;

  constructor(random: Random) {
    this.random = random;
  }

  act({ floor, lots, seen, now }: Scene): void {
    this.waiting = this.waiting.filter(({ id, until }) => {
      if (until <= now) floor.retire(id);
      return until > now;
    });
    const best = floor.best();
    if (best === undefined || best.askTicks - best.bidTicks <= Closer.SPREAD_TICKS) return;
    if (this.random.next() > Closer.ALERTNESS) return;
    const bid = Math.max(best.bidTicks, Math.min(best.askTicks - 2, Math.floor(seen)));
    for (const [side, ticks] of [
      ["BUY", bid],
      ["SELL", bid + 1],
    ] as const) {
      const size = lots(Closer.USDT * Math.exp(0.6 * normal(this.random)));
      const id = floor.act({ side, kind: "limit", ticks, lots: size, tif: "GTX" });
      if (id !== undefined) this.waiting.push({ id, until: now + Closer.PATIENCE_MS });
    }
  }
}

/** Small orders at and near the best prices that come and go. */
export class Crowd {
  private readonly random: Random;
  private waiting: { id: string; until: number }[] = [];
  private static readonly ORDERS_MAX = 60;
  private static readonly PER_S = 4;
  private static readonly PATIENCE_S = 8;

  constructor(random: Random) {
    this.random = random;
  }

  act({ floor, lots, seconds, now }: Scene): void {
    this.waiting = this.waiting.filter(({ id, until }) => {
      if (until <= now) floor.retire(id);
      return until > now;
    });
    if (this.random.next() > 1 - Math.exp(-seconds * Crowd.PER_S) || this.waiting.length >= Crowd.ORDERS_MAX) return;
    const best = floor.best();
    if (best === undefined) return;
    const side: Side = this.random.next() < 0.5 ? "BUY" : "SELL";
    const back = Math.floor(this.random.next() ** 3 * 40);
    const ticks = side === "BUY" ? best.bidTicks - back : best.askTicks + back;
    if (ticks <= 0) return;
    const order = {
      side,
      kind: "limit",
      ticks,
      lots: lots(200 * Math.exp(1.6 * normal(this.random))),
      tif: "GTX",
    } as const;
    const id = floor.act(order);
    const until = now - Crowd.PATIENCE_S * 1000 * Math.log(1 - this.random.next());
    if (id !== undefined) this.waiting.push({ id, until });
  }
}
