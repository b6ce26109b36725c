/** Rows of the library for a tape: a part that is gone or breaks off is told, and the others are read all the same. */
import type { Library, Series } from "./library.ts";
import { partsBetween } from "./library.ts";
import { type Range, type RowBatch, readPart } from "./read.ts";
import type { Findings } from "./tape-findings.ts";

export interface LibraryRows {
  readonly library: Library;
  readonly findings: Findings;
}

export async function* libraryRows(
  { library, findings }: LibraryRows,
  series: Series,
  range: Range,
): AsyncGenerator<RowBatch> {
  for (const part of partsBetween(await library.manifest(series), range.from, range.to)) {
    let line = 1;
    try {
      for await (const batch of readPart(library, part, range)) {
        yield batch;
        line = batch.line + batch.rows.length;
      }
    } catch (error) {
      findings.add(part.key, line, `It breaks off here: ${(error as Error).message}`);
    }
  }
}
