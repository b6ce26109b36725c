/** One row of history from foreign cells: checked, in our columns, and in order behind the row before it. */
import { readCount, readDecimal, readFlag, readTime, type TimeUnit, timeUnit } from "./cells.ts";
import { shown } from "./damage.ts";
import { isOpen } from "./intervals.ts";
import { type ColumnType, headerOf, type Kind, type KindName, kindOf, plainName } from "./kinds.ts";

export interface Row {
  /** Epoch ms, with decimals where the source has microseconds. */
  readonly ts: number;
  /** Orders rows of one time; 0 where a time has but one row. */
  readonly second: number;
  /** The stored line, without its end. */
  readonly line: string;
}

export interface Plan {
  readonly kind: Kind;
  /** Of candles. */
  readonly interval?: string;
  /** For each of the kind's columns, where a file's row has it; -1: it has not. */
  readonly places: readonly number[];
  /** Cells in every row of the file. */
  readonly width: number;
}

/** How a file with this header, or rows of this width, is read; a text says why it cannot be. */
export function planRows(name: KindName, header: readonly string[] | undefined, width: number): Plan | string {
  const kind = kindOf(name);
  if (header === undefined) {
    const layout = kind.layouts[width];
    if (layout === undefined) {
      return `${width} columns without a header are no ${name}; it has ${Object.keys(kind.layouts).join(", ")}`;
    }
    return { kind, width, places: kind.columns.map((column) => layout.indexOf(column.name)) };
  }
  const names = header.map(plainName);
  const double = names.find((one, at) => one !== "" && names.indexOf(one) !== at);
  if (double !== undefined) return `The header names ${shown(double)} twice`;
  const places = kind.columns.map(({ also }) => {
    const alias = also.find((one) => names.includes(one));
    return alias === undefined ? -1 : names.indexOf(alias);
  });
  const lacking = kind.columns.filter(({ optional }, at) => !optional && places[at] === -1);
  if (lacking.length > 0) {
    return `The header has no ${lacking.map((one) => one.name).join(", ")}: ${shown(header.join(","))}`;
  }
  return { kind, width: header.length, places };
}

/** The plan of stored parts. */
export function planStored(name: KindName, interval: string | undefined): Plan {
  const header = headerOf(kindOf(name)).split(",");
  return { ...(planRows(name, header, header.length) as Plan), ...(interval !== undefined && { interval }) };
}

const READERS: Readonly<Record<Exclude<ColumnType, "time">, (text: string) => string | undefined>> = {
  price: (text) => positive(readDecimal(text)),
  rate: readDecimal,
  amount: (text) => unsigned(readDecimal(text)),
  count: readCount,
  flag: readFlag,
};
const positive = (text: string | undefined) => (text === "0" ? undefined : unsigned(text));
const unsigned = (text: string | undefined) => (text?.startsWith("-") ? undefined : text);

/** Reads the rows of one file one after the other; a text says what is wrong with the row. */
export class RowReader {
  private readonly plan: Plan;
  private readonly cells: string[];
  private readonly secondAt: number;
  private unit: TimeUnit | undefined;
  private ts = Number.NEGATIVE_INFINITY;
  private second = Number.NEGATIVE_INFINITY;

  constructor(plan: Plan) {
    this.plan = plan;
    this.cells = new Array(plan.kind.columns.length).fill("");
    this.secondAt = plan.kind.columns.findIndex(({ name }) => name === plan.kind.second);
  }

  read(row: readonly string[]): Row | string {
    const { kind, places, width, interval } = this.plan;
    if (row.length !== width) return `${row.length} columns, not ${width} as before`;
    const ts = this.time(row[places[0] as number] as string);
    if (typeof ts === "string") return ts;
    this.cells[0] = String(ts);
    for (let at = 1; at < places.length; at++) {
      const column = kind.columns[at] as Kind["columns"][number];
      const place = places[at] as number;
      const text = place < 0 ? "" : (row[place] as string);
      const value = text === "" && column.optional ? "" : READERS[column.type as Exclude<ColumnType, "time">](text);
      if (value === undefined) return `${column.name}: ${shown(text)} is no ${column.type}`;
      this.cells[at] = value;
    }
    if (kind.hasInterval) {
      const problem = this.candle(ts, interval);
      if (problem !== undefined) return problem;
    }
    const second = this.secondAt < 0 ? 0 : Number(this.cells[this.secondAt]);
    if (ts < this.ts) return `Not in order: it is from before the row above (${moment(ts)} after ${moment(this.ts)})`;
    if (ts === this.ts && second === this.second) return `The row above again: ${moment(ts)}`;
    if (kind.idsCountOn ? second <= this.second : ts === this.ts && second < this.second) {
      return `Not in order: ${kind.second} ${second} after ${this.second}`;
    }
    this.ts = ts;
    this.second = second;
    return { ts, second, line: this.cells.join(",") };
  }

  /** All times of a file are in one unit, else it was put together from files that do not go together. */
  private time(text: string): number | string {
    const unit = timeUnit(text);
    if (unit === undefined) return `ts: ${shown(text)} is no time`;
    this.unit ??= unit;
    if (unit !== this.unit) return `Times of mixed units: ${shown(text)} is in ${unit}, those above in ${this.unit}`;
    const ts = readTime(text, unit);
    return Number.isFinite(ts) ? ts : `ts: ${shown(text)} is no time`;
  }

  private candle(ts: number, interval: string | undefined): string | undefined {
    const [, open, high, low, close] = this.cells.map(Number) as [number, number, number, number, number];
    if (low > Math.min(open, close) || high < Math.max(open, close)) {
      return `No candle: open ${open}, high ${high}, low ${low}, close ${close}`;
    }
    if (interval !== undefined && !isOpen(interval, ts)) return `No ${interval} candle opens at ${moment(ts)}`;
    return undefined;
  }
}

export const moment = (ts: number): string => new Date(ts).toISOString();
