/** What the router's word makes of trades: fills open, enlarge, reduce and close them, levels come into force. */
import type { BundleView } from "../../domain/bundle.ts";
import { positionRulesOf } from "../../domain/bundle.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { dec, mul, show, sub, zero } from "../../domain/money.ts";
import { type Fill, isEntry, isTerminal, type Order } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { tradeIdOf } from "../../keys.ts";
import type { Alert, OrderResult, PositionEvent } from "../../streams.ts";
import { closeAsDust, emptyTrade } from "./trade.ts";
import { withFill } from "./trade-fills.ts";
import { isOpen, paramsOf, type TradeParams, withParams } from "./trade-params.ts";

type Event = Omit<PositionEvent, "ts">;
/** The strategy of trades that no signal began. */
export const MANUAL = "manual";

export interface ResultParts {
  readonly account: string;
  /** The revision that an entry names, else the newest. */
  revision(rev: number | undefined): BundleView;
  listing(instrument: string): Instrument | undefined;
  /** The newest price that an exit would meet. */
  price(instrument: string): string | undefined;
  alert(severity: Alert["severity"], code: string, message: string): void;
}

export class ResultRules {
  private readonly parts: ResultParts;

  constructor(parts: ResultParts) {
    this.parts = parts;
  }

  /** `isOld`: newer news of the instrument were heard before; its fills count, what it says of levels does not. */
  fold(
    open: Trade | undefined,
    result: OrderResult,
    { isOld, maxAdds, ended }: { isOld: boolean; maxAdds: number | undefined; ended: Trade | undefined },
  ): { trades: Trade[]; events: Event[] } {
    const trades: Trade[] = [];
    const events: Event[] = [];
    let trade = open;
    for (const fill of result.fills) {
      const before = trade;
      const earlier = trades.findLast(({ trade_id }) => trade_id === fill.trade_id) ?? ended;
      trade ??= isEntry(fill.kind) ? (goingOn(earlier, fill) ?? this.opened(result, fill, maxAdds)) : undefined;
      if (!trade) {
        this.parts.alert("WARN", "FILL_WITHOUT_TRADE", `${fill.instrument}: fill ${fill.fill_id} closes no trade`);
        continue;
      }
      trade = this.filled(trade, fill, result);
      events.push(eventOf(before, trade, fill));
      if (!isOpen(trade)) {
        trades.push(trade);
        trade = undefined;
      }
    }
    if (trade && !isOld) trade = this.settled(trade, result);
    if (trade && trade !== open) trades.push(trade);
    if (trade && !isOpen(trade)) events.push({ kind: "EXIT", trade, detail: "what is left is too small to sell" });
    return { trades, events };
  }

  private opened(result: OrderResult, fill: Fill, maxAdds: number | undefined): Trade {
    const ports = this.parts;
    const { intent } = result;
    const view = ports.revision(intent.config_rev);
    const strategy = view.bundle.strategies.find((s) => s.strategy_id === intent.strategy_id);
    const { execution, position } = view.bundle.flags;
    const spot = fill.instrument.startsWith("SPOT:");
    const params: TradeParams = {
      rules: strategy ? positionRulesOf(view.bundle, strategy) : position,
      taker_fee: spot ? execution.spot_taker_fee : execution.taker_fee,
      best_roe: 0,
      ...(maxAdds === undefined ? {} : { max_adds: maxAdds }),
    };
    const stop = intent.stop_loss?.price ?? intent.exec?.oco?.stop;
    const target = intent.take_profit?.price ?? intent.exec?.oco?.take_profit;
    return emptyTrade(
      {
        trade_id: fill.trade_id ?? tradeIdOf(intent),
        account: ports.account,
        instrument: fill.instrument,
        strategy_id: intent.strategy_id ?? MANUAL,
        ...(intent.signal_id === undefined ? {} : { signal_id: intent.signal_id }),
        side: fill.side,
        leverage: spot ? 1 : intent.leverage,
        ...(stop === undefined ? {} : { stop_price: stop }),
        ...(target === undefined ? {} : { take_profit_price: target }),
        params: { ...params },
        config_rev: intent.config_rev ?? view.rev,
      },
      fill.ts,
    );
  }

