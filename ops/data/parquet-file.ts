/** A Parquet file's rows as cells of text, one row group at a time. */
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { cellText } from "../../shared/market-data/cells.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import type { Table } from "./table.ts";

/** Rows held as objects at once. */
const BATCH_ROWS = 20_000;

/** Times come out as epoch nanoseconds, microseconds or milliseconds, as the column has them. */
const parsers = {
  timestampFromMilliseconds: (time: bigint) => time,
  timestampFromMicroseconds: (time: bigint) => time,
  timestampFromNanoseconds: (time: bigint) => time,
};

export async function readParquet(path: string): Promise<Table> {
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const header = metadata.schema.slice(1).map(({ name }) => name);
    const batches = () => rowsOf(path, { file, metadata, header });
    return { name: path, header, isTable: true, batches, close: () => {} };
  } catch (error) {
    throw new Damage(path, 0, `No whole Parquet file: ${(error as Error).message}`);
  }
}

interface Opened {
  file: Awaited<ReturnType<typeof asyncBufferFromFile>>;
  metadata: FileMetaData;
  header: readonly string[];
}

async function* rowsOf(path: string, { file, metadata, header }: Opened): AsyncGenerator<string[][]> {
  const total = Number(metadata.num_rows);
  for (let from = 0; from < total; from += BATCH_ROWS) {
    const rowEnd = Math.min(total, from + BATCH_ROWS);
    try {
      const rows = await parquetReadObjects({ file, metadata, compressors, parsers, rowStart: from, rowEnd });
      yield rows.map((row) => header.map((name) => cellText(row[name])));
    } catch (error) {
      throw new Damage(path, from + 1, `Cannot be read from here on: ${(error as Error).message}`);
    }
  }
}
