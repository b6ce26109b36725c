/** What executing costs here: the posts and takers of late, the curves fitted to them, and whether posting is worth while. */
import type { CostCurve } from "../../collections/execution.ts";
import type { ExecutionFlags } from "../../domain/bundle.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { type Fill, isTerminal, type Order } from "../../domain/order.ts";
import { isOwnLeg } from "./answers.ts";
import { type CostSample, fitCurve, SAMPLES_MAX } from "./cost-curve.ts";
import type { CostView } from "./plan.ts";
import type { RulePorts } from "./router-parts.ts";

/** A posted order that is over: what was posted, and what of it a taker came for. */
export interface Post {
  readonly posted: number;
  readonly filled: number;
}

/** Nothing is posted any more: until when, and why. */
export interface Rest {
  readonly until: number;
  readonly what: string;
}

const PERCENT = 100;

export class CostRules {
  readonly curves = new Map<InstrumentId, CostCurve>();
  /** Taker orders since the last fit. */
  readonly fresh = new Map<InstrumentId, number>();
  /** The newest ones of all instruments. */
  posts: Post[] = [];
  restUntil = Number.NEGATIVE_INFINITY;
  private readonly ports: Pick<RulePorts, "clock" | "config" | "settings">;
  private readonly market: { varianceBpsPerMs(instrument: InstrumentId): number };

  constructor(ports: CostRules["ports"], market: CostRules["market"]) {
    this.ports = ports;
    this.market = market;
  }

  view(instrument: InstrumentId): CostView {
    const { maker_fill_share, maker_posts_min } = this.flags;
    const curve = this.curves.get(instrument);
    const share = curve && curve.maker_posts >= maker_posts_min ? curve.maker_fill_share : undefined;
    const left = this.restUntil - this.ports.clock.now();
    return {
      // One that has only posts to tell of has no fills.
      curve: curve && curve.fills > 0 ? curve : undefined,
      fillShare: share ?? maker_fill_share,
      varianceBpsPerMs: this.market.varianceBpsPerMs(instrument),
      takersOnly: left > 0 ? "too few posts were filled: takers only for a while" : undefined,
    };
  }

  /** An intent is over. True: enough takers are new that its instrument's curve is to be fitted again. */
  ended(instrument: InstrumentId, orders: readonly Order[]): boolean {
    const takers = orders.filter((order) => order.type === "MARKET" && order.filled_qty !== "0").length;
    const fresh = (this.fresh.get(instrument) ?? 0) + takers;
    this.fresh.set(instrument, fresh);
    return fresh >= this.flags.cost_fills_min;
  }

  /** The curve of these fills and orders, newest first; nothing while they do not tell enough. */
  fitted(
    instrument: InstrumentId,
    { fills, orders }: { fills: readonly Fill[]; orders: readonly Order[] },
  ): CostCurve | undefined {
    const { clock } = this.ports;
    const ours = `${this.ports.settings.installationTag}-`;
    const known = fills.filter((fill) => isMeasured(fill) && fill.client_order_id.startsWith(ours));
    const fit = fitCurve(samplesOf(known).slice(0, SAMPLES_MAX), this.flags.cost_fills_min);
    const posts = postsOf(orders);
    if (!fit && posts.length === 0) return undefined;
    const share = shareOf(posts);
    return {
      instrument,
      base_bps: fit?.base_bps ?? 0,
      slope_bps: fit?.slope_bps ?? 0,
      fills: fit ? known.length : 0,
      error_bps: fit?.error_bps ?? 0,
      ...(share === undefined ? {} : { maker_fill_share: share }),
      maker_posts: posts.length,
      from_ts: known.at(-1)?.ts ?? clock.now(),
      fitted_at: clock.now(),
    };
  }

  /** Counts the posts among these orders; answers the rest that they bring about. */
  notePosts(orders: readonly Order[]): Rest | undefined {
    const posts = postsOf(orders);
    if (posts.length === 0) return undefined;
    const { maker_posts_min, maker_ratio_min, maker_rest_ms } = this.flags;
    const now = this.ports.clock.now();
    this.posts = [...this.posts, ...posts].slice(-maker_posts_min);
    const share = shareOf(this.posts) ?? 1;
    if (this.posts.length < maker_posts_min || share >= maker_ratio_min || now < this.restUntil) return undefined;
    this.posts = [];
    this.restUntil = now + maker_rest_ms;
    return {
      until: this.restUntil,
      what: `${(share * PERCENT).toFixed(0)} % of the last ${maker_posts_min} posts were filled`,
    };
  }

  get flags(): ExecutionFlags {
    return this.ports.config().bundle.flags.execution;
  }
}

/** A taker's fill of an order sent at once: a stop's mid is that of the moment it was placed. */
const isMeasured = ({ maker, kind, mid_at_send }: Fill): boolean =>
  !maker && kind !== "SL" && kind !== "TP" && mid_at_send > 0;

/** Orders that rested at the exchange as makers and are over. */
export const postsOf = (orders: readonly Order[]): Post[] =>
  orders
    .filter((order) => order.type === "LIMIT_MAKER" && isOwnLeg(order) && order.order_id !== undefined)
    .filter((order) => isTerminal(order.status) && order.status !== "REJECTED")
    .map((order) => ({ posted: Number(order.qty) * Number(order.price), filled: filledOf(order) }));
const filledOf = (order: Order): number => Number(order.filled_qty) * Number(order.price);

/** By value, so that many small ones say no more than one large one. */
function shareOf(posts: readonly Post[]): number | undefined {
  const posted = posts.reduce((total, post) => total + post.posted, 0);
  const filled = posts.reduce((total, post) => total + post.filled, 0);
  return posted > 0 ? Math.min(1, filled / posted) : undefined;
}

/** One per order, newest first: how far an order runs into the book depends on all of it. */
function samplesOf(fills: readonly Fill[]): CostSample[] {
  const byOrder = Map.groupBy(fills, (fill) => fill.client_order_id);
  return [...byOrder.values()].map((parts) => {
    const notionals = parts.map((fill) => Number(fill.price) * Number(fill.qty));
    const notionalUsdt = notionals.reduce((total, each) => total + each, 0);
    const weighed = parts.reduce((total, fill, at) => total + fill.slippage_bps * (notionals[at] as number), 0);
    return { notionalUsdt, slippageBps: notionalUsdt > 0 ? weighed / notionalUsdt : 0 };
  });
}
