/** What a trade was opened with and what it has asked for, kept in its `params`. */
import type { PositionRules } from "../../domain/bundle.ts";
import type { Intent } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";

export interface TradeParams {
  rules: PositionRules;
  taker_fee: number;
  /** The best ROE seen, as last stored. */
  best_roe: number;
  /** Asked of the router and not yet answered: asked again, with the same id, until it is. */
  pending?: Intent;
  /** Why it is to be closed: asked again until it is flat. */
  closing?: string;
  /** What a refusal of `pending` gives back: the trade as it was before it was asked. */
  undo?: Partial<Pick<Trade, "stop_price" | "stops" | "stage">>;
  /** What the decision allowed, where a rule spoke of it. */
  max_adds?: number;
  /** What its first entry brought, base units: adds are a share of that. */
  first_qty?: string;
  /** The intents of the adds that have filled: one counts once, in however many fills. */
  added?: string[];
  /** The intents of the stages that were asked for here; any other whose fills are told of was forgotten. */
  taken?: string[];
  /** The add under way: until the router tells its end, it counts as made. */
  adding?: string;
  /** Epoch ms before which no add is asked for. */
  add_after?: number;
  /** The last requests that had an effect here, with the intent each became: a repeat gets that, and asks nothing. */
  requests?: { key: string; intent_id: string }[];
}
export const paramsOf = (trade: Trade): TradeParams => trade.params as unknown as TradeParams;
export const withParams = (trade: Trade, params: TradeParams): Trade => ({ ...trade, params: { ...params } });

const OPEN: readonly Trade["status"][] = ["PENDING_ENTRY", "ACTIVE", "PENDING_CLOSING"];
export const isOpen = (trade: Trade): boolean => OPEN.includes(trade.status);
