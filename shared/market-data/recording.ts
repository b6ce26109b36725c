/** A recording: files of raw Binance lines, `<local receive ns> <json>` each, played in order of time as one market. */
import { type InstrumentId, instrumentOf, type Market } from "../domain/instrument.ts";
import { refuse } from "../errors.ts";
import {
  type Envelope,
  type RecordedEvent,
  type RecordedStream,
  readEnvelope,
  readEvent,
  type Scales,
} from "./recorded-line.ts";

export interface Line {
  /** When the recorder had it, epoch ms with a fraction. */
  receiveMs: number;
  /** Receive time on the exchange's clock: plus the file's median (exchange − receive) offset. Never goes back. */
  clockMs: number;
  /** Exchange time, epoch ms; `clockMs` for lines without one. */
  exchTs: number;
  instrument: InstrumentId;
  stream: RecordedStream;
  /** The inner JSON text exactly as received. */
  raw: string;
  event: RecordedEvent;
}

export interface ReplayProblem {
  file: string;
  /** From 1, of the unpacked text. */
  line: number;
  problem: string;
}

const PROBLEMS_KEPT = 20;
/** Lines read ahead to learn a file's market, symbols and clock offset. */
const HEAD_LINES = 2000;
const FUTURES_NAME = /usd[sm]|usdt-?m|fut|perp|swap/i;

/** The lines of one file: at once while buffered, else after a fill. */
export interface RecordedLines {
  /** Number of the last line given, from 1. */
  readonly line: number;
  /** Packed bytes taken so far. */
  readonly bytesRead: number;
  /** Everything readable was given, or will be by `next` without another fill. */
  readonly ended: boolean;
  /** The next line; undefined when a fill is needed or, once `ended`, when there is none. */
  next(): string | undefined;
  /** Reads on. Never throws: a broken file is reported and ends where it breaks. */
  fill(): Promise<void>;
  stop(): void;
}

/** Somewhere that recorded lines lie. */
export interface RecordedFile {
  /** As problems name it; it tells the market where the lines do not. */
  readonly name: string;
  /** As it lies there, packed or not. */
  readonly bytes: number;
  /** All that it may hold, where that is known. */
  readonly instrument?: InstrumentId;
  open(report: (line: number, problem: string) => void): RecordedLines;
}

export interface RecordingOptions {
  /** Tick and step sizes; undefined for an instrument that is not to be played. */
  scalesOf(instrument: InstrumentId): Scales | undefined;
  /** False for one whose lines are passed over without a word. */
  isWanted?(instrument: InstrumentId): boolean;
}

/**
 * Reads ahead in files (in any order, any number a symbol) to learn their markets and clocks. Throws a Problem INVALID
 * when none holds a market.
 *
 * A line that cannot be played is counted in `problems` and left out; a gap in update ids or a receive time that goes
 * back is counted too, but played (at the latest time seen): what follows is still the market.
 */
export async function readRecording(files: readonly RecordedFile[], options: RecordingOptions): Promise<Recording> {
  const problems = new Problems();
  const sources: Source[] = [];
  for (const file of files) {
    const head = await readHead(file);
    if (head === undefined) problems.add({ file: file.name, line: 1, problem: "Nothing that can be played" });
    else sources.push(new Source(file, head, { options, problems }));
  }
  if (sources.length === 0) refuse("INVALID", `No recorded market in ${files.map(({ name }) => name).join(", ")}`);
  return new Recording(sources, problems);
}

class Problems {
  count = 0;
  readonly first: ReplayProblem[] = [];

  add(problem: ReplayProblem): void {
    this.count++;
    if (this.first.length < PROBLEMS_KEPT) this.first.push(problem);
  }
}

export class Recording {
  /** Everything wrong so far: how much, and the first of it. */
  readonly problems: { readonly count: number; readonly first: readonly ReplayProblem[] };
  /** `clockMs` of the first line: where a clock that plays it must begin. */
  readonly startsAt: number;
  readonly instruments: readonly InstrumentId[];
  /**
   * Each book as first recorded: recorders ask for it when differences come already, so it stands some lines into the
   * file. A market that begins with it is whole for a client that asks before that line.
   */
  readonly openings: ReadonlyMap<InstrumentId, RecordedEvent & { kind: "snapshot" }>;
  private readonly active: Source[] = [];
  /** By start, latest first. */
  private readonly waiting: Source[];
  private readonly sources: readonly Source[];
  private clockMs = 0;
  /** Where the latest line came from, to say what is wrong with it. */
  private latest: Source | undefined;
  private latestNumber = 0;
  private readonly lastUpdate = new Map<InstrumentId, number>();

