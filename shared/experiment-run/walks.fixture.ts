/** Markets made of chance alone, and one with an edge planted in it; a strategy that trades on both. */
import { type Tape, TapeBuilder } from "../backtest/tape.ts";
import { Bundle } from "../domain/bundle.ts";
import { DataSource } from "../domain/experiment.ts";
import { NO_LATENCY } from "../engine/latency.ts";
import { defaultListings } from "../engine/listing.ts";
import type { Checked } from "../experiment/check-design.ts";
import { designOf } from "../experiment/runs.fixture.ts";
import type { Chance } from "../trading/stats/chance.ts";
import { groundOf, type TrialGround } from "./trial-ground.ts";

const SECOND = 1_000;
const START = Date.UTC(2024, 0, 1);
const WARM_UP = 15;
const PRICE = 60_000;

/** Buys what fell and sells what rose, in and out within seconds; nothing keeps it from trading on. */
export const dips: Bundle = Bundle.parse({
  ...{ format: 1, bundle_id: "dips", rev: 1, factors: ["rsi_5_1s", "atr_5_1s", "mid", "spread_bps"] },
  strategies: [
    {
      ...{ strategy_id: "dip", instruments: ["FUT:BTCUSDT"], triggers: [{ kind: "bar", timeframe: "1s" }] },
      ...{ long: { f: "rsi_5_1s", op: "<", v: 40 }, short: { f: "rsi_5_1s", op: ">", v: 60 } },
      sizing: { atr: "atr_5_1s", stop_atrs: { FROZEN: 1, NORMAL: 1, EXTREME: 1 }, take_profit_roe: 0.05 },
    },
  ],
  instruments: [{ instrument: "FUT:BTCUSDT" }],
  flags: {
    risk: {
      ...{ losses_in_row_max: 1_000_000, daily_loss_usdt_max: "1000000", drawdown_max: 1, cooldown_after_stop_ms: 0 },
      budget_usdt: "1000",
    },
  },
});

const normal = (chance: Chance): number =>
  Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next());

/** `pull` is how much of its distance from where it began the price makes good in a second: none in a random walk. */
export function market(chance: Chance, seconds: number, pull = 0): Tape {
  const builder = new TapeBuilder();
  let price = PRICE;
  const bar = {
    kind: "bar",
    timeframe: "1s",
    lots: 5_000,
    quoteVolume: 300_000,
    trades: 50,
    takerLots: 2_500,
  } as const;
  for (let i = 0; i < seconds + WARM_UP; i++) {
    const open = Math.round(price);
    price *= Math.exp(0.002 * normal(chance) - pull * Math.log(price / PRICE));
    const close = Math.round(price);
    const high = Math.max(open, close) + Math.round(20 * chance.next());
    const low = Math.min(open, close) - Math.round(20 * chance.next());
    const at = START + (i + 1) * SECOND;
    builder.add({ at, exchTs: at, who: 0, event: { ...bar, openTs: at - SECOND, open, high, low, close } });
  }
  const futures = defaultListings().filter(({ instrument }) => instrument === "FUT:BTCUSDT");
  const none = { count: 0, first: [] };
  return builder.build({
    form: "bars",
    timeframe: "1s",
    listings: futures,
    source: "chance",
    assumed: [],
    problems: none,
  });
}

export const designOver = (seconds: number, change: object = {}) => {
  const from = START + WARM_UP * SECOND;
  const window = { from, to: from + seconds * SECOND };
  const data = DataSource.parse({ timeframe: "1s" });
  return designOf({ bundle: dips, data, window, checks: false, ...change });
};

export const groundOver = ({ design }: Checked, tape: Tape): TrialGround =>
  groundOf(design, { bundle: design.bundle, tape: tape.columns, latency: NO_LATENCY, models: [], programs: [] });
