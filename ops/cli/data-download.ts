/** `data download`: a range of history from Binance's public archive into the library. */
import { join, resolve } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { Market } from "../../shared/domain/instrument.ts";
import { INTERVALS } from "../../shared/market-data/intervals.ts";
import { isCandles, KIND_NAMES } from "../../shared/market-data/kinds.ts";
import { instrumentFrom, type Series, seriesName } from "../../shared/market-data/library.ts";
import { ARCHIVE_URL } from "../data/archive-paths.ts";
import { type Downloaded, download } from "../data/download.ts";
import { Unreachable } from "../data/fetch-file.ts";
import type { Command } from "./command.ts";
import { count, openLibrary, size, timeOption } from "./data-library.ts";
import { choiceOption, DEFAULT_DATA, numberOption, readOptions } from "./options.ts";
import { bold, dim, fail, note, print, progressBar, yellow } from "./terminal.ts";

const PARALLEL_MAX = 8;
const PUBLISHED = KIND_NAMES.filter((kind) => kind !== "lines");

const usage = `Usage: ./chimera data download --market M --symbol S [--kind K] [--interval I] --from DAY [--to DAY] [options]

Fetches Binance's public archives (by month where a month is whole and over, else by day), checks each against its
published checksum and takes it into the library. What is there already is not fetched; a download that was cut off,
or stopped, goes on where it was. It needs the internet, but no account.

  --market M     SPOT or FUT (USDⓈ-M futures)
  --symbol S     such as BTCUSDT
  --kind K       ${PUBLISHED.slice(0, 4).join(", ")},
                 ${PUBLISHED.slice(4).join(", ")} (default klines)
  --interval I   of candles (default 1m): ${INTERVALS.join(" ")}
  --from DAY     such as 2024-08-01 (UTC)
  --to DAY       the day after the last (default: today)
  --parallel N   files at a time, at most ${PARALLEL_MAX} (default 3)
  --host URL     another address of the archive (default CHIMERA_ARCHIVE_URL, else ${ARCHIVE_URL})
  --keep         the archives stay in DIR/downloads
  --replace      rows that differ from those in the library take their place
  --data DIR     the data folder (default ${DEFAULT_DATA})
  --json         one JSON object on the last line

Examples:
  ./chimera data download --market FUT --symbol BTCUSDT --interval 1m --from 2024-01-01 --to 2024-07-01
  ./chimera data download --market SPOT --symbol ETHUSDT --kind trades --from 2024-08-08 --to 2024-08-10
  ./chimera data download --market FUT --symbol BTCUSDT --kind fundingRate --from 2023-01-01

Exits with 1 when a file could not be fetched or taken, or none was there.`;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    market: { type: "string" },
    symbol: { type: "string" },
    kind: { type: "string", default: "klines" },
    interval: { type: "string" },
    from: { type: "string" },
    to: { type: "string" },
    parallel: { type: "string" },
    host: { type: "string" },
    keep: { type: "boolean", default: false },
    replace: { type: "boolean", default: false },
    data: { type: "string", default: DEFAULT_DATA },
    json: { type: "boolean", default: false },
  });
  const clock = wallClock();
  const series = seriesFrom(values);
  const from = timeOption("from", values.from);
  const to = timeOption("to", values.to) ?? clock.now();
  if (from === undefined) throw new Error("Say --from DAY. --help tells more.");
  if (from >= to) throw new Error("--from must be before --to.");
  const bar = progressBar(seriesName(series));
  const results = await download({
    library: openLibrary(values.data),
    series,
    span: { from, to },
    host: hostFrom(values.host ?? process.env.CHIMERA_ARCHIVE_URL ?? ARCHIVE_URL),
    folder: join(resolve(values.data), "downloads"),
    parallel: numberOption("parallel", values.parallel, { fallback: 3, min: 1, max: PARALLEL_MAX }),
    keep: values.keep,
    replace: values.replace,
    clock,
    onProgress: ({ done, files, bytes }) => bar.at(done / files, `${done} of ${files} files, ${size(bytes)}`),
  }).catch((error: unknown) => {
    bar.end();
    throw error instanceof Unreachable ? new Error(`${error.message}. ${WITHOUT_INTERNET}`) : error;
  });
  bar.end();
  if (values.json) print(JSON.stringify({ ...series, files: results }));
  else show(seriesName(series), results);
  const there = results.filter(({ fate }) => fate === "imported" || fate === "known").length;
  return there === 0 || results.some(({ fate }) => fate === "failed") ? 1 : 0;
}

const WITHOUT_INTERNET =
  "Is there internet? --host URL names another address of the archive, and ./chimera data import FILE takes archives " +
  "that were fetched elsewhere. What came so far is kept.";

interface Words {
  market?: string | undefined;
  symbol?: string | undefined;
  kind: string;
  interval?: string | undefined;
}

function seriesFrom({ market, symbol, kind, interval }: Words): Series {
  if (market === undefined || symbol === undefined) throw new Error("Say --market and --symbol. --help tells more.");
  const instrument = instrumentFrom(choiceOption("market", market, Market.options), symbol);
  const name = choiceOption("kind", kind, PUBLISHED);
  if (isCandles(name))
    return { instrument, kind: name, interval: choiceOption("interval", interval ?? "1m", INTERVALS) };
  if (interval !== undefined) throw new Error(`--interval is of candles; ${name} has none.`);
  return { instrument, kind: name };
}

function hostFrom(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new Error(`--host is an http address, not ${JSON.stringify(text)}.`);
  return text.replace(/\/+$/, "");
}

function show(name: string, results: readonly Downloaded[]): void {
  const by = (fate: Downloaded["fate"]): Downloaded[] => results.filter((one) => one.fate === fate);
  const rows = by("imported").reduce((sum, one) => sum + one.rows, 0);
  print(`${bold(name)} ${by("imported").length} files, ${count(rows)} rows; ${by("known").length} files were there`);
  for (const { path } of by("missing")) note(`${yellow("missing")} ${path} ${dim("(not in the archive)")}`);
  for (const { path, problem } of by("failed")) fail(`${path}: ${problem}`);
}

export const command: Command = { usage, run };
