/** `replay`: recorded markets through the whole system on the virtual clock, and what came of it. */
import { defaultListings } from "../../shared/engine/listing.ts";
import { filesUnder } from "../data/folder-files.ts";
import { openSimulation, type Summary } from "../sim/simulate.ts";
import { openReplayMarket, type ReplayMarket } from "../venue/replay-market.ts";
import type { Command } from "./command.ts";
import { readHistories } from "./market.ts";
import { readBundleFile, readOptions } from "./options.ts";
import { bold, dim, fail, green, note, print, progressBar, red, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera replay FILE... [options]

Runs recorded Binance markets (lines of "<receive ns> <json>", gzip or plain, spot or USDⓈ-M, any number of files)
through the whole system as fast as it goes, on a clock that is the recording's. A folder stands for its files.

  --bundle F   a config bundle (YAML or JSON); default: the shipped one
  --history L  what was before, from kline files: INSTRUMENT=FILE[,...], CSV as in Binance's archives, gzip or zip
  --seed N     seed of chance (default 1); the same arguments give the same state_hash
  --json       one JSON object on the last line
  --verbose    warnings of the services as they come

Exits with 1 when an invariant was violated or the input was damaged.`;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      bundle: { type: "string" },
      history: { type: "string" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
    "some",
  );
  const files = positionals.flatMap(filesUnder);
  if (files.length === 0) throw new Error("Name at least one recorded file. --help shows how.");
  const bundleText = readBundleFile(values.bundle);
  const listings = defaultListings();
  const history = await readHistories(values.history, listings);

  let market: ReplayMarket | undefined;
  const bar = progressBar("replay");
  const simulation = await openSimulation({
    seed: values.seed,
    bundleText,
    async market(clock) {
      market = await openReplayMarket({ clock, files, listings, history });
      return market;
    },
    onProgress: (clock) => bar.at(market?.recording.progress() ?? 0, new Date(clock.now()).toISOString().slice(11, 19)),
    ...(values.verbose && { onLog: (line: string) => process.stderr.write(line) }),
  });
  await simulation.play();
  bar.end();
  const summary = await simulation.summary();
  const problems = market?.recording.problems ?? { count: 0, first: [] };
  if (!values.json) show(summary);
  for (const { file, line, problem } of problems.first) note(`${yellow("input")} ${file}:${line} ${problem}`);
  if (problems.count > problems.first.length)
    note(`${yellow("input")} and ${problems.count - problems.first.length} more`);
  if (values.json) print(JSON.stringify({ ...summary, problems }));
  return summary.invariants.violated.length > 0 || problems.count > 0 ? 1 : 0;
}

function show(s: Summary): void {
  const skips = Object.entries(s.decisions.skip).sort((a, b) => b[1] - a[1]);
  const speed = s.wall_ms > 0 ? Math.round(s.virtual_ms / s.wall_ms) : 0;
  print(
    `${bold("Market")}     ${s.events.toLocaleString("en")} frames, ${(s.virtual_ms / 1000).toFixed(0)} s in ${(s.wall_ms / 1000).toFixed(1)} s ${dim(`(${speed}×)`)}`,
  );
  print(
    `${bold("Decisions")}  ${s.decisions.open} open, ${skips.reduce((n, [, k]) => n + k, 0)} skip of ${s.signals} signals`,
  );
  for (const [reason, times] of skips.slice(0, 8)) print(dim(`           ${String(times).padStart(6)}  ${reason}`));
  print(`${bold("Orders")}     ${s.orders}, fills ${s.fills}, trades closed ${s.trades}, still open ${s.open_trades}`);
  const tone = s.pnl_usdt.startsWith("-") ? red : green;
  print(
    `${bold("Result")}     ${tone(`${s.pnl_usdt} USDT`)}, fees ${s.fees_usdt} USDT, drawdown ${(s.max_drawdown * 100).toFixed(3)} %`,
  );
  if (s.assumed.length > 0) print(`${bold("Assumed")}    ${s.assumed.join(" · ")}`);
  const { checked, violated } = s.invariants;
  print(
    `${bold("Invariants")} ${checked} checks, ${violated.length === 0 ? green("none violated") : red(`${violated.length} violated`)}`,
  );
  for (const what of violated.slice(0, 20)) fail(what);
  for (const error of s.errors.slice(0, 5)) fail(error);
  print(`${bold("State")}      ${s.state_hash}`);
}

export const command: Command = { usage, run };
