import { expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { L2Book } from "../../shared/engine/l2.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { MatchEvent } from "../../shared/engine/matcher.ts";
import { AgentsMarket } from "./agents.ts";
import { printOf } from "./frames.ts";
import type { MarketHooks } from "./market.ts";

const start = Date.UTC(2026, 0, 5, 12, 0, 0, 300);
const listings = defaultListings();
const FUT: InstrumentId = "FUT:BTCUSDT";

interface Said {
  at: number;
  instrument: InstrumentId;
  stream: string;
  raw: string;
}

function stage(seed: string | number, prices?: ReadonlyMap<string, number>) {
  const clock = new VirtualClock(start);
  const options = { clock, random: seededRandom(seed), listings };
  const market = new AgentsMarket(prices === undefined ? options : { ...options, prices });
  const frames: Said[] = [];
  const matched: MatchEvent[] = [];
  const hooks: MarketHooks = {
    frame: (instrument, stream, raw) => frames.push({ at: clock.now(), instrument, stream, raw }),
    matched: (_, events) => matched.push(...events),
    ended: () => {
      throw new Error("agents never end");
    },
  };
  const of = (instrument: InstrumentId, stream: string) =>
    frames
      .filter((frame) => frame.instrument === instrument && frame.stream === stream)
      .map(({ raw }) => JSON.parse(raw));
  const run = (seconds: number) => clock.run(clock.now() + seconds * 1000);
  return { clock, market, frames, matched, hooks, of, run };
}

test("one seed, one market, to the last frame; another seed, another market", async () => {
  const hashes: (number | bigint)[] = [];
  for (const seed of ["a", "a", "b"]) {
    const { market, frames, hooks, run } = stage(seed);
    market.start(hooks);
    await run(20);
    market.stop();
    expect(frames.length).toBeGreaterThan(1000);
    hashes.push(Bun.hash(JSON.stringify(frames)));
  }
  expect(hashes[1]).toBe(hashes[0]!);
  expect(hashes[2]).not.toBe(hashes[0]!);
});

test("differences make the book: chains unbroken, never crossed, equal to what is asked for", async () => {
  const { market, hooks, of, run } = stage(3);
  market.start(hooks);
  for (const listing of listings) {
    const print = printOf(listing);
    const { instrument } = listing;
    const book = new L2Book();
    const { bids, asks } = market.matcher(instrument).depth(1000);
    for (const [ticks, lots] of bids) book.set("BUY", ticks, lots);
    for (const [ticks, lots] of asks) book.set("SELL", ticks, lots);
    let last = market.sequence(instrument);
    const before = of(instrument, "depth").length;
    await run(10);
    for (const frame of of(instrument, "depth").slice(before)) {
      if (frame.u <= last) continue;
      expect(frame.U).toBeLessThanOrEqual(last + 1);
      if (frame.pu !== undefined) expect(frame.pu).toBe(frame.U - 1);
      last = frame.u;
      for (const [price, qty] of frame.b) book.set("BUY", print.price.read(price), print.qty.read(qty));
      for (const [price, qty] of frame.a) book.set("SELL", print.price.read(price), print.qty.read(qty));
      expect(book.crossed()).toBe(false);
    }
    // What changed since the last difference is told by the next; both meet when nothing is left to tell.
    if (last === market.sequence(instrument)) expect(book.top(1000)).toEqual(market.matcher(instrument).depth(1000));
  }
  market.stop();
});

test("looks like a market: tight, deep, moving, with trades in bursts", async () => {
  const { clock, market, hooks, of, run } = stage(5);
  market.start({ ...hooks, wants: (_, stream) => stream === "trade" });
  const spreads: number[] = [];
  const tops: number[] = [];
  const mids: number[] = [];
  const cancel = clock.every(200, () => {
    const { bidTicks, askTicks, bidLots } = market.matcher(FUT).best()!;
    spreads.push(askTicks - bidTicks);
    tops.push(bidLots * bidTicks * 0.0001);
    mids.push((bidTicks + askTicks) / 2);
  });
  await run(100);
  cancel();
  market.stop();
  const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1]!;
  expect(spreads.filter((ticks) => ticks <= 3).length / spreads.length).toBeGreaterThan(0.8);
  expect(median(tops)).toBeGreaterThan(10_000);
  expect(median(tops)).toBeLessThan(200_000);
  expect(Math.max(...mids) / Math.min(...mids) - 1).toBeGreaterThan(0.001);
  expect(Math.max(...mids) / Math.min(...mids) - 1).toBeLessThan(0.05);
  const times: number[] = of(FUT, "trade").map(({ T }) => T);
  expect(times.length / 100).toBeGreaterThan(3);
  // Bursts: the busiest tenth of seconds has far more than a tenth of the trades.
  const seconds = Object.values(Object.groupBy(times, (at) => Math.floor(at / 1000))).map((list) => list!.length);
  const busiest = seconds.toSorted((a, b) => b - a).slice(0, 10);
  expect(busiest.reduce((sum, n) => sum + n, 0) / times.length).toBeGreaterThan(0.2);
  expect(market.mark("FUT:ETHUSDT")! / 260_000).toBeCloseTo(1, 1);
}, 300_000);

