/**
 * Size, stop and target of an entry, in exact decimals, with the arithmetic written down as it is done.
 *
 * Futures: notional = margin · size · leverage; spot: notional = quote budget · size. Quantity is rounded down to the
 * step. Stop distance = min(k_regime · ATR · sl_mult, loss_cap / qty). Target: the price P at which, with taker fee f
 * both ways and expected funding F, dir · (P − E) · qty − f · (E + P) · qty − F = roe · margin · tp_mult.
 */
import type { PositionRules, SizingRules } from "../../domain/bundle.ts";
import type { FeatureSet, Sizing } from "../../domain/decision.ts";
import { type Instrument, marketOf } from "../../domain/instrument.ts";
import { type Amount, add, dec, div, max, min, mul, show, sub, toStep, zero } from "../../domain/money.ts";
import type { Side } from "../../domain/order.ts";
import { worstCase } from "../execution/budget.ts";
import { regimeOf } from "../factors/regime.ts";

export interface SizingInput {
  readonly side: Side;
  readonly instrument: Instrument;
  readonly features: FeatureSet;
  readonly sizing: SizingRules;
  readonly position: PositionRules;
  /** Rules, model and health together. */
  readonly size_mult: number;
  /** What it was made of, where health has cut it: the steps say so. */
  readonly size_factors?: readonly string[];
  readonly tp_mult: number;
  readonly sl_mult: number;
  /** Fraction of notional a taker pays on this market. */
  readonly taker_fee: number;
  /** Where the entry rests; without it, what a taker would pay. */
  readonly limit_price?: string | undefined;
}
/** Either a size or the reason why there is none. */
export type Sized = { sizing: Sizing; reason: undefined } | { sizing: undefined; reason: string };

const MINUTE_MS = 60_000;
/** Feature floats enter the exact arithmetic with so many decimals. */
const FACTOR_DIGITS = 10;

class NoSize extends Error {}
const none = (reason: string): never => {
  throw new NoSize(reason);
};

export function sizeEntry(input: SizingInput): Sized {
  const steps: string[] = [];
  try {
    return { sizing: size(input, steps), reason: undefined };
  } catch (error) {
    if (error instanceof NoSize) return { sizing: undefined, reason: error.message };
    throw error;
  }
}

function size(input: SizingInput, steps: string[]): Sizing {
  const { instrument, side, sizing } = input;
  const futures = marketOf(instrument.instrument) === "FUT";
  const entry = entryPrice(input);
  const from = input.limit_price === undefined ? (side === "BUY" ? "ask" : "bid") : "limit";
  steps.push(`entry = ${from} = ${show(entry)}`);
  const wanted = wantedNotional(input, steps);
  const qty = quantity({ input, entry, wanted }, steps);
  const notional = mul(qty, entry);
  const leverage = futures ? sizing.leverage : 1;
  const margin = div(notional, dec(leverage), "up");
  steps.push(`margin = ${show(notional)} / ${leverage} = ${show(margin)} USDT`);
  const stop = stopPrice({ input, entry, qty }, steps);
  const target = targetPrice({ input, entry, qty, margin }, steps);
  const worst = worstCase({ side, qty, price: entry, stop, takerFee: input.taker_fee });
  steps.push(`worst loss = ${show(qty)} × |${show(entry)} − ${show(stop)}| + taker fees = ${show(worst)} USDT`);
  return {
    notional_usdt: show(notional),
    qty: show(qty),
    entry_price: show(entry),
    stop_price: show(stop),
    take_profit_price: show(target),
    margin_usdt: show(margin),
    leverage,
    worst_loss_usdt: show(worst),
    steps,
  };
}

/** Where it rests, else what a taker would pay now: the ask for a buy, the bid for a sell. */
function entryPrice({ side, features, limit_price }: SizingInput): Amount {
  const text = limit_price ?? (side === "BUY" ? features.ask : features.bid);
  return text === undefined || dec(text) <= 0n ? none("no_quote") : dec(text);
}

function wantedNotional(input: SizingInput, steps: string[]): Amount {
  const { sizing, size_mult, size_factors } = input;
  const factor = fromFloat(size_mult);
  if (size_factors) steps.push(`size = ${size_factors.join(" × ")} = ${show(factor)}`);
  if (marketOf(input.instrument.instrument) === "SPOT") {
    const notional = mul(dec(sizing.spot_notional_usdt), factor);
    steps.push(`notional = ${sizing.spot_notional_usdt} × ${show(factor)} = ${show(notional)} USDT`);
    return notional;
  }
  const notional = mul(mul(dec(sizing.margin_usdt), factor), dec(sizing.leverage));
  steps.push(`notional = ${sizing.margin_usdt} × ${show(factor)} × ${sizing.leverage} = ${show(notional)} USDT`);
  return notional;
}

