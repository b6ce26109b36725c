/** How an intent will be executed: how much, in how many slices, whether as a maker first, and for how long. */
import type { ExecutionFlags } from "../../domain/bundle.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { type Amount, dec, div, mul, show, toNumber, toStep, zero } from "../../domain/money.ts";
import { type Intent, isEntry } from "../../domain/order.ts";
import type { Care } from "./care.ts";
import { type ExpectedCost, expectedCost, type SlippageCurve } from "./cost.ts";
import { spreadBps } from "./slippage.ts";
import { dueTimes, SLICES_MAX, type Slice, sliceQtys, slicesByNotional, slicesOf } from "./twap.ts";

export type Regime = "FROZEN" | "NORMAL" | "EXTREME";

/** Best bid and ask as decimal strings. */
export interface Touch {
  readonly bid: string;
  readonly bid_qty: string;
  readonly ask: string;
  readonly ask_qty: string;
}

export type PlanStyle =
  /** Orders that change the position. */
  | "MARKET"
  | "LIMIT"
  | "MAKER"
  /** Moves the protective stop or target to another price; sends nothing itself. */
  | "MOVE_STOP"
  | "MOVE_TARGET"
  | "MOVE_BOTH";

export interface Plan {
  readonly style: PlanStyle;
  /** Base units, whole steps; "0" for moves. */
  readonly qty: string;
  readonly price?: string;
  readonly maker_wait_ms: number;
  /** Why this style: the figures it was chosen by. */
  readonly why: string;
  /** Expected cost of each way, as far as it was weighed. */
  readonly expected?: ExpectedCost;
  /** More than one; their quantities sum to `qty`. */
  readonly slices?: readonly Slice[];
  /** Epoch ms. Past it an entry in slices sends no further one, an exit takes all that is left at once. */
  readonly deadline?: number;
  /** Where the position's stop and target will lie, from its first fill on; `net_profit` is USDT after fees. */
  readonly levels: { readonly stop?: string; readonly target?: string; readonly net_profit?: string };
  /** Set when somebody asked to cancel; what is filled stays. */
  cancel_reason?: string;
  /** Set when an exit in slices can wait no longer: the rest goes at once. */
  hurry_reason?: string;
}

/** What is known of costs on this instrument. */
export interface CostView {
  readonly curve: SlippageCurve | undefined;
  /** Share of a posted quantity that is filled as a maker. */
  readonly fillShare: number;
  /** Variance of the mid's moves per ms, bps². */
  readonly varianceBpsPerMs: number;
  /** Why nothing is posted now, whatever it would cost. */
  readonly takersOnly: string | undefined;
}

export interface PlanView {
  readonly touch: Touch | undefined;
  readonly flags: ExecutionFlags;
  readonly regime: Regime;
  readonly listing: Instrument;
  /** What an exit closes when it names no quantity. */
  readonly held: Amount;
  readonly now: number;
  readonly cost: CostView;
  /** What health changes. */
  readonly care: Care;
}

/** On exits that must not wait: a level was reached, or safety asks. */
const URGENT_TAGS = ["stop", "target", "safety"];

/** Chooses style, quantity, slices and price. The quantity may be zero: then there is nothing to send. */
export function decidePlan(intent: Intent, view: PlanView): Plan {
  const moves = moveStyle(intent);
  if (moves) return { style: moves, qty: "0", maker_wait_ms: 0, why: "moves protection only", levels: {} };
  const qty = planQty(intent, view);
  const fixed = { qty: show(qty), maker_wait_ms: 0, levels: {} };
  const policy = intent.exec?.policy ?? (intent.type === "LIMIT" ? "LIMIT_ONLY" : "MARKET");
  const price = intent.price === undefined ? {} : { price: intent.price };
  if (
    policy !== "MAKER_THEN_TAKER" &&
    intent.price !== undefined &&
    (policy === "LIMIT_ONLY" || intent.type === "LIMIT")
  )
    return { ...fixed, style: "LIMIT", price: intent.price, why: "limit asked" };
  const slices = decideSlices(intent, qty, view);
  const { slicesWhy } = view.care;
  const finer = slicesWhy === undefined ? "" : ` (${slicesWhy})`;
  const inSlices = (why: string) => (slices.length > 1 ? `${why}; ${slices.length} slices${finer}` : why);
  if (policy !== "MAKER_THEN_TAKER") {
    return { ...fixed, style: "MARKET", why: inSlices("market asked"), ...timesOf(slices, 0, view) };
  }
  const waitMs = makerWaitMs(intent, view);
  const { first, why, expected } = decideMaker(intent, dec(slices[0]?.qty ?? fixed.qty), view);
  const weighed = { ...fixed, why: inSlices(why), ...(expected ? { expected } : {}) };
  // Each slice weighs it again: a later one may meet a market in which posting is cheaper.
  if (!first && slices.length < 2) return { ...weighed, style: "MARKET" };
  return { ...weighed, ...price, style: "MAKER", maker_wait_ms: waitMs, ...timesOf(slices, waitMs, view) };
}

function timesOf(slices: readonly Slice[], waitMs: number, { flags }: PlanView): Pick<Plan, "slices" | "deadline"> {
  const last = slices.at(-1);
  if (!last || slices.length < 2) return {};
  const distance = last.due_at - (slices.at(-2)?.due_at ?? last.due_at);
  const resting = slices.length * waitMs;
  return { slices, deadline: last.due_at + distance + flags.twap_wait_ms_max + resting };
}

/**
 * The slices of an order at market, as its `exec.twap` says; health may make them more. Where it says nothing, entries, adds and exits whose way
 * is left to the router (no `exec`, or MAKER_THEN_TAKER without a price) go by notional: an explicit MARKET, LIMIT_ONLY
 * or OCO is done as asked, and what a stop, a target or safety asks for never waits.
 */
