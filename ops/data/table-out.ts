/** Rows written for other programs: CSV with exact decimals, or Parquet with plain numbers, by the file's name. */
import { writeFileSync } from "node:fs";
import { type BasicType, type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { csvText } from "../../shared/kit/csv.ts";

/**
 * `amount` is decimal text: exact in CSV, a 64-bit float in Parquet, which is what notebooks compute with. `time` is
 * epoch ms: ISO text in CSV where its name ends with `ts` or `at`, a UTC timestamp in Parquet.
 */
export type CellKind = "text" | "amount" | "float" | "count" | "time" | "flag";

export interface OutColumn<T> {
  readonly name: string;
  readonly kind: CellKind;
  of(row: T): string | number | boolean | null | undefined;
}

const FORMATS = ["csv", "parquet"] as const;
const formatOf = (path: string) => FORMATS.find((format) => path.toLowerCase().endsWith(`.${format}`));

/** Throws for a name that ends neither with .csv nor with .parquet. */
export function checkTablePath(option: string, path: string | undefined): void {
  if (path !== undefined && formatOf(path) === undefined)
    throw new Error(`--${option} ${path}: its name must end with .csv or .parquet.`);
}

export function writeTable<T>(path: string, columns: readonly OutColumn<T>[], rows: readonly T[]): void {
  if (formatOf(path) === "csv") {
    const cells = rows.map((row) => Object.fromEntries(columns.map((column) => [column.name, column.of(row)])));
    writeFileSync(
      path,
      csvText(
        columns.map(({ name }) => name),
        cells,
      ),
    );
    return;
  }
  const columnData = columns.map(
    (column): ColumnSource => ({
      name: column.name,
      type: PARQUET[column.kind],
      nullable: true,
      data: rows.map((row) => parquetCell(column.kind, column.of(row))),
    }),
  );
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData, createdBy: "chimera" })));
}

const PARQUET: Readonly<Record<CellKind, BasicType>> = {
  ...{ text: "STRING", amount: "DOUBLE", float: "DOUBLE", count: "INT64", time: "TIMESTAMP", flag: "BOOLEAN" },
};

function parquetCell(kind: CellKind, value: string | number | boolean | null | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (kind === "amount") return Number(value);
  if (kind === "count") return BigInt(Math.round(Number(value)));
  return kind === "time" ? new Date(Number(value)) : value;
}
