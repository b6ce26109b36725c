import { expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { TIMEFRAME_MS, TIMEFRAMES } from "../../shared/domain/market.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { generateHistory, HISTORY_BARS } from "./history.ts";
import { joinBars, Klines } from "./klines.ts";

const now = Date.UTC(2026, 2, 3, 7, 41, 12, 345);
const [spot, , fut] = defaultListings();

function past(seed: number, listing = fut!): Klines {
  const klines = new Klines();
  generateHistory(klines, { seed: seededRandom(seed), listing, price: 60_000, now });
  return klines;
}

test("every timeframe has whole bars up to now, ending at the price", () => {
  const klines = past(1);
  for (const timeframe of TIMEFRAMES) {
    const bars = klines.query(timeframe, { limit: 1e6 });
    const ms = TIMEFRAME_MS[timeframe];
    expect(bars.length).toBeGreaterThanOrEqual(HISTORY_BARS);
    expect(bars.at(-1)).toMatchObject({ openTs: Math.floor((now - 1000) / ms) * ms, close: 600_000 });
    for (const [i, bar] of bars.entries()) {
      if (bar.low > Math.min(bar.open, bar.close) || bar.high < Math.max(bar.open, bar.close)) throw new Error("range");
      if (bar.takerLots > bar.lots || bar.low <= 0 || bar.openTs % ms !== 0) throw new Error("bar");
      if (i > 0 && (bars[i - 1]!.closeTs + 1 !== bar.openTs || bars[i - 1]!.close !== bar.open))
        throw new Error("hole");
    }
  }
});

test("timeframes agree where both reach", () => {
  const klines = past(2);
  const minutes = joinBars(klines.query("1m", { limit: 900 }), TIMEFRAME_MS["5m"]).slice(1);
  expect(klines.query("5m", { limit: minutes.length })).toEqual(minutes);
});

test("the same seed has the same past; spot and future share it", () => {
  const closes = (klines: Klines) => klines.query("1m", { limit: 100 }).map(({ close }) => close);
  expect(closes(past(3))).toEqual(closes(past(3)));
  expect(closes(past(3))).not.toEqual(closes(past(4)));
  const futures = closes(past(3));
  const ratio = closes(past(3, spot)).map((close, i) => close / futures[i]!);
  expect(Math.max(...ratio) / Math.min(...ratio)).toBeCloseTo(1, 4);
});
