/** How often the exchange is asked for its past, and that nothing of it is left out, whichever of too many it tells. */
import { expect, test } from "bun:test";
import type { Kline } from "../domain/market.ts";
import { defaultListings } from "../engine/listing.ts";
import { exchangeBars } from "./exchange-rows.ts";
import { Findings } from "./tape-findings.ts";

const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 1);
const BTC = "FUT:BTCUSDT";
const btc = defaultListings().find(({ instrument }) => instrument === BTC)!;

const bar = (minute: number): Kline => {
  const open_ts = START + minute * MINUTE;
  return {
    ...{ instrument: BTC, exch_ts: open_ts + MINUTE, ts: open_ts + MINUTE, timeframe: "1m", open_ts },
    ...{ close_ts: open_ts + MINUTE - 1, open: "100", high: "100", low: "100", close: "100", volume: "1" },
    ...{ quote_volume: "100", trades: 1, closed: true },
  };
};

test.each(["oldest", "newest"])(
  "a long time without bars costs little, of an exchange that tells the %s",
  async (which) => {
    const first = 40_000;
    const bars = Array.from({ length: 3_500 }, (_, n) => bar(first + n));
    let asked = 0;
    const [rows] = exchangeBars(
      {
        ...{ form: "bars", timeframe: "1m", source: "the exchange", listings: [btc] },
        ...{ from: START, to: START + (first + bars.length) * MINUTE },
        ...{ findings: new Findings("refuse"), assumed: new Set() },
      },
      {
        async getHistory({ from_ts, to_ts, limit }) {
          asked++;
          const inside = bars.filter(({ open_ts }) => open_ts >= Number(from_ts) && open_ts <= Number(to_ts));
          const told = which === "oldest" ? inside.slice(0, Number(limit)) : inside.slice(-Number(limit));
          return { source: "EXCHANGE", bars: told };
        },
      },
    );
    const opens: string[] = [];
    for await (const batch of rows!.bars) opens.push(...batch.rows.map((cells) => cells[0]!));
    expect(opens).toEqual(bars.map(({ open_ts }) => String(open_ts)));
    expect(asked).toBeLessThan(20);
  },
);
