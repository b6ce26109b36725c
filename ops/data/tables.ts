/** Opening a file of rows and columns: CSV (also gzip or zip), Parquet or Arrow (Feather). */
import { timeUnit } from "../../shared/market-data/cells.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import type { Table } from "./table.ts";
import { type FileForm, openText } from "./text-lines.ts";

export async function openTable(path: string, form: FileForm, onBytes: (bytes: number) => void): Promise<Table> {
  // Their libraries take a while to load.
  if (form === "parquet") return (await import("./parquet-file.ts")).readParquet(path);
  if (form === "arrow") return (await import("./arrow-file.ts")).readArrow(path);
  const text = await openText(path, form, onBytes);
  const lines = text.batches();
  const first = await lines.next();
  const [head = "", ...rest] = first.done ? [] : first.value;
  const cells = cellsOf(head.replace(/^\uFEFF/, ""));
  if (head === "") {
    text.close();
    throw new Damage(text.name, first.done ? 0 : 1, first.done ? "There are no rows in it" : "The first line is empty");
  }
  // A header has names where rows have times and numbers.
  const isHeader = cells.every((cell) => timeUnit(cell) === undefined && !/^[-+]?[\d.]/.test(cell));
  const opening = isHeader ? rest : [head, ...rest];
  return {
    name: text.name,
    header: isHeader ? cells : undefined,
    isTable: false,
    batches: () => rowsOf({ name: text.name, opening, line: isHeader ? 1 : 0 }, lines),
    close: () => text.close(),
  };
}

interface Opening {
  name: string;
  opening: string[];
  line: number;
}

async function* rowsOf({ name, opening, line }: Opening, lines: AsyncGenerator<string[]>): AsyncGenerator<string[][]> {
  let at = line;
  let ended = 0;
  const split = (batch: readonly string[]): string[][] => {
    const rows: string[][] = [];
    for (const text of batch) {
      at++;
      if (text === "") ended ||= at;
      else if (ended > 0) throw new Damage(name, ended, "An empty line in the middle");
      else rows.push(cellsOf(text));
    }
    return rows;
  };
  const first = split(opening);
  if (first.length > 0) yield first;
  for await (const batch of lines) {
    const rows = split(batch);
    if (rows.length > 0) yield rows;
  }
}

/** Numbers and names need no quotes; a quoted one loses them. */
function cellsOf(line: string): string[] {
  const cells = line.split(line.includes(",") ? "," : /[;\t]/);
  return line.includes('"') ? cells.map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")) : cells;
}