test("clients trade with agents: takers at once, makers when the market comes to them", async () => {
  const { market, matched, hooks, of, run } = stage(7);
  market.start(hooks);
  await run(1);
  const matcher = market.matcher(FUT);
  const { askTicks, bidTicks } = matcher.best()!;
  const events = matcher.place({ id: "m", side: "BUY", kind: "market", ticks: 0, lots: 5, tif: "GTC" });
  expect(events.every(({ orderId }) => orderId === "m")).toBe(true);
  expect(events[0]).toMatchObject({ kind: "trade", maker: false, ticks: askTicks });
  expect(of(FUT, "trade").at(-1)).toMatchObject({ p: (askTicks / 10).toFixed(1), m: false, X: "MARKET" });
  const [resting] = matcher.place({ id: "r", side: "BUY", kind: "limit", ticks: bidTicks, lots: 7, tif: "GTX" });
  expect(resting).toEqual({ kind: "resting", orderId: "r", lots: 7 });
  matcher.place({ id: "far", side: "BUY", kind: "limit", ticks: 1000, lots: 7, tif: "GTC" });
  for (let i = 0; i < 120 && matched.length === 0; i++) await run(1);
  expect(matched[0]).toMatchObject({ kind: "trade", orderId: "r", maker: true, ticks: bidTicks });
  expect(matcher.cancel("far")).toEqual([{ kind: "done", orderId: "far", lots: 7, why: "canceled" }]);
  expect(matched.every(({ orderId }) => orderId === "r")).toBe(true);
  market.stop();
});

test("best prices, bars and marks are told as they change, and only to those who listen", async () => {
  const { market, hooks, frames, of, run } = stage(9);
  const wanted = new Set(["bookTicker", "kline_1s", "markPrice"]);
  market.start({ ...hooks, wants: (instrument, stream) => instrument === FUT && wanted.has(stream) });
  await run(10);
  expect(new Set(frames.map(({ instrument, stream }) => `${instrument} ${stream}`))).toEqual(
    new Set([...wanted].map((stream) => `${FUT} ${stream}`)),
  );
  const ticker = of(FUT, "bookTicker").at(-1);
  const best = market.matcher(FUT).best()!;
  expect([ticker.b, ticker.a]).toEqual([(best.bidTicks / 10).toFixed(1), (best.askTicks / 10).toFixed(1)]);
  const closed = of(FUT, "kline_1s").filter(({ k }) => k.x);
  expect(closed.map(({ k }) => k.t)).toEqual(Array.from({ length: closed.length }, (_, i) => closed[0].k.t + i * 1000));
  expect(closed.length).toBeGreaterThanOrEqual(9);
  expect(of(FUT, "markPrice")).toHaveLength(10);
  expect(of(FUT, "markPrice")[0]).toMatchObject({ r: "0.00010000", T: Date.UTC(2026, 0, 5, 16) });
  market.stop();
});

test("goes on where it was: prices and rising ids over a restart, and a past from the beginning", async () => {
  const first = stage(11, new Map([["BTC", 50_000]]));
  first.market.start(first.hooks);
  expect(first.market.klines(FUT, "1m", { limit: 500 })).toHaveLength(500);
  await first.run(5);
  first.market.stop();
  const said = first.frames.length;
  await first.run(5);
  expect(first.frames).toHaveLength(said);
  const prices = first.market.prices();
  expect(prices.get(FUT)!).toBeCloseTo(50_000, -3);
  const again = stage("other", prices);
  expect(Math.abs(again.market.prices().get(FUT)! / prices.get(FUT)! - 1)).toBeLessThan(0.0005);
  again.market.start(again.hooks);
  expect(again.market.klines(FUT, "1m", { limit: 1 })[0]!.close / 10 / prices.get(FUT)!).toBeCloseTo(1, 3);
  expect(again.market.sequence(FUT)).toBeGreaterThanOrEqual(start);
  again.market.stop();
});

test("what it has not is refused", () => {
  const { market } = stage(1);
  expect(() => market.matcher("FUT:DOGEUSDT")).toThrow("no market of FUT:DOGEUSDT");
  expect(() => market.klines(FUT, "7w", { limit: 1 })).toThrow("no bars");
  expect(market.funding(FUT).nextAt % (8 * 3_600_000)).toBe(0);
});
