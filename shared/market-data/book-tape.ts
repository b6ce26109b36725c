/** A recording as a tape: every line that replay plays, in its order and at its time on the exchange's clock. */
import type { TapeBuilder, TapeEvent, TapeProblem } from "../backtest/tape.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Side } from "../domain/order.ts";
import { L2Book } from "../engine/l2.ts";
import type { RecordedEvent } from "./recorded-line.ts";
import type { Line, Recording } from "./recording.ts";

export interface BookTaping {
  readonly recording: Recording;
  /** In the order of the tape's listings. */
  readonly instruments: readonly InstrumentId[];
  readonly builder: TapeBuilder;
  /** What lies before is kept as the books that stood then; epoch ms. */
  readonly from: number;
  /** Excluding. */
  readonly to: number;
  onProgress?(share: number): void;
}

const PROGRESS_LINES = 20_000;

/** Plays the recording to `to`; answers what was wrong on the way: how much, and the first of it. */
export async function tapeBook(taping: BookTaping): Promise<{ count: number; first: readonly TapeProblem[] }> {
  const { recording, instruments, builder, from, to } = taping;
  const places = new Map(instruments.map((instrument, who) => [instrument, who]));
  const books = instruments.map(() => new Standing());
  let isBegun = false;
  const begin = (at: number): void => {
    isBegun = true;
    for (const [who, book] of books.entries()) {
      const event = book.told;
      if (event !== undefined) builder.add({ at, exchTs: at, who, event });
    }
  };
  for (const [instrument, opening] of recording.openings) books[places.get(instrument) ?? -1]?.take(opening);
  for (let played = 0; ; played++) {
    const next = recording.next();
    const line = next instanceof Promise ? await next : next;
    if (line === undefined || line.clockMs >= to) break;
    if (played % PROGRESS_LINES === 0) taping.onProgress?.(recording.progress());
    const who = places.get(line.instrument);
    if (who === undefined) continue;
    if (!isBegun && line.clockMs >= from) begin(Math.max(from, recording.startsAt));
    if (isBegun) builder.add({ at: line.clockMs, exchTs: line.exchTs, who, event: eventOf(line) });
    else books[who]!.take(line.event);
  }
  recording.close();
  const { count, first } = recording.problems;
  return { count, first: first.map(({ file, line, problem }) => ({ source: file, line, problem })) };
}

const eventOf = ({ event }: Line): TapeEvent => {
  if (event.kind !== "markPrice") return event;
  return { ...event, mark: Number(event.mark) };
};

/** A book as far as it was told before the tape begins. */
class Standing {
  private readonly book = new L2Book();
  private opening: (RecordedEvent & { kind: "snapshot" }) | undefined;
  private last = 0;
  private isWhole = false;
  private isMoved = false;

  /** An untouched opening stays as it was recorded. */
  get told(): TapeEvent | undefined {
    if (!this.isMoved) return this.opening;
    const levels = { bids: this.levels("BUY"), asks: this.levels("SELL") };
    if (this.isWhole) return { kind: "snapshot", last: this.last, ...levels };
    return { kind: "depth", first: this.last, last: this.last, prev: undefined, ...levels };
  }

  take(event: RecordedEvent): void {
    if (event.kind === "snapshot") {
      if (this.isWhole && event.last < this.last) return;
      this.opening ??= event;
      this.book.clear();
      this.apply(event);
      this.isWhole = true;
    } else if (event.kind === "depth" && event.last > this.last) {
      this.apply(event);
      this.isMoved = true;
    }
  }

  private apply({ last, bids, asks }: { last: number; bids: readonly number[]; asks: readonly number[] }): void {
    this.last = last;
    for (let i = 0; i < bids.length; i += 2) this.book.set("BUY", bids[i]!, bids[i + 1]!);
    for (let i = 0; i < asks.length; i += 2) this.book.set("SELL", asks[i]!, asks[i + 1]!);
  }

  private levels(side: Side): number[] {
    return Array.from({ length: this.book.size(side) }, (_, rank) => [
      this.book.ticksAt(side, rank),
      this.book.lotsAt(side, rank),
    ]).flat();
  }
}
