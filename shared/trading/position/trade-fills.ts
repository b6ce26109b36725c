/** What one of the router's fills makes of a trade: quantities and results, adds counted once, why it ended. */
import { type Instrument, marketOf } from "../../domain/instrument.ts";
import { type Amount, add, dec, show } from "../../domain/money.ts";
import type { Fill, Intent } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { netQty } from "../execution/net-qty.ts";
import { withStageOf } from "./forgotten-stages.ts";
import { isBetter } from "./stops.ts";
import { applyTradeFill, type TradeRules } from "./trade.ts";
import { isOpen, paramsOf, type TradeParams, withParams } from "./trade-params.ts";

/** Why the router closes by itself, as it tags the exit. */
const BY_ROUTER: Readonly<Record<string, string>> = { stop: "stop", target: "take_profit", safety: "safety" };
/** Heads of the client ids of orders that are none of ours: the exchange's own, and as the router files them. */
const FORCED = ["autoclose-", "adl_autoclose", "settlement_autoclose-", "outside-"];
/** The exit reason of what the exchange, or a person at its own site, has closed. */
export const FORCED_EXIT = "forced";

export interface FillContext {
  readonly listing: Instrument | undefined;
  /** What the fill's order was sent for. */
  readonly intent: Pick<Intent, "stop_loss" | "tags" | "qty"> | undefined;
}

/** `rest`: what it moved beyond the trade. The trade closes with its reason when nothing is left. */
export function withFill(trade: Trade, fill: Fill, { listing, intent }: FillContext): { trade: Trade; rest: Amount } {
  const rules = rulesOf(fill.instrument, listing);
  const known = fill.kind === "TP" && fill.side !== trade.side ? withStageOf(trade, fill, { listing, intent }) : trade;
  const { trade: next, rest } = applyTradeFill(known, fill, rules);
  const closing = next.status === "ACTIVE" && trade.status === "PENDING_CLOSING" ? { status: trade.status } : {};
  const kept = { ...next, ...closing };
  if (!isOpen(kept)) return { trade: { ...kept, exit_reason: exitReason(trade, fill, intent) }, rest };
  if (fill.side !== trade.side) return { trade: reduced(kept, fill), rest };
  return { trade: fill.kind === "ADD" ? enlarged(kept, fill, intent) : entered(kept, netQty(fill, rules)), rest };
}

/** A part that was closed by force says so until the next exit: nobody here asked for it. */
function reduced(trade: Trade, fill: Fill): Trade {
  const { exit_reason: _before, ...rest } = trade;
  return isForced(fill) ? { ...rest, exit_reason: FORCED_EXIT } : rest;
}

const entered = (trade: Trade, qty: Amount): Trade =>
  withParams(trade, { ...paramsOf(trade), first_qty: show(add(dec(paramsOf(trade).first_qty ?? "0"), qty)) });

/** The add's own stop covers the whole from its first fill on. */
function enlarged(trade: Trade, fill: Fill, intent: FillContext["intent"]): Trade {
  const params: TradeParams = paramsOf(trade);
  const isKnown = params.added?.includes(fill.intent_id) === true;
  const added = isKnown ? params.added : [...(params.added ?? []), fill.intent_id];
  const counted = withParams(
    { ...trade, adds: trade.adds + (isKnown ? 0 : 1) },
    { ...params, ...(added && { added }) },
  );
  const stop_price = intent?.stop_loss?.price;
  if (stop_price === undefined || !isBetter(trade, dec(stop_price))) return counted;
  return { ...counted, stop_price, stops: [...trade.stops, { ts: fill.ts, stop_price, reason: "add" }] };
}

const isForced = (fill: Fill): boolean => FORCED.some((head) => fill.client_order_id.startsWith(head));

function exitReason(trade: Trade, fill: Fill, intent: FillContext["intent"]): string {
  if (isForced(fill)) return FORCED_EXIT;
  const byRouter = fill.kind === "EXIT" && intent?.tags?.find((tag) => tag in BY_ROUTER);
  if (byRouter) return BY_ROUTER[byRouter] as string;
  if (fill.kind === "SL") return "stop";
  if (fill.kind === "TP") return "take_profit";
  return paramsOf(trade).closing ?? "close";
}

/** What a fill of the instrument moves: on spot, net of fees in the base asset. */
export const rulesOf = (instrument: string, listing: Instrument | undefined): TradeRules => ({
  spot: marketOf(instrument) === "SPOT",
  base: listing?.base ?? "",
  step_size: listing?.step_size ?? "0.00000001",
});