function quantity(at: { input: SizingInput; entry: Amount; wanted: Amount }, steps: string[]): Amount {
  const { step_size, min_qty, max_qty, min_notional } = at.input.instrument;
  const step = dec(step_size);
  const whole = toStep(div(at.wanted, at.entry, "down"), step, "down");
  const most = toStep(dec(max_qty), step, "down");
  const qty = most > 0n ? min(whole, most) : whole;
  steps.push(`qty = ${show(at.wanted)} / ${show(at.entry)}, down to ${step_size} = ${show(qty)}`);
  if (qty <= 0n || qty < dec(min_qty)) none("below_min_qty");
  if (mul(qty, at.entry) < dec(min_notional)) none("below_min_notional");
  return qty;
}

/** Rounded towards the entry, so that the loss never exceeds what was allowed. */
function stopPrice(at: { input: SizingInput; entry: Amount; qty: Amount }, steps: string[]): Amount {
  const { side, instrument, features, sizing, sl_mult } = at.input;
  const atr = features.values[sizing.atr];
  if (atr === undefined || atr === null || !(atr > 0)) return none("no_atr");
  const k = sizing.stop_atrs[regimeOf(features.values.regime) ?? "NORMAL"];
  const byAtr = mul(mul(fromFloat(k), fromFloat(atr)), fromFloat(sl_mult));
  const byCap = div(dec(sizing.loss_cap_usdt), at.qty, "down");
  const distance = min(byAtr, byCap);
  const tick = dec(instrument.tick_size);
  const cut = toStep(distance, tick, "down");
  const raw = side === "BUY" ? sub(at.entry, cut) : add(at.entry, cut);
  const stop = toStep(raw, tick, side === "BUY" ? "up" : "down");
  steps.push(
    `stop distance = min(${k} × ${show(fromFloat(atr))} × ${sl_mult}, ${sizing.loss_cap_usdt} / ${show(at.qty)}) = ` +
      `${show(distance)}; stop = ${show(stop)}`,
  );
  const isAtEntry = side === "BUY" ? stop >= at.entry : stop <= at.entry;
  if (stop <= 0n || isAtEntry || isThrough(side, stop, features)) none("stop_too_tight");
  return stop;
}

/** A stop at or beyond the other side of the book would trigger at once, as one at a resting entry's own price would. */
function isThrough(side: Side, stop: Amount, { bid, ask }: FeatureSet): boolean {
  if (side === "BUY") return bid === undefined || stop >= dec(bid);
  return ask === undefined || stop <= dec(ask);
}

/** Rounded away from the entry, so that the profit is at least what was aimed at. */
function targetPrice(at: { input: SizingInput; entry: Amount; qty: Amount; margin: Amount }, steps: string[]): Amount {
  const { side, instrument, sizing, tp_mult, taker_fee } = at.input;
  const goal = mul(mul(fromFloat(sizing.take_profit_roe), at.margin), fromFloat(tp_mult));
  const cost = expectedFunding(at.input, mul(at.qty, at.entry));
  const fee = dec(taker_fee);
  const one = dec("1");
  const spent = mul(at.entry, at.qty);
  const raw =
    side === "BUY"
      ? div(add(add(mul(spent, add(one, fee)), goal), cost), mul(at.qty, sub(one, fee)), "up")
      : div(sub(sub(mul(spent, sub(one, fee)), goal), cost), mul(at.qty, add(one, fee)), "down");
  const target = toStep(max(raw, zero), dec(instrument.tick_size), side === "BUY" ? "up" : "down");
  if (target <= 0n) none("target_out_of_range");
  steps.push(
    `net profit = ${sizing.take_profit_roe} × ${show(at.margin)} × ${tp_mult} = ${show(goal)} USDT after fees of ` +
      `${taker_fee} each way and funding of ${show(cost)}; target = ${show(target)}`,
  );
  return target;
}

/** What funding will cost if it falls due within the trade's time limit; what it would earn is not counted. */
function expectedFunding({ side, features, position }: SizingInput, notional: Amount): Amount {
  const { funding_rate: rate, minutes_to_funding: minutes } = features.values;
  if (typeof rate !== "number" || typeof minutes !== "number") return zero;
  if (minutes * MINUTE_MS > position.stagnate_ms) return zero;
  const paid = side === "BUY" ? rate : -rate;
  return paid > 0 ? mul(notional, fromFloat(paid), "up") : zero;
}

const fromFloat = (value: number): Amount => dec(value.toFixed(FACTOR_DIGITS));
