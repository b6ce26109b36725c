import { beforeEach, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import type { Library, Manifest, Series } from "../../shared/market-data/library.ts";
import { sha256 } from "../../shared/market-data/library.ts";
import type { Candle } from "../../shared/market-data/read.ts";
import { archiveCsv, file, MINUTE, NOW, newFolder, newLibrary, START } from "./candles.fixture.ts";
import { importFile } from "./import.ts";
import { overview, verifyLibrary } from "./verify.ts";

const SERIES: Series = { instrument: "FUT:BTCUSDT", kind: "klines", interval: "1m" };
const folder = newFolder();
const candle = (at: number): Candle => ({
  ts: START + at * MINUTE,
  open: "10",
  high: "12",
  low: "9",
  close: "11",
  volume: "1",
  quote_volume: "10",
  trades: "1",
  taker_volume: "0",
  taker_quote_volume: "0",
});

let library: Library;
let manifest: Manifest;
beforeEach(async () => {
  library = newLibrary();
  // Over the end of the month, with minutes missing in it and at its end.
  const list = [0, 1, 2, 10, 11, 50, 70, 71].map(candle);
  const path = file(folder, "BTCUSDT-1m.csv", archiveCsv(list));
  await importFile(path, { library, wanted: { market: "FUT" }, now: NOW });
  manifest = await library.manifest(SERIES);
});

const problems = async (): Promise<string[]> => {
  const { verdicts, problems: others } = await verifyLibrary(library);
  return [...others, ...verdicts.flatMap((one) => one.problems)].map((text) => text.replace(/\.[0-9a-f]{12}\./, "."));
};
const first = () => manifest.parts[0] as Manifest["parts"][number];
/** Puts another text into the first part, with its checksum. */
async function rewrite(lines: string[]): Promise<void> {
  const body = new Uint8Array(gzipSync(lines.map((line) => `${line}\n`).join("")));
  await library.blobs.put(first().key, body);
  first().sha256 = sha256(body);
  await library.save(manifest);
}
const HEAD = "ts,open,high,low,close,volume,quote_volume,trades,taker_volume,taker_quote_volume";
const row = (at: number, cells = "10,12,9,11,1"): string => `${START + at * MINUTE},${cells},10,1,0,0`;
const PART = "market/fut-btcusdt/klines-1m/2024-07.csv.gz";

test("a whole library: its gaps, within parts and between, are the same in the overview", async () => {
  expect(await problems()).toEqual([]);
  const { verdicts, strays } = await verifyLibrary(library);
  expect(strays).toEqual([]);
  const [verdict] = verdicts;
  expect(verdict).toMatchObject({ rows: 8, parts: 2, gap_count: 3, missing: 7 + 38 + 19 });
  expect(verdict?.gaps).toEqual([
    { after: START + 2 * MINUTE, before: START + 10 * MINUTE, missing: 7 },
    { after: START + 11 * MINUTE, before: START + 50 * MINUTE, missing: 38 },
    { after: START + 50 * MINUTE, before: START + 70 * MINUTE, missing: 19 },
  ]);
  const { gap_count, missing, rows, bytes } = overview(manifest);
  expect(verdict).toMatchObject({ gap_count, missing, rows, bytes });
});

test("a part that is gone", async () => {
  await library.blobs.delete(first().key);
  expect(await problems()).toEqual([`${PART}: It is gone; import it again`]);
});

test("a flipped bit", async () => {
  const body = (await library.blobs.get(first().key)) as Uint8Array;
  body[body.length >> 1] = (body[body.length >> 1] as number) ^ 4;
  await library.blobs.put(first().key, body);
  expect(await problems()).toEqual([`${PART}: Its content is not what was written (checksum); import it again`]);
});

test("rows twice, in another order, impossible or of another month, and a wrong count", async () => {
  await rewrite([HEAD, row(0), row(0)]);
  expect(await problems()).toEqual([expect.stringContaining(":3: The row above again")]);
  await rewrite([HEAD, row(1), row(0)]);
  expect(await problems()).toEqual([expect.stringContaining("Not in order")]);
  await rewrite([HEAD, row(0, "10,9,12,11,1")]);
  expect(await problems()).toEqual([expect.stringContaining("No candle")]);
  await rewrite([HEAD, row(0), row(65)]);
  expect(await problems()).toEqual([`${PART}: Row 2 does not lie in 2024-07`]);
  await rewrite([HEAD, row(0), row(1)]);
  expect(await problems()).toEqual([`${PART}: The manifest says rows 6, it has 2`]);
});

test("a damaged manifest, and files of nobody", async () => {
  await library.blobs.put("market/fut-btcusdt/klines-1m/manifest.json", new TextEncoder().encode("{"));
  const report = await verifyLibrary(library);
  expect(report.problems).toEqual([expect.stringContaining("manifest.json is damaged")]);
  expect(report.strays).toHaveLength(2);
});

test("only what is asked for", async () => {
  expect((await verifyLibrary(library, { only: "FUT:BTCUSDT klines" })).verdicts).toHaveLength(1);
  expect((await verifyLibrary(library, { only: "FUT:BTCUSDT kline" })).verdicts).toHaveLength(0);
});
