import { afterAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import { Library } from "../../shared/market-data/library.ts";
import type { Candle } from "../../shared/market-data/read.ts";
import { candleRows } from "./candle-file.ts";
import { archiveCsv, bare, featherOf, file, MINUTE, NOW, newFolder, START } from "./candles.fixture.ts";
import { filesUnder } from "./folder-files.ts";
import { importFile } from "./import.ts";

const folder = newFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LIST: Candle[] = Array.from({ length: 90 }, (_, at) => ({
  ts: START + at * MINUTE,
  open: "10",
  high: "12.5",
  low: "9",
  close: "11",
  volume: String(at),
  quote_volume: "100",
  trades: "3",
  taker_volume: "1",
  taker_quote_volume: "7",
}));
const cellsOf = (c: Candle, end?: string) => [
  ...[String(c.ts), c.open, c.high, c.low, c.close, c.volume, end],
  ...[c.quote_volume, c.trades, c.taker_volume, c.taker_quote_volume].map((cell) => cell || undefined),
];
const rowsOf = async (path: string) => (await Array.fromAsync(candleRows(path))).map(({ cells }) => cells);

test("columns are found by their names, in a file and in a library's folder of two months", async () => {
  const path = file(folder, "BTCUSDT-1m.csv", archiveCsv(LIST));
  const plain = (text: string | undefined) => (text === undefined ? text : String(Number(text)));
  expect((await rowsOf(path)).map((cells) => cells.map(plain))).toEqual(LIST.map((one) => cellsOf(one)));
  const library = new Library(new FolderBlobs(join(folder, "blobs")));
  const { parts } = await importFile(path, { library, wanted: { market: "FUT" }, now: NOW });
  expect(parts).toBe(2);
  const stored = join(folder, "blobs/market/fut-btcusdt/klines-1m");
  file(stored, "2024-06.left.csv.gz", "what an import that was killed left");
  expect(await rowsOf(stored)).toEqual(LIST.map((one) => cellsOf(one)));
});

test("positions stay what they are without a header, and Feather has what it has", async () => {
  const [first] = await rowsOf(file(folder, "plain.csv", archiveCsv(LIST, { header: false })));
  expect(first?.slice(0, 2)).toEqual([String(START), "10.00000000"]);
  expect(first).toHaveLength(12);
  const feather = await rowsOf(file(folder, "a.feather", featherOf(LIST)));
  expect(feather).toEqual(LIST.map((one) => cellsOf(bare(one))));
});

test("a header of something else, and a folder of nothing", async () => {
  const other = file(folder, "other.csv", "ts,price\n1,2\n");
  await expect(Array.fromAsync(candleRows(other))).rejects.toThrow(Damage);
  expect(() => filesUnder(newFolder())).toThrow("There is no file in");
  expect(() => filesUnder(join(folder, "gone"))).toThrow("There is no file");
});
