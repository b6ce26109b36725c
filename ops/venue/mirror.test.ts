import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { fetchNet } from "../../shared/adapters/net.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { dec } from "../../shared/domain/money.ts";
import { defaultListings, type Listing } from "../../shared/engine/listing.ts";
import { AgentsMarket } from "./agents.ts";
import type { MarketModel } from "./market.ts";
import { venueNet } from "./memory-net.ts";
import { type MirrorMarket, openMirrorMarket } from "./mirror.ts";
import { readOrigin, streamUrls } from "./mirror-origin.ts";
import { quietMarket } from "./quiet.ts";
import { recordedMarket } from "./recorded-market.fixture.ts";
import { openReplayMarket } from "./replay-market.ts";
import { serveVenue } from "./server.ts";
import { START, TestVenue } from "./test-client.ts";
import { createVenue } from "./venue.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-mirror-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const listings = defaultListings().filter(({ base }) => base === "BTC");
const origin = readOrigin("http://127.0.0.1:8093,http://127.0.0.1:8094");
const FUT = "FUT:BTCUSDT";

/** A venue that plays the exchange, and one that mirrors it, on one clock. */
async function pair(exchange: MarketModel, clock: VirtualClock, of: readonly Listing[] = listings) {
  const upstream = new TestVenue({ market: exchange }, clock);
  await upstream.venue.start();
  const troubles: string[] = [];
  const onTrouble = (message: string) => troubles.push(message);
  const opening = openMirrorMarket({ clock, net: venueNet(upstream.venue, clock), origin, listings: of, onTrouble });
  await clock.run(clock.now() + 100);
  const market: MirrorMarket = await opening;
  const mirror = new TestVenue({ market, listings: of }, clock);
  await mirror.venue.start();
  await mirror.settle(1_000);
  const fault = (body: object) =>
    upstream.venue.rest("admin", {
      ...{ method: "POST", path: "/faults", headers: { authorization: "Bearer admin-token" } },
      body: JSON.stringify(body),
    });
  return { upstream, mirror, market, troubles, fault };
}

const agents = (clock: VirtualClock) => new AgentsMarket({ clock, random: seededRandom(1), listings });

test("a recording served as if it were Binance: books, trades and marks pass through, orders are matched here", async () => {
  const file = join(folder, "usdm.txt");
  writeFileSync(file, `${recordedMarket({ symbols: ["BTCUSDT"], begins: START, seconds: 30 }).join("\n")}\n`);
  const clock = new VirtualClock(START);
  const [fut] = listings.filter(({ market }) => market === "FUT");
  const exchange = await openReplayMarket({ clock, files: [file], listings: [fut!] });
  const { upstream, mirror, market, troubles } = await pair(exchange, clock, [fut!]);
  const heard = await mirror.listen(
    "ws://127.0.0.1:8094/stream?streams=btcusdt@depth/btcusdt@trade/btcusdt@bookTicker",
  );
  const { bidTicks } = market.matcher(FUT).best()!;
  const passive = await mirror.order("paper", `BTCUSDT BUY 0.01 ${(bidTicks / 10).toFixed(1)}`, { timeInForce: "GTX" });
  expect(passive.status).toBe("NEW");
  const taken = await mirror.order("paper", "BTCUSDT BUY 0.01 MARKET");
  expect(taken.status).toBe("FILLED");
  await mirror.settle(20_000);
  expect(market.matcher(FUT).best()).toEqual(exchange.matcher(FUT).best());
  expect(market.matcher(FUT).depth(50)).toEqual(exchange.matcher(FUT).depth(50));
  expect(new Set(heard.messages.map(({ data }) => data.e))).toEqual(new Set(["depthUpdate", "trade", "bookTicker"]));
  const query = { symbol: "BTCUSDT", orderId: passive.orderId };
  expect((await mirror.call("paper", "GET /fapi/v1/order", query)).status).toBe("FILLED");
  expect(upstream.venue.orders()).toEqual([]);
  expect(troubles).toEqual([]);
});

test("history, marks and day statistics are the exchange's, from the first moment", async () => {
  const clock = new VirtualClock(START);
  const { upstream, mirror, market } = await pair(agents(clock), clock);
  for (const path of ["/fapi/v1/klines?symbol=BTCUSDT&interval=1h", "/api/v3/klines?symbol=BTCUSDT&interval=1d"]) {
    const answers = [await upstream.raw(`GET ${path}&limit=100`), await mirror.raw(`GET ${path}&limit=100`)];
    // Quote volumes of long bars are beyond exact floats; the newest bar is still open.
    const [theirs, ours] = answers.map(({ json }) =>
      json.slice(0, -1).map((row: string[]) => [...row.slice(0, 7), row[8]]),
    );
    expect(ours).toHaveLength(99);
    expect(ours).toEqual(theirs);
  }
  expect(market.funding(FUT).rate).toBe(0.0001);
  expect(market.mark(FUT)! / 600_000).toBeCloseTo(1, 1);
  const day = "GET /fapi/v1/ticker/24hr?symbol=BTCUSDT";
  const [theirs, ours] = [(await upstream.raw(day)).json, (await mirror.raw(day)).json];
  expect([ours.openPrice, ours.lowPrice]).toEqual([theirs.openPrice, theirs.lowPrice]);
});

