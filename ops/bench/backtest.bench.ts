/** Benchmark: backtests of a year of minute bars and of a recorded book, beside other people's engines. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import shippedBundle from "../../services/s10-config/default-bundle.yaml" with { type: "text" };
import { backtest } from "../../shared/backtest/backtest.ts";
import { BACKTEST_DEFAULTS, type RunningBacktest } from "../../shared/backtest/backtest-options.ts";
import type { BacktestResult } from "../../shared/backtest/backtest-result.ts";
import type { Tape } from "../../shared/backtest/tape.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { tapeOfFiles } from "../data/tape-files.ts";
import { type Benchmark, type Row, summarise } from "./measure.ts";
import { npmPeer, type Peer, pythonPeer, pythonSays } from "./peers.ts";
import { csvOf, tapeOf, type Walk, walk } from "./walked-bars.ts";

const BARS = 525_600;
const REPEATS = 3;
/** What takes longer is run once. */
const SLOW_S = 15;
const RECORDING = "usdm__btcusdt_20240808.gz";
const BOOK = { listings: defaultListings(), on_problem: "refuse" } as const;
const PYTHON = join(import.meta.dir, "python");

/** RSI below 30 at a bar's close buys; a stop and a target end it: what every contender does. */
const dip = Bundle.parse({
  format: 1,
  bundle_id: "bench-dip",
  rev: 1,
  factors: ["spread_bps", "depth_top1_usdt", "atr_14_1m", "rsi_14_1m", "regime"],
  instruments: [{ instrument: "FUT:BTCUSDT" }],
  strategies: [
    {
      strategy_id: "dip",
      instruments: ["FUT:BTCUSDT"],
      triggers: [{ kind: "bar", timeframe: "1m", cooldown_ms: 0 }],
      long: { f: "rsi_14_1m", op: "<", v: 30 },
      sizing: { margin_usdt: "100", leverage: 10, loss_cap_usdt: "1000", take_profit_roe: 0.04 },
      position: { break_even_roe: 10, lock_steps_roe: [], stages: [], stagnate_ms: 10 * 86_400_000 },
    },
  ],
  flags: {
    execution: { twap_slices: [[100_000, 1]] },
    risk: {
      budget_usdt: "100000",
      daily_loss_usdt_max: "100000",
      drawdown_max: 1,
      losses_in_row_max: 100_000,
      cooldown_after_stop_ms: 0,
    },
  },
});

const shipped = Bundle.parse(parse(shippedBundle));

function toEnd(running: RunningBacktest<BacktestResult>): BacktestResult {
  let step = running.next();
  while (!step.done) step = running.next();
  return step.value;
}

/** Seconds of one run, its bars or events, and its trades. */
interface Said {
  seconds: number;
  bars?: number;
  events?: number;
  trades?: number;
}
interface Runner {
  readonly what: string;
  once(): Promise<Said>;
}

function ours(what: string, tape: Tape, bundle: Bundle): Runner {
  const rows = rowsOf(tape);
  return {
    what,
    async once() {
      const began = performance.now();
      const result = toEnd(backtest({ ...BACKTEST_DEFAULTS, bundle, tape, sample_ms: 3_600_000 }));
      const seconds = (performance.now() - began) / 1_000;
      return { seconds, bars: tape.count, events: rows, trades: result.trades.length };
    },
  };
}

/** As hftbacktest counts: each level of a depth frame is one, each other event too. */
function rowsOf(tape: Tape): number {
  let rows = 0;
  for (let index = 0; index < tape.count; index++) {
    const event = tape.event(index);
    rows += event.kind === "depth" ? (event.bids.length + event.asks.length) / 2 : 1;
  }
  return rows;
}

const byPython = (what: string, { path }: { path: string }, args: readonly string[]): Runner => ({
  what,
  once: () => pythonSays<Said>(path, join(PYTHON, args[0]!), args.slice(1)),
});

/** It knows neither fees nor orders, and is given its RSI. */
async function grademark(folder: string, bars: readonly Walk[]): Promise<Runner> {
  const from = (name: string) => import(pathToFileURL(require.resolve(name, { paths: [folder] })).href);
  const [{ backtest: theirs }, { DataFrame }] = [await from("grademark"), await from("data-forge")];
  let [up, down, before] = [0, 0, bars[0]!.close];
  const rows = bars.map(({ ts, ...bar }) => {
    const change = bar.close - before;
    before = bar.close;
    up = (13 * up + Math.max(0, change)) / 14;
    down = (13 * down + Math.max(0, -change)) / 14;
    return { time: new Date(ts), ...bar, rsi: 100 - 100 / (1 + up / down) };
  });
  const series = new DataFrame(rows).setIndex("time");
  type Entry = { bar: { rsi: number }; entryPrice: number };
  const strategy = {
    entryRule: (enter: () => void, { bar }: Entry) => (bar.rsi < 30 ? enter() : undefined),
    stopLoss: ({ entryPrice }: Entry) => 0.003 * entryPrice,
    profitTarget: ({ entryPrice }: Entry) => 0.005 * entryPrice,
  };
  return {
    what: "grademark (no fees, no orders)",
    async once() {
      const began = performance.now();
      const trades = theirs(strategy, series) as unknown[];
      return { seconds: (performance.now() - began) / 1_000, bars: bars.length, trades: trades.length };
    },
  };
}

