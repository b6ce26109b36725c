/** Strategies as programs: what one is shown, how its answer is read, and its wish made an exact price. */
import type { Signal } from "../../domain/decision.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { dec, show, toStep } from "../../domain/money.ts";
import {
  ProgramAnswer,
  type ProgramEvent,
  type ProgramResult,
  STATE_CHARACTERS_MAX,
  type Wish,
} from "../../domain/program.ts";

/** What came of asking a program: its next state, and perhaps a wish, or why there is none. */
export type ProgramSays = Pick<ProgramResult, "state" | "wish" | "trouble" | "detail">;
/** Asks the strategy's program, in the state that it is in. Never throws. */
export type AskProgram = (event: ProgramEvent) => ProgramSays;

/** Prices of floats enter exact arithmetic with so many decimals. */
const PRICE_DIGITS = 10;
const asNumber = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

export function eventOf({ instrument, trigger, features }: Signal, listing: Instrument): ProgramEvent {
  return {
    instrument,
    ts: trigger.exch_ts,
    trigger: { kind: trigger.kind, what: trigger.what },
    features: features.values,
    bid: asNumber(features.bid),
    ask: asNumber(features.ask),
    tick_size: Number(listing.tick_size),
  };
}

/** Reads what a program answered; nonsense is no wish, and leaves its state as it was. */
export function readAnswer(answer: unknown, before: unknown): ProgramSays {
  const read = ProgramAnswer.safeParse(answer);
  if (!read.success) {
    const { path, message } = read.error.issues[0] as { path: PropertyKey[]; message: string };
    return { state: before, trouble: "broken", detail: `${path.map(String).join(".")}: ${message}` };
  }
  const { state, intents } = read.data;
  if ((JSON.stringify(state) ?? "").length > STATE_CHARACTERS_MAX) {
    return { state: before, trouble: "broken", detail: `state: over ${STATE_CHARACTERS_MAX} characters of JSON` };
  }
  const [wish] = intents;
  return { state: state ?? null, ...(wish && { wish }) };
}

/** The wish's price on the tick, rounded away from the market; undefined where it names none. */
export function limitPrice({ side, price }: Wish, { tick_size }: Instrument): string | undefined {
  if (price === undefined) return undefined;
  return show(toStep(dec(price.toFixed(PRICE_DIGITS)), dec(tick_size), side === "BUY" ? "down" : "up"));
}
