/** A seeded random walk as bars of a minute, for benchmarks: as a tape, and as CSV for other people's programs. */
import { seededRandom } from "../../shared/adapters/random.ts";
import { type Tape, TapeBuilder } from "../../shared/backtest/tape.ts";
import { fromSteps, show } from "../../shared/domain/money.ts";
import { defaultListings } from "../../shared/engine/listing.ts";

const MINUTE_MS = 60_000;
const FROM = Date.UTC(2024, 0, 1);

export interface Walk {
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly lots: number;
}

/** Four steps a minute of about 4 bps, in ticks. */
export function walk(count: number): Walk[] {
  const random = seededRandom("a year of bars");
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  let price = 600_000;
  return Array.from({ length: count }, (_, i) => {
    const way = [price];
    for (let step = 1; step <= 4; step++) way.push(Math.round(way[step - 1]! * Math.exp(0.0004 * gauss())));
    price = way.at(-1)!;
    const [open, high, low] = [way[0]!, Math.max(...way), Math.min(...way)];
    return { ts: FROM + i * MINUTE_MS, open, high, low, close: price, lots: 10_000 + random.int(90_000) };
  });
}

export function tapeOf(bars: readonly Walk[]): Tape {
  const builder = new TapeBuilder();
  for (const { ts, lots, ...prices } of bars) {
    const none = { quoteVolume: Number.NaN, trades: Number.NaN, takerLots: Number.NaN };
    const event = { kind: "bar", timeframe: "1m", openTs: ts, ...prices, lots, ...none } as const;
    builder.add({ at: ts + MINUTE_MS, exchTs: ts + MINUTE_MS, who: 0, event });
  }
  const listings = defaultListings().filter(({ instrument }) => instrument === "FUT:BTCUSDT");
  const problems = { count: 0, first: [] };
  return builder.build({ form: "bars", timeframe: "1m", listings, source: "a walk", assumed: [], problems });
}

export const walkedTape = (count: number): Tape => tapeOf(walk(count));

export function csvOf(bars: readonly Walk[]): string {
  const [listing] = defaultListings().filter(({ instrument }) => instrument === "FUT:BTCUSDT");
  const text = (ticks: number) => show(fromSteps(ticks, listing!.tick));
  const rows = bars.map(({ ts, open, high, low, close, lots }) =>
    [ts, text(open), text(high), text(low), text(close), lots / 1_000].join(),
  );
  return `ts,open,high,low,close,volume\n${rows.join("\n")}\n`;
}
