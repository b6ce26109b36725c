import { expect, test } from "bun:test";
import { VirtualClock } from "../../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../../shared/engine/listing.ts";
import { Klines } from "../klines.ts";
import { quietMarket } from "../quiet.ts";
import { barsOf, windowOf } from "./bars.ts";

const START = Date.parse("2024-02-26T00:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const instrument = "SPOT:BTCUSDT";

/** A trade of one lot a minute, at a price that says which minute it was. */
function market(minutes: number) {
  const klines = new Klines();
  for (let i = 0; i < minutes; i++) {
    klines.add({ id: i, ts: START + i * MINUTE, ticks: 1_000 + i, lots: 1, buyerIsTaker: true });
  }
  const quiet = quietMarket(defaultListings(), new VirtualClock(START));
  const bars = (_: string, timeframe: string, query: Parameters<Klines["query"]>[1]) => klines.query(timeframe, query);
  return { market: { ...quiet, klines: bars }, instrument };
}

test("any interval and zone is put together from what is kept", () => {
  const of = market(3 * 1_440);
  const [first, second] = barsOf(of, { interval: "2h", offsetMs: 0 }, { from: START, limit: 100 });
  expect([first?.openTs, first?.open, first?.close, first?.trades]).toEqual([START, 1_000, 1_119, 120]);
  expect([second?.openTs, second?.open]).toEqual([START + 2 * HOUR, 1_120]);
  const days = barsOf(of, { interval: "1d", offsetMs: 8 * HOUR }, { limit: 10 });
  expect(days.map((day) => day.openTs)).toEqual([-8, 16, 40, 64].map((hours) => START + hours * HOUR));
  expect(days.map((day) => day.trades)).toEqual([960, 1_440, 1_440, 480]);
  const [week] = barsOf(of, { interval: "1w", offsetMs: 0 }, { limit: 1 });
  expect([week?.openTs, week?.trades, week?.firstId, week?.lastId]).toEqual([START, 4_320, 0, 4_319]);
});

test("a window counts whole minutes where they are kept, and longer bars before", () => {
  const of = market(3 * 1_440);
  const end = START + 3 * 24 * HOUR;
  const day = windowOf(of, end - 24 * HOUR, end);
  expect([day?.trades, day?.open, day?.close, day?.before]).toEqual([1_440, 3_880, 5_319, 3_879]);
  const longer = windowOf(of, end - 48 * HOUR, end);
  expect([longer?.trades, longer?.open, longer?.low]).toEqual([2_880, 2_440, 2_440]);
  expect(windowOf(market(0), 0, end)).toBeUndefined();
});
