/** Asks the router on behalf of a trade: stored with its number before it is asked, asked again until it is answered. */
import { dec, zero } from "../../shared/domain/money.ts";
import { INTENT_ID_CHARACTERS_MAX, type Intent, IntentKind, opposite } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { asProblem, Problem } from "../../shared/errors.ts";
import { digest, tradeIntentId } from "../../shared/keys.ts";
import type { PositionEvent } from "../../shared/streams.ts";
import type { TradesBook } from "./trades-book.ts";
import { type Ports, paramsOf, type TradeParams, withParams } from "./types.ts";

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

/** Who wants it, when a person does. */
export interface Wish {
  readonly actor: string;
  /** As the audit log names it: `position.close`. */
  readonly what: string;
  /** Names the request: for the same one a trade is asked about once. */
  readonly key: string | undefined;
}

/** What was stored, and the router's first word: nothing when it took it, its refusal, or that none came yet. */
export interface Asked {
  readonly intent_id: string;
  readonly answer: Promise<Problem | undefined>;
}

const REQUESTS_KEPT = 8;
/** Room for `:CLOSE:123456` behind the trade's id. */
const TRADE_ID_CHARACTERS_MAX = INTENT_ID_CHARACTERS_MAX - 20;

export class Asks {
  private readonly ports: Ports;
  private readonly book: TradesBook;
  private readonly notBefore = new Map<string, number>();
  private readonly failures = new Map<string, number>();
  private readonly asking = new Set<string>();

  constructor(ports: Ports, book: TradesBook) {
    this.ports = ports;
    this.book = book;
  }

  /** The router has answered all that it was asked about this trade. */
  owesNothing(trade: Trade): boolean {
    return paramsOf(trade).pending === undefined;
  }

  /** Nothing is asked while an answer is owed or the last ask has just failed. */
  isFree(trade: Trade): boolean {
    const waits = (this.notBefore.get(trade.trade_id) ?? 0) > this.ports.clock.now();
    return paramsOf(trade).pending === undefined && !waits;
  }

  /**
   * Stores the ask, then asks. Nothing: the trade is no longer there, an answer is owed to it, or it was asked about
   * since it was looked at. `urgent` takes the place of what is owed.
   */
  async ask(trade: Trade, ask: Ask, { urgent = false, wish }: { urgent?: boolean; wish?: Wish } = {}) {
    let intent: Intent | undefined;
    let earlier: string | undefined;
    await this.book.change(trade.instrument, (open) => {
      if (open?.trade_id !== trade.trade_id) return undefined;
      earlier = wish?.key && paramsOf(open).requests?.find((request) => request.key === wish.key)?.intent_id;
      // Decided on an older state of the trade: another ask came first.
      const isLate = paramsOf(open).pending !== undefined || open.seq !== trade.seq;
      if (earlier !== undefined || (!urgent && isLate)) return undefined;
      const seq = open.seq + 1;
      intent = this.intentOf(open, ask, seq);
      const changed = ask.change(open, intent.intent_id);
      const params: TradeParams = { ...paramsOf(changed), pending: intent, undo: undone(open, changed) };
      if (ask.closing !== undefined) params.closing = ask.closing;
      if (wish?.key !== undefined)
        params.requests = withRequest(params, { key: wish.key, intent_id: intent.intent_id });
      const asked = withParams({ ...changed, seq, updated_at: this.ports.clock.now() }, params);
      const events = ask.event ? [{ ...ask.event, trade: asked }] : [];
      return { trades: [asked], events, ops: wish ? [this.auditOf(wish, asked, intent)] : [] };
    });
    if (earlier !== undefined) return { intent_id: earlier, answer: Promise.resolve(undefined) } satisfies Asked;
    if (!intent) return undefined;
    return { intent_id: intent.intent_id, answer: this.send(trade.instrument, intent) } satisfies Asked;
  }

  private auditOf({ actor, what }: Wish, trade: Trade, intent: Intent) {
    const { intent_id, kind, qty, stop_price } = intent;
    const after = { intent_id, kind, ...(qty && { qty }), ...(stop_price && { stop_price }) };
    return this.ports.audit({ actor, what, ref: trade.trade_id, outcome: "asked", after });
  }

  /** Asks again what is still owed an answer: after a start, or when the router was away. */
  again(trade: Trade): void {
    const { pending } = paramsOf(trade);
    const waits = (this.notBefore.get(trade.trade_id) ?? 0) > this.ports.clock.now();
    if (pending && !waits) void this.send(trade.instrument, pending);
  }

  private intentOf(trade: Trade, ask: Ask, seq: number): Intent {
    const head = trade.trade_id.length > TRADE_ID_CHARACTERS_MAX ? digest(trade.trade_id).slice(0, 32) : trade.trade_id;
    return {
      intent_id: tradeIntentId(head, ask.action, seq),
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

  /** Never rejects. */
  private async send(instrument: string, intent: Intent): Promise<Problem | undefined> {
    if (this.asking.has(intent.intent_id)) return undefined;
    this.asking.add(intent.intent_id);
    try {
      const { status, filled_qty, message } = await this.ports.router.placeOrder({ intent });
      const isNothing = (status === "REJECTED" || status === "EXPIRED") && dec(filled_qty) === zero;
      if (isNothing) throw new Problem("EXCHANGE_REFUSED", message ?? `the order is ${status}`);
      this.failures.delete(this.book.open(instrument)?.trade_id ?? "");
      await this.answered(instrument, intent, undefined);
      return undefined;
    } catch (error) {
      const problem = asProblem(error);
      await this.failed(instrument, intent, problem).catch((e) =>
        this.ports.warn("an ask's failure could not be stored", { intent_id: intent.intent_id, error: String(e) }),
      );
      return problem;
    } finally {
      this.asking.delete(intent.intent_id);
    }
  }

  /** A refusal ends the ask; without an answer it stays owed. Exits also go by stream then, under the same id. */
  private async failed(instrument: string, intent: Intent, problem: Problem): Promise<void> {
    const { clock, settings, warn } = this.ports;
    const trade = this.book.open(instrument);
    if (trade) {
      const failures = this.failures.get(trade.trade_id) ?? 0;
      const wait = Math.min(settings.askAgainMs * 2 ** failures, settings.askAgainMsMax);
      this.notBefore.set(trade.trade_id, clock.now() + wait);
      this.failures.set(trade.trade_id, failures + 1);
    }
    warn("the router did not take an ask", {
      intent_id: intent.intent_id,
      code: problem.code,
      detail: problem.message,
    });
    const owed = problem.status >= 500 || problem.status === 429 || problem.code === "STILL_RUNNING";
    if (!owed) return this.answered(instrument, intent, problem);
    if (intent.kind === IntentKind.enum.EXIT) await this.ports.command(intent);
  }

  private async answered(instrument: string, intent: Intent, refusal: Problem | undefined): Promise<void> {
    await this.book.change(instrument, (open) => {
      if (!open || paramsOf(open).pending?.intent_id !== intent.intent_id) return undefined;
      const { pending: _pending, undo, ...params } = paramsOf(open);
      if (!refusal) return { trades: [withParams(open, params)] };
      if (params.adding === intent.intent_id) delete params.adding;
      const back = open.status === "PENDING_CLOSING" ? ({ status: "ACTIVE" } as const) : {};
      return { trades: [withParams({ ...open, ...givenBack(open, intent, undo), ...back }, params)] };
    });
  }
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

const withRequest = ({ requests = [] }: TradeParams, request: { key: string; intent_id: string }) =>
  [...requests, request].slice(-REQUESTS_KEPT);
