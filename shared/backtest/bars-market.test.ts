/** Within a bar the price goes the declared way and stops where something waits; what is told is what was reached. */
import { describe, expect, test } from "bun:test";
import type { Side } from "../domain/order.ts";
import { defaultListings } from "../engine/listing.ts";
import type { NewOrder } from "../engine/matcher.ts";
import { FILL_MODEL, type FillModel } from "./backtest-options.ts";
import { BarsMarket } from "./bars-market.ts";
import type { MarketEar } from "./market.ts";
import { TapeBuilder, type TapeEvent, type TapeMoment } from "./tape.ts";

const MINUTE = 60_000;
const START = Date.UTC(2024, 7, 8);
const LISTINGS = defaultListings().filter(({ market }) => market === "FUT");
const at = (minute: number): number => START + minute * MINUTE;

const bar = (minute: number, prices: readonly [number, number, number, number], who = 0): TapeMoment => {
  const [open, high, low, close] = prices;
  const rest = { open, high, low, close, lots: 1_000, quoteVolume: 1_000, trades: 3, takerLots: 400 };
  const event: TapeEvent = { kind: "bar", timeframe: "1m", openTs: at(minute), ...rest };
  return { at: at(minute + 1), exchTs: at(minute + 1), who, event };
};

function tapeOf(moments: readonly TapeMoment[]) {
  const builder = new TapeBuilder();
  for (const one of moments) builder.add(one);
  const head = { form: "bars", timeframe: "1m", listings: LISTINGS, source: "a test", assumed: [] } as const;
  return builder.build({ ...head, problems: { count: 0, first: [] } });
}

function ground(moments: readonly TapeMoment[], fill: Partial<FillModel> = {}) {
  const held: { side: Side | undefined; waits: number[] } = { side: undefined, waits: [] };
  const market = new BarsMarket(tapeOf(moments), {
    fill: { ...FILL_MODEL, ...fill },
    positions: { side: () => held.side, waits: () => held.waits },
  });
  const told: string[] = [];
  const ear: MarketEar = {
    trade: () => told.push("trade"),
    ticker: (who, _, { bidTicks, askTicks }) => told.push(`${who} top ${(bidTicks + askTicks) / 2}`),
    depth: (_, __, book) =>
      told.push(`book ${book.size("BUY")} ${book.lotsAt("BUY", 0) > 0} ${book.lotsAt("SELL", 1)}`),
    funding: (_, __, { mark, rate }) => told.push(`mark ${mark} rate ${rate}`),
    bars: (_, __, closed) => told.push(`closed ${closed.map(({ timeframe }) => timeframe)}`),
  };
  /** Applies a step to its end; answers the prices at which it stopped, with what was filled there. */
  const play = (step: number): string[] => {
    const stops: string[] = [];
    do {
      const events = market.apply(step);
      const fills = events.map((event) => (event.kind === "trade" ? ` ${event.orderId}@${event.ticks}` : ""));
      stops.push(`${market.tradeTicks(step)}${fills.join("")}`);
    } while (market.isUnderway);
    return stops;
  };
  const place = (order: Partial<NewOrder>) =>
    market.matcher(0).place({ id: "a", side: "BUY", kind: "limit", ticks: 0, lots: 1, tif: "GTC", ...order });
  return { market, held, told, ear, play, place };
}

const PRICES = [100_000, 101_000, 99_000, 100_500] as const;

describe("the way within a bar", () => {
  const way = (
    fill: Partial<FillModel>,
    side: Side | undefined,
    prices: typeof PRICES | readonly number[] = PRICES,
  ) => {
    const { market, held, play } = ground([bar(0, prices as typeof PRICES)], fill);
    held.side = side;
    return Array.from({ length: market.count }, (_, step) => play(step))
      .flat()
      .map(Number);
  };
  test("goes to the open position's worse extreme first", () => {
    expect(way({}, "BUY")).toEqual([100_000, 99_000, 101_000, 100_500]);
    expect(way({}, "SELL")).toEqual([100_000, 101_000, 99_000, 100_500]);
  });
  test("goes without one to the low first where the bar rises, to the high where it falls", () => {
    expect(way({}, undefined)).toEqual([100_000, 99_000, 101_000, 100_500]);
    expect(way({}, undefined, [100_000, 101_000, 99_000, 99_500])).toEqual([100_000, 101_000, 99_000, 99_500]);
  });
  test("is as it is declared", () => {
    expect(way({ path: "ohlc" }, "BUY")).toEqual([100_000, 101_000, 99_000, 100_500]);
    expect(way({ path: "olhc" }, "SELL")).toEqual([100_000, 99_000, 101_000, 100_500]);
  });
  test("takes a third of the bar's time each", () => {
    const { market } = ground([bar(0, PRICES)]);
    const times = Array.from({ length: market.count }, (_, step) => market.at(step) - START);
    expect(times).toEqual([0, 20_000, 40_000, 60_000]);
  });
  test("is walked before a moment only by bars that have ended by then", () => {
    const { market } = ground([bar(0, PRICES), bar(1, PRICES)]);
    const ends = [0, 1, MINUTE - 1, MINUTE, MINUTE + 1, 2 * MINUTE - 1, 2 * MINUTE].map((ms) => START + ms);
    expect(ends.map((ts) => market.stepAt(ts))).toEqual([0, 0, 0, 4, 4, 4, 8]);
  });
});

