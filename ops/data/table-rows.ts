/** Rows of any file of a table in the library's columns, unchecked: what is wrong with one is for the reader to tell. */
import { readCount, readDecimal, readFlag, readTime, timeUnit } from "../../shared/market-data/cells.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import type { ColumnType } from "../../shared/market-data/kinds.ts";
import type { Series } from "../../shared/market-data/library.ts";
import type { RowBatch } from "../../shared/market-data/read.ts";
import { type Plan, planRows } from "../../shared/market-data/rows.ts";
import { seriesOf } from "./import.ts";
import type { Wanted } from "./imported.ts";
import type { Table } from "./table.ts";
import { openTable } from "./tables.ts";
import { formOf } from "./text-lines.ts";

export interface FileRows extends Series {
  readonly path: string;
  readonly plan: Plan;
  /** Of its first row with a time, epoch ms. */
  readonly first_ts: number;
}

/** Finds out what a file holds. Throws a Damage where that is not clear, or where it has no rows. */
export async function describeFile(path: string, wanted: Wanted): Promise<FileRows> {
  const table = await openTable(path, await formOf(path), () => {});
  try {
    const first = await table.batches().next();
    if (first.done) throw new Damage(table.name, 0, "There are no rows in it");
    const series = seriesOf(path, table, { wanted, rows: first.value });
    const plan = planRows(series.kind, table.header, first.value[0]?.length ?? 0);
    if (typeof plan === "string") throw new Damage(table.name, 1, plan);
    const times = first.value.map((row) => Number(cellOf("time", row[plan.places[0] as number] ?? "")));
    return { ...series, path, plan, first_ts: times.find(Number.isFinite) ?? 0 };
  } finally {
    table.close();
  }
}

/** Throws a Damage where the file itself is broken. */
export async function* rowsOfFile({ path, plan }: FileRows): AsyncGenerator<RowBatch> {
  const table: Table = await openTable(path, await formOf(path), () => {});
  let line = table.header === undefined || table.isTable ? 1 : 2;
  try {
    for await (const batch of table.batches()) {
      yield { source: table.name, line, rows: batch.map((row) => columnsOf(row, plan)) };
      line += batch.length;
    }
  } finally {
    table.close();
  }
}

/** A row of another width has no time that can be read. */
function columnsOf(row: readonly string[], { kind, places, width }: Plan): string[] {
  if (row.length !== width) return [`${row.length} columns, not ${width}`];
  return kind.columns.map(({ type }, at) => {
    const place = places[at] as number;
    return place < 0 ? "" : cellOf(type, row[place] as string);
  });
}

/** As the library would keep it; what it would not stays as it is. */
function cellOf(type: ColumnType, text: string): string {
  if (type === "time") {
    const unit = timeUnit(text);
    return unit === undefined ? text : String(readTime(text, unit));
  }
  if (type === "count") return readCount(text) ?? text;
  if (type === "flag") return readFlag(text) ?? text;
  return readDecimal(text) ?? text;
}
