/** `data import`: files of history into the library, each whole or not at all. */
import { wallClock } from "../../shared/adapters/clock.ts";
import { Damage } from "../../shared/market-data/damage.ts";
import { INTERVALS } from "../../shared/market-data/intervals.ts";
import { KIND_NAMES } from "../../shared/market-data/kinds.ts";
import { seriesName } from "../../shared/market-data/library.ts";
import { importFile } from "../data/import.ts";
import type { Imported, Wanted } from "../data/imported.ts";
import type { Command } from "./command.ts";
import { count, ofFiles, openLibrary, when } from "./data-library.ts";
import { choiceOption, DEFAULT_DATA, readOptions } from "./options.ts";
import { dim, fail, green, print, progressBar } from "./terminal.ts";

const usage = `Usage: ./chimera data import FILE... [options]

Takes history into the library of a data folder: Binance's public archives (zip, CSV), candles and funding of others
(CSV, Feather, Parquet) and recorded raw lines ("<receive ns> <json>"), plain or gzip. What a file is about is taken
from its path, its name and its content; say it where they do not tell. Every row is checked; a file with anything
wrong in it is named with the line, and nothing of it is taken. Rows that are there already count once.

  --market M     SPOT or FUT (USDⓈ-M futures)
  --symbol S     such as BTCUSDT
  --kind K       ${KIND_NAMES.slice(0, 5).join(", ")},
                 ${KIND_NAMES.slice(5).join(", ")}
  --interval I   of candles: ${INTERVALS.join(" ")}
  --replace      rows that differ from those in the library take their place; otherwise they are refused
  --data DIR     the data folder (default ${DEFAULT_DATA})
  --json         one JSON object on the last line

Examples:
  ./chimera data import data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2024-08.zip
  ./chimera data import BTCUSDT-trades-2024-08-01.zip --market FUT
  ./chimera data import BTC_USDT_USDT-1h-futures.feather
  ./chimera data import candles.csv.gz --market SPOT --symbol ETHUSDT --interval 5m
  ./chimera data import data/blobs/recordings/fut-btcusdt/2026-11-22-15.gz

Exits with 1 when a file could not be taken; the others are.`;

async function run(args: string[]): Promise<number> {
  const { values, positionals: files } = readOptions(
    args,
    {
      market: { type: "string" },
      symbol: { type: "string" },
      kind: { type: "string" },
      interval: { type: "string" },
      replace: { type: "boolean", default: false },
      data: { type: "string", default: DEFAULT_DATA },
      json: { type: "boolean", default: false },
    },
    "some",
  );
  if (files.length === 0) throw new Error("Name at least one file. --help shows how.");
  const wanted: Wanted = {
    ...ofFiles(values),
    ...(values.kind !== undefined && { kind: choiceOption("kind", values.kind, KIND_NAMES) }),
    ...(values.interval !== undefined && { interval: choiceOption("interval", values.interval, INTERVALS) }),
    replace: values.replace,
  };
  const library = openLibrary(values.data);
  const clock = wallClock();
  const imported: Imported[] = [];
  const refused: { file: string; line: number; problem: string }[] = [];
  for (const file of files) {
    const bar = progressBar(file);
    const onProgress = (share: number): void => bar.at(share, "");
    try {
      const one = await importFile(file, { library, wanted, now: clock.now(), onProgress });
      bar.end();
      imported.push(one);
      if (!values.json) print(line(one));
    } catch (error) {
      bar.end();
      if (!(error instanceof Damage)) throw error;
      refused.push({ file: error.file, line: error.line, problem: error.problem });
      if (!values.json) fail(error.message);
    }
  }
  if (values.json) print(JSON.stringify({ imported, refused }));
  return refused.length > 0 ? 1 : 0;
}

export function line(one: Imported): string {
  if (one.is_repeat) return `${one.file} ${dim("was taken before")}`;
  const known = one.known > 0 ? dim(` (${count(one.known)} were there)`) : "";
  const range = dim(`${when(one.first_ts)} → ${when(one.last_ts)}`);
  return `${green(seriesName(one))} ${count(one.rows)} rows${known} ${range}`;
}

export const command: Command = { usage, run };
