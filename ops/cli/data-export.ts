/** `data export`: rows of the library as CSV or JSON lines, for other programs. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { INTERVALS } from "../../shared/market-data/intervals.ts";
import { headerOf, isCandles, KIND_NAMES, kindOf } from "../../shared/market-data/kinds.ts";
import { type Library, type Series, seriesName } from "../../shared/market-data/library.ts";
import { type Range, readCells } from "../../shared/market-data/read.ts";
import type { Command } from "./command.ts";
import { count, instrumentWord, openLibrary, timeOption } from "./data-library.ts";
import { choiceOption, DEFAULT_DATA, readOptions } from "./options.ts";
import { note } from "./terminal.ts";

const BATCH_ROWS = 2_000;

const usage = `Usage: ./chimera data export INSTRUMENT KIND [INTERVAL] [options]

Writes rows of the library, times in epoch ms, prices as exact text, to standard output or a file.

  --from DAY    such as 2024-08-01 (UTC), or epoch ms
  --to DAY      the day after the last
  --format F    csv or json, one object a line (default csv)
  --out FILE    instead of standard output
  --data DIR    the data folder (default ${DEFAULT_DATA})

Kinds: ${KIND_NAMES.filter((kind) => kind !== "lines").join(", ")}

Examples:
  ./chimera data export FUT:BTCUSDT klines 1m --from 2024-08-01 --to 2024-08-02
  ./chimera data export SPOT:ETHUSDT trades --format json --out trades.jsonl`;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      from: { type: "string" },
      to: { type: "string" },
      format: { type: "string", default: "csv" },
      out: { type: "string" },
      data: { type: "string", default: DEFAULT_DATA },
    },
    "some",
  );
  const format = choiceOption("format", values.format, ["csv", "json"]);
  const series = seriesOf(positionals);
  const from = timeOption("from", values.from);
  const to = timeOption("to", values.to);
  const range: Range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const library = openLibrary(values.data);
  if ((await library.manifest(series)).parts.length === 0)
    throw new Error(`There is no ${seriesName(series)} in the library.`);
  let rows = 0;
  const text = textOf(library, series, { range, format, onRows: (some) => (rows += some) });
  const out = values.out === undefined ? process.stdout : createWriteStream(values.out);
  await pipeline(Readable.from(text), out, { end: values.out !== undefined }).catch((error: NodeJS.ErrnoException) => {
    // Who reads, such as `head`, has enough.
    if (error.code !== "EPIPE") throw error;
  });
  note(`${count(rows)} rows`);
  return 0;
}

function seriesOf([instrument = "", kind = "", interval]: string[]): Series {
  if (instrument === "" || kind === "") throw new Error("Name an instrument and a kind. --help shows how.");
  const series = { instrument: instrumentWord(instrument), kind: choiceOption("kind", kind, KIND_NAMES.slice(0, -1)) };
  if (!isCandles(series.kind)) return series;
  return { ...series, interval: choiceOption("interval", interval ?? "1m", INTERVALS) };
}

interface Terms {
  range: Range;
  format: string;
  onRows(count: number): void;
}

async function* textOf(library: Library, series: Series, { range, format, onRows }: Terms): AsyncGenerator<string> {
  const { columns } = kindOf(series.kind);
  const line = (cells: readonly string[]): string =>
    format === "csv"
      ? cells.join(",")
      : JSON.stringify(
          Object.fromEntries(columns.map(({ name, type }, at) => [name, jsonValue(type, cells[at] as string)])),
        );
  if (format === "csv") yield `${headerOf(kindOf(series.kind))}\n`;
  let lines: string[] = [];
  const take = (): string => {
    onRows(lines.length);
    const text = lines.map((one) => `${one}\n`).join("");
    lines = [];
    return text;
  };
  for await (const cells of readCells(library, series, range)) {
    lines.push(line(cells));
    if (lines.length === BATCH_ROWS) yield take();
  }
  if (lines.length > 0) yield take();
}

/** What is exact in a float is a number, prices and amounts stay text. */
function jsonValue(type: string, text: string): unknown {
  if (text === "") return null;
  if (type === "flag") return text === "true";
  return type === "time" || type === "count" ? Number(text) : text;
}

export const command: Command = { usage, run };
