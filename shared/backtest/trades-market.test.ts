/** Each trade is the price; what is heard are the trades, a touch around them and, now and then, the declared depth. */
import { expect, test } from "bun:test";
import { defaultListings } from "../engine/listing.ts";
import { FILL_MODEL } from "./backtest-options.ts";
import type { MarketEar } from "./market.ts";
import { TapeBuilder, type TapeMoment } from "./tape.ts";
import { TradesMarket } from "./trades-market.ts";

const START = Date.UTC(2024, 7, 8);
const LISTINGS = defaultListings().filter(({ instrument }) => instrument === "FUT:BTCUSDT");
const trade = (ms: number, ticks: number): TapeMoment => ({
  ...{ at: START + ms, exchTs: START + ms - 1, who: 0 },
  event: { kind: "trade", id: ms, ticks, lots: 5, buyerIsTaker: true },
});
const paid: TapeMoment = {
  at: START + 3_000,
  exchTs: START + 3_000,
  who: 0,
  event: { kind: "settlement", rate: 0.01 },
};

function ground(moments: readonly TapeMoment[]) {
  const builder = new TapeBuilder();
  for (const one of moments) builder.add(one);
  const head = { form: "trades", listings: LISTINGS, source: "a test", assumed: [] } as const;
  const tape = builder.build({ ...head, problems: { count: 0, first: [] } });
  return new TradesMarket(tape, { fill: FILL_MODEL });
}

test("fills what a trade goes through, at its own price", () => {
  const market = ground([trade(0, 100_000), trade(1, 99_000), trade(2, 98_999), paid]);
  market.apply(0);
  market.matcher(0).place({ id: "a", side: "BUY", kind: "limit", ticks: 99_000, lots: 7, tif: "GTC" });
  expect(market.apply(1)).toEqual([]);
  expect(market.apply(2)).toEqual([{ kind: "trade", orderId: "a", maker: true, ticks: 99_000, lots: 7 }]);
  expect([0, 1, 2, 3].map((step) => market.settlement(step))).toEqual([undefined, undefined, undefined, 0.01]);
  expect([market.tradeTicks(2), market.tradeTicks(3), market.mark(0)]).toEqual([98_999, Number.NaN, 98_999]);
  expect([market.who(1), market.at(1), market.stepAt(START + 2), market.count]).toEqual([0, START + 1, 2, 4]);
});

test("tells trades with their own times, and the depth once a second", () => {
  const market = ground([trade(0, 100_000), trade(500, 100_001), trade(1_000, 100_002)]);
  const told: string[] = [];
  const ear: MarketEar = {
    trade: (_, exchTs, { id, ticks, lots, takerBuys }) =>
      told.push(`${exchTs - START} ${id} ${lots}@${ticks} ${takerBuys}`),
    ticker: (_, __, { bidTicks, askTicks }) => told.push(`top ${bidTicks} ${askTicks}`),
    depth: () => told.push("book"),
    funding: (_, __, { mark }) => told.push(`mark ${mark}`),
    bars: () => told.push("bars"),
  };
  for (let step = 0; step < 3; step++) market.tell(step, ear);
  expect(told).toEqual([
    ...["-1 0 5@100000 true", "top 99995 100005", "book", "mark 10000"],
    ...["499 500 5@100001 true", "top 99995 100007"],
    ...["999 1000 5@100002 true", "top 99996 100008", "book", "mark 10000.2"],
  ]);
  expect(market.assumed).toContain("spread=1 bps around the last price");
});
