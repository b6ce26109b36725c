/** Reads a book update straight from its text into numbers: a third of the cost of JSON, which it falls back to. */
import type { Listed } from "../types.ts";
import type { Diff } from "./normalise.ts";

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const CLOSE_OBJECT = 125;

const START = '{"e":"depthUpdate"';
/** Numbers of more digits than this may not be exact. */
const DIGITS_MAX = 15;

export const looksLikeDepth = (text: string): boolean => text.includes(START);

export interface Scanned {
  readonly on: Listed;
  readonly diff: Diff;
}

/**
 * Nothing where the text is not exactly as Binance prints it, spaces and escapes included, or where a number needs more
 * care: then the frame must be parsed in full, which says what is wrong with it.
 */
export function scanDepth(text: string, find: (symbol: string) => Listed | undefined): Scanned | undefined {
  return new Scan(text, find).run();
}

class Scan {
  private readonly text: string;
  private readonly find: (symbol: string) => Listed | undefined;
  private at: number;
  private on: Listed | undefined;
  private exchTs = 0;
  private first = 0;
  private last = 0;
  private previous: number | undefined;
  private bids: number[] | undefined;
  private asks: number[] | undefined;

  constructor(text: string, find: (symbol: string) => Listed | undefined) {
    this.text = text;
    this.find = find;
    this.at = text.indexOf(START) + START.length;
  }

  run(): Scanned | undefined {
    const { text } = this;
    while (text.charCodeAt(this.at) === COMMA) {
      this.at++;
      if (!this.field()) return undefined;
    }
    if (text.charCodeAt(this.at) !== CLOSE_OBJECT) return undefined;
    const { on, exchTs, first, last, previous, bids, asks } = this;
    if (!on || !bids || !asks || !(exchTs > 0 && first > 0 && first <= last)) return undefined;
    return { on, diff: { first, last, previous, exchTs, bids, asks } };
  }

  /** One key and its value; false for what is not understood. */
  private field(): boolean {
    const { text } = this;
    const from = this.at + 1;
    if (text.charCodeAt(this.at) !== QUOTE) return false;
    const to = text.indexOf('"', from);
    if (to < 0 || text.charCodeAt(to + 1) !== COLON) return false;
    this.at = to + 2;
    switch (text.slice(from, to)) {
      case "E":
        this.exchTs = this.integer();
        return this.exchTs >= 0;
      case "U":
        this.first = this.integer();
        return this.first >= 0;
      case "u":
        this.last = this.integer();
        return this.last >= 0;
      case "pu":
        this.previous = this.integer();
        return this.previous >= 0;
      case "s":
        return this.symbol();
      case "b":
        this.bids = this.levels();
        return this.bids !== undefined;
      case "a":
        this.asks = this.levels();
        return this.asks !== undefined;
      default:
        return this.skip();
    }
  }

  private symbol(): boolean {
    const from = this.at + 1;
    if (!this.skipText()) return false;
    this.on = this.find(this.text.slice(from, this.at - 1));
    return this.on !== undefined;
  }

  /** A whole number from 0 on; −1 for anything else. */
  private integer(): number {
    const { text } = this;
    const from = this.at;
    let value = 0;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code < ZERO || code > NINE) break;
      value = value * 10 + (code - ZERO);
      this.at++;
    }
    const digits = this.at - from;
    return digits > 0 && digits <= DIGITS_MAX ? value : -1;
  }

  /** Flat: units of price, units of quantity, and so on. */
  private levels(): number[] | undefined {
    const { text, on } = this;
    if (!on || text.charCodeAt(this.at) !== OPEN_LIST) return undefined;
    this.at++;
    const flat: number[] = [];
    if (text.charCodeAt(this.at) === CLOSE_LIST) {
      this.at++;
      return flat;
    }
    for (;;) {
      if (text.charCodeAt(this.at++) !== OPEN_LIST) return undefined;
      const price = this.units(on.price.digits);
      if (!(price > 0) || text.charCodeAt(this.at++) !== COMMA) return undefined;
      const quantity = this.units(on.qty.digits);
      if (!(quantity >= 0) || text.charCodeAt(this.at++) !== CLOSE_LIST) return undefined;
      flat.push(price, quantity);
      const next = text.charCodeAt(this.at++);
      if (next === CLOSE_LIST) return flat;
      if (next !== COMMA) return undefined;
    }
  }

  /** A quoted decimal in units of its last digit; −1 for what is no plain decimal, is too long or too fine. */
  private units(digits: number): number {
    const { text } = this;
    if (text.charCodeAt(this.at) !== QUOTE) return -1;
    let at = this.at + 1;
    let units = 0;
    let count = 0;
    let decimals = -1;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code >= ZERO && code <= NINE) {
        if (decimals < digits) {
          units = units * 10 + (code - ZERO);
          if (units > 0) count++;
          if (decimals >= 0) decimals++;
        } else if (code !== ZERO) return -1;
      } else if (code === POINT && decimals < 0 && at > this.at + 1) decimals = 0;
      else if (code === QUOTE && at > this.at + 1) break;
      else return -1;
    }
    this.at = at + 1;
    for (let missing = Math.max(decimals, 0); missing < digits; missing++) {
      units *= 10;
      count++;
    }
    return units === 0 || count <= DIGITS_MAX ? units : -1;
  }

  /** A value that is of no use: text, a number, or a word such as null. */
  private skip(): boolean {
    const { text } = this;
    const first = text.charCodeAt(this.at);
    if (first === QUOTE) return this.skipText();
    const isPlain = (code: number) =>
      (code >= ZERO && code <= NINE) || (code >= 97 && code <= 122) || code === MINUS || code === POINT;
    if (!isPlain(first)) return false;
    while (isPlain(text.charCodeAt(this.at))) this.at++;
    return true;
  }

  private skipText(): boolean {
    const { text } = this;
    if (text.charCodeAt(this.at) !== QUOTE) return false;
    const end = text.indexOf('"', this.at + 1);
    if (end < 0 || text.slice(this.at, end).includes("\\")) return false;
    this.at = end + 1;
    return true;
  }
}
