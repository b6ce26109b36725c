/** What executing costs here, kept: curves refitted from our own fills, and the rest that makers take. */
import { put } from "../../shared/changes.ts";
import { costCurves } from "../../shared/collections/execution.ts";
import { fills as fillsKept, orders as ordersKept, routerMarks } from "../../shared/collections/orders.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Order } from "../../shared/domain/order.ts";
import { CostRules, postsOf } from "../../shared/trading/execution/cost-rules.ts";
import type { CostView } from "../../shared/trading/execution/plan.ts";
import { all } from "./kept.ts";
import type { MarketView } from "./market.ts";
import type { Ports } from "./types.ts";

/** The newest fills and orders of an instrument that a fit looks at. */
const WINDOW = 500;
/** The moment until which nothing is posted. */
const REST_MARK = "makers-rest";
/** Old posts say little about today. */
const POSTS_AGE_MS_MAX = 6 * 3_600_000;

type Needed = Pick<Ports, "account" | "alert" | "clock" | "config" | "settings" | "shard" | "store" | "warn">;

export class Costs {
  private readonly ports: Needed;
  private readonly rules: CostRules;
  private toldTakersOnly = false;

  constructor(ports: Needed, market: MarketView) {
    this.ports = ports;
    this.rules = new CostRules(ports, market);
  }

  /** `toldTakersOnly`: S11 had said so last. */
  async load(toldTakersOnly = false): Promise<void> {
    const { store, clock } = this.ports;
    this.toldTakersOnly = toldTakersOnly;
    const { rules } = this;
    for (const { value } of await all(store, costCurves, {})) rules.curves.set(value.instrument, value);
    const mark = (await store.get(routerMarks, REST_MARK))?.value;
    if (mark) rules.restUntil = Number(mark.value);
    const since = Math.max(clock.now() - POSTS_AGE_MS_MAX, mark?.ts ?? 0);
    const where = { created_at: { gte: since } };
    const newest = await store.query(ordersKept, {
      where,
      sort: { field: "created_at", order: "desc" },
      limit: WINDOW,
    });
    rules.posts = postsOf(newest.items.map((row) => row.value).reverse()).slice(-rules.flags.maker_posts_min);
  }

  view(instrument: InstrumentId): CostView {
    return this.rules.view(instrument);
  }

  /** An intent is over: its posts count, and after enough new takers the curve is fitted again. */
  async ended(instrument: InstrumentId, orders: readonly Order[]): Promise<void> {
    const { clock, store, alert } = this.ports;
    const isDue = this.rules.ended(instrument, orders);
    const rest = this.rules.notePosts(orders);
    if (rest) {
      const restMs = this.rules.flags.maker_rest_ms;
      alert("WARN", "MAKERS_REST", rest.what, `takers only for ${Math.round(restMs / 60_000)} min`);
      await store.commit([put(routerMarks, { id: REST_MARK, value: rest.until, ts: clock.now() })]);
    }
    if (isDue) await this.refit(instrument);
  }

  /**
   * S11 says that nothing is posted, or does so no longer: either way a fresh try counts no post of before. Posting
   * rests while S11 says so or while our own rest lasts, whichever is longer.
   */
  async hearTakersOnly(told: boolean): Promise<void> {
    if (told === this.toldTakersOnly) return;
    const { store, clock } = this.ports;
    this.toldTakersOnly = told;
    this.rules.posts = [];
    await store.commit([
      put(routerMarks, { id: REST_MARK, value: Math.max(0, this.rules.restUntil), ts: clock.now() }),
    ]);
  }

  /** The hourly job: every instrument that has traded since its last fit. */
  async refitAll(): Promise<void> {
    for (const [instrument, count] of this.rules.fresh) if (count > 0) await this.refit(instrument);
  }

  async refit(instrument: InstrumentId): Promise<void> {
    const { store } = this.ports;
    this.rules.fresh.set(instrument, 0);
    const newest = { sort: { order: "desc" as const }, where: { instrument }, limit: WINDOW };
    const fills = await store.query(fillsKept, { ...newest, sort: { field: "ts", ...newest.sort } });
    const orders = await store.query(ordersKept, { ...newest, sort: { field: "created_at", ...newest.sort } });
    const curve = this.rules.fitted(instrument, {
      fills: fills.items.map((row) => row.value),
      orders: orders.items.map((row) => row.value),
    });
    if (!curve) return;
    await store.commit([put(costCurves, curve)]);
    this.rules.curves.set(instrument, curve);
  }
}
