/** What a factor is: a family with an id pattern, a formula and a state that is fed as the market goes on. */
import { TIMEFRAMES, type Timeframe } from "../../domain/market.ts";
import type { Bar } from "./bars.ts";
import type { Inputs } from "./inputs.ts";

export type Input = "bar" | "trade" | "ticker" | "depth" | "funding";

/** One factor of one instrument. Its value depends on nothing later than the engine's exchange time. */
export interface FactorState {
  /** The value at exchange time `now`, epoch ms; NaN while it is missing. Reading changes no later value. */
  read(now: number): number;
  /** Factors of a timeframe are fed its bars as they close, oldest first and without holes. */
  onBar?(bar: Bar): void;
}

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
  /** Parameters that the id does not say. */
  readonly fixed?: FactorParams;
  /** Closed bars after which the value no longer shows where the series began; 0 for factors without bars. */
  bars(params: FactorParams): number;
  /** False for parameters that make no sense together. */
  accepts?(params: FactorParams): boolean;
  make(params: FactorParams, inputs: Inputs): FactorState;
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
