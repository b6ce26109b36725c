/** `data verify`: is the library of a data folder whole, and where has it gaps. */
import { type Gap, type Report, verifyLibrary } from "../data/verify.ts";
import type { Command } from "./command.ts";
import { count, openLibrary, size, when } from "./data-library.ts";
import { show } from "./data-list.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { dim, fail, green, note, print, progressBar, red, yellow } from "./terminal.ts";

const GAPS_SHOWN = 5;

const usage = `Usage: ./chimera data verify [INSTRUMENT [KIND [INTERVAL]]] [options]

Reads every part of the library: is it there, is it what was written (SHA-256), are its rows in order, none twice,
every candle possible (low ≤ open, close ≤ high), and where are rows missing. Exchanges have gaps of their own, when
they stood still: a gap is told and no error.

  --no-gaps    a gap is an error
  --clean      removes files that no manifest names, which an import that was killed leaves behind
  --data DIR   the data folder (default ${DEFAULT_DATA})
  --json       one JSON object on the last line

Examples:
  ./chimera data verify
  ./chimera data verify FUT:BTCUSDT klines 1m --no-gaps

Exits with 1 when something is damaged, or there are gaps with --no-gaps.`;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      "no-gaps": { type: "boolean", default: false },
      clean: { type: "boolean", default: false },
      data: { type: "string", default: DEFAULT_DATA },
      json: { type: "boolean", default: false },
    },
    "some",
  );
  const library = openLibrary(values.data);
  const bar = progressBar("verify");
  const report = await verifyLibrary(library, {
    only: positionals.join(" "),
    onProgress: (share, name) => bar.at(share, name),
  });
  bar.end();
  if (values.clean) for (const { key } of report.strays) await library.blobs.delete(key);
  const damaged = report.problems.length + report.verdicts.reduce((sum, one) => sum + one.problems.length, 0);
  const gaps = report.verdicts.reduce((sum, one) => sum + one.gap_count, 0);
  if (values.json) print(JSON.stringify({ ...report, damaged, gaps }));
  else tell(report, { damaged, gaps, clean: values.clean });
  return damaged > 0 || (values["no-gaps"] && gaps > 0) ? 1 : 0;
}

function tell(report: Report, { damaged, gaps, clean }: { damaged: number; gaps: number; clean: boolean }): void {
  show(report.verdicts);
  for (const { series, gaps: list, gap_count } of report.verdicts) {
    for (const gap of list.slice(0, GAPS_SHOWN)) note(`${yellow("gap")} ${series} ${shown(gap)}`);
    if (gap_count > GAPS_SHOWN) note(`${yellow("gap")} ${series} ${dim(`and ${count(gap_count - GAPS_SHOWN)} more`)}`);
  }
  for (const problem of [...report.problems, ...report.verdicts.flatMap((one) => one.problems)]) fail(problem);
  const bytes = report.strays.reduce((sum, stray) => sum + stray.bytes, 0);
  if (report.strays.length > 0) {
    const what = `${report.strays.length} files (${size(bytes)}) that no manifest names`;
    note(clean ? `${what} were removed` : `${what}; --clean removes them`);
  }
  if (report.verdicts.length === 0) return;
  print(damaged === 0 ? `${green("whole")}, ${count(gaps)} gaps` : red(`${count(damaged)} damaged`));
}

const shown = ({ after, before, missing }: Gap): string =>
  `${when(after)} → ${when(before)}, ${count(missing)} missing`;

export const command: Command = { usage, run };
