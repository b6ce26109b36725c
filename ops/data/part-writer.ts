/** Writes the rows of one series into parts, with what lies there already; nothing counts until `commit`. */
import { createHash, type Hash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { digest } from "../../shared/keys.ts";
import { Unfit } from "../../shared/market-data/damage.ts";
import { missingBetween, periodName, startOf } from "../../shared/market-data/intervals.ts";
import { headerOf, kindOf } from "../../shared/market-data/kinds.ts";
import {
  folderOf,
  type Library,
  type Manifest,
  type Part,
  periodOf,
  type Series,
  type Source,
  spanOf,
} from "../../shared/market-data/library.ts";
import { moment, type Row } from "../../shared/market-data/rows.ts";
import { StoredRows } from "../../shared/market-data/stored-rows.ts";
import { mergeRow } from "./merge.ts";

const compress = promisify(gzip);
/** Text that one gzip member holds. */
const MEMBER_CHARACTERS = 4_000_000;
/** Funding comes at least this often. */
const FUNDING_MS_MAX = 8 * 3_600_000 + 60_000;

export interface WriterOptions {
  library: Library;
  series: Series;
  source: Source;
  /** Rows that differ from those there take their place; else they are refused. */
  replace: boolean;
}

export interface Written {
  manifest: Manifest;
  /** Rows that were there already. */
  known: number;
  parts: number;
}

interface Sheet {
  readonly end: number;
  readonly part: Part;
  readonly hash: Hash;
  readonly lines: string[];
  characters: number;
  /** Of the part that is there already. */
  readonly stored: StoredRows | undefined;
  last: Row | undefined;
}

/** Rows come in order. A row that cannot be taken throws an Unfit. */
export class PartWriter {
  private readonly options: WriterOptions;
  private readonly manifest: Manifest;
  private readonly written: Part[] = [];
  private sheet: Sheet | undefined;
  private known = 0;

  constructor(options: WriterOptions, manifest: Manifest) {
    this.options = options;
    this.manifest = manifest;
  }

  static async open(options: WriterOptions): Promise<PartWriter> {
    return new PartWriter(options, await options.library.manifest(options.series));
  }

  async write(row: Row): Promise<void> {
    let sheet = this.sheet;
    if (sheet === undefined || row.ts >= sheet.end) {
      await this.finish();
      sheet = await this.begin(row);
    }
    const { stored } = sheet;
    if (stored !== undefined) {
      for (let old = await stored.peek(); old !== undefined; old = await stored.peek()) {
        const merged = mergeRow(old, row, this.options);
        if (merged === "later") break;
        stored.take();
        if (merged === "earlier") await this.put(sheet, old);
        else {
          this.known += merged.line === old.line ? 1 : 0;
          return this.put(sheet, merged);
        }
      }
    }
    await this.put(sheet, row);
  }

  /** From here on the rows are in the library. */
  async commit(): Promise<Written> {
    await this.finish();
    const periods = new Set(this.written.map(({ period }) => period));
    const kept = this.manifest.parts.filter(({ period }) => !periods.has(period));
    const manifest = { ...this.manifest, parts: [...kept, ...this.written] };
    await this.options.library.save(manifest);
    return { manifest, known: this.known, parts: this.written.length };
  }

  /** Takes back what was written. */
  async abandon(): Promise<void> {
    const keys = [...this.written.map(({ key }) => key), ...(this.sheet ? [this.sheet.part.key] : [])];
    const named = new Set(this.manifest.parts.map(({ key }) => key));
    for (const key of keys) if (!named.has(key)) await this.options.library.blobs.delete(key);
  }

  private async begin(row: Row): Promise<Sheet> {
    const { library, series, source, replace } = this.options;
    const span = spanOf(series, row.ts);
    const period = periodName(periodOf(series), span.start);
    const before = this.manifest.parts.find((part) => part.period === period);
    const isLines = series.kind === "lines";
    if (before !== undefined && isLines && !replace && row.ts < before.last_ts) {
      throw new Unfit(
        `Lines from ${moment(before.first_ts)} to ${moment(before.last_ts)} are there already; --replace takes these instead`,
      );
    }
    const stays = before !== undefined && !(isLines && replace);
    const key = `${folderOf(series)}${period}.${markOf(source, before)}${isLines ? "" : ".csv"}.gz`;
    // Another run of the same import may have been killed here.
    await library.blobs.delete(key);
    const stored = stays ? await StoredRows.open(library, series, before) : undefined;
    const part: Part = {
      period,
      key,
      rows: 0,
      first_ts: row.ts,
      last_ts: row.ts,
      gaps: 0,
      missing: 0,
      bytes: 0,
      sha256: "",
      sources: [...(stays ? before.sources : []), source],
    };
    const lines = isLines ? [] : [headerOf(kindOf(series.kind))];
    this.sheet = { end: span.end, part, hash: createHash("sha256"), lines, characters: 0, stored, last: undefined };
    return this.sheet;
  }

  private async put(sheet: Sheet, row: Row): Promise<void> {
    countGap(sheet.part, this.options.series, sheet.last, row);
    sheet.last = row;
    sheet.part.rows++;
    sheet.lines.push(row.line);
    sheet.characters += row.line.length + 1;
    if (sheet.characters >= MEMBER_CHARACTERS) await this.flush(sheet);
  }

  private async flush(sheet: Sheet): Promise<void> {
    if (sheet.lines.length === 0) return;
    const body = await compress(`${sheet.lines.join("\n")}\n`);
    sheet.lines.length = 0;
    sheet.characters = 0;
    sheet.hash.update(body);
    sheet.part.bytes += body.length;
    await this.options.library.blobs.append(sheet.part.key, new Uint8Array(body));
  }

  private async finish(): Promise<void> {
    const sheet = this.sheet;
    if (sheet === undefined) return;
    for (let old = await sheet.stored?.peek(); old !== undefined; old = await sheet.stored?.peek()) {
      sheet.stored?.take();
      await this.put(sheet, old);
    }
    await this.flush(sheet);
    sheet.part.sha256 = sheet.hash.digest("hex");
    this.written.push(sheet.part);
    this.sheet = undefined;
  }
}

/** Of no part that is there: what is read is never written over. */
function markOf({ sha256 }: Source, before: Part | undefined): string {
  const mark = digest(sha256, before?.sha256 ?? "").slice(0, 12);
  return before?.key.includes(`.${mark}.`) ? digest(sha256, mark).slice(0, 12) : mark;
}

/** Takes a row into what a part says of its rows. */
export function countGap(part: Part, series: Series, last: Row | undefined, row: Row): void {
  const { idsCountOn } = kindOf(series.kind);
  if (last === undefined) {
    part.first_ts = row.ts;
    if (idsCountOn) part.first_id = row.second;
  } else {
    const missing = missingRows(series, last, row);
    part.gaps += missing > 0 ? 1 : 0;
    part.missing += missing;
  }
  part.last_ts = row.ts;
  if (idsCountOn) part.last_id = row.second;
}

/** Bars, ids or payments that lie between two rows and are not there; of depth and recorded lines nobody knows. */
export function missingRows(series: Series, last: Omit<Row, "line">, next: Omit<Row, "line">): number {
  const { idsCountOn } = kindOf(series.kind);
  if (series.interval !== undefined) return missingBetween(series.interval, last.ts, next.ts);
  if (idsCountOn) return Math.max(0, next.second - last.second - 1);
  if (series.kind !== "fundingRate") return 0;
  const ms = startOf("hour", next.ts + 1_800_000) - startOf("hour", last.ts + 1_800_000);
  return ms <= FUNDING_MS_MAX ? 0 : Math.max(1, Math.round(ms / FUNDING_MS_MAX) - 1);
}
