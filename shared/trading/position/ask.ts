/** What a trade asks of the router: the intent it becomes, what asking makes of the trade, and what the answer does. */
import { dec, zero } from "../../domain/money.ts";
import { INTENT_ID_CHARACTERS_MAX, type Intent, type OrderAnswer, opposite } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import type { Problem } from "../../errors.ts";
import { digest, tradeIntentId } from "../../keys.ts";
import type { PositionEvent } from "../../streams.ts";
import { paramsOf, type TradeParams, withParams } from "./trade-params.ts";

export interface Ask {
  /** Names the intent: `trade_id:action:seq`. */
  action: "SL" | "TP" | "CLOSE" | "REDUCE" | "ADD";
  intent: Pick<Intent, "kind"> &
    Partial<Pick<Intent, "qty" | "stop_price" | "stop_loss" | "valid_until" | "exec" | "config_rev">>;
  /** What asking makes of the trade, in the same commit. */
  change(trade: Trade, intent_id: string): Trade;
  event?: { kind: PositionEvent["kind"]; detail: string };
  /** Why, when it closes. */
  closing?: string;
}

/** Room for `:CLOSE:123456` behind the trade's id. */
const TRADE_ID_CHARACTERS_MAX = INTENT_ID_CHARACTERS_MAX - 20;

export function askedId(trade_id: string, action: Ask["action"], seq: number): string {
  const head = trade_id.length > TRADE_ID_CHARACTERS_MAX ? digest(trade_id).slice(0, 32) : trade_id;
  return tradeIntentId(head, action, seq);
}

/** The number of an ask of that trade; undefined for any other intent. */
export function seqOf(trade_id: string, action: Ask["action"], intent_id: string): number | undefined {
  const head = askedId(trade_id, action, 0).slice(0, -1);
  if (!intent_id.startsWith(head)) return undefined;
  const seq = Number(intent_id.slice(head.length));
  return Number.isSafeInteger(seq) ? seq : undefined;
}

export function intentOf(trade: Trade, ask: Ask, seq: number): Intent {
  return {
    intent_id: askedId(trade.trade_id, ask.action, seq),
    account: trade.account,
    instrument: trade.instrument,
    side: ask.action === "ADD" ? trade.side : opposite(trade.side),
    type: ask.action === "SL" ? "STOP_MARKET" : "MARKET",
    working_type: "MARK_PRICE",
    reduce_only: ask.action !== "ADD",
    leverage: Math.max(1, trade.leverage),
    margin: "ISOLATED",
    trade_id: trade.trade_id,
    strategy_id: trade.strategy_id,
    ...(trade.signal_id === undefined ? {} : { signal_id: trade.signal_id }),
    config_rev: trade.config_rev,
    ...ask.intent,
  };
}

/** The trade once the ask is made: with the intent owed to it, and what a refusal gives back. */
export function asked(open: Trade, ask: Ask, { intent, now }: { intent: Intent; now: number }): Trade {
  const changed = ask.change(open, intent.intent_id);
  const params: TradeParams = { ...paramsOf(changed), pending: intent, undo: undone(open, changed) };
  if (ask.closing !== undefined) params.closing = ask.closing;
  return withParams({ ...changed, seq: intentSeq(open), updated_at: now }, params);
}

/** The number of the trade's next ask. */
export const intentSeq = (open: Trade): number => open.seq + 1;

/** The trade once the ask is answered; nothing where something else is owed to it. */
export function answeredTrade(open: Trade, intent: Intent, isRefused: boolean): Trade | undefined {
  if (paramsOf(open).pending?.intent_id !== intent.intent_id) return undefined;
  const { pending: _pending, undo, ...params } = paramsOf(open);
  if (!isRefused) return withParams(open, params);
  if (params.adding === intent.intent_id) delete params.adding;
  if (undo?.stage !== undefined && params.taken) params.taken = params.taken.filter((id) => id !== intent.intent_id);
  const back = open.status === "PENDING_CLOSING" ? ({ status: "ACTIVE" } as const) : {};
  return withParams({ ...open, ...givenBack(open, intent, undo), ...back }, params);
}

/** The levels and stages that asking has changed, as they were. */
function undone(before: Trade, after: Trade): TradeParams["undo"] {
  const { stop_price, stops, stage } = before;
  const moved = after.stop_price === stop_price ? {} : { stops, ...(stop_price === undefined ? {} : { stop_price }) };
  return { ...moved, ...(after.stage === stage ? {} : { stage }) };
}

/** A level that has changed since it was asked for, by an add's fill say, stays. */
function givenBack({ stop_price }: Trade, asked: Intent, undo: TradeParams["undo"] = {}): TradeParams["undo"] {
  if (asked.kind !== "SL" || stop_price === asked.stop_price) return undo;
  const { stop_price: _before, stops: _stops, ...rest } = undo;
  return rest;
}

/** The router took it and nothing came of it. */
export const isNothing = ({ status, filled_qty }: Pick<OrderAnswer, "status" | "filled_qty">): boolean =>
  (status === "REJECTED" || status === "EXPIRED") && dec(filled_qty) === zero;

/** No answer: the router may have taken it, so it stays owed and is asked again under the same id. */
export const isOwed = ({ status, code }: Pick<Problem, "status" | "code">): boolean =>
  status >= 500 || status === 429 || code === "STILL_RUNNING";
