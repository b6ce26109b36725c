/** The backtest guard's job: reads a week of fills and orders, compares, and says what is to be done more carefully. */
import { put } from "../../shared/changes.ts";
import { costCurves } from "../../shared/collections/execution.ts";
import { watchMarks } from "../../shared/collections/operations.ts";
import { fills as fillsKept, orders as ordersKept } from "../../shared/collections/orders.ts";
import type { Fill, Order } from "../../shared/domain/order.ts";
import type { ConsistencyCheck } from "../../shared/domain/watching.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import type { Collection, Page, Query } from "../../shared/kit/ports.ts";
import { isOwnLeg } from "../../shared/trading/execution/answers.ts";
import { postsOf } from "../../shared/trading/execution/cost-rules.ts";
import {
  assumedAckP95,
  type Compared,
  checksOf,
  decideGuard,
  type GuardEffects,
  type GuardState,
  type SlippageSample,
  slippageMape,
  takerShares,
} from "../../shared/trading/health/backtest-guard.ts";
import type { BundleInForce } from "./bundle-in-force.ts";
import type { Ports } from "./parts.ts";

const DAY_MS = 86_400_000;
const MARK = "backtest-guard";
const PAGE = 100;
/** The newest of the week; each is read and forgotten, so that memory stays small. */
const ROWS_MAX = 50_000;
const CURVES_MAX = 1_000;

type GuardPorts = Pick<Ports, "store" | "clock">;
export type Guard = ReturnType<typeof createGuard>;

export function createGuard({ store, clock }: GuardPorts, inForce: BundleInForce) {
  let state: GuardState = {};
  let effects: GuardEffects = {};
  let checks: ConsistencyCheck[] = [];

  async function each<T>(
    kept: Collection<T>,
    [field, from]: [string, number],
    take: (value: T) => void,
  ): Promise<void> {
    const query: Query = { where: { [field]: { gte: from } }, sort: { field, order: "desc" }, limit: PAGE };
    let [cursor, rows]: [string | undefined, number] = [undefined, 0];
    do {
      const page: Page<T> = await store.query(kept, cursor === undefined ? query : { ...query, cursor });
      for (const { value } of page.items) take(value);
      rows += page.items.length;
      cursor = page.next_cursor;
      await clock.sleep(0);
    } while (cursor !== undefined && rows < ROWS_MAX);
  }
  async function compare(from: number, fillShare: number): Promise<Compared> {
    const tally = new Tally();
    await each(fillsKept, ["ts", from], (fill) => tally.addFill(fill));
    await each(ordersKept, ["created_at", from], (order) => tally.addOrder(order));
    const { items } = await store.query(costCurves, { limit: CURVES_MAX });
    const curves = new Map(items.filter(({ value }) => value.fills > 0).map(({ key, value }) => [key, value]));
    return tally.compared(curves, fillShare);
  }

  return {
    told: () => ({ effects, checks }),
    /** As it was told by a process before this one. */
    async load(): Promise<void> {
      const mark = (await store.get(watchMarks, MARK))?.value.value as { state: GuardState; effects: GuardEffects };
      if (mark) ({ state, effects } = mark);
    },
    async look(): Promise<void> {
      const bundle = await inForce();
      if (!bundle) return;
      const { backtest_guard: flags, execution } = bundle.flags;
      const now = clock.now();
      checks = checksOf(await compare(now - flags.window_days * DAY_MS, execution.maker_fill_share), flags);
      const before = JSON.stringify([state, effects]);
      ({ state, effects } = decideGuard(state, checks, { flags, now }));
      if (JSON.stringify([state, effects]) === before) return;
      await store.commit([put(watchMarks, { id: MARK, value: { state, effects }, ts: now })]);
    },
  };
}

/** What a week's fills and orders come to, taken in one by one. */
class Tally {
  readonly #takers = new Map<string, { instrument: string; notionalUsdt: number; weighed: number }>();
  readonly #acks: number[] = [];
  #fills = 0;
  #filled = 0;
  #asMaker = 0;
  #posted = 0;

  /** Of orders sent at once: a stop's mid is that of the moment it was placed. */
  addFill({ kind, maker, price, qty, mid_at_send, slippage_bps, client_order_id, instrument }: Fill): void {
    if (kind === "SL" || kind === "TP") return;
    const notional = Number(price) * Number(qty);
    this.#fills++;
    this.#filled += notional;
    if (maker) this.#asMaker += notional;
    else if (mid_at_send > 0) {
      const taker = this.#takers.get(client_order_id) ?? { instrument, notionalUsdt: 0, weighed: 0 };
      this.#takers.set(client_order_id, taker);
      taker.notionalUsdt += notional;
      taker.weighed += slippage_bps * notional;
    }
  }
  addOrder(order: Order): void {
    this.#posted += postsOf([order])[0]?.posted ?? 0;
    if (isOwnLeg(order) && order.sent_at !== undefined && order.acked_at !== undefined) {
      this.#acks.push(order.acked_at - order.sent_at);
    }
  }
  compared(curves: Parameters<typeof slippageMape>[1], fillShare: number): Compared {
    const samples = [...this.#takers.values()].map(
      ({ instrument, notionalUsdt, weighed }): SlippageSample => ({
        ...{ instrument, notionalUsdt },
        bps: notionalUsdt > 0 ? weighed / notionalUsdt : 0,
      }),
    );
    const acks = this.#acks.sort((a, b) => a - b);
    const turnover = { filled: this.#filled, asMaker: this.#asMaker, posted: this.#posted };
    return {
      slippage: slippageMape(samples, curves),
      takers: { ...takerShares(turnover, fillShare), sample: this.#fills },
      latency: {
        real: acks[Math.ceil(acks.length * 0.95) - 1] ?? null,
        assumed: assumedAckP95(ASSUMED_LATENCY),
        sample: acks.length,
      },
    };
  }
}
