/** An Arrow file's rows (Feather version 2, as pandas and freqtrade write it) as cells of text. */
import { readFile, stat } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import { CompressionType, compressionRegistry, RecordBatchReader } from "apache-arrow";
import { cellText } from "../../shared/market-data/cells.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import { unpackLz4Frame } from "./lz4-frame.ts";
import type { Table } from "./table.ts";

/** Such a file is read whole. */
const BYTES_MAX = 1 << 30;

compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: unpackLz4Frame });
compressionRegistry.set(CompressionType.ZSTD, { decode: (body) => new Uint8Array(zstdDecompressSync(body)) });

export async function readArrow(path: string): Promise<Table> {
  const { size } = await stat(path);
  if (size > BYTES_MAX) throw new Damage(path, 0, `More than ${BYTES_MAX} bytes`);
  try {
    const reader = await RecordBatchReader.from(await readFile(path)).open();
    const header = reader.schema.fields.map(({ name }) => name);
    return { name: path, header, isTable: true, batches: () => rowsOf(path, reader, header), close: () => {} };
  } catch (error) {
    throw new Damage(path, 0, `No whole Arrow file: ${(error as Error).message}`);
  }
}

async function* rowsOf(path: string, reader: RecordBatchReader, header: readonly string[]): AsyncGenerator<string[][]> {
  let line = 0;
  try {
    for (const batch of reader) {
      const columns = header.map((_, at) => batch.getChildAt(at));
      const rows = Array.from({ length: batch.numRows }, (_, row) =>
        columns.map((column) => cellText(column?.get(row))),
      );
      line += rows.length;
      if (rows.length > 0) yield rows;
    }
  } catch (error) {
    throw new Damage(path, line + 1, `Cannot be read from here on: ${(error as Error).message}`);
  }
}
