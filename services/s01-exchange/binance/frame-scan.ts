/** Reads market frames straight from their text, at a fraction of what JSON costs; what it does not know it leaves. */
import type { MarketTrade, Ticker } from "../../../shared/domain/market.ts";
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
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const CLOSE_OBJECT = 125;
const KEYS = 128;
/** The keys by their letters; `P` stands for `pu`. */
const KEY = {
  ...{ a: 97, A: 65, b: 98, B: 66, E: 69, m: 109, p: 112, pu: 80 },
  ...{ q: 113, s: 115, t: 116, T: 84, u: 117, U: 85 },
} as const;
/** Numbers of more digits than this may not be exact. */
const DIGITS_MAX = 15;
const ENVELOPE = '"data":{';

export type ScannedKind = "trade" | "ticker" | "depth";

/**
 * One frame at a time: `begin` finds its kind and instrument, then the method of that kind reads it. Each answers
 * nothing where the text is not exactly as Binance prints it, spaces and escapes included, or where a number needs more
 * care: then the frame must be parsed in full, which says what is wrong with it.
 */
export class FrameScan<T extends { readonly on: Listed }> {
  /** Whom the frame is about; set by `begin`. */
  subject: T | undefined;
  private readonly find: (symbol: string) => T | undefined;
  private text = "";
  private at = 0;
  private readonly from = new Int32Array(KEYS);
  private readonly to = new Int32Array(KEYS);
  private readonly seen = new Int32Array(KEYS);
  private round = 0;
  private bids: number[] | undefined;
  private asks: number[] | undefined;

  constructor(find: (symbol: string) => T | undefined) {
    this.find = find;
  }

  begin(text: string): ScannedKind | undefined {
    const envelope = text.startsWith('{"stream"') ? text.indexOf(ENVELOPE) : 0;
    if (envelope < 0) return undefined;
    const from = envelope === 0 ? 1 : envelope + ENVELOPE.length;
    const kind = kindAt(text, from);
    if (!kind) return undefined;
    this.text = text;
    this.at = from;
    this.round++;
    this.subject = this.bids = this.asks = undefined;
    if (!this.fields() || this.seen[KEY.s] !== this.round) return undefined;
    const symbol = this.value(KEY.s);
    this.subject ??= this.find(symbol);
    return this.subject?.on.symbol === symbol ? kind : undefined;
  }

  trade(ts: number): MarketTrade | undefined {
    const { text } = this;
    const on = this.subject?.on;
    const exch_ts = this.integer(KEY.T);
    const maker = text.charCodeAt(this.start(KEY.m));
    const id = this.integer(KEY.t);
    const isWhole = exch_ts > 0 && id >= 0 && (maker === 116 || maker === 102);
    if (!on || !isWhole || !(this.amount(KEY.p, on.price.digits) > 0)) return undefined;
    if (!(this.amount(KEY.q, on.qty.digits) > 0)) return undefined;
    return {
      instrument: on.instrument,
      exch_ts,
      ts,
      trade_id: this.value(KEY.t),
      price: this.value(KEY.p),
      qty: this.value(KEY.q),
      taker: maker === 116 ? "SELL" : "BUY",
    };
  }

  /** `newestTs` stands in where the frame has no time. */
  ticker(ts: number, newestTs: number): Ticker | undefined {
    const on = this.subject?.on;
    const seq = this.integer(KEY.u);
    const exch_ts = this.seen[KEY.E] === this.round ? this.integer(KEY.E) : newestTs;
    if (!on || seq < 0 || !(exch_ts > 0)) return undefined;
    const bid = this.amount(KEY.b, on.price.digits);
    const ask = this.amount(KEY.a, on.price.digits);
    if (!(bid > 0 && bid < ask)) return undefined;
    if (!(this.amount(KEY.B, on.qty.digits) >= 0 && this.amount(KEY.A, on.qty.digits) >= 0)) return undefined;
    return {
      instrument: on.instrument,
      exch_ts,
      ts,
      seq,
      bid: this.value(KEY.b),
      bid_qty: this.value(KEY.B),
      ask: this.value(KEY.a),
      ask_qty: this.value(KEY.A),
    };
  }

  diff(): Diff | undefined {
    const { bids, asks } = this;
    const exchTs = this.integer(KEY.E);
    const first = this.integer(KEY.U);
    const last = this.integer(KEY.u);
    const previous = this.seen[KEY.pu] === this.round ? this.integer(KEY.pu) : undefined;
    if (!bids || !asks || !(exchTs > 0 && first >= 0 && first <= last) || previous === -1) return undefined;
    return { first, last, previous, exchTs, bids, asks };
  }

  private start(key: number): number {
    return this.seen[key] === this.round ? this.from[key]! : -1;
  }

  private value(key: number): string {
    return this.text.slice(this.from[key], this.to[key]);
  }

