/** Exponential moving averages and what is made of them. */
import type { Bar } from "./bars.ts";
import { type FactorParams, type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";

/** `E = E₋₁ + α·(x − E₋₁)`, `α = 2/(n + 1)`; the first E is the simple mean of the first n values. */
export class Ema {
  #length: number;
  #alpha: number;
  #count = 0;
  #sum = 0;
  /** NaN before n values. */
  value = Number.NaN;

  constructor(length: number) {
    this.#length = length;
    this.#alpha = 2 / (length + 1);
  }

  push(x: number): void {
    if (this.#count < this.#length) {
      this.#count++;
      this.#sum += x;
      if (this.#count === this.#length) this.value = this.#sum / this.#length;
    } else this.value += this.#alpha * (x - this.value);
  }

  keep(memory: Memory): void {
    this.#count = memory.number(this.#count);
    this.#sum = memory.number(this.#sum);
    this.value = memory.number(this.value);
  }
}

class EmaOfClose implements FactorState {
  #ema: Ema;
  constructor(length: number) {
    this.#ema = new Ema(length);
  }
  onBar(bar: Bar): void {
    this.#ema.push(bar.close);
  }
  read(): number {
    return this.#ema.value;
  }
  keep(memory: Memory): void {
    this.#ema.keep(memory);
  }
}

// ((n − 1)/(n + 1))^(10n) ≈ e⁻²⁰: what is left of the first bar.
const EMA_MEMORY = 10;

export const ema = family({
  family: "ema",
  pattern: "ema_{n}_{tf}",
  example: "ema_20_5s",
  formula: "first E = mean of the first n closes, then E₋₁ + 2/(n+1)·(C − E₋₁)",
  source: "Exponential smoothing, Brown 1956; span n as in common charting",
  range: [0, Number.POSITIVE_INFINITY],
  needs: ["bar"],
  bars: ({ numbers: [n] }) => n! * (1 + EMA_MEMORY),
  make: ({ numbers: [n] }) => new EmaOfClose(n!),
});

/**
 * Moving average convergence/divergence: `line = EMA_fast(C) − EMA_slow(C)`, `signal = EMA_n(line)`,
 * `histogram = line − signal`, in price. Source: Gerald Appel, The Moving Average Convergence-Divergence Method, 1979.
 */
class Macd implements FactorState {
  #fast: Ema;
  #slow: Ema;
  #signal: Ema;
  #part: "line" | "signal" | "histogram";

  constructor({ numbers: [fast, slow, signal] }: FactorParams, part: "line" | "signal" | "histogram") {
    this.#fast = new Ema(fast!);
    this.#slow = new Ema(slow!);
    this.#signal = new Ema(signal!);
    this.#part = part;
  }

  onBar(bar: Bar): void {
    this.#fast.push(bar.close);
    this.#slow.push(bar.close);
    const line = this.#line;
    if (!Number.isNaN(line)) this.#signal.push(line);
  }

  read(): number {
    if (this.#part === "line") return this.#line;
    return this.#part === "signal" ? this.#signal.value : this.#line - this.#signal.value;
  }

  keep(memory: Memory): void {
    this.#fast.keep(memory);
    this.#slow.keep(memory);
    this.#signal.keep(memory);
  }

  get #line(): number {
    return this.#fast.value - this.#slow.value;
  }
}

const macdPart = (prefix: string, part: "line" | "signal" | "histogram", formula: string) =>
  family({
    family: prefix,
    pattern: `${prefix}_{n}_{n}_{n}_{tf}`,
    example: `${prefix}_12_26_9_1m`,
    formula,
    source: "Appel 1979",
    range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    needs: ["bar"],
    bars: ({ numbers: [, slow, signal] }) => (slow! + signal!) * (1 + EMA_MEMORY),
    accepts: ({ numbers: [fast, slow] }) => fast! < slow!,
    make: (params) => new Macd(params, part),
  });
export const macd = macdPart("macd", "line", "EMA_fast(C) − EMA_slow(C); numbers are fast, slow, signal");
export const macdSignal = macdPart("macd_signal", "signal", "EMA_signal of the MACD line");
export const macdHistogram = macdPart("macd_hist", "histogram", "MACD line − its signal");