function decideSlices(intent: Intent, qty: Amount, view: PlanView): Slice[] {
  const { flags, touch, listing } = view;
  const near = intent.side === "BUY" ? touch?.ask : touch?.bid;
  const price = near === undefined ? zero : dec(near);
  const twap = intent.exec?.twap;
  const byTable = isLeftToRouter(intent) ? slicesByNotional(toNumber(mul(qty, price)), flags.twap_slices) : 1;
  const asked = intent.price === undefined ? (twap?.slices ?? byTable) : 1;
  const mayBeFiner = asked > 1 || (twap === undefined && intent.price === undefined && isLeftToRouter(intent));
  const count = mayBeFiner ? Math.min(view.care.slicesMult * asked, SLICES_MAX) : asked;
  if (count < 2 || qty === zero) return [];
  const bounded = listing.market === "SPOT" || isEntry(intent.kind);
  const qtys = sliceQtys(count, {
    total: qty,
    step: dec(listing.step_size),
    minQty: dec(listing.min_qty),
    minNotional: bounded ? dec(listing.min_notional) : zero,
    price,
  });
  const rhythm = { intervalMs: twap?.interval_ms ?? flags.twap_interval_ms, jitter: twap?.jitter ?? flags.twap_jitter };
  return slicesOf(qtys, dueTimes(intent.intent_id, qtys.length, { from: view.now, ...rhythm }));
}

function isLeftToRouter({ kind, exec, tags }: Intent): boolean {
  const big = isEntry(kind) || kind === "EXIT";
  const urgent = tags?.some((tag) => URGENT_TAGS.includes(tag)) === true;
  return big && !urgent && (exec === undefined || exec.policy === "MAKER_THEN_TAKER");
}

/** SL and TP intents that name a price move orders; those that name a quantity at market reduce. */
function moveStyle(intent: Intent): PlanStyle | undefined {
  if (isEntry(intent.kind)) return undefined;
  if (intent.exec?.policy === "OCO") return "MOVE_BOTH";
  if (intent.kind === "SL" && intent.stop_price !== undefined) return "MOVE_STOP";
  if (intent.kind === "TP" && intent.type === "TAKE_PROFIT_MARKET") return "MOVE_TARGET";
  return undefined;
}

function planQty(intent: Intent, view: PlanView): Amount {
  const step = dec(view.listing.step_size);
  if (intent.qty !== undefined) {
    const asked = dec(intent.qty);
    return isEntry(intent.kind) || asked <= view.held ? asked : toStep(view.held, step, "down");
  }
  if (intent.notional_usdt === undefined) return toStep(view.held, step, "down");
  const price = intent.price ?? (intent.side === "BUY" ? view.touch?.ask : view.touch?.bid);
  if (price === undefined) return dec("0");
  return toStep(div(dec(intent.notional_usdt), dec(price), "down"), step, "down");
}

/** Maker first only in a tight, deep market where posting this quantity is expected to be cheaper than taking it. */
export function decideMaker(
  intent: Intent,
  qty: Amount,
  view: PlanView,
): { first: boolean; why: string; expected?: ExpectedCost } {
  const { touch, flags, cost, care } = view;
  const takersOnly = care.takersOnly ?? cost.takersOnly;
  if (takersOnly !== undefined) return { first: false, why: takersOnly };
  if (!touch) return { first: false, why: "no book" };
  const bid = Number(touch.bid);
  const ask = Number(touch.ask);
  const spread = spreadBps(bid, ask);
  if (!(spread <= flags.maker_spread_bps_max * care.spreadShare)) {
    const narrower = care.spreadWhy === undefined ? "" : ` (${care.spreadWhy})`;
    return { first: false, why: `spread ${spread.toFixed(2)} bps${narrower}` };
  }
  const depth = Math.min(bid * Number(touch.bid_qty), ask * Number(touch.ask_qty));
  if (depth < flags.maker_depth_usdt_min) return { first: false, why: `depth ${depth.toFixed(0)} USDT` };
  const spot = view.listing.market === "SPOT";
  const expected = expectedCost({
    makerFee: spot ? flags.spot_maker_fee : flags.maker_fee,
    takerFee: spot ? flags.spot_taker_fee : flags.taker_fee,
    spreadBps: spread,
    notionalUsdt: toNumber(qty) * (intent.side === "BUY" ? ask : bid),
    waitMs: makerWaitMs(intent, view),
    curve: cost.curve,
    slippageBps: flags.taker_slippage_bps,
    fillShare: cost.fillShare,
    varianceBpsPerMs: cost.varianceBpsPerMs,
  });
  const why = `maker ${expected.maker_bps.toFixed(2)} bps, taker ${expected.taker_bps.toFixed(2)} bps, ${intent.side}`;
  return { first: expected.maker_bps < expected.taker_bps, why, expected };
}

export function makerWaitMs(intent: Intent, view: Pick<PlanView, "flags" | "regime">): number {
  if (intent.exec?.maker_wait_ms !== undefined) return intent.exec.maker_wait_ms;
  return Math.max(0, view.flags.maker_wait_ms + view.flags.maker_wait_add_ms[view.regime]);
}

/** The price at which a maker joins the touch on its own side. */
export const touchPrice = (side: Intent["side"], touch: Touch): string => (side === "BUY" ? touch.bid : touch.ask);

/** The middle of the touch, as a float for statistics; 0 when there is no market. */
export const midOf = (touch: Touch | undefined): number =>
  touch ? (toNumber(dec(touch.bid)) + toNumber(dec(touch.ask))) / 2 : 0;
