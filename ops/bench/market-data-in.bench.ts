/** Benchmark: CPU time of one raw Binance frame to a normalised event and an updated book, ours and ccxt.pro's. */
import { MarketFeed } from "../../services/s01-exchange/binance/market-feed.ts";
import { testSurroundings } from "../../services/s01-exchange/surroundings.fixture.ts";
import { listed } from "../../services/s01-exchange/types.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { type FrameSet, generatedDepth, generatedTrades, recordedFile, recordedFrames } from "./binance-frames.ts";
import { type Benchmark, cpuMicros, inTurns, type Row } from "./measure.ts";

const TRADES = 20_000;
const UPDATES = 5_000;
const REPEATS = 11;
const SYMBOL = "BTC/USDT:USDT";

const btc: Instrument = {
  instrument: "FUT:BTCUSDT",
  market: "FUT",
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  status: "TRADING",
  tick_size: "0.10",
  step_size: "0.001",
  min_qty: "0.001",
  max_qty: "1000",
  min_notional: "5",
  updated_at: 0,
};

/** Turns of the event loop that the benchmark makes itself, so that every frame has one of its own as on a socket. */
class Turns {
  private pending: (() => unknown) | undefined;
  readonly clock: Clock;

  constructor(clock: Clock) {
    const after = (_ms: number, run: () => unknown) => {
      this.pending = run;
      return () => {};
    };
    this.clock = {
      now: () => Date.now(),
      mono: () => performance.now(),
      after,
      every: clock.every.bind(clock),
      sleep: clock.sleep.bind(clock),
      hold: clock.hold.bind(clock),
    };
  }

  end(): void {
    this.pending?.();
    this.pending = undefined;
  }
}

/** µs CPU a frame: S1's feed, its events handed to nobody. */
async function ours({ kind, frames, snapshot }: FrameSet): Promise<number> {
  const around = testSurroundings();
  const turns = new Turns(around.clock);
  let told = 0;
  const count = () => {
    told++;
  };
  const feed = new MarketFeed({ ...around, clock: turns.clock }, "FUT", {
    outlet: { ticker: count, trade: count, depth: count, funding: count },
    snapshot: async () => snapshot,
    record() {},
    doubt() {},
  });
  feed.follow([listed(btc)]);
  let from = 0;
  if (kind === "depth") {
    feed.frame(frames[0]!);
    await Bun.sleep(0);
    turns.end();
    from = 1;
    told = 1;
  }
  const begun = process.cpuUsage();
  for (let i = from; i < frames.length; i++) {
    feed.frame(frames[i]!);
    turns.end();
  }
  const micros = cpuMicros(begun);
  if (told !== frames.length) throw new Error(`${told} events of ${frames.length} frames`);
  return micros / (frames.length - from);
}

/** What is used of ccxt's exchange here; its own types leave all of it open. */
interface Ccxt {
  setMarkets(markets: unknown[]): unknown;
  safeMarketStructure(market: unknown): unknown;
  client(url: string): { onMessage(event: { data: string }): void };
  orderBook(snapshot: unknown): { nonce: number };
  orderbooks: Record<string, { nonce: number }>;
  trades: Record<string, unknown[]>;
}

async function openCcxt(): Promise<Ccxt> {
  // The file, not the package: the package loads every exchange that it knows.
  const path = "../../node_modules/ccxt/js/src/pro/binanceusdm.js";
  const { default: Exchange } = (await import(path)) as { default: new () => Ccxt };
  const exchange = new Exchange();
  const kind = { type: "swap", swap: true, contract: true, linear: true, spot: false, active: true, contractSize: 1 };
  const names = { id: "BTCUSDT", symbol: SYMBOL, base: "BTC", quote: "USDT", settle: "USDT" };
  const ids = { baseId: "BTC", quoteId: "USDT", settleId: "USDT" };
  const precision = { price: 0.1, amount: 0.001 };
  exchange.setMarkets([exchange.safeMarketStructure({ ...names, ...ids, ...kind, precision })]);
  return exchange;
}

/** µs CPU a frame: what ccxt does from the text that its socket hands over, nobody watching. */
function theirs(exchange: Ccxt, { kind, frames, snapshot }: FrameSet): number {
  const client = exchange.client("wss://fstream.binance.com/public/ws");
  const numbers = (side: [string, string][]) => side.map(([price, quantity]) => [Number(price), Number(quantity)]);
  const { bids, asks, lastUpdateId: nonce } = snapshot;
  exchange.trades = {};
  exchange.orderbooks[SYMBOL] = exchange.orderBook({ symbol: SYMBOL, bids: numbers(bids), asks: numbers(asks), nonce });
  const from = kind === "depth" ? 1 : 0;
  if (kind === "depth") client.onMessage({ data: frames[0]! });
  const begun = process.cpuUsage();
  for (let i = from; i < frames.length; i++) client.onMessage({ data: frames[i]! });
  const micros = cpuMicros(begun);
  const { data } = JSON.parse(frames.at(-1)!) as { data: { u?: number } };
  const taken = kind === "depth" ? exchange.orderbooks[SYMBOL]?.nonce === data.u : exchange.trades[SYMBOL];
  if (!taken) throw new Error("ccxt did not take every frame");
  return micros / (frames.length - from);
}

export const benchmark: Benchmark = {
  what: "market data in: raw Binance frame to normalised event and updated book, S1 beside ccxt.pro's handler",
  async run() {
    const file = recordedFile();
    const sets = [generatedTrades(TRADES), generatedDepth(UPDATES, 10), generatedDepth(UPDATES, 20)];
    if (file !== undefined) sets.push(...recordedFrames(file, TRADES));
    const ccxt = await openCcxt();
    const rows: Row[] = [];
    const ratios: Record<string, number> = {};
    for (const set of sets) {
      const pair = await inTurns(
        [
          { what: `${set.what}, ours`, once: () => ours(set) },
          { what: `${set.what}, ccxt.pro`, once: () => theirs(ccxt, set) },
        ],
        { unit: "µs CPU a frame", repeats: REPEATS, warmUps: 2 },
      );
      rows.push(...pair);
      ratios[`ccxt.pro ÷ ours, ${set.what}`] = pair[1]!.median / pair[0]!.median;
    }
    const notes = ["ours tells the 20 best levels of both sides as text after every update; ccxt.pro tells nobody"];
    if (file === undefined) notes.push("recorded frames: not measured, CHIMERA_MARKET_DATA names no folder with them");
    return { rows, ratios, notes };
  },
};
