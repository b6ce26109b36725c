/** What strategies did that people would look for: entries decided, trades as they went, limits that hold them back. */
import { put } from "../../shared/changes.ts";
import { strategyEvents, watchMarks } from "../../shared/collections/operations.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import { dec, show, toStep } from "../../shared/domain/money.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { StrategyEvent } from "../../shared/domain/watching.ts";
import { digest, pauseKey } from "../../shared/keys.ts";
import type { Op, Store } from "../../shared/kit/ports.ts";
import type { PositionEvent } from "../../shared/streams.ts";

const MARK = "held-back";
const ID_CHARACTERS = 20;
/** Guards that say that entries pause: of others (a spread, an open position) there is one for nearly every signal. */
const PAUSING = new Set([
  ...["kill_switch", "health", "health_no_entries", "bus", "trading_window", "strategy_paused"],
  ...["losses_in_row", "daily_loss_usdt", "drawdown"],
]);

/** What holds a strategy back on an instrument, and since which decision. */
type HeldBack = Record<string, { guard: string; ts: number }>;

export function createStrategyEvents(store: Pick<Store, "get" | "commit">) {
  let heldBack: HeldBack = {};

  async function decided(decision: Readonly<Decision>): Promise<void> {
    const { strategy_id, instrument, ts } = decision;
    const key = pauseKey(strategy_id, instrument);
    const before = heldBack[key];
    const { action, reason } = decision.decision;
    const isHeld = action === "skip" && PAUSING.has(reason);
    const ops: Op[] = [];
    const mark = (next: HeldBack): Op => put(watchMarks, { id: MARK, value: next, ts });
    let next = heldBack;
    if (isHeld && before?.guard !== reason && ts >= (before?.ts ?? 0)) {
      next = { ...heldBack, [key]: { guard: reason, ts } };
      ops.push(put(strategyEvents, pauseOf(decision)), mark(next));
    } else if (before && !isHeld && ts >= before.ts && hasPassed(decision, before.guard)) {
      const { [key]: _over, ...rest } = heldBack;
      next = rest;
      ops.push(put(strategyEvents, resumeOf(decision, before.guard)), mark(next));
    }
    if (action === "open") ops.push(put(strategyEvents, openOf(decision)));
    if (ops.length === 0) return;
    await store.commit(ops);
    heldBack = next;
  }

  return {
    async load(): Promise<void> {
      heldBack = ((await store.get(watchMarks, MARK))?.value.value as HeldBack | undefined) ?? {};
    },
    hearDecision: decided,
    async hearPosition(event: Readonly<PositionEvent>): Promise<void> {
      await store.commit([put(strategyEvents, tradeEventOf(event))]);
    },
  };
}

/** Later guards are looked at only where it passed. */
const hasPassed = ({ guards }: Decision, guard: string): boolean =>
  guards.some(({ name, passed }) => name === guard && passed);

const aboutDecision = ({ signal_id, strategy_id, instrument, config_rev, ts }: Decision) => ({
  ...{ ts, strategy_id, instrument, config_rev },
  ref: `decisions/${signal_id}`,
});
const idOf = (...of: string[]): string => digest("strategy-event", ...of).slice(0, ID_CHARACTERS);

function openOf(decision: Decision): StrategyEvent {
  const { side, size_mult } = decision.decision;
  const { qty, notional_usdt } = decision.sizing ?? { qty: "0", notional_usdt: "0" };
  return {
    event_id: idOf(decision.signal_id, "open"),
    kind: "OPEN",
    text: `${side} ${qty} decided: ${shown(notional_usdt)} USDT at size ${Number(size_mult.toFixed(4))}`,
    ...aboutDecision(decision),
  };
}

function pauseOf(decision: Decision): StrategyEvent {
  const { reason } = decision.decision;
  const failed = decision.guards.find(({ name }) => name === reason);
  const seen = failed ? `: ${failed.value}, allowed ${failed.limit}` : "";
  return {
    event_id: idOf(decision.signal_id, "pause"),
    kind: "PAUSE",
    text: `Entries are held back by ${reason}${seen}`,
    ...aboutDecision(decision),
  };
}

const resumeOf = (decision: Decision, guard: string): StrategyEvent => ({
  event_id: idOf(decision.signal_id, "resume"),
  kind: "RESUME",
  text: `Entries are held back by ${guard} no longer`,
  ...aboutDecision(decision),
});

/** No exchange has finer prices and quantities; an average or a sum of money may have many more digits. */
const shown = (amount: string): string => show(toStep(dec(amount), FINEST, "nearest"));
const FINEST = dec("0.00000001");

const TEXTS: Readonly<Record<PositionEvent["kind"], (trade: Trade, detail: string) => string>> = {
  ENTRY: (trade, detail) => `${trade.side} ${trade.entry_qty} in at ${shown(trade.avg_entry)} on average: ${detail}`,
  ADD: (trade, detail) => `Added: ${trade.open_qty} open at ${shown(trade.avg_entry)} on average: ${detail}`,
  STOP_MOVE: (_trade, detail) => `Stop moved: ${detail}`,
  TP_PARTIAL: (trade, detail) => `A part taken, ${trade.open_qty} open: ${detail}`,
  EXIT: (trade, detail) => `Closed with ${shown(trade.pnl_usdt)} USDT after fees and funding: ${detail}`,
  STAGNATED: (_trade, detail) => `Going nowhere: ${detail}`,
};

function tradeEventOf({ kind, trade, detail, ts }: PositionEvent): StrategyEvent {
  const { trade_id, strategy_id, instrument, config_rev } = trade;
  return {
    event_id: idOf(trade_id, kind, String(ts), detail),
    ...{ ts, kind, strategy_id, instrument, config_rev },
    text: TEXTS[kind](trade, detail),
    ref: `trades/${trade_id}`,
  };
}
