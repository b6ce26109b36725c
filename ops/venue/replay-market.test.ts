import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { MatchEvent } from "../../shared/engine/matcher.ts";
import type { MarketHooks } from "./market.ts";
import { openReplayMarket, type ReplayMarket } from "./replay-market.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-replay-market-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = 1_723_161_255_000;
const line = (ms: number, stream: string, data: object) =>
  `${start + ms}000000 ${JSON.stringify({ stream: `btcusdt@${stream}`, data: { E: start + ms, s: "BTCUSDT", ...data } })}`;
const depth = (ms: number, id: number, b: string[][], a: string[][]) =>
  line(ms, "depth@0ms", { e: "depthUpdate", U: id, u: id, pu: id - 1, b, a });
const trade = (ms: number, t: number, p: string, m: boolean) =>
  line(ms, "trade", { e: "trade", t, p, q: "1.000", X: "MARKET", m });
const snapshot = `${start}000000 {"lastUpdateId":1,"bids":[["100.0","2.000"]],"asks":[["100.2","2.000"],["100.3","5.000"]]}`;

/** The recorded market played on the virtual clock, with everything it says. */
async function stage(files: readonly string[]) {
  const probe = await openReplayMarket({ clock: new VirtualClock(), files, listings: defaultListings() });
  const clock = new VirtualClock(probe.startsAt - 10);
  const market = await openReplayMarket({ clock, files, listings: defaultListings() });
  const frames: { at: number; stream: string; raw: string }[] = [];
  const matched: MatchEvent[] = [];
  let ended = 0;
  const hooks: MarketHooks = {
    frame: (_, stream, raw) => frames.push({ at: clock.now(), stream, raw }),
    matched: (_, events) => matched.push(...events),
    ended: () => {
      ended++;
    },
  };
  return { clock, market, frames, matched, hooks, ended: () => ended };
}

function written(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, gzipSync(lines.join("\n")));
  return path;
}

const played = [
  depth(0, 1, [], []),
  snapshot,
  depth(100, 2, [["100.0", "3.000"]], []),
  trade(200, 7, "100.0", true),
  trade(1200, 8, "100.0", true),
  trade(2500, 9, "100.0", true),
  "garbage",
  depth(4000, 3, [], [["100.2", "0.000"]]),
];

test("plays each line at its time, as received, and says so when it is over", async () => {
  const { clock, market, frames, hooks, ended } = await stage([written("a.gz", played)]);
  market.start(hooks);
  await clock.run(start + 10_000);
  const said = frames.filter(({ stream }) => !stream.startsWith("kline") && stream !== "markPrice");
  expect(said.map(({ at, stream }) => [at - start, stream])).toEqual([
    [0, "depth"],
    [100, "depth"],
    [200, "trade"],
    [1200, "trade"],
    [2500, "trade"],
    [4000, "depth"],
  ]);
  expect(played[3]!.endsWith(`${said[2]!.raw}}`)).toBe(true);
  expect(ended()).toBe(1);
  expect(market.recording.problems).toMatchObject({ count: 1, first: [{ problem: "No receive time in nanoseconds" }] });
  expect(market.matcher("FUT:BTCUSDT").best()).toEqual({
    bidTicks: 1000,
    bidLots: 3000,
    askTicks: 1003,
    askLots: 5000,
  });
  expect(market.sequence("FUT:BTCUSDT")).toBe(3);
  market.stop();
});

test("fills a client's resting order when recorded trades have eaten the queue before it", async () => {
  const { clock, market, matched, hooks } = await stage([written("b.gz", played)]);
  market.start(hooks);
  await clock.run(start + 50);
  market.matcher("FUT:BTCUSDT").place({ id: "x", side: "BUY", kind: "limit", ticks: 1000, lots: 500, tif: "GTX" });
  await clock.run(start + 10_000);
  // Two lots of 1000 stood ahead; the third trade reaches us.
  expect(matched).toEqual([{ kind: "trade", orderId: "x", maker: true, ticks: 1000, lots: 500 }]);
  market.stop();
});

test("makes bars, their frames and marks from trades and time", async () => {
  const { clock, market, frames, hooks } = await stage([written("c.gz", played)]);
  market.start(hooks);
  await clock.run(start + 10_000);
  const bars = frames.filter(({ stream }) => stream === "kline_1s").map(({ raw }) => JSON.parse(raw).k);
  expect(bars.filter(({ x }) => x).map(({ t, n, c, v, f }) => [t - start, n, c, v, f])).toEqual([
    [0, 1, "100.0", "1.000", 7],
    [1000, 1, "100.0", "1.000", 8],
    [2000, 1, "100.0", "1.000", 9],
  ]);
  expect(bars.filter(({ x }) => !x).length).toBeGreaterThan(0);
  const marks = frames
    .filter(({ stream }) => stream === "markPrice")
    .map(({ at, raw }) => [at - start, JSON.parse(raw).p]);
  expect(marks).toEqual([
    [0, "100.10000000"],
    [1000, "100.10000000"],
    [2000, "100.10000000"],
    [3000, "100.10000000"],
    [4000, "100.15000000"],
  ]);
  expect(market.mark("FUT:BTCUSDT")).toBe(1001.5);
  expect(market.klines("FUT:BTCUSDT", "1m", { limit: 5 })).toMatchObject([{ trades: 3, quote: 3_000_000 }]);
  expect(market.funding("FUT:BTCUSDT")).toEqual({ rate: 0, nextAt: Date.UTC(2024, 7, 9) });
  expect(market.assumed.join()).toContain("FUT:BTCUSDT: mark=mid, funding=0");
  market.stop();
});

