/** What assets of the agents' market are worth: correlated random values with clustered volatility and mild trends. */
import type { Random } from "../../shared/kit/ports.ts";

const BPS = 1e-4;
/** Of a value whose volatility factors stand at one, per square root of a second. */
const SIGMA = 0.62 * BPS;
/** Volatility factors, exp of mean-reverting noise: hours that are calm or wild, and bursts within them. */
const SLOW_VOLATILITY = { deviation: 0.5, halfLifeS: 1200 };
const FAST_VOLATILITY = { deviation: 0.75, halfLifeS: 12 };
/** Drifts per second: what bar strategies can find, and what order-book strategies can. */
const TREND = { deviation: 0.06 * BPS, halfLifeS: 60 };
const PULL = { deviation: 0.22 * BPS, halfLifeS: 4 };
/** Futures over spot. */
const BASIS = { deviation: 1.5 * BPS, halfLifeS: 90 };
/** Sudden news. */
const JUMPS_PER_S = 1 / 600;
const JUMP = 8 * BPS;
/** A value comes back to where it began: a demo that runs for weeks stays in believable prices. */
const RETURN_HALF_LIFE_S = 3 * 3600;
/** Shared part of an asset's noise. */
const CORRELATION = 0.8;
/** Net buying of a million USDT moves the value for good by this much. */
const IMPACT_PER_MILLION = 0.4 * BPS;
/** After a pause of the machine the market goes on as if it had been this long. */
const STEP_S_MAX = 5;

/** A standard normal draw (Box–Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

interface Noise {
  deviation: number;
  halfLifeS: number;
}

/** One step of an Ornstein–Uhlenbeck process around zero, exact for any step. */
function wander(value: number, { deviation, halfLifeS }: Noise, step: { seconds: number; draw: number }): number {
  const kept = 0.5 ** (step.seconds / halfLifeS);
  return value * kept + deviation * Math.sqrt(1 - kept * kept) * step.draw;
}

interface Asset {
  readonly anchor: number;
  readonly random: Random;
  /** Log of value over anchor. */
  level: number;
  fast: number;
  trend: number;
  pull: number;
  basis: number;
}

export class World {
  private readonly assets = new Map<string, Asset>();
  private readonly random: Random;
  private slow = 0;
  private at: number;

  /** `prices` by base asset: where each value begins. */
  constructor(random: Random, now: number, prices: ReadonlyMap<string, number>) {
    this.random = random.fork("world");
    this.at = now;
    for (const [base, anchor] of prices) {
      this.assets.set(base, { anchor, random: random.fork(base), level: 0, fast: 0, trend: 0, pull: 0, basis: 0 });
    }
  }

  /** Lets time pass up to `now`, epoch ms. */
  advance(now: number): void {
    const seconds = Math.min((now - this.at) / 1000, STEP_S_MAX);
    if (seconds <= 0) return;
    this.at = now;
    this.slow = wander(this.slow, SLOW_VOLATILITY, { seconds, draw: normal(this.random) });
    const shared = normal(this.random);
    const news = this.random.next() < seconds * JUMPS_PER_S ? JUMP * normal(this.random) : 0;
    for (const asset of this.assets.values()) {
      const { random } = asset;
      asset.fast = wander(asset.fast, FAST_VOLATILITY, { seconds, draw: normal(random) });
      asset.trend = wander(asset.trend, TREND, { seconds, draw: normal(random) });
      asset.pull = wander(asset.pull, PULL, { seconds, draw: normal(random) });
      asset.basis = wander(asset.basis, BASIS, { seconds, draw: normal(random) });
      const own = normal(random);
      const draw = CORRELATION * shared + Math.sqrt(1 - CORRELATION * CORRELATION) * own;
      const kept = 0.5 ** (seconds / RETURN_HALF_LIFE_S);
      const sigma = SIGMA * Math.exp(this.slow + asset.fast);
      asset.level =
        asset.level * kept + (asset.trend + asset.pull) * seconds + sigma * Math.sqrt(seconds) * draw + news;
    }
  }

  /** What one unit is worth in USDT, as spot or as a perpetual future. */
  value(base: string, market: "SPOT" | "FUT"): number {
    const { anchor, level, basis } = this.asset(base);
    return anchor * Math.exp(level + (market === "FUT" ? basis : 0));
  }

  /** Where the value is drawn in the next seconds, in deviations of that drift: what informed agents feel. */
  pull(base: string): number {
    return this.asset(base).pull / PULL.deviation;
  }

  /** How wild it is just now: 1 is usual. */
  heat(base: string): number {
    return Math.exp(this.slow + this.asset(base).fast);
  }

  /** What trading itself says: `usdt` is above zero for buying. */
  push(base: string, usdt: number): void {
    this.asset(base).level += (IMPACT_PER_MILLION * usdt) / 1e6;
  }

  shift(base: string, bps: number): void {
    this.asset(base).level += bps * BPS;
  }

  private asset(base: string): Asset {
    const asset = this.assets.get(base);
    if (asset === undefined) throw new Error(`Invariant: no asset ${base}`);
    return asset;
  }
}
