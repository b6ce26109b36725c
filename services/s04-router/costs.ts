/** What executing costs here: curves refitted from our own fills, and whether posting is worth while at all. */
import { put } from "../../shared/changes.ts";
import { type CostCurve, costCurves } from "../../shared/collections/execution.ts";
import { fills as fillsKept, orders as ordersKept, routerMarks } from "../../shared/collections/orders.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { type Fill, isTerminal, type Order } from "../../shared/domain/order.ts";
import { type CostSample, fitCurve, SAMPLES_MAX } from "../../shared/trading/execution/cost-curve.ts";
import type { CostView } from "../../shared/trading/execution/plan.ts";
import { isOwnLeg } from "./answers.ts";
import { all } from "./kept.ts";
import type { MarketView } from "./market.ts";
import type { Ports } from "./types.ts";

/** The newest fills and orders of an instrument that a fit looks at. */
const WINDOW = 500;
/** The moment until which nothing is posted. */
const REST_MARK = "makers-rest";
/** Old posts say little about today. */
const POSTS_AGE_MS_MAX = 6 * 3_600_000;
const PERCENT = 100;

type Needed = Pick<Ports, "account" | "alert" | "clock" | "config" | "settings" | "shard" | "store" | "warn">;
/** A posted order that is over: what was posted, and what of it a taker came for. */
interface Post {
  readonly posted: number;
  readonly filled: number;
}

export class Costs {
  private readonly curves = new Map<InstrumentId, CostCurve>();
  /** Taker orders since the last fit. */
  private readonly fresh = new Map<InstrumentId, number>();
  /** The newest ones of all instruments. */
  private posts: Post[] = [];
  private restUntil = Number.NEGATIVE_INFINITY;
  private readonly ports: Needed;
  private readonly market: MarketView;

  constructor(ports: Needed, market: MarketView) {
    this.ports = ports;
    this.market = market;
  }

  async load(): Promise<void> {
    const { store, clock } = this.ports;
    for (const { value } of await all(store, costCurves, {})) this.curves.set(value.instrument, value);
    const mark = (await store.get(routerMarks, REST_MARK))?.value;
    if (mark) this.restUntil = Number(mark.value);
    const since = Math.max(clock.now() - POSTS_AGE_MS_MAX, mark?.ts ?? 0);
    const where = { created_at: { gte: since } };
    const newest = await store.query(ordersKept, {
      where,
      sort: { field: "created_at", order: "desc" },
      limit: WINDOW,
    });
    this.posts = postsOf(newest.items.map((row) => row.value).reverse()).slice(-this.flags.maker_posts_min);
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

  /** An intent is over: its posts count, and after enough new takers the curve is fitted again. */
  async ended(instrument: InstrumentId, orders: readonly Order[]): Promise<void> {
    const takers = orders.filter((order) => order.type === "MARKET" && order.filled_qty !== "0").length;
    const fresh = (this.fresh.get(instrument) ?? 0) + takers;
    this.fresh.set(instrument, fresh);
    await this.notePosts(postsOf(orders));
    if (fresh >= this.flags.cost_fills_min) await this.refit(instrument);
  }

  /** The hourly job: every instrument that has traded since its last fit. */
  async refitAll(): Promise<void> {
    for (const [instrument, count] of this.fresh) if (count > 0) await this.refit(instrument);
  }

  async refit(instrument: InstrumentId): Promise<void> {
    const { store, clock } = this.ports;
    this.fresh.set(instrument, 0);
    const newest = { sort: { order: "desc" as const }, where: { instrument }, limit: WINDOW };
    const fills = await store.query(fillsKept, { ...newest, sort: { field: "ts", ...newest.sort } });
    const orders = await store.query(ordersKept, { ...newest, sort: { field: "created_at", ...newest.sort } });
    const known = fills.items.map((row) => row.value).filter((fill) => this.isMeasured(fill));
    const fit = fitCurve(samplesOf(known).slice(0, SAMPLES_MAX), this.flags.cost_fills_min);
    const posts = postsOf(orders.items.map((row) => row.value));
    if (!fit && posts.length === 0) return;
    const share = shareOf(posts);
    const curve: CostCurve = {
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
    await store.commit([put(costCurves, curve)]);
    this.curves.set(instrument, curve);
  }

  /** A taker's fill of an order sent at once: a stop's mid is that of the moment it was placed. */
  private isMeasured(fill: Fill): boolean {
    const { installationTag } = this.ports.settings;
    const isOurs = fill.client_order_id.startsWith(`${installationTag}-`);
    return isOurs && !fill.maker && fill.kind !== "SL" && fill.kind !== "TP" && fill.mid_at_send > 0;
  }

  private async notePosts(posts: readonly Post[]): Promise<void> {
    if (posts.length === 0) return;
    const { maker_posts_min, maker_ratio_min, maker_rest_ms } = this.flags;
    const { clock, store, alert } = this.ports;
    this.posts = [...this.posts, ...posts].slice(-maker_posts_min);
    const share = shareOf(this.posts) ?? 1;
    if (this.posts.length < maker_posts_min || share >= maker_ratio_min || clock.now() < this.restUntil) return;
    this.posts = [];
    this.restUntil = clock.now() + maker_rest_ms;
    const what = `${(share * PERCENT).toFixed(0)} % of the last ${maker_posts_min} posts were filled`;
    alert("WARN", "MAKERS_REST", what, `takers only for ${Math.round(maker_rest_ms / 60_000)} min`);
    await store.commit([put(routerMarks, { id: REST_MARK, value: this.restUntil, ts: clock.now() })]);
  }

  private get flags() {
    return this.ports.config().bundle.flags.execution;
  }
}

/** Orders that rested at the exchange as makers and are over. */
const postsOf = (orders: readonly Order[]): Post[] =>
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
