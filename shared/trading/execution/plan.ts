/** How an intent will be executed: how much, whether as a maker first, and for how long. */
import type { ExecutionFlags } from "../../domain/bundle.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { type Amount, dec, div, show, toNumber, toStep } from "../../domain/money.ts";
import { type Intent, isEntry } from "../../domain/order.ts";
import { spreadBps } from "./slippage.ts";

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
  /** Where the position's stop and target will lie, from its first fill on; `net_profit` is USDT after fees. */
  readonly levels: { readonly stop?: string; readonly target?: string; readonly net_profit?: string };
  /** Set when somebody asked to cancel; what is filled stays. */
  cancel_reason?: string;
}

export interface PlanView {
  readonly touch: Touch | undefined;
  readonly flags: ExecutionFlags;
  readonly regime: Regime;
  readonly listing: Instrument;
  /** What an exit closes when it names no quantity. */
  readonly held: Amount;
}

/** Chooses style, quantity and price. The quantity may be zero: then there is nothing to send. */
export function decidePlan(intent: Intent, view: PlanView): Plan {
  const moves = moveStyle(intent);
  if (moves) return { style: moves, qty: "0", maker_wait_ms: 0, why: "moves protection only", levels: {} };
  const qty = planQty(intent, view);
  const fixed = { qty: show(qty), maker_wait_ms: 0, levels: {} };
  const policy = intent.exec?.policy ?? (intent.type === "LIMIT" ? "LIMIT_ONLY" : "MARKET");
  if (policy === "MAKER_THEN_TAKER") {
    const maker = decideMaker(intent, view);
    const price = intent.price === undefined ? {} : { price: intent.price };
    if (!maker.first) return { ...fixed, style: "MARKET", why: maker.why };
    return { ...fixed, ...price, style: "MAKER", maker_wait_ms: makerWaitMs(intent, view), why: maker.why };
  }
  if (intent.price !== undefined && (policy === "LIMIT_ONLY" || intent.type === "LIMIT")) {
    return { ...fixed, style: "LIMIT", price: intent.price, why: "limit asked" };
  }
  return { ...fixed, style: "MARKET", why: "market asked" };
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

/**
 * Maker first only in a tight, deep market where resting is expected to be cheaper:
 * maker cost = maker fee; taker cost = taker fee + half the spread + expected slippage, all in bps of notional.
 */
export function decideMaker(intent: Intent, view: PlanView): { first: boolean; why: string } {
  const { touch, flags } = view;
  if (!touch) return { first: false, why: "no book" };
  const bid = Number(touch.bid);
  const ask = Number(touch.ask);
  const spread = spreadBps(bid, ask);
  if (!(spread <= flags.maker_spread_bps_max)) return { first: false, why: `spread ${spread.toFixed(2)} bps` };
  const depth = Math.min(bid * Number(touch.bid_qty), ask * Number(touch.ask_qty));
  if (depth < flags.maker_depth_usdt_min) return { first: false, why: `depth ${depth.toFixed(0)} USDT` };
  const spot = view.listing.market === "SPOT";
  const makerBps = (spot ? flags.spot_maker_fee : flags.maker_fee) * 10_000;
  const takerFee = spot ? flags.spot_taker_fee : flags.taker_fee;
  const takerBps = takerFee * 10_000 + spread / 2 + flags.taker_slippage_bps;
  const why = `maker ${makerBps.toFixed(2)} bps, taker ${takerBps.toFixed(2)} bps, ${intent.side}`;
  return { first: makerBps < takerBps, why };
}

export function makerWaitMs(intent: Intent, view: PlanView): number {
  if (intent.exec?.maker_wait_ms !== undefined) return intent.exec.maker_wait_ms;
  return Math.max(0, view.flags.maker_wait_ms + view.flags.maker_wait_add_ms[view.regime]);
}

/** The price at which a maker joins the touch on its own side. */
export const touchPrice = (side: Intent["side"], touch: Touch): string => (side === "BUY" ? touch.bid : touch.ask);

/** The middle of the touch, as a float for statistics; 0 when there is no market. */
export const midOf = (touch: Touch | undefined): number =>
  touch ? (toNumber(dec(touch.bid)) + toNumber(dec(touch.ask))) / 2 : 0;
