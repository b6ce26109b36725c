/** Benchmark: a million candles into the library and back, beside reading, splitting and packing the same lines. */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { Library } from "../../shared/market-data/library.ts";
import { readCandles } from "../../shared/market-data/read.ts";
import { importFile } from "../data/import.ts";
import { type Benchmark, cpuMicros, inTurns, type Result } from "./measure.ts";

const ROWS = 1_000_000;
const REPEATS = 3;
const MINUTE = 60_000;
const BEGIN = Date.UTC(2023, 0, 1);
/** As the library packs. */
const MEMBER_CHARACTERS = 4_000_000;
const compress = promisify(gzip);

/** Candles as Binance's archives have them, a walk of cents. */
function archive(): string {
  const random = seededRandom("data-import");
  const lines: string[] = [];
  let price = 2_000_000;
  for (let at = 0; at < ROWS; at++) {
    const open = price;
    price = Math.max(100_000, price + random.int(6_001) - 3_000);
    const [high, low] = [Math.max(open, price) + random.int(1_000), Math.min(open, price) - random.int(900)];
    const ts = BEGIN + at * MINUTE;
    const lots = random.int(100_000_000);
    const prices = [open, high, low, price].map((cents) => (cents / 100).toFixed(2));
    const quote = (lots / 5).toFixed(5);
    lines.push(
      `${ts},${prices},${lots / 1_000},${ts + MINUTE - 1},${quote},${lots % 5_000},${lots / 4_000},${quote},0`,
    );
  }
  return `${lines.join("\n")}\n`;
}

async function imported(file: string, folder: string): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  const library = new Library(new FolderBlobs(folder));
  const begun = process.cpuUsage();
  await importFile(file, { library, wanted: { market: "FUT" }, now: BEGIN });
  return cpuMicros(begun) / ROWS;
}

async function readBack(folder: string): Promise<number> {
  const library = new Library(new FolderBlobs(folder));
  const begun = process.cpuUsage();
  let rows = 0;
  for await (const candle of readCandles(library, { instrument: "FUT:BTCUSDT", interval: "1m" })) {
    rows += candle.close === "" ? 0 : 1;
  }
  if (rows !== ROWS) throw new Error(`${rows} rows came back`);
  return cpuMicros(begun) / ROWS;
}

/** No check at all. */
async function bare(file: string): Promise<number> {
  const begun = process.cpuUsage();
  let lines: string[] = [];
  let held = 0;
  let cells = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    cells += line.split(",").length;
    held += lines.push(line) > 0 ? line.length + 1 : 0;
    if (held < MEMBER_CHARACTERS) continue;
    await compress(lines.join("\n"));
    lines = [];
    held = 0;
  }
  if (cells !== ROWS * 12) throw new Error(`${cells} cells`);
  return cpuMicros(begun) / ROWS;
}

async function run(): Promise<Result> {
  const home = mkdtempSync(join(tmpdir(), "chimera-bench-"));
  try {
    const file = join(home, "BTCUSDT-1m-2023.csv");
    writeFileSync(file, archive());
    const folder = join(home, "blobs");
    const contenders = [
      { what: "import: read, check, store", once: () => imported(file, folder) },
      { what: "read back, one object a candle", once: () => readBack(folder) },
      { what: "read, split and pack lines, unchecked (reference)", once: () => bare(file) },
    ];
    const rows = await inTurns(contenders, { unit: "µs CPU a candle", repeats: REPEATS });
    const [ours, , reference] = rows.map(({ median }) => median) as [number, number, number];
    return { rows, ratios: { "import / reference": ours / reference }, notes: [`${ROWS} candles of twelve columns`] };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const benchmark: Benchmark = {
  what: "a million candles into the library and back, beside reading, splitting and packing the same lines",
  run,
};