describe("on its way", () => {
  test("the price stops where something waits, between ticks at the one beyond", () => {
    const { held, play } = ground([bar(0, PRICES)]);
    held.side = "BUY";
    held.waits = [99_500, 99_250.5, 98_000, 101_000];
    play(0);
    expect(play(1)).toEqual(["99500", "99250", "99000"]);
    held.waits = [];
    expect(play(2)).toEqual(["101000"]);
  });
  test("the price jumps over what waits between two bars", () => {
    const { held, play, place } = ground([bar(0, PRICES), bar(1, [97_000, 97_000, 97_000, 97_000])]);
    for (let step = 0; step < 4; step++) play(step);
    held.waits = [98_000];
    place({ ticks: 99_000 });
    expect(play(4)).toEqual(["97000 a@99000"]);
  });
  test("a fill holds the price until the next step, and at the close it goes on at once", () => {
    const { play, place } = ground([bar(0, PRICES)]);
    play(0);
    place({ ticks: 99_900 });
    expect(play(1)).toEqual(["99899 a@99900"]);
    place({ id: "b", ticks: 99_800 });
    expect(play(2)).toEqual(["99799 b@99800"]);
    place({ id: "c", side: "SELL", ticks: 100_700 });
    expect(play(3)).toEqual(["99000", "100701 c@100700", "101000", "100500"]);
  });
  test("a market joined within a bar begins with its open", () => {
    const { play } = ground([bar(0, PRICES)]);
    expect(play(2)).toEqual(["100000"]);
    expect(play(3)).toEqual(["99000", "101000", "100500"]);
  });
});

describe("what is heard", () => {
  const all = (moments: readonly TapeMoment[]) => {
    const { market, play, told, ear } = ground(moments);
    for (let step = 0; step < market.count; step++) {
      play(step);
      market.tell(step, ear);
    }
    return told;
  };
  test("is the price at each stop, and at the close the book, the mark and the bars", () => {
    expect(all([bar(0, PRICES)])).toEqual([
      ...["0 top 100000", "0 top 99000", "0 top 101000", "0 top 100500"],
      ...["book 3 true 0", "mark 10050 rate 0", "closed 1m"],
    ]);
  });
  test("are longer bars when they are whole", () => {
    const closes = all([0, 1, 2, 3, 4].map((minute) => bar(minute, PRICES))).filter((one) => one.startsWith("closed"));
    expect(closes).toEqual(["closed 1m", "closed 1m", "closed 1m", "closed 1m", "closed 1m,5m"]);
  });
  test("comes of one moment in the order of the listings, before anything opens", () => {
    const two = [0, 1].flatMap((minute) => [bar(minute, PRICES), bar(minute, PRICES, 1)]);
    const { market } = ground(two);
    const at1 = Array.from({ length: market.count }, (_, step) => step).filter((step) => market.at(step) === at(1));
    expect(at1.map((step) => market.who(step))).toEqual([0, 1, 0, 1]);
    const { told, ear } = ground(two);
    for (const step of at1) market.tell(step, ear);
    expect(told.filter((one) => /top|closed/.test(one))).toEqual([
      ...["0 top 100500", "closed 1m", "1 top 100500", "closed 1m", "0 top 100000", "1 top 100000"],
    ]);
  });
});

describe("marks and funding", () => {
  const mark = (ts: number, price: number, rate: number): TapeMoment => ({
    ...{ at: ts, exchTs: ts, who: 0 },
    event: { kind: "markPrice", mark: price, rate, nextAt: ts + 8 * 60 * MINUTE },
  });
  test("without a record the mark is the last price, and nothing is paid", () => {
    const { market, play } = ground([bar(0, PRICES)]);
    expect(market.mark(0)).toBeUndefined();
    play(0);
    expect(market.mark(0)).toBe(100_000);
    expect(market.funding()).toBeUndefined();
    expect(market.marksEveryStep).toBe(true);
  });
  test("a mark that is told goes with the price from there", () => {
    const { market, play, told, ear } = ground([
      ...[bar(0, PRICES), mark(at(1), 10_060, Number.NaN)],
      ...[mark(at(1), Number.NaN, 0.0001), bar(1, PRICES)],
    ]);
    for (let step = 0; step < 6; step++) play(step);
    expect(market.mark(0)).toBe(100_600);
    // It was told of the price at which the bar opens.
    play(6);
    expect([market.tradeTicks(6), market.mark(0)]).toEqual([100_000, 100_600]);
    play(7);
    expect([market.tradeTicks(7), market.mark(0)]).toEqual([99_000, 99_600]);
    for (const step of [3, 4, 5]) market.tell(step, ear);
    expect(told.filter((one) => one.startsWith("mark"))).toEqual(["mark 10060 rate 0.0001", "mark 10050 rate 0.0001"]);
  });
  test("payments are told by their step", () => {
    const paid: TapeMoment = { at: at(1), exchTs: at(1), who: 0, event: { kind: "settlement", rate: 0.0002 } };
    const { market } = ground([bar(0, PRICES), paid]);
    expect([0, 1, 2, 3, 4].map((step) => market.settlement(step))).toEqual([...Array(4).fill(undefined), 0.0002]);
    expect(market.tradeTicks(4)).toBeNaN();
  });
});

test("what is assumed is said", () => {
  expect(ground([bar(0, PRICES)]).market.assumed).toEqual([
    "market=not moved by us",
    "spread=1 bps around the last price",
    "slippage=0.5 bps of takers",
    "depth=1000000 USDT on each side",
    "limit orders=filled when the price goes through them",
    "way within a bar=the open position's worse extreme first",
  ]);
});