  /** Notes where each value stands; the last of a repeated key counts, as in JSON. */
  private fields(): boolean {
    const { text, from, to, seen, round } = this;
    for (;;) {
      if (text.charCodeAt(this.at) !== QUOTE) return false;
      let key = text.charCodeAt(this.at + 1);
      let next = this.at + 2;
      if (text.charCodeAt(next) !== QUOTE) {
        key = key === KEY.p && text.charCodeAt(next) === KEY.u ? KEY.pu : 0;
        next = text.indexOf('"', next);
        if (next < 0) return false;
        // Of the longer keys only `pu` is known: all others are passed over.
        if (key === KEY.pu && next !== this.at + 3) key = 0;
      } else if (key === KEY.pu) key = 0;
      if (text.charCodeAt(next + 1) !== COLON || key >= KEYS) return false;
      this.at = next + 2;
      const first = text.charCodeAt(this.at);
      if (first === OPEN_LIST) {
        if (!this.list(key)) return false;
      } else {
        const quoted = first === QUOTE ? 1 : 0;
        from[key] = this.at + quoted;
        if (quoted ? !this.skipText() : !this.skipPlain()) return false;
        to[key] = this.at - quoted;
        seen[key] = round;
      }
      const after = text.charCodeAt(this.at++);
      if (after === CLOSE_OBJECT) return true;
      if (after !== COMMA) return false;
    }
  }

  /** Only an instrument's steps make sense of levels, so its name must have come before. */
  private list(key: number): boolean {
    if (this.seen[KEY.s] !== this.round) return false;
    this.subject ??= this.find(this.value(KEY.s));
    const on = this.subject?.on;
    if (!on) return false;
    const levels = this.levels(on);
    if (key === KEY.b) this.bids = levels;
    else if (key === KEY.a) this.asks = levels;
    else return false;
    return levels !== undefined;
  }

  /** Flat: units of price, units of quantity, and so on. */
  private levels(on: Listed): number[] | undefined {
    const { text } = this;
    const { digits: priceDigits } = on.price;
    const { digits: qtyDigits } = on.qty;
    const flat: number[] = [];
    this.at++;
    if (text.charCodeAt(this.at) === CLOSE_LIST) {
      this.at++;
      return flat;
    }
    for (;;) {
      if (text.charCodeAt(this.at++) !== OPEN_LIST) return undefined;
      const price = this.quotedUnits(priceDigits);
      if (!(price > 0) || text.charCodeAt(this.at++) !== COMMA) return undefined;
      const quantity = this.quotedUnits(qtyDigits);
      if (!(quantity >= 0) || text.charCodeAt(this.at++) !== CLOSE_LIST) return undefined;
      flat.push(price, quantity);
      const next = text.charCodeAt(this.at++);
      if (next === CLOSE_LIST) return flat;
      if (next !== COMMA) return undefined;
    }
  }

  /** A whole number from 0 on; −1 for anything else. */
  private integer(key: number): number {
    const { text } = this;
    const from = this.start(key);
    const to = this.to[key]!;
    if (from < 0 || to === from || to - from > DIGITS_MAX || text.charCodeAt(from - 1) !== COLON) return -1;
    let value = 0;
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code < ZERO || code > NINE) return -1;
      value = value * 10 + (code - ZERO);
    }
    return value;
  }

  private amount(key: number, digits: number): number {
    const from = this.start(key);
    if (from < 0) return -1;
    this.at = from - 1;
    const units = this.quotedUnits(digits);
    return this.at === this.to[key]! + 1 ? units : -1;
  }

  /** A quoted decimal in units of its last digit; −1 for what is no plain decimal, is too long or too fine. */
  private quotedUnits(digits: number): number {
    const { text } = this;
    const from = this.at + 1;
    if (text.charCodeAt(this.at) !== QUOTE) return -1;
    let at = from;
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
      } else if (code === POINT && decimals < 0 && at > from) decimals = 0;
      else if (code === QUOTE && at > from) break;
      else return -1;
    }
    this.at = at + 1;
    for (let missing = Math.max(decimals, 0); missing < digits; missing++) {
      units *= 10;
      count++;
    }
    return units === 0 || count <= DIGITS_MAX ? units : -1;
  }

  /** A number or a word such as null. */
  private skipPlain(): boolean {
    const { text } = this;
    const from = this.at;
    for (; ; this.at++) {
      const code = text.charCodeAt(this.at);
      const isPlain = (code >= ZERO && code <= NINE) || (code >= 97 && code <= 122) || code === MINUS || code === POINT;
      if (!isPlain) return this.at > from;
    }
  }

  private skipText(): boolean {
    const { text } = this;
    for (let at = this.at + 1; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (code === BACKSLASH || Number.isNaN(code)) return false;
    }
  }
}

/** By the first field, which names the event; spot's bookTicker alone begins with its sequence number. */
function kindAt(text: string, at: number): ScannedKind | undefined {
  if (text.startsWith('"e":"trade"', at)) return "trade";
  if (text.startsWith('"e":"bookTicker"', at) || text.startsWith('"u":', at)) return "ticker";
  if (text.startsWith('"e":"depthUpdate"', at)) return "depth";
  return undefined;
}
