/** What a factor is: a family with an id pattern, a formula and a state that is fed as the market goes on. */
import { TIMEFRAMES, type Timeframe } from "../../domain/market.ts";
import type { Bar } from "./bars.ts";
import type { Closes } from "./closes.ts";
import type { Inputs } from "./inputs.ts";
import type { Kept } from "./memory.ts";

export type Input = "bar" | "trade" | "ticker" | "depth" | "funding";

/** One factor of one instrument. Its value depends on nothing later than the engine's exchange time. */
export interface FactorState extends Kept {
  /** The value at exchange time `now`, epoch ms; NaN while it is missing. Reading changes no later value. */
  read(now: number): number;
  /** Factors of a timeframe are fed its bars as they close, oldest first and without holes. */
  onBar?(bar: Bar): void;
  /** Each trade, at the watermark after it. For factors without a timeframe. */
  onTrade?(now: number, trade: TradeSeen): void;
  /** After each ticker, at the watermark after it; the inputs hold what it said. For factors without a timeframe. */
  onTop?(now: number): void;
}

/** One and the same object for all trades: keep its numbers, not itself. */
export interface TradeSeen {
  price: number;
  /** Base quantity. */
  qty: number;
  takerBuys: boolean;
}

/** A state that only reads what is shared: it has nothing to remember. */
export const reading = (read: (now: number) => number): FactorState => ({ read, keep: () => {} });

/** What else of the market a factor may look at. */
export interface Sources {
  /** Another factor of this instrument; one that the family's `uses` names. */
  value(id: string): number;
  /** The last closes of the factor's timeframe. */
  own(): Closes | undefined;
  /** The same of the instrument after the @; undefined while nothing is known of it. */
  peer(): Closes | undefined;
}
export const NO_SOURCES: Sources = { value: () => Number.NaN, own: () => undefined, peer: () => undefined };

/** What an id says: `macd_12_26_9_1m` has numbers [12, 26, 9] and a timeframe; `ret_10s` has a window. */
export interface FactorParams {
  readonly numbers: readonly number[];
  readonly timeframe: Timeframe | undefined;
  readonly windowMs: number;
}

export interface Family {
  /** `atr_{n}_{tf}`: `{n}` is a count, `{tf}` a timeframe, `{w}` a window such as 10s or 5m. */
  readonly pattern: string;
  readonly example: string;
  readonly family: string;
  readonly version: number;
  readonly formula: string;
  readonly source: string;
  /** Least and greatest possible value. */
  readonly range: readonly [number, number];
  readonly needs: readonly Input[];
  /** How far behind the market the value is, in words; if not said, a bar's factor waits for its close. */
  readonly lag?: string;
  /** True: the id names a second instrument after an @, and the factor is made of both. */
  readonly pair?: true;
  /** Factors of the same instrument that it is made of; they are computed even where nobody else wants them. */
  uses?(params: FactorParams): readonly string[];
  /** Factors that the instrument after the @ must compute, so that its bars are there. */
  usesOfPeer?(params: FactorParams): readonly string[];
  /** Parameters that the id does not say. */
  readonly fixed?: FactorParams;
  /** Closed bars after which the value no longer shows where the series began; 0 for factors without bars. */
  bars(params: FactorParams): number;
  /** False for parameters that make no sense together. */
  accepts?(params: FactorParams): boolean;
  make(params: FactorParams, inputs: Inputs, sources: Sources): FactorState;
}

/** A family's part that says nothing of bars. */
type Plain = Omit<Family, "bars" | "version"> & Partial<Pick<Family, "bars" | "version">>;
export const family = (spec: Plain): Family => ({ version: 1, bars: () => 0, ...spec });

export const COUNT_MAX = 500;
export const WINDOW_MS_MAX = 15 * 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000 };

type Part = "n" | "tf" | "w";
const PART_SOURCE: Readonly<Record<Part, string>> = {
  n: "([1-9]\\d{0,3})",
  tf: `(${TIMEFRAMES.join("|")})`,
  w: "([1-9]\\d{0,3}[sm])",
};

/** Makes the reader of one pattern; it answers undefined for an id of another shape or out of range. */
export function patternReader(pattern: string): (id: string) => FactorParams | undefined {
  const parts = [...pattern.matchAll(/\{(n|tf|w)\}/g)].map((match) => match[1] as Part);
  const whole = new RegExp(`^${pattern.replace(/\{(n|tf|w)\}/g, (_, part: Part) => PART_SOURCE[part])}$`);
  return (id) => {
    const match = whole.exec(id);
    if (match === null) return undefined;
    const said = (part: Part) => match.slice(1).filter((_, at) => parts[at] === part);
    const numbers = said("n").map(Number);
    const window = said("w")[0];
    const windowMs = window === undefined ? 0 : Number(window.slice(0, -1)) * UNIT_MS[window.slice(-1)]!;
    if (numbers.some((n) => n > COUNT_MAX) || windowMs > WINDOW_MS_MAX) return undefined;
    return { numbers, timeframe: said("tf")[0] as Timeframe | undefined, windowMs };
  };
}
