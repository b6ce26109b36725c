/** Asks the router on behalf of a trade: stored with its number before it is asked, asked again until it is answered. */
import { type Intent, IntentKind } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { asProblem, Problem } from "../../shared/errors.ts";
import {
  type Ask,
  answeredTrade,
  asked,
  intentOf,
  intentSeq,
  isNothing,
  isOwed,
} from "../../shared/trading/position/ask.ts";
import { paramsOf, withParams } from "../../shared/trading/position/trade-params.ts";
import type { TradesBook } from "./trades-book.ts";
import type { Ports } from "./types.ts";

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
    const stored = this.book.change(trade.instrument, (open) => {
      if (open?.trade_id !== trade.trade_id) return undefined;
      earlier = wish?.key && paramsOf(open).requests?.find((request) => request.key === wish.key)?.intent_id;
      // Decided on an older state of the trade: another ask came first.
      const isLate = paramsOf(open).pending !== undefined || open.seq !== trade.seq;
      if (earlier !== undefined || (!urgent && isLate)) return undefined;
      intent = intentOf(open, ask, intentSeq(open));
      const after = withKey(asked(open, ask, { intent, now: this.ports.clock.now() }), wish?.key, intent.intent_id);
      const events = ask.event ? [{ ...ask.event, trade: after }] : [];
      return { trades: [after], events, ops: wish ? [this.auditOf(wish, after, intent)] : [] };
    });
    await stored.catch((error: unknown) => this.mustWaitForStore(intent, error));
    if (earlier !== undefined) return { intent_id: earlier, answer: Promise.resolve(undefined) } satisfies Asked;
    if (!intent) return undefined;
    return { intent_id: intent.intent_id, answer: this.send(trade.instrument, intent) } satisfies Asked;
  }

  /**
   * Getting out does not wait for a store that is away: what lowers risk is asked all the same. Its id is the trade's
   * next one, so that asked again, as long as none was stored, it is the same ask; its fills are booked when the store
   * is back.
   */
  private mustWaitForStore(intent: Intent | undefined, error: unknown): void {
    if (!intent || intent.kind !== IntentKind.enum.EXIT || asProblem(error).code !== "UNAVAILABLE") throw error;
    this.ports.warn("asked without being stored: the store is away", { intent_id: intent.intent_id });
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

  /** Never rejects. */
  private async send(instrument: string, intent: Intent): Promise<Problem | undefined> {
    if (this.asking.has(intent.intent_id)) return undefined;
    this.asking.add(intent.intent_id);
    try {
      const answer = await this.ports.router.placeOrder({ intent });
      if (isNothing(answer)) throw new Problem("EXCHANGE_REFUSED", answer.message ?? `the order is ${answer.status}`);
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
    if (!isOwed(problem)) return this.answered(instrument, intent, problem);
    if (intent.kind === IntentKind.enum.EXIT) await this.ports.command(intent);
  }

  private async answered(instrument: string, intent: Intent, refusal: Problem | undefined): Promise<void> {
    await this.book.change(instrument, (open) => {
      const trade = open && answeredTrade(open, intent, refusal !== undefined);
      return trade && { trades: [trade] };
    });
  }
}

function withKey(trade: Trade, key: string | undefined, intent_id: string): Trade {
  if (key === undefined) return trade;
  const { requests = [], ...params } = paramsOf(trade);
  return withParams(trade, { ...params, requests: [...requests, { key, intent_id }].slice(-REQUESTS_KEPT) });
}
