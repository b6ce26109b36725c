/** `data list`: what the library of a data folder holds. */
import { overview, type Verdict } from "../data/verify.ts";
import type { Command } from "./command.ts";
import { count, openLibrary, size, when } from "./data-library.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { bold, dim, fail, print, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera data list [INSTRUMENT] [options]

Shows what the library holds: instrument, kind, range (UTC), rows, gaps and size.

  --data DIR   the data folder (default ${DEFAULT_DATA})
  --json       one JSON object on the last line

Examples:
  ./chimera data list
  ./chimera data list FUT:BTCUSDT --json`;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    { data: { type: "string", default: DEFAULT_DATA }, json: { type: "boolean", default: false } },
    "some",
  );
  const problems: string[] = [];
  const manifests = await openLibrary(values.data).all((key, problem) => problems.push(`${key}: ${problem}`));
  const [only] = positionals;
  const series = manifests.filter(({ instrument }) => only === undefined || instrument === only).map(overview);
  if (values.json) print(JSON.stringify({ series: series.map(shortened), problems }));
  else {
    show(series);
    for (const problem of problems) fail(problem);
  }
  return problems.length > 0 ? 1 : 0;
}

const shortened = ({ gaps: _gaps, problems: _problems, ...rest }: Verdict) => rest;

export function show(series: readonly Verdict[]): void {
  if (series.length === 0)
    print("Nothing is there yet. ./chimera data download --help and import --help show how to fill it.");
  const width = Math.max(0, ...series.map((one) => one.series.length));
  for (const one of series) {
    const range = `${when(one.first_ts)} → ${when(one.last_ts)}`;
    const gaps =
      one.gap_count === 0 ? dim("no gaps") : yellow(`${count(one.gap_count)} gaps, ${count(one.missing)} missing`);
    const rows = `${count(one.rows)} rows`.padStart(16);
    print(`${bold(one.series.padEnd(width))}  ${range}  ${rows}  ${size(one.bytes).padStart(8)}  ${gaps}`);
  }
}

export const command: Command = { usage, run };