test("has the first recorded book from the beginning, for clients that ask before its line comes", async () => {
  const { market } = await stage([written("g.gz", played)]);
  expect(market.sequence("FUT:BTCUSDT")).toBe(1);
  expect(market.matcher("FUT:BTCUSDT").depth(5).asks).toHaveLength(2);
  expect(market.assumed.join()).not.toContain("snapshot");
  const without = await stage([written("h.gz", [played[0]!, ...played.slice(2)])]);
  expect(without.market.matcher("FUT:BTCUSDT").best()).toBeUndefined();
  expect(without.market.assumed.join()).toContain("book=differences without a snapshot");
});

test("takes marks and funding from the recording where it has them", async () => {
  const mark = line(50, "markPrice@1s", {
    e: "markPriceUpdate",
    p: "100.125",
    i: "100.1",
    r: "0.0001",
    T: start + 3600,
  });
  const { clock, market, frames, hooks } = await stage([
    written("d.gz", [...played.slice(0, 2), mark, ...played.slice(2)]),
  ]);
  market.start(hooks);
  await clock.run(start + 10_000);
  expect(market.mark("FUT:BTCUSDT")).toBe(1001.25);
  expect(market.funding("FUT:BTCUSDT")).toMatchObject({ rate: 0.0001, nextAt: start + 3600 });
  const marks = frames.filter(({ stream, at }) => stream === "markPrice" && at > start);
  expect(marks.map(({ raw }) => JSON.parse(raw).p)).toEqual(["100.125"]);
  expect(market.assumed.join()).not.toContain("mark=mid");
  market.stop();
});

test("knows only what was recorded and listed", async () => {
  const path = written("e.gz", played);
  const clock = new VirtualClock(start);
  const market = await openReplayMarket({ clock, files: [path], listings: defaultListings() });
  expect(market.instruments).toEqual(["FUT:BTCUSDT"]);
  expect(() => market.matcher("SPOT:BTCUSDT")).toThrow("no SPOT:BTCUSDT");
  expect(openReplayMarket({ clock, files: [path], listings: defaultListings().slice(0, 1) })).rejects.toThrow("listed");
});

test("on a clock of another time it plays as if now, the times in its frames moved with it", async () => {
  const { market: recorded, hooks, frames, clock: recordedClock } = await stage([written("i.gz", played)]);
  recorded.start(hooks);
  await recordedClock.run(start + 10_000);
  const now = Date.UTC(2026, 6, 1);
  const clock = new VirtualClock(now);
  const market = await openReplayMarket({ clock, files: [join(folder, "i.gz")], listings: defaultListings() });
  const moved: { at: number; stream: string; raw: string }[] = [];
  market.start({ ...hooks, frame: (_, stream, raw) => moved.push({ at: clock.now(), stream, raw }) });
  await clock.run(now + 10_000);
  const trades = (list: typeof moved) => list.filter(({ stream }) => stream === "trade");
  expect(trades(moved).map(({ at, raw }) => [at, JSON.parse(raw).E])).toEqual(
    trades(frames).map(({ at, raw }) => [at - start + now, JSON.parse(raw).E - start + now]),
  );
  expect(trades(moved)).toHaveLength(3);
  expect(market.klines("FUT:BTCUSDT", "1d", { limit: 1 })[0]!.openTs).toBe(now);
  expect(market.assumed.join()).toContain("time=recorded time and");
});

test("after a stop nothing is said any more", async () => {
  const { clock, market, frames, hooks, ended } = await stage([written("f.gz", played)]);
  market.start(hooks);
  await clock.run(start + 150);
  market.stop();
  const count = frames.length;
  await clock.run(start + 10_000);
  expect(frames).toHaveLength(count);
  expect(ended()).toBe(0);
});

const recorded = process.env.CHIMERA_MARKET_DATA;
test.skipIf(recorded === undefined)(
  "recorded: all files play as one market, makers fill, twice the same",
  async () => {
    const files = readdirSync(join(recorded!, "depth")).map((file) => join(recorded!, "depth", file));
    const play = async () => {
      const { clock, market, frames, matched, hooks, ended } = await stage(
        files.filter((file) => file.includes("btc")),
      );
      market.start({ ...hooks, wants: (_, stream) => !stream.startsWith("kline") });
      const cancel = clock.every(1000, () => quote(market, clock.now()));
      await clock.run(market.startsAt + 700_000);
      cancel();
      market.stop();
      return { ended: ended(), frames: frames.length, matched, problems: market.recording.problems.count };
    };
    const once = await play();
    expect(once.ended).toBe(1);
    expect(once.problems).toBe(0);
    expect(once.frames).toBeGreaterThan(190_000);
    expect(once.matched.length).toBeGreaterThan(50);
    expect(Bun.hash(JSON.stringify(await play()))).toBe(Bun.hash(JSON.stringify(once)));
  },
  60_000,
);

/** Joins both sides of the book with a small order, for as long as it lasts. */
function quote(market: ReplayMarket, now: number): void {
  const matcher = market.matcher("FUT:BTCUSDT");
  const best = matcher.best();
  if (best === undefined) return;
  matcher.place({ id: `b${now}`, side: "BUY", kind: "limit", ticks: best.bidTicks, lots: 5, tif: "GTX" });
  matcher.place({ id: `s${now}`, side: "SELL", kind: "limit", ticks: best.askTicks, lots: 5, tif: "GTX" });
}