async function measured(runners: readonly Runner[], unit: "bars" | "events") {
  const rates = runners.map(() => [] as number[]);
  const slow = new Set<Runner>();
  const notes: string[] = [];
  for (let turn = 0; turn < REPEATS; turn++) {
    for (const [i, runner] of runners.entries()) {
      if (slow.has(runner)) continue;
      const said = await runner.once();
      if (said.seconds > SLOW_S) slow.add(runner);
      rates[i]!.push((said[unit] ?? said.bars ?? 0) / said.seconds);
      if (turn === 0 && said.trades !== undefined) notes.push(`${runner.what}: ${said.trades} trades`);
    }
  }
  return { rows: runners.map(({ what }, i) => summarise(what, `${unit}/s`, rates[i]!)), notes };
}

const ratiosOf = (rows: readonly Row[]): Record<string, number> =>
  Object.fromEntries(rows.slice(1).map(({ what, median }) => [`${rows[0]!.what} / ${what}`, rows[0]!.median / median]));

async function onBars(folder: string) {
  const bars = walk(BARS);
  const csv = join(folder, "year.csv");
  await writeFile(csv, csvOf(bars));
  const runners = [ours("bars, ours", tapeOf(bars), dip)];
  const missing: string[] = [];
  const take = (peer: Peer, runner: (path: string) => Runner) =>
    peer.path === undefined ? missing.push(peer.missing) : runners.push(runner(peer.path));
  take(await pythonPeer("backtesting.py", ["backtesting==0.6.6"]), (path) =>
    byPython("backtesting.py", { path }, ["backtesting_py.py", csv]),
  );
  take(await pythonPeer("nautilus", ["nautilus_trader==1.221.0", "pandas==2.3.3"]), (path) =>
    byPython("NautilusTrader", { path }, ["nautilus_py.py", csv]),
  );
  const forge = await npmPeer("grademark", ["grademark@0.3.0", "data-forge@1.10.5", "chai@6.3.0"]);
  if (forge.path === undefined) missing.push(forge.missing);
  else runners.push(await grademark(forge.path, bars));
  const kit = await npmPeer("backtest-kit", ["backtest-kit@19.5.0"]);
  missing.push(kit.missing ?? "backtest-kit is here, and nobody has written its turn yet");
  missing.push("freqtrade asks Binance for its markets before it tests anything: not without internet");
  const { rows, notes } = await measured(runners, "bars");
  return { rows, ratios: ratiosOf(rows), notes: [...notes, ...missing] };
}

async function onBook() {
  const file = join(process.env.CHIMERA_MARKET_DATA ?? "", "depth", RECORDING);
  const none = "book: needs recorded markets in CHIMERA_MARKET_DATA";
  if (!existsSync(file)) return { rows: [], ratios: {}, notes: [none] };
  const tape = await tapeOfFiles([file], BOOK);
  const runners: Runner[] = [ours("book, ours", tape, shipped)];
  const notes: string[] = [];
  const peer = await pythonPeer("hftbacktest", ["hftbacktest==2.4.4"]);
  if (peer.path === undefined) notes.push(peer.missing);
  else runners.push(byPython("hftbacktest", { path: peer.path }, ["hftbacktest_py.py", file]));
  const { rows, notes: more } = await measured(runners, "events");
  return { rows, ratios: ratiosOf(rows), notes: [...more, ...notes, `${tape.count} frames`] };
}

export const benchmark: Benchmark = {
  what: "a year of minute bars and a recorded book, through the whole desk, beside other engines",
  async run() {
    const folder = await mkdtemp(join(tmpdir(), "chimera-bench-"));
    try {
      const [bars, book] = [await onBars(folder), await onBook()];
      const before = process.memoryUsage().rss;
      return {
        rows: [...bars.rows, ...book.rows],
        ratios: { ...bars.ratios, ...book.ratios },
        notes: [...bars.notes, ...book.notes, `resident: ${Math.round(before / 2 ** 20)} MiB`],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
