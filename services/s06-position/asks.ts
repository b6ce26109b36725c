/** Asks the router on behalf of a trade: stored with its number before it is asked, asked again until it is answered. */
import { INTENT_ID_CHARACTERS_MAX, type Intent, IntentKind, opposite } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { asProblem, type Problem } from "../../shared/errors.ts";
import { digest, tradeIntentId } from "../../shared/keys.ts";
import type { PositionEvent } from "../../shared/streams.ts";
import type { TradesBook } from "./trades-book.ts";
import { type Ports, paramsOf, type TradeParams, withParams } from "./types.ts";

export interface Ask {
  /** Names the intent: `trade_id:action:seq`. */
  action: "SL" | "TP" | "CLOSE" | "REDUCE";
  intent: Pick<Intent, "kind"> & Partial<Pick<Intent, "qty" | "stop_price">>;
  /** What asking makes of the trade, in the same commit. */
  change(trade: Trade): Trade;
  event?: { kind: PositionEvent["kind"]; detail: string };
  /** Why, when it closes. */
  closing?: string;
}

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

  /** Nothing is asked while an answer is owed or the last ask has just failed. */
  isFree(trade: Trade): boolean {
    const waits = (this.notBefore.get(trade.trade_id) ?? 0) > this.ports.clock.now();
    return paramsOf(trade).pending === undefined && !waits;
  }

  /** Stores the ask, then asks. False: the trade is no longer there or is busy. `urgent` takes the place of another. */
  async ask(trade: Trade, ask: Ask, urgent = false): Promise<string | undefined> {
    let intent: Intent | undefined;
    await this.book.change(trade.instrument, (open) => {
      if (open?.trade_id !== trade.trade_id || (!urgent && paramsOf(open).pending !== undefined)) return undefined;
      const seq = open.seq + 1;
      intent = this.intentOf(open, ask, seq);
      const params: TradeParams = { ...paramsOf(open), pending: intent };
      if (ask.closing !== undefined) params.closing = ask.closing;
      const asked = withParams({ ...ask.change(open), seq, updated_at: this.ports.clock.now() }, params);
      const events = ask.event ? [{ ...ask.event, trade: asked }] : [];
      return { trades: [asked], events };
    });
    if (!intent) return undefined;
    void this.send(trade.instrument, intent);
    return intent.intent_id;
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
      side: opposite(trade.side),
      type: ask.action === "SL" ? "STOP_MARKET" : "MARKET",
      working_type: "MARK_PRICE",
      reduce_only: true,
      leverage: Math.max(1, trade.leverage),
      margin: "ISOLATED",
      trade_id: trade.trade_id,
      strategy_id: trade.strategy_id,
      ...(trade.signal_id === undefined ? {} : { signal_id: trade.signal_id }),
      config_rev: trade.config_rev,
      ...ask.intent,
    };
  }

  private async send(instrument: string, intent: Intent): Promise<void> {
    if (this.asking.has(intent.intent_id)) return;
    this.asking.add(intent.intent_id);
    try {
      await this.ports.router.placeOrder({ intent });
      this.failures.delete(this.book.open(instrument)?.trade_id ?? "");
      await this.answered(instrument, intent, undefined);
    } catch (error) {
      await this.failed(instrument, intent, asProblem(error)).catch((e) =>
        this.ports.warn("an ask's failure could not be stored", { intent_id: intent.intent_id, error: String(e) }),
      );
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
      const { pending: _pending, ...params } = paramsOf(open);
      const back = refusal && open.status === "PENDING_CLOSING" ? ({ status: "ACTIVE" } as const) : {};
      return { trades: [withParams({ ...open, ...back }, params)] };
    });
  }
}
