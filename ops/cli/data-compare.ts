/** `data compare`: what a recorded market does and what the agents' market does, measured alike and drawn together. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { openReplayMarket } from "../venue/replay-market.ts";
import { type Profile, surveyMarket } from "../venue/survey.ts";
import { drawSurveys, type Pair, shown } from "../venue/survey-picture.ts";
import type { Command } from "./command.ts";
import { numberOption, readOptions } from "./options.ts";
import { bold, note, print } from "./terminal.ts";

const SECONDS_MAX = 86_400;
const START = Date.UTC(2026, 0, 5, 12);

const usage = `Usage: ./chimera data compare [FILE...] [options]

Plays recorded Binance lines and an agents market, samples both alike, and prints spreads, depth, returns, volatility
clustering and trades of every instrument that both have. Without FILE it takes those in CHIMERA_MARKET_DATA/depth.

  --seed N     the agents' seed (default 1)
  --seconds N  how much of each (default 345)
  --svg FILE   draws them as one picture
  --json       one JSON object on the last line`;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      seed: { type: "string", default: "1" },
      seconds: { type: "string" },
      svg: { type: "string" },
      json: { type: "boolean", default: false },
    },
    "some",
  );
  const seconds = numberOption("seconds", values.seconds, { fallback: 345, min: 60, max: SECONDS_MAX });
  const files = positionals.length > 0 ? positionals : recordedFiles(process.env.CHIMERA_MARKET_DATA);
  const pairs = await compare(files, { seed: values.seed, seconds });
  if (values.svg !== undefined) {
    const subtitle = `${seconds} s of each; agents with seed ${values.seed}; one chart for each instrument and thing`;
    writeFileSync(values.svg, drawSurveys(pairs, subtitle));
    note(`Drawn to ${values.svg}`);
  }
  if (values.json) print(JSON.stringify({ seconds, seed: values.seed, pairs }));
  else for (const pair of pairs) show(pair);
  return 0;
}

function recordedFiles(folder: string | undefined): string[] {
  if (folder === undefined) throw new Error("Name recorded files, or set CHIMERA_MARKET_DATA to their folder.");
  const depth = join(folder, "depth");
  const files = existsSync(depth) ? readdirSync(depth).filter((name) => name.endsWith(".gz")) : [];
  if (files.length === 0) throw new Error(`There is no recording in ${depth}.`);
  return files.sort().map((name) => join(depth, name));
}

async function compare(
  files: readonly string[],
  { seed, seconds }: { seed: string; seconds: number },
): Promise<Pair[]> {
  const listings = defaultListings();
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`There is no file ${missing}.`);
  const recordedClock = new VirtualClock(0);
  const replay = await openReplayMarket({ clock: recordedClock, files, listings });
  await recordedClock.run(replay.startsAt);
  const played = listings.filter(({ instrument }) => replay.instruments.includes(instrument));
  const recorded = await surveyMarket({ market: replay, clock: recordedClock, listings: played }, seconds);
  const clock = new VirtualClock(START);
  const market = new AgentsMarket({ clock, random: seededRandom(seed), listings: played });
  const agents = await surveyMarket({ market, clock, listings: played }, seconds);
  return recorded.flatMap((profile) => {
    const other = agents.find(({ instrument }) => instrument === profile.instrument);
    return other ? [{ recorded: profile, agents: other }] : [];
  });
}

function show({ recorded, agents }: Pair): void {
  const row = (name: string, of: (profile: Profile) => readonly number[]): void => {
    const list = (profile: Profile): string => of(profile).map(shown).join(" ");
    print(`  ${name.padEnd(34)} ${list(recorded).padEnd(44)} ${list(agents)}`);
  };
  print(`\n${bold(recorded.instrument)}${" ".repeat(24)}${"recorded".padEnd(44)} agents`);
  row("spread bps, 5 25 50 75 95 99 %", (of) => of.spread_bps);
  row("depth USDT, levels 1 2 3 5 10 20", ({ depth_usdt }) => [0, 1, 2, 4, 9, 19].map((at) => depth_usdt[at] ?? NaN));
  row("return bps, 1 s and 10 s", (of) => [of.return_bps.s1, of.return_bps.s10]);
  row("excess kurtosis, 1 s and 10 s", (of) => [of.excess_kurtosis.s1, of.excess_kurtosis.s10]);
  row("|return| autocorrelation 1 2 5 10 s", ({ volatility_acf }) =>
    [0, 1, 4, 9].map((at) => volatility_acf[at] ?? NaN),
  );
  row("seconds without a move", (of) => [of.still]);
  row("trades/s, variance/mean", (of) => [of.trades_per_s, of.burstiness]);
  row("side autocorrelation 1 5 20 trades", ({ side_acf }) => [0, 4, 19].map((at) => side_acf[at] ?? NaN));
  row("trade USDT, 5 25 50 75 95 99 %", (of) => of.trade_usdt);
}

export const command: Command = { usage, run };
