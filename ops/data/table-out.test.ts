import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readParquet } from "./parquet-file.ts";
import { checkTablePath, type OutColumn, writeTable } from "./table-out.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-table-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Row {
  id: string;
  pnl: string | undefined;
  roi: number | null;
  trades: number;
  opened_at: number;
  won: boolean;
}
const COLUMNS: OutColumn<Row>[] = [
  { name: "id", kind: "text", of: ({ id }) => id },
  { name: "pnl_usdt", kind: "amount", of: ({ pnl }) => pnl },
  { name: "roi", kind: "float", of: ({ roi }) => roi },
  { name: "trades", kind: "count", of: ({ trades }) => trades },
  { name: "opened_at", kind: "time", of: ({ opened_at }) => opened_at },
  { name: "won", kind: "flag", of: ({ won }) => won },
];
const AT = Date.UTC(2025, 4, 4, 15, 33, 0, 250);
const ROWS: Row[] = [
  { id: 'a "b", c', pnl: "-0.123456789012345678", roi: 0.25, trades: 3, opened_at: AT, won: false },
  { id: "=1+1", pnl: undefined, roi: null, trades: 0, opened_at: AT + 1, won: true },
];

test("CSV has decimals to their last digit, times as ISO, and nothing that a spreadsheet would run", () => {
  const path = join(folder, "trades.csv");
  writeTable(path, COLUMNS, ROWS);
  expect(readFileSync(path, "utf8").split("\r\n")).toEqual([
    "id,pnl_usdt,roi,trades,opened_at,won",
    '"a ""b"", c",-0.123456789012345678,0.25,3,2025-05-04T15:33:00.250Z,false',
    "'=1+1,,,0,2025-05-04T15:33:00.251Z,true",
    "",
  ]);
});

test("Parquet comes back as it was, with empty cells where there was nothing", async () => {
  const path = join(folder, "trades.parquet");
  writeTable(path, COLUMNS, ROWS);
  const table = await readParquet(path);
  expect(table.header).toEqual(COLUMNS.map(({ name }) => name));
  const rows = (await Array.fromAsync(table.batches())).flat();
  expect(rows.map(([id, pnl, roi, trades, opened_at]) => [id, pnl, roi, trades, opened_at])).toEqual([
    ['a "b", c', "-0.12345678901234568", "0.25", "3", String(AT)],
    ["=1+1", "", "", "0", String(AT + 1)],
  ]);
});

test("a table without rows can be read", async () => {
  const path = join(folder, "none.parquet");
  writeTable(path, COLUMNS, []);
  expect((await Array.fromAsync((await readParquet(path)).batches())).flat()).toEqual([]);
});

test("a name without a known ending is refused before anything runs", () => {
  expect(() => checkTablePath("trades", "trades.xlsx")).toThrow("--trades trades.xlsx");
  expect(() => checkTablePath("trades", "a.CSV")).not.toThrow();
  expect(() => checkTablePath("trades", undefined)).not.toThrow();
});
