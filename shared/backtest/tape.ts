/** A recorded market in memory, in order of time: plain numbers in shared memory, so that workers read one copy. */
import type { InstrumentId } from "../domain/instrument.ts";
import { TIMEFRAMES, type Timeframe } from "../domain/market.ts";
import type { Listing } from "../engine/listing.ts";
import { assert } from "../errors.ts";

/** What the market is known by: its whole book and trades, its trades alone, or bars. */
export type TapeForm = "book" | "trades" | "bars";

export interface TapeProblem {
  /** The file, blob or series that it came from. */
  source: string;
  /** From 1; of a series of bars, the row. */
  line: number;
  problem: string;
}

export interface TapeHead {
  readonly form: TapeForm;
  /** Of the bars; only of that form. */
  readonly timeframe?: Timeframe;
  readonly listings: readonly Listing[];
  /** Of the first and last event, epoch ms. */
  readonly from_ts: number;
  readonly to_ts: number;
  /** Where it came from, in words. */
  readonly source: string;
  /** Declared assumptions for what is not known, such as "funding=0". */
  readonly assumed: readonly string[];
  readonly problems: { readonly count: number; readonly first: readonly TapeProblem[] };
}

/** Levels one after the other: ticks, lots, ticks, lots, …; absolute, zero removes. */
export type TapeLevels = readonly number[];

export type TapeEvent =
  | { kind: "snapshot"; last: number; bids: TapeLevels; asks: TapeLevels }
  /** `prev` is the futures' `pu`. */
  | { kind: "depth"; first: number; last: number; prev: number | undefined; bids: TapeLevels; asks: TapeLevels }
  | { kind: "trade"; id: number; ticks: number; lots: number; buyerIsTaker: boolean }
  | { kind: "bookTicker"; seq: number; bidTicks: number; bidLots: number; askTicks: number; askLots: number }
  /** The price as a float, which lies between ticks; `rate` is the one to come, due at `nextAt` (epoch ms). */
  | { kind: "markPrice"; mark: number; rate: number; nextAt: number }
  /** Longs pay shorts this share of their notional, now. */
  | { kind: "settlement"; rate: number }
  /** A closed bar; NaN for what its source does not say. */
  | {
      kind: "bar";
      timeframe: Timeframe;
      openTs: number;
      open: number;
      high: number;
      low: number;
      close: number;
      lots: number;
      quoteVolume: number;
      trades: number;
      takerLots: number;
    };

/** One moment of the market. */
export interface TapeMoment {
  /** When the exchange says it, epoch ms on the exchange's clock; of a bar, its end. Never goes back. */
  at: number;
  /** The exchange's own time of the event, epoch ms. */
  exchTs: number;
  /** Into `head.listings`. */
  who: number;
  event: TapeEvent;
}

const KINDS = ["snapshot", "depth", "trade", "bookTicker", "markPrice", "settlement", "bar"] as const;
const CODES = Object.fromEntries(KINDS.map((kind, code) => [kind, code])) as Record<TapeEvent["kind"], number>;

/** The arrays of a tape, over shared memory: what is handed to a worker. */
export interface TapeColumns {
  readonly head: TapeHead;
  readonly count: number;
  readonly at: Float64Array;
  readonly exch: Float64Array;
  readonly who: Uint8Array;
  readonly code: Uint8Array;
  /** Where each event's numbers begin; one more than there are events. */
  readonly start: Float64Array;
  readonly numbers: Float64Array;
}

export class Tape {
  readonly columns: TapeColumns;

  constructor(columns: TapeColumns) {
    this.columns = columns;
  }

  get head(): TapeHead {
    return this.columns.head;
  }
  get count(): number {
    return this.columns.count;
  }
  get instruments(): InstrumentId[] {
    return this.head.listings.map(({ instrument }) => instrument);
  }

  at(index: number): number {
    return this.columns.at[index]!;
  }

  /** The first event at or after `ts`; `count` where there is none. */
  indexAt(ts: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.columns.at[middle]! < ts) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  moment(index: number): TapeMoment {
    const { at, exch, who } = this.columns;
    return { at: at[index]!, exchTs: exch[index]!, who: who[index]!, event: this.event(index) };
  }

  kindAt(index: number): TapeEvent["kind"] {
    return KINDS[this.columns.code[index]!]!;
  }

  event(index: number): TapeEvent {
    const { start, numbers } = this.columns;
    const n = (offset: number): number => numbers[start[index]! + offset]!;
    switch (this.kindAt(index)) {
      case "trade":
        return { kind: "trade", id: n(0), ticks: n(1), lots: n(2), buyerIsTaker: n(3) === 1 };
      case "bookTicker":
        return { kind: "bookTicker", seq: n(0), bidTicks: n(1), bidLots: n(2), askTicks: n(3), askLots: n(4) };
      case "depth": {
        const prev = Number.isNaN(n(2)) ? undefined : n(2);
        return { kind: "depth", first: n(0), last: n(1), prev, ...this.levels(index, 3) };
      }
      case "snapshot":
        return { kind: "snapshot", last: n(0), ...this.levels(index, 1) };
      case "markPrice":
        return { kind: "markPrice", mark: n(0), rate: n(1), nextAt: n(2) };
      case "settlement":
        return { kind: "settlement", rate: n(0) };
      case "bar":
        return {
          kind: "bar",
          timeframe: TIMEFRAMES[n(0)]!,
          openTs: n(1),
          open: n(2),
          high: n(3),
          low: n(4),
          close: n(5),
          lots: n(6),
          quoteVolume: n(7),
          trades: n(8),
          takerLots: n(9),
        };
    }
  }