  private filled(trade: Trade, fill: Fill, { intent }: OrderResult): Trade {
    const listing = this.parts.listing(fill.instrument);
    const { trade: next, rest } = withFill(trade, fill, { listing, intent });
    if (rest > zero && listing?.market !== "SPOT") {
      this.parts.alert("ERROR", "FILL_BEYOND_TRADE", `${fill.instrument}: fill ${fill.fill_id} goes beyond its trade`);
    }
    return next;
  }

  /** What orders say besides fills: levels in force, exits that ended early, rests that cannot be sold. */
  private settled(trade: Trade, result: OrderResult): Trade {
    const stop = levelOf(result.orders, "SL");
    const target = levelOf(result.orders, "TP");
    let next = trade;
    if (stop !== undefined && next.stop_price === undefined) {
      next = {
        ...next,
        stop_price: stop,
        stops: [...next.stops, { ts: result.ts, stop_price: stop, reason: "entry" }],
      };
    }
    if (target !== undefined && next.take_profit_price !== target) next = { ...next, take_profit_price: target };
    const ended = !["ACCEPTED", "WORKING", "UNKNOWN"].includes(result.answer.status);
    if (ended && paramsOf(next).adding === result.intent.intent_id) {
      const { adding: _adding, ...params } = paramsOf(next);
      next = withParams(next, params);
    }
    if (result.intent.kind !== "EXIT" || !ended) return next;
    if (this.isDust(next)) return { ...closeAsDust(next, result.ts), exit_reason: paramsOf(next).closing ?? "close" };
    return next.status === "PENDING_CLOSING" ? { ...next, status: "ACTIVE" } : next;
  }

  private isDust(trade: Trade): boolean {
    const listing = this.parts.listing(trade.instrument);
    const price = this.parts.price(trade.instrument);
    if (listing?.market !== "SPOT" || price === undefined) return false;
    return (
      mul(dec(trade.open_qty), dec(price)) < dec(listing.min_notional) || dec(trade.open_qty) < dec(listing.min_qty)
    );
  }
}

/** The ended trade open once more, for more of its entry; nothing where the fill is not its own. */
function goingOn(ended: Trade | undefined, { trade_id, instrument, side, account }: Fill): Trade | undefined {
  if (ended?.trade_id !== trade_id || ended?.instrument !== instrument) return undefined;
  if (ended.status !== "CLOSED" || ended.side !== side || ended.account !== account) return undefined;
  const { closed_at: _closed, exit_reason: _reason, ...trade } = ended;
  // Nothing of it was open: what its exits left behind was dust, or was taken without a fill.
  const left = sub(dec(ended.entry_qty), dec(ended.exit_qty));
  const adjusted_at = ended.adjusted_at ?? ended.closed_at ?? ended.updated_at;
  return left === zero ? trade : { ...trade, adjusted_qty: show(left), adjusted_at };
}

/** The level at which a protective order has come into force. */
function levelOf(orders: readonly Order[], kind: "SL" | "TP"): string | undefined {
  const standing = orders.findLast((o) => o.kind === kind && !o.leg.startsWith("e") && !isTerminal(o.status));
  if (!standing || standing.status === "PENDING") return undefined;
  return standing.stop_price ?? standing.price;
}

function eventOf(before: Trade | undefined, trade: Trade, fill: Fill): Event {
  const detail = `${fill.side} ${fill.qty} at ${fill.price}`;
  if (!isOpen(trade)) return { kind: "EXIT", trade, detail: `${trade.exit_reason}: ${detail}` };
  if (fill.side !== trade.side) return { kind: "TP_PARTIAL", trade, detail };
  return { kind: before && fill.kind === "ADD" ? "ADD" : "ENTRY", trade, detail };
}
