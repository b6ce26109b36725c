/** Taking a file into the library: what it holds is found out, every row checked, and all of it stored or nothing. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { timeUnit } from "../../shared/market-data/cells.ts";
import { Damage, damageAt, Unfit } from "../../shared/market-data/damage.ts";
import { intervalOf } from "../../shared/market-data/intervals.ts";
import { isCandles, type KindName, kindOfHeader } from "../../shared/market-data/kinds.ts";
import { instrumentFrom, type Library, type Series, type Source } from "../../shared/market-data/library.ts";
import { type Plan, planRows, RowReader } from "../../shared/market-data/rows.ts";
import { importLines, isRecording } from "./import-lines.ts";
import { type Imported, type Taking, takenBefore, type Wanted } from "./imported.ts";
import { hintsOf } from "./name-hints.ts";
import { PartWriter } from "./part-writer.ts";
import type { Table } from "./table.ts";
import { openTable } from "./tables.ts";
import { formOf, openText } from "./text-lines.ts";

export interface ImportOptions {
  library: Library;
  wanted: Wanted;
  /** Epoch ms. */
  now: number;
  /** Share of the file that was read. */
  onProgress?(share: number): void;
  /** Where the file came from, when that is elsewhere than where it lies. */
  origin?: string;
}

/** Throws a Damage, with the file and line, for what cannot be taken; the library then is as before. */
export async function importFile(path: string, options: ImportOptions): Promise<Imported> {
  const form = await formOf(path);
  const { library, wanted, now } = options;
  const hash = await fileSha256(path);
  const source: Source = { file: options.origin ?? path, sha256: hash, imported_at: now };
  const { size } = await stat(path);
  const onBytes = (bytes: number): void => options.onProgress?.(bytes / size);
  const isText = form !== "parquet" && form !== "arrow";
  if (isText && (wanted.kind === "lines" || (wanted.kind === undefined && (await isRecording(path, form))))) {
    const text = await openText(path, form, onBytes);
    try {
      return await importLines(path, text, { library, wanted, source });
    } finally {
      text.close();
    }
  }
  const table = await openTable(path, form, onBytes);
  try {
    return await importTable(path, table, { library, wanted, source });
  } finally {
    table.close();
  }
}

async function importTable(path: string, table: Table, { library, wanted, source }: Taking): Promise<Imported> {
  const rows = table.batches();
  const first = await rows.next();
  if (first.done) throw new Damage(table.name, 0, "There are no rows in it");
  const series = seriesOf(path, table, { wanted, rows: first.value });
  const planned = planRows(series.kind, table.header, first.value[0]?.length ?? 0);
  if (typeof planned === "string") throw new Damage(table.name, 1, planned);
  const plan: Plan = { ...planned, ...(series.interval !== undefined && { interval: series.interval }) };
  const taken = wanted.replace ? undefined : await takenBefore(library, series, source);
  if (taken !== undefined) return taken;
  const writer = await PartWriter.open({ library, series, source, replace: wanted.replace === true });
  const reader = new RowReader(plan);
  let line = table.header === undefined || table.isTable ? 0 : 1;
  const range = { rows: 0, first_ts: 0, last_ts: 0 };
  try {
    for (let batch: string[][] | undefined = first.value; batch !== undefined; ) {
      for (const cells of batch) {
        line++;
        const row = reader.read(cells);
        if (typeof row === "string") throw new Unfit(row);
        await writer.write(row);
        if (range.rows++ === 0) range.first_ts = row.ts;
        range.last_ts = row.ts;
      }
      const next = await rows.next();
      batch = next.done ? undefined : next.value;
    }
    const { known, parts } = await writer.commit();
    return { ...series, file: source.file, sha256: source.sha256, ...range, known, parts, is_repeat: false };
  } catch (error) {
    await writer.abandon();
    throw damageAt(table.name, line, error);
  }
}

interface Evidence {
  wanted: Wanted;
  rows: readonly string[][];
}

/** What the file is about: the caller's word first, then its name, then its content. */
export function seriesOf(path: string, table: Table, { wanted, rows }: Evidence): Series {
  const hints = hintsOf(path);
  const kind =
    wanted.kind ?? hints.kind ?? (table.header && kindOfHeader(table.header)) ?? kindOfRow(rows[0], hints.interval);
  if (kind === undefined) throw new Damage(path, 0, "It is not clear what it holds; say --kind (and --interval)");
  const symbol = wanted.symbol ?? hints.symbol;
  if (symbol === undefined) throw new Damage(path, 0, "Its name tells no symbol; say --symbol BTCUSDT");
  const market = wanted.market ?? hints.market ?? (kind === "klines" || kind.endsWith("rades") ? undefined : "FUT");
  if (market === undefined) throw new Damage(path, 0, "Its path tells no market; say --market SPOT or --market FUT");
  const instrument = instrumentFrom(market, symbol);
  if (!isCandles(kind)) return { instrument, kind };
  const interval = wanted.interval ?? hints.interval ?? intervalIn(table, rows, kind);
  if (interval === undefined) throw new Damage(path, 0, "It is not clear how long its candles are; say --interval 1m");
  return { instrument, kind, interval };
}

/** Of a file without a header: Binance's candles are twelve columns wide, and nothing else is. */
function kindOfRow(row: readonly string[] | undefined, interval: string | undefined): KindName | undefined {
  if (row?.length === 12) return "klines";
  return interval !== undefined && (row?.length === 5 || row?.length === 6) ? "klines" : undefined;
}

/** The least step between the first rows. */
function intervalIn(table: Table, rows: readonly string[][], kind: KindName): string | undefined {
  const plan = planRows(kind, table.header, rows[0]?.length ?? 0);
  if (typeof plan === "string") return undefined;
  const reader = new RowReader(plan);
  const times = rows.slice(0, 100).flatMap((cells) => {
    const row = timeUnit(cells[plan.places[0] as number] ?? "") === undefined ? "" : reader.read(cells);
    return typeof row === "string" ? [] : [row.ts];
  });
  const steps = times.slice(1).map((ts, at) => ts - (times[at] as number));
  return steps.length === 0 ? undefined : intervalOf(Math.min(...steps));
}

export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
