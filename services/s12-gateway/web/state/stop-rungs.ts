/** The rungs of a trade's ladder: where its stop may climb to as it wins, and where parts of it are taken. */
import type { PositionRules } from "../../../../shared/domain/bundle.ts";
import { type Amount, dec, isDecimal, isOnStep, mul, toStep } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { breakEvenPrice, isBetter, isPast } from "../../../../shared/trading/position/stops.ts";
import { priceAtRoe } from "../../../../shared/trading/position/trade.ts";

/** `done`: the stop is there or beyond, the part is taken. */
export type RungState = "done" | "next" | "later";
interface Reached {
  /** ROE, a fraction, and the price that has it. */
  readonly atRoe: number;
  readonly atPrice: Amount;
  readonly state: RungState;
}
export interface StopRung extends Reached {
  readonly kind: "break_even" | "lock";
  readonly stop: Amount;
}
export interface StageRung extends Reached {
  readonly kind: "stage";
  readonly number: number;
  /** Of the entry quantity. */
  readonly share: number;
  readonly qty: Amount;
}
export type Rung = StopRung | StageRung;

interface Rules {
  rules?: PositionRules;
  taker_fee?: number;
}
/** What a trade was opened with; one that was adopted from the exchange may have none. */
const rulesOf = (trade: Trade): Rules => trade.params as unknown as Rules;

interface Grid {
  tick: Amount;
  step: Amount;
}

/** By the price that sets each off, nearest to the entry first. */
export function rungsOf(trade: Trade, { tick, step }: Grid): Rung[] {
  const { rules, taker_fee = 0 } = rulesOf(trade);
  if (!rules || dec(trade.entry_qty) === 0n || dec(trade.margin_usdt) === 0n) return [];
  const steps = rules.lock_steps_roe.toSorted((a, b) => a - b);
  const stops = [
    { kind: "break_even" as const, atRoe: rules.break_even_roe, stop: breakEvenPrice(trade, taker_fee) },
    // Past each step of the ladder the one before it is locked.
    ...steps.slice(1).map((atRoe, index) => ({
      kind: "lock" as const,
      atRoe,
      stop: priceAtRoe(trade, steps[index] as number),
    })),
  ].map((rung) => ({ ...rung, stop: toStep(rung.stop, tick, trade.side === "BUY" ? "up" : "down") }));
  const waiting = stops.filter(({ stop }) => isBetter(trade, stop)).sort((a, b) => a.atRoe - b.atRoe);
  const stages = rules.stages.toSorted((a, b) => a.roe - b.roe);
  const rungs: Rung[] = [
    ...stops.map((rung) => ({
      ...rung,
      atPrice: priceAtRoe(trade, rung.atRoe),
      state: !waiting.includes(rung) ? ("done" as const) : rung === waiting[0] ? ("next" as const) : ("later" as const),
    })),
    ...stages.map(({ roe, close }, index) => ({
      kind: "stage" as const,
      number: index + 1,
      atRoe: roe,
      atPrice: priceAtRoe(trade, roe),
      share: close,
      qty: toStep(mul(dec(trade.entry_qty), dec(close)), step, "down"),
      state: index < trade.stage ? ("done" as const) : index === trade.stage ? ("next" as const) : ("later" as const),
    })),
  ];
  // Of a trade that is over nothing comes next any more.
  const told = trade.status === "CLOSED" ? rungs.map(stayed) : rungs;
  return told.sort((a, b) => a.atRoe - b.atRoe);
}
const stayed = (rung: Rung): Rung => (rung.state === "next" ? { ...rung, state: "later" } : rung);

export type StopFault = "not_a_price" | "off_tick" | "past" | "back";

/** Why S6 would refuse to move the stop there; undefined when it would not, as far as the page can know. */
export function stopFault(trade: Trade, text: string, { price, tick }: { price: string; tick: string }) {
  const plain = text.trim().replaceAll(",", "");
  if (!isDecimal(plain) || dec(plain) <= 0n) return "not_a_price" satisfies StopFault;
  const stop = dec(plain);
  if (!isOnStep(stop, dec(tick))) return "off_tick" satisfies StopFault;
  if (isPast(trade, stop, dec(price))) return "past" satisfies StopFault;
  return isBetter(trade, stop) ? undefined : ("back" satisfies StopFault);
}