  /** As if nothing had been recorded from `ts` on; over the same memory. */
  until(ts: number): Tape {
    const count = this.indexAt(ts);
    const to_ts = count === 0 ? 0 : this.columns.at[count - 1]!;
    return new Tape({
      ...this.columns,
      head: { ...this.head, from_ts: count === 0 ? 0 : this.head.from_ts, to_ts },
      count,
    });
  }

  /** Without what comes before `ts`; over the same memory. */
  since(ts: number): Tape {
    const first = this.indexAt(ts);
    const { head, count, at, exch, who, code, start, numbers } = this.columns;
    const from_ts = first < count ? at[first]! : 0;
    return new Tape({
      ...{ head: { ...head, from_ts, to_ts: first < count ? head.to_ts : 0 }, count: count - first, numbers },
      ...{ at: at.subarray(first), exch: exch.subarray(first), who: who.subarray(first) },
      ...{ code: code.subarray(first), start: start.subarray(first) },
    });
  }

  private levels(index: number, offset: number): { bids: number[]; asks: number[] } {
    const { start, numbers } = this.columns;
    const from = start[index]! + offset + 1;
    const split = from + 2 * numbers[from - 1]!;
    return { bids: part(numbers, from, split), asks: part(numbers, split, start[index + 1]!) };
  }
}

function part(numbers: Float64Array, from: number, to: number): number[] {
  const result = new Array<number>(to - from);
  for (let i = from; i < to; i++) result[i - from] = numbers[i]!;
  return result;
}

const ROOM_MIN = 1024;

/** Collects a tape, in order of time. */
export class TapeBuilder {
  private count = 0;
  private filled = 0;
  private at = new Float64Array(ROOM_MIN);
  private exch = new Float64Array(ROOM_MIN);
  private who = new Uint8Array(ROOM_MIN);
  private code = new Uint8Array(ROOM_MIN);
  private start = new Float64Array(ROOM_MIN + 1);
  private numbers = new Float64Array(ROOM_MIN);

  get size(): number {
    return this.count;
  }

  add({ at, exchTs, who, event }: TapeMoment): void {
    assert(this.count === 0 || at >= this.at[this.count - 1]!, "a tape is in order of time");
    if (this.count === this.at.length) this.growEvents();
    this.at[this.count] = at;
    this.exch[this.count] = exchTs;
    this.who[this.count] = who;
    this.code[this.count] = CODES[event.kind];
    this.put(numbersOf(event));
    this.count++;
    this.start[this.count] = this.filled;
  }

  /** `from_ts` and `to_ts` are those of its events. */
  build(head: Omit<TapeHead, "from_ts" | "to_ts">): Tape {
    const { count } = this;
    return new Tape({
      head: { ...head, from_ts: this.at[0] ?? 0, to_ts: count === 0 ? 0 : this.at[count - 1]! },
      count,
      at: shared(this.at.subarray(0, count)),
      exch: shared(this.exch.subarray(0, count)),
      who: shared(this.who.subarray(0, count)),
      code: shared(this.code.subarray(0, count)),
      start: shared(this.start.subarray(0, count + 1)),
      numbers: shared(this.numbers.subarray(0, this.filled)),
    });
  }

  private put(values: readonly number[]): void {
    if (this.filled + values.length > this.numbers.length) {
      const room = new Float64Array(Math.max(2 * this.numbers.length, this.filled + values.length));
      room.set(this.numbers);
      this.numbers = room;
    }
    this.numbers.set(values, this.filled);
    this.filled += values.length;
  }

  private growEvents(): void {
    const room = 2 * this.at.length;
    this.at = grown(this.at, room);
    this.exch = grown(this.exch, room);
    this.start = grown(this.start, room + 1);
    this.who = grown(this.who, room);
    this.code = grown(this.code, room);
  }
}

function numbersOf(event: TapeEvent): readonly number[] {
  switch (event.kind) {
    case "trade":
      return [event.id, event.ticks, event.lots, event.buyerIsTaker ? 1 : 0];
    case "bookTicker":
      return [event.seq, event.bidTicks, event.bidLots, event.askTicks, event.askLots];
    case "depth": {
      const { first, last, prev, bids, asks } = event;
      return [first, last, prev ?? Number.NaN, bids.length / 2, ...bids, ...asks];
    }
    case "snapshot":
      return [event.last, event.bids.length / 2, ...event.bids, ...event.asks];
    case "markPrice":
      return [event.mark, event.rate, event.nextAt];
    case "settlement":
      return [event.rate];
    case "bar": {
      const { openTs, open, high, low, close, lots, quoteVolume, trades, takerLots } = event;
      const frame = TIMEFRAMES.indexOf(event.timeframe);
      return [frame, openTs, open, high, low, close, lots, quoteVolume, trades, takerLots];
    }
  }
}

function grown<A extends Float64Array | Uint8Array>(array: A, room: number): A {
  const next = new (array.constructor as new (length: number) => A)(room);
  next.set(array);
  return next;
}

function shared<A extends Float64Array | Uint8Array>(array: A): A {
  const Kind = array.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new Kind(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
