/** Rows of one series put in order: what is wrong with one is told, and what cannot be taken is left out. */
import type { TapeMoment } from "../backtest/tape.ts";
import type { RowBatch } from "./read.ts";
import type { Findings } from "./tape-findings.ts";

export interface ReadRow {
  /** What orders rows and is never the same twice: a bar's opening, a trade's id, a payment's time. */
  readonly key: number;
  /** Epoch ms. */
  readonly ts: number;
  readonly moments: readonly TapeMoment[];
}

export interface RowRules {
  /** The row, or what is wrong with it. */
  read(cells: readonly string[], note: (problem: string) => void): ReadRow | string;
  /** `the bar of 2024-08-08T23:54:00.000Z` */
  name(row: ReadRow): string;
  /** What is missing between two rows that follow each other; undefined: nothing. */
  gap(last: ReadRow, next: ReadRow): string | undefined;
}

interface Placed {
  readonly row: ReadRow;
  readonly line: number;
}

/**
 * Rows in order of their keys. Within a batch they are sorted; of two with one key the first is kept; one that belongs
 * before an earlier batch is left out. All of it is told, and so is what is missing.
 */
export async function* orderedRows(
  batches: AsyncIterable<RowBatch>,
  rules: RowRules,
  findings: Findings,
): AsyncGenerator<ReadRow[]> {
  let last: ReadRow | undefined;
  for await (const batch of batches) {
    const rows: ReadRow[] = [];
    for (const { row, line } of readBatch(batch, rules, findings)) {
      const tell = (problem: string): void => findings.add(batch.source, line, problem);
      if (last !== undefined && row.key === last.key) tell(`Twice: ${rules.name(row)}`);
      else if (last !== undefined && row.key < last.key)
        tell(`Not in order: ${rules.name(row)}, too late to be put there`);
      else {
        const missing = last && rules.gap(last, row);
        if (missing !== undefined) tell(missing);
        last = row;
        rows.push(row);
      }
    }
    yield rows;
  }
}

function readBatch({ source, line: first, rows }: RowBatch, rules: RowRules, findings: Findings): Placed[] {
  const placed: Placed[] = [];
  let greatest = Number.NEGATIVE_INFINITY;
  let isOrdered = true;
  for (const [at, cells] of rows.entries()) {
    const line = first + at;
    const row = rules.read(cells, (problem) => findings.add(source, line, problem));
    if (typeof row === "string") {
      findings.add(source, line, row);
      continue;
    }
    if (row.key < greatest) {
      isOrdered = false;
      findings.add(source, line, `Not in order: ${rules.name(row)} stands behind a later one`);
    } else greatest = row.key;
    placed.push({ row, line });
  }
  return isOrdered ? placed : placed.sort((a, b) => a.row.key - b.row.key);
}