  constructor(sources: Source[], problems: Problems) {
    this.problems = problems;
    this.sources = sources;
    this.waiting = [...sources].sort((a, b) => b.startsAt - a.startsAt);
    this.startsAt = this.waiting.at(-1)!.startsAt;
    this.instruments = [...new Set(sources.flatMap((source) => source.head.instruments))].sort();
    const openings = new Map<InstrumentId, RecordedEvent & { kind: "snapshot" }>();
    // Latest first: the earliest file of an instrument decides, and only that may lack a snapshot.
    for (const source of this.waiting) {
      for (const instrument of source.head.instruments) {
        const opening = source.opening(instrument);
        if (opening === undefined) openings.delete(instrument);
        else openings.set(instrument, opening);
      }
    }
    this.openings = openings;
  }

  /** The next line in order of time, at once where it is buffered; undefined at the end. */
  next(): Line | undefined | Promise<Line | undefined> {
    let line = this.advance();
    while (line !== undefined && !(line instanceof Promise) && !this.follows(line)) line = this.advance();
    return line;
  }

  private advance(): Line | undefined | Promise<Line | undefined> {
    let first = this.earliest();
    const next = this.waiting.at(-1);
    // A file is opened only when its time has come, so that a folder of many costs no more than those that overlap.
    if (next !== undefined && (first === undefined || next.startsAt <= first.line!.clockMs)) {
      this.active.push(this.waiting.pop()!);
    }
    for (const source of this.active) if (source.line === undefined) return this.fillAndGoOn();
    first ??= this.earliest();
    if (first === undefined) return undefined;
    const line = first.line!;
    this.latest = first;
    this.latestNumber = first.number;
    first.step();
    if (first.line === undefined && first.ended) this.active.splice(this.active.indexOf(first), 1);
    this.clockMs = Math.max(this.clockMs, line.clockMs);
    line.clockMs = this.clockMs;
    return line;
  }

  /** Bytes read of all bytes, 0 to 1. */
  progress(): number {
    let read = 0;
    let all = 0;
    for (const source of this.sources) {
      read += source.bytesRead;
      all += source.bytes;
    }
    return all === 0 ? 1 : read / all;
  }

  close(): void {
    for (const source of this.sources) source.close();
  }

  private earliest(): Source | undefined {
    let first: Source | undefined;
    for (const source of this.active) {
      if (source.line !== undefined && (first === undefined || source.line.clockMs < first.line!.clockMs))
        first = source;
    }
    return first;
  }

  /** False for a difference that was already played; a gap is reported and played. */
  private follows({ instrument, event }: Line): boolean {
    if (event.kind !== "depth") return true;
    const last = this.lastUpdate.get(instrument);
    if (last !== undefined && event.last <= last) {
      this.latest!.report(`Update ${event.last} of ${instrument} comes again after ${last}`, this.latestNumber);
      return false;
    }
    this.lastUpdate.set(instrument, event.last);
    if (last === undefined) return true;
    const missing = event.prev === undefined ? event.first > last + 1 : event.prev !== last;
    if (missing) this.latest!.report(`Updates of ${instrument} are missing after ${last}`, this.latestNumber);
    return true;
  }

  private async fillAndGoOn(): Promise<Line | undefined> {
    for (const source of [...this.active]) {
      while (source.line === undefined && !source.ended) await source.fill();
      if (source.line === undefined) this.active.splice(this.active.indexOf(source), 1);
    }
    return this.next();
  }
}

interface Head {
  market: Market;
  instruments: InstrumentId[];
  /** First receive time plus offset. */
  startsAt: number;
  /** Median of exchange time − receive time over the head, ms; 0 where no line has an exchange time. */
  offsetMs: number;
  snapshots: Envelope[];
}

/** One file's good lines. */
class Source {
  line: Line | undefined;
  readonly head: Head;
  readonly bytes: number;
  private readonly file: RecordedFile;
  private readonly context: { options: RecordingOptions; problems: Problems };
  private reader: RecordedLines | undefined;
  private finished = false;
  private receiveMs = 0;

  constructor(file: RecordedFile, head: Head, context: { options: RecordingOptions; problems: Problems }) {
    this.file = file;
    this.head = head;
    this.context = context;
    this.bytes = file.bytes;
  }

  get startsAt(): number {
    return this.head.startsAt;
  }

  get ended(): boolean {
    return this.finished;
  }

  /** Number of the line that stands in `line`. */
  get number(): number {
    return this.reader?.line ?? 0;
  }

  get bytesRead(): number {
    return this.finished ? this.bytes : (this.reader?.bytesRead ?? 0);
  }

