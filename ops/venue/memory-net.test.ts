import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { ASSUMED_LATENCY, NO_LATENCY } from "../../shared/engine/latency.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { openReplayMarket } from "./replay-market.ts";
import { type Fields, TestVenue } from "./test-client.ts";

const folder = process.env.CHIMERA_MARKET_DATA;
const file = join(folder ?? "", "depth", "usdm__btcusdt_20240808.gz");
const isHere = folder !== undefined && existsSync(file);

async function onRecording(latency = NO_LATENCY): Promise<TestVenue> {
  const listings = defaultListings();
  const probe = await openReplayMarket({ clock: new VirtualClock(), files: [file], listings });
  const { startsAt } = probe;
  probe.stop();
  const clock = new VirtualClock(startsAt - 10);
  const market = await openReplayMarket({ clock, files: [file], listings });
  const v = new TestVenue({ market, latency, random: seededRandom(7) }, clock);
  await v.venue.start();
  return v;
}

test.skipIf(!isHere)(
  "recorded frames reach a client exactly as they were received, in order, none missing",
  async () => {
    const v = await onRecording();
    const told: string[] = [];
    const streams = "btcusdt@depth@0ms/btcusdt@trade/btcusdt@bookTicker";
    const events = { open: () => {}, message: (text: string) => told.push(text), close: () => {} };
    v.net.connect(`ws://127.0.0.1:8094/public/stream?streams=${streams}`, events);
    let over = false;
    void v.venue.ended.then(() => {
      over = true;
    });
    await v.clock.run(() => over);
    const lines = gunzipSync(await Bun.file(file).bytes())
      .toString()
      .split("\n");
    const recorded = lines
      .map((line) => line.slice(line.indexOf(" ") + 1))
      .filter((text) => text.startsWith('{"stream"'));
    expect(told.length).toBe(recorded.length);
    expect(told.findIndex((text, i) => text !== recorded[i])).toBe(-1);
  },
);

async function tradedDay(): Promise<{ hash: string; makers: number; takers: number }> {
  const v = await onRecording(ASSUMED_LATENCY);
  let over = false;
  void v.venue.ended.then(() => {
    over = true;
  });
  /** Every two seconds: join the bid, and every fourth time take the other side out. */
  let turn = 0;
  const ask = (path: string) =>
    v.net.fetch({ method: "GET", url: `http://127.0.0.1:8094${path}`, headers: {}, timeoutMs: 5_000 });
  v.clock.every(2_000, async () => {
    turn += 1;
    const best = JSON.parse((await ask("/fapi/v1/ticker/bookTicker?symbol=BTCUSDT")).body) as { bidPrice: string };
    const side = turn % 4 === 0 ? "SELL" : "BUY";
    const how: Fields =
      side === "SELL"
        ? { type: "MARKET", quantity: "0.003" }
        : { type: "LIMIT", timeInForce: "GTX", price: best.bidPrice, quantity: "0.001" };
    void v.send("paper", "POST /fapi/v1/order", { symbol: "BTCUSDT", side, ...how });
  });
  await v.clock.run(() => over);
  const trades = v.venue.trades();
  for (const total of v.venue.exchange.state.ledger.sums().values()) expect(total as bigint).toBe(0n);
  const makers = trades.filter((trade) => trade.maker).length;
  return { hash: v.venue.stateHash(), makers, takers: trades.length - makers };
}

test.skipIf(!isHere)(
  "orders meet the recorded market as makers and takers, and twice the same run ends the same",
  async () => {
    const day = await tradedDay();
    expect(day.makers).toBeGreaterThan(20);
    expect(day.takers).toBeGreaterThan(20);
    expect(await tradedDay()).toEqual(day);
  },
);