test("a gap halts the instrument with its reason until a new snapshot fits, and cancels pass meanwhile", async () => {
  const clock = new VirtualClock(START);
  const { mirror, market, troubles, fault } = await pair(agents(clock), clock);
  const resting = await mirror.order("paper", "BTCUSDT BUY 0.01 50000");
  await fault({ kind: "delay", path: "/fapi/v1/depth", delay_ms: 3_000 });
  await fault({ kind: "stream", does: "drop", market: "FUT", event: "depthUpdate", symbol: "BTCUSDT" });
  await mirror.settle(1_000);
  expect(troubles).toEqual([`${FUT}: updates are missing`]);
  const refused = await mirror.order("paper", "BTCUSDT BUY 0.01 50000");
  expect(refused.code).toBe(-4140);
  expect(refused.msg).toContain(`The mirror of ${FUT} has no whole book: updates were missing`);
  expect((await mirror.spot("paper", "BTCUSDT BUY 0.001 50000")).status).toBe("NEW");
  const cancel = { symbol: "BTCUSDT", orderId: resting.orderId };
  expect((await mirror.call("paper", "DELETE /fapi/v1/order", cancel)).status).toBe("CANCELED");
  expect(market.assumed.at(-1)).toContain("no whole book");
  await mirror.settle(4_000);
  expect((await mirror.order("paper", "BTCUSDT BUY 0.01 50000")).status).toBe("NEW");
});

test("lost and dead connections are opened again, and every book is fetched anew", async () => {
  const clock = new VirtualClock(START);
  const { upstream, mirror, market, fault } = await pair(agents(clock), clock);
  await fault({ kind: "drop_streams", for_ms: 4_000 });
  await mirror.settle(100);
  expect(market.halted(FUT)).toContain("its stream was lost");
  expect(market.matcher(FUT).best()).toBeUndefined();
  await mirror.settle(10_000);
  expect(market.halted(FUT)).toBeUndefined();
  await fault({ kind: "half_open", market: "FUT" });
  await mirror.settle(11_000);
  expect(market.halted(FUT)).toContain("heard nothing for 10 s");
  await mirror.settle(8_000);
  expect(market.halted(FUT)).toBeUndefined();
  const [theirs, ours] = [upstream, mirror].map((v) => v.venue.exchange.deps.matcher(FUT).best()!.bidTicks);
  expect(Math.abs(theirs! - ours!)).toBeLessThan(200);
});

test("an exchange that refuses its snapshot is asked again, more and more slowly", async () => {
  const clock = new VirtualClock(START);
  const { mirror, market, troubles, fault } = await pair(agents(clock), clock);
  await fault({ kind: "answer", path: "/fapi/v1/depth", status: 429, code: -1003, count: 3 });
  await fault({ kind: "stream", does: "drop", market: "FUT", event: "depthUpdate" });
  await mirror.settle(6_000);
  expect(market.halted(FUT)).toContain("no whole book");
  expect(troubles.filter((text) => text.includes("depth answered 429"))).toHaveLength(3);
  await mirror.settle(4_000);
  expect(market.halted(FUT)).toBeUndefined();
});

test("other steps, unknown symbols and bad addresses are refused at the start", async () => {
  const clock = new VirtualClock(START);
  const upstream = new TestVenue({ market: quietMarket(defaultListings(), clock) }, clock);
  await upstream.venue.start();
  const open = async (of: Partial<Listing>) => {
    const net = venueNet(upstream.venue, clock);
    const opened = openMirrorMarket({ clock, net, origin, listings: [{ ...listings[1]!, ...of }] }).catch(
      (error: Error) => error.message,
    );
    await clock.run(clock.now() + 100);
    return opened;
  };
  expect(await open({ tick: dec("0.5") })).toContain("trades there in ticks of 0.1");
  expect(await open({ symbol: "DOGEUSDT" })).toContain("has no FUT DOGEUSDT");
  for (const text of ["http://a", "x,y", "ftp://a,http://b", ""]) expect(() => readOrigin(text)).toThrow();
  expect(streamUrls("SPOT", origin.SPOT, ["BTCUSDT"])).toEqual([
    "ws://127.0.0.1:8093/stream?streams=btcusdt@depth@100ms/btcusdt@trade/btcusdt@bookTicker",
  ]);
});

test("over real sockets", async () => {
  const clock = wallClock();
  const listed = listings.filter(({ market }) => market === "SPOT");
  const exchange = new AgentsMarket({ clock, random: seededRandom(2), listings: listed });
  const upstream = createVenue({ clock, random: seededRandom(3), market: exchange, listings: listed });
  await upstream.start();
  const served = serveVenue(upstream, { ports: { spot: 0, um: 0, admin: 0 } });
  const hosts = `http://127.0.0.1:${served.ports.spot},http://127.0.0.1:${served.ports.um}`;
  const net = fetchNet(clock);
  const market = await openMirrorMarket({ clock, net, origin: readOrigin(hosts), listings: listed });
  const mirror = createVenue({ clock, random: seededRandom(4), market, listings: listed });
  await mirror.start();
  for (let looked = 0; market.halted("SPOT:BTCUSDT") !== undefined && looked < 400; looked++) await Bun.sleep(25);
  expect(market.halted("SPOT:BTCUSDT")).toBeUndefined();
  expect(market.matcher("SPOT:BTCUSDT").depth(20).bids).toHaveLength(20);
  await mirror.stop();
  await served.stop();
  await upstream.stop();
}, 300_000);
