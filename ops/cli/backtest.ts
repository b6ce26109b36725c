/** `backtest`: a bundle on a recorded market, as fast as it goes: what it would have traded, earned and cost. */
import { writeFileSync } from "node:fs";
import { onnxInference } from "../../shared/adapters/onnx.ts";
import { programRunner } from "../../shared/adapters/programs.ts";
import { backtest } from "../../shared/backtest/backtest.ts";
import type { BacktestResult } from "../../shared/backtest/backtest-result.ts";
import { pricePaths } from "../../shared/backtest/price-path.ts";
import { TIMEFRAMES } from "../../shared/domain/market.ts";
import { loadModels } from "../../shared/experiment-run/ask-model.ts";
import type { BacktestFacts } from "../../shared/report/backtest/facts.ts";
import { backtestPage } from "../../shared/report/backtest/page.ts";
import { type AskedBundle, askedBundle } from "../backtest/asked-bundle.ts";
import { type AskedMarket, askedMarket, dataWords, formOfWords } from "../backtest/asked-market.ts";
import { type AskedParts, askedParts } from "../backtest/asked-parts.ts";
import { drive } from "../backtest/drive.ts";
import { EQUITY_COLUMNS, FILL_COLUMNS, TRADE_COLUMNS } from "../backtest/result-tables.ts";
import { storedParts } from "../backtest/stored-parts.ts";
import { whyQuiet } from "../backtest/why-quiet.ts";
import { buildInfo } from "../build.ts";
import { checkTablePath, writeTable } from "../data/table-out.ts";
import {
  FORMS,
  MARKET_OPTIONS,
  MARKET_USAGE,
  SETTING_OPTIONS,
  SETTING_USAGE,
  type Settings,
  sampleMs,
  settingsOf,
} from "./backtest-options.ts";
import { summaryLines } from "./backtest-summary.ts";
import type { Command } from "./command.ts";
import { ofFiles, timeOption } from "./data-library.ts";
import { choiceOption, readOptions } from "./options.ts";
import { note, print, progressBar, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera backtest [options]

Runs a bundle over a recorded market with the same rules, orders and fills as live: fees, funding, latency, stops,
liquidation, queue positions where the book was recorded. Nothing needs to run, and nothing leaves the machine.

${MARKET_USAGE}

${SETTING_USAGE}
  --stress S       how the world is worse: fees=1.5,latency=2,slippage=1 (times, times, basis points)

  --html FILE      the report: one file, without scripts, printable
  --trades FILE    every trade as .csv (exact decimals) or .parquet (for pandas, DuckDB and the like)
  --fills FILE     every fill, likewise
  --equity FILE    the equity curve, likewise
  --result FILE    everything as one JSON document
  --json           the figures as one JSON object on the last line

Examples:
  ./chimera data import BTCUSDT-1m-2025-05.zip && ./chimera backtest --html report.html
  ./chimera backtest --bundle mine.yaml --data FUT:BTCUSDT --from 2025-05-05 --to 2025-06-01 --trades trades.parquet
  ./chimera backtest --bundle mine.yaml --data data/blobs/recordings/fut-btcusdt

Exits with 1 when it could not be run: a fault in the bundle or the options, no data, or bad data without --repair.`;

const OPTIONS = {
  ...MARKET_OPTIONS,
  ...SETTING_OPTIONS,
  stress: { type: "string" },
  html: { type: "string" },
  trades: { type: "string" },
  fills: { type: "string" },
  equity: { type: "string" },
  result: { type: "string" },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, OPTIONS);
  for (const name of ["trades", "fills", "equity"] as const) checkTablePath(name, values[name]);
  const settings = settingsOf(values);
  const words = dataWords(values.data);
  const form = values.form === undefined ? undefined : choiceOption("form", values.form, FORMS);
  const asked = askedBundle(values.bundle, await formOfWords(words, form));
  const stored = storedParts(words.folder);
  const parts = await askedParts(asked.bundle, values, stored);
  for (const warning of asked.warnings) note(`${yellow("bundle")} ${warning}`);
  const reading = progressBar("data    ");
  const market = await askedMarket(
    {
      ...{ bundle: asked.bundle, words, from: timeOption("from", values.from), to: timeOption("to", values.to) },
      form,
      timeframe: choiceOption("timeframe", values.timeframe, TIMEFRAMES),
      on_problem: values.repair ? "repair" : "refuse",
      wanted: ofFiles(values),
      onProgress: (share) => reading.at(share, ""),
    },
    stored,
  ).finally(() => reading.end());
  const { result, wall_ms } = await runIt({ asked, parts, market, settings });
  const facts = factsOf({ asked, market, settings, result });
  if (values.json) print(JSON.stringify(figuresOf(facts, wall_ms)));
  else for (const line of summaryLines(facts, wall_ms)) print(line);
  if (result.signals === 0)
    for (const why of whyQuiet(asked.bundle, market.tape.head)) note(`${yellow("quiet")}  ${why}`);
  writeFiles(facts, values);
  return 0;
}

interface Asked {
  readonly asked: AskedBundle;
  readonly parts: AskedParts;
  readonly market: AskedMarket;
  readonly settings: Settings;
}

async function runIt({ asked, parts, market, settings }: Asked): Promise<{ result: BacktestResult; wall_ms: number }> {
  const started = performance.now();
  const bar = progressBar("backtest");
  const models = await loadModels(parts.models, onnxInference({ hold: (work) => work }));
  const runner = programRunner(PROGRAM_MS_MAX);
  const { from, to } = market.window;
  const running = backtest({
    ...{ bundle: asked.bundle, tape: market.tape, from_ts: from, to_ts: to, ...settings, keep_decisions: false },
    sample_ms: sampleMs(to - from),
    programs: new Map(parts.programs.map(([hash, source]) => [hash, runner.load(source)])),
  });
  try {
    const result = await drive(running, {
      ask: models.ask,
      onProgress: ({ done, ts, equity_usdt }) =>
        bar.at(
          done,
          `${new Date(ts).toISOString().slice(0, 16).replace("T", " ")}  ${Number(equity_usdt).toFixed(2)} USDT`,
        ),
    });
    return { result, wall_ms: performance.now() - started };
  } finally {
    bar.end();
    await models.release();
  }
}
/** Real time, which must decide nothing here but about programs without an end. */
const PROGRAM_MS_MAX = 5_000;

type Ran = Pick<Asked, "asked" | "market" | "settings"> & { readonly result: BacktestResult };
function factsOf({ asked, market, settings, result }: Ran): BacktestFacts {
  const { bundle, hash } = asked;
  const { form, timeframe, source, problems } = market.tape.head;
  const strategies = bundle.strategies.filter(({ enabled }) => enabled).map(({ strategy_id }) => strategy_id);
  return {
    bundle: { bundle_id: bundle.bundle_id, rev: bundle.rev, hash, strategies },
    data: { form, source, problems, ...(timeframe !== undefined && { timeframe }) },
    ...{ settings, result, prices: pricePaths(market.tape, { from: result.from_ts, to: result.to_ts }) },
  };
}

/** Without the lists, which have files of their own. */
function figuresOf({ bundle, data, settings, result }: BacktestFacts, wall_ms: number) {
  const { equity: _equity, trades: _trades, fills: _fills, decided: _decided, ...figures } = result;
  return { bundle, data, settings, ...figures, wall_ms: Math.round(wall_ms) };
}

function writeFiles(facts: BacktestFacts, { html, trades, fills, equity, result }: Values): void {
  const wrote: string[] = [];
  const write = (path: string | undefined, work: (path: string) => void): void => {
    if (path === undefined) return;
    work(path);
    wrote.push(path);
  };
  const { version, git_commit } = buildInfo(process.env);
  write(trades, (path) => writeTable(path, TRADE_COLUMNS, facts.result.trades));
  write(fills, (path) => writeTable(path, FILL_COLUMNS, facts.result.fills));
  write(equity, (path) => writeTable(path, EQUITY_COLUMNS, facts.result.equity));
  write(result, (path) => writeFileSync(path, JSON.stringify({ ...facts, prices: undefined })));
  write(html, (path) => writeFileSync(path, backtestPage(facts, { version, git_commit, made_at: Date.now() })));
  if (wrote.length > 0) note(`Wrote ${wrote.join(", ")}`);
}

export const command: Command = { usage, run };