  /** The first snapshot of an instrument near the file's beginning. */
  opening(instrument: InstrumentId): (RecordedEvent & { kind: "snapshot" }) | undefined {
    const scales = this.context.options.scalesOf(instrument);
    const first = this.head.snapshots.find((snapshot) => this.instrumentOf(snapshot) === instrument);
    const event = first && scales && readEvent(first, scales);
    return typeof event === "object" && event.kind === "snapshot" ? event : undefined;
  }

  async fill(): Promise<void> {
    this.reader ??= this.file.open((line, problem) => this.report(problem, line));
    await this.reader.fill();
    this.step();
  }

  /** Sets `line` to the next good one that is buffered. */
  step(): void {
    const reader = this.reader!;
    for (;;) {
      const text = reader.next();
      if (text === undefined) {
        this.line = undefined;
        this.finished = reader.ended;
        return;
      }
      if (text === "") continue;
      this.line = this.read(text);
      if (this.line !== undefined) return;
    }
  }

  close(): void {
    this.reader?.stop();
    this.finished = true;
    this.line = undefined;
  }

  private read(text: string): Line | undefined {
    const envelope = readEnvelope(text);
    if (envelope === undefined) return undefined;
    if (typeof envelope === "string") return this.report(envelope);
    const instrument = this.instrumentOf(envelope);
    if (instrument === undefined) return this.report("A snapshot without a symbol in a recording of several");
    const only = this.file.instrument;
    if (only !== undefined && instrument !== only) return this.report(`Of ${instrument}, not ${only}`);
    const { scalesOf, isWanted } = this.context.options;
    if (isWanted?.(instrument) === false) return undefined;
    const scales = scalesOf(instrument);
    if (scales === undefined) return this.report(`${instrument} is not listed`);
    const event = readEvent(envelope, scales);
    if (typeof event === "string") return this.report(event);
    return this.stamped(envelope, instrument, event);
  }

  private stamped(envelope: Envelope, instrument: InstrumentId, event: RecordedEvent): Line {
    const { receiveMs, stream, raw } = envelope;
    if (receiveMs < this.receiveMs) this.report(`Time goes back by ${(this.receiveMs - receiveMs).toFixed(3)} ms`);
    else this.receiveMs = receiveMs;
    const clockMs = this.receiveMs + this.head.offsetMs;
    return { receiveMs, clockMs, exchTs: envelope.exchTs ?? clockMs, instrument, stream, raw, event };
  }

  private instrumentOf({ market, symbol }: Envelope): InstrumentId | undefined {
    if (symbol !== undefined) return instrumentOf(market ?? this.head.market, symbol);
    return this.head.instruments.length === 1 ? this.head.instruments[0] : undefined;
  }

  report(problem: string, line = this.number): undefined {
    this.context.problems.add({ file: this.file.name, line, problem });
  }
}

async function readHead(file: RecordedFile): Promise<Head | undefined> {
  const reader = file.open(() => {});
  const seen: Envelope[] = [];
  while (seen.length < HEAD_LINES) {
    const text = reader.next();
    if (text === undefined) {
      if (reader.ended) break;
      await reader.fill();
      continue;
    }
    const envelope = readEnvelope(text);
    if (typeof envelope === "object") seen.push(envelope);
  }
  reader.stop();
  return seen.length === 0 ? undefined : headOf(file, seen);
}

function headOf({ name, instrument }: RecordedFile, seen: readonly Envelope[]): Head {
  const futures = seen.filter(({ market }) => market === "FUT").length;
  const spot = seen.filter(({ market }) => market === "SPOT").length;
  const byName: Market = FUTURES_NAME.test(name) ? "FUT" : "SPOT";
  const market = futures === spot ? byName : futures > spot ? "FUT" : "SPOT";
  const instruments = new Set<InstrumentId>(instrument === undefined ? [] : [instrument]);
  const offsets: number[] = [];
  for (const { symbol, receiveMs, exchTs, market: own } of seen) {
    if (symbol !== undefined && instrument === undefined) instruments.add(instrumentOf(own ?? market, symbol));
    if (exchTs !== undefined) offsets.push(exchTs - receiveMs);
  }
  offsets.sort((a, b) => a - b);
  const offsetMs = offsets[offsets.length >> 1] ?? 0;
  const snapshots = seen.filter(({ stream }) => stream === "snapshot");
  const first = seen.reduce((least, { receiveMs }) => Math.min(least, receiveMs), Number.POSITIVE_INFINITY);
  return { market, instruments: [...instruments], startsAt: first + offsetMs, offsetMs, snapshots };
}
