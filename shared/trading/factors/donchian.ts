/** Donchian channel: the highest high and lowest low of the last bars, and where the close stands between them. */
import type { Bar } from "./bars.ts";
import { type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";
import { RollingExtreme } from "./rolling-extreme.ts";

type Part = "high" | "low" | "position";

/** `high = max(H)`, `low = min(L)` of the last n bars, `position = (C − low)/(high − low)`, missing while they are equal. */
class Donchian implements FactorState {
  #high: RollingExtreme;
  #low: RollingExtreme;
  #close = Number.NaN;
  #part: Part;

  constructor(length: number, part: Part) {
    this.#high = new RollingExtreme(length, 1);
    this.#low = new RollingExtreme(length, -1);
    this.#part = part;
  }

  onBar(bar: Bar): void {
    this.#high.push(bar.high);
    this.#low.push(bar.low);
    this.#close = bar.close;
  }

  read(): number {
    const high = this.#high.value;
    const low = this.#low.value;
    if (this.#part === "position") return high === low ? Number.NaN : (this.#close - low) / (high - low);
    return this.#part === "high" ? high : low;
  }

  keep(memory: Memory): void {
    this.#high.keep(memory);
    this.#low.keep(memory);
    this.#close = memory.number(this.#close);
  }
}

const donchian = (part: Part, { name, formula, greatest }: { name: string; formula: string; greatest: number }) =>
  family({
    family: name,
    pattern: `${name}_{n}_{tf}`,
    example: `${name}_20_1m`,
    formula,
    source: "Donchian 1960",
    range: [0, greatest],
    needs: ["bar"],
    bars: ({ numbers: [n] }) => n!,
    make: ({ numbers: [n] }) => new Donchian(n!, part),
  });

const endless = Number.POSITIVE_INFINITY;
export const donchianHigh = donchian("high", {
  name: "donchian_high",
  formula: "highest high of the last n bars",
  greatest: endless,
});
export const donchianLow = donchian("low", {
  name: "donchian_low",
  formula: "lowest low of the last n bars",
  greatest: endless,
});
export const donchianPosition = donchian("position", {
  name: "donchian_pos",
  formula: "(C − lowest low)/(highest high − lowest low) of the last n bars; missing while they are equal",
  greatest: 1,
});
