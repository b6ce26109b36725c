import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { zipped } from "../data/candles.fixture.ts";
import { AgentsMarket } from "./agents.ts";
import { printOf } from "./frames.ts";
import { lastClose, readHistory } from "./kline-files.ts";
import { joinBars } from "./klines.ts";
import { recordedMarket } from "./recorded-market.fixture.ts";
import { openReplayMarket } from "./replay-market.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-klines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FUT = "FUT:BTCUSDT";
const listing = defaultListings().find(({ instrument }) => instrument === FUT)!;
const print = printOf(listing);
const MINUTE = 60_000;
const BEGIN = Date.UTC(2024, 7, 1);
const BARS = 3_000;
const NOW = Date.UTC(2026, 0, 5, 12, 34, 56);

/** Binance's archive rows: closes climb by 0.1 from 50 000. */
const row = (at: number, micros = 1): string => {
  const [open, close] = [50_000 + (at - 1) / 10, 50_000 + at / 10].map((price) => price.toFixed(1));
  const times = [(BEGIN + at * MINUTE) * micros, (BEGIN + (at + 1) * MINUTE) * micros - 1];
  return `${times[0]},${open},${close},${open},${close},2.000,${times[1]},100000.0,7,1.000,50000.0,0`;
};
const csv = (micros = 1) => Array.from({ length: BARS }, (_, at) => row(at + 1, micros)).join("\n");
const HEADER = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,x,ignore\n";

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("plain, gzip and zip, with a header or without, in milli- and microseconds: the same bars", async () => {
  const files = [
    file("plain.csv", csv()),
    file("header.csv", HEADER + csv()),
    file("micros.csv", csv(1_000)),
    file("packed.csv.gz", gzipSync(csv())),
    file("packed.zip", zipped("BTCUSDT-1m-2024-08.csv", csv())),
  ];
  const histories = await Promise.all(files.map((path) => readHistory(path, print)));
  for (const history of histories) expect(history).toEqual(histories[0]!);
  expect(histories[0]).toMatchObject({ ms: MINUTE });
  expect(histories[0]?.bars[0]).toEqual({
    ...{ openTs: BEGIN + MINUTE, closeTs: BEGIN + 2 * MINUTE - 1, open: 500_000, high: 500_001, low: 500_000 },
    ...{ close: 500_001, lots: 2_000, quote: 1_000_000_000, trades: 7, takerLots: 1_000, takerQuote: 500_000_000 },
    ...{ firstId: -1, lastId: -1 },
  });
  const short = await readHistory(file("six.csv", "0,10,12,9,11,1.5\n60000,11,11,11,11,0\n"), print);
  expect(short.bars.map(({ lots, quote }) => [lots, quote])).toEqual([
    [1_500, 157_500],
    [0, 0],
  ]);
});

test("what cannot be read is named by file and line", async () => {
  const rows: [string, string, string][] = [
    ["back.csv", `${row(2)}\n${row(1)}\n`, "back.csv:2: The row is not later"],
    ["one.csv", `${row(1)}\n`, "There must be two bars"],
    ["words.csv", `${row(1)}\n${row(2)}\n180000,a,b,c,d,e\n`, "not later"],
    ["price.csv", `${row(1)}\n${row(2).replace(/,50000.1,/, ",x,")}\n`, "price.csv:2: No prices"],
    ["low.csv", "0,10,12,11,11,1\n60000,11,11,11,11,0\n", "low.csv:1: Prices beyond"],
    ["off.csv", "1000,10,12,9,11,1\n61000,11,11,11,11,0\n", "does not begin on a multiple"],
    ["empty.csv", "", "empty"],
  ];
  for (const [name, content, message] of rows) {
    const error = await readHistory(file(name, content), print).then(
      () => undefined,
      (problem: Error) => problem.message,
    );
    expect(error).toContain(message);
  }
  const text = file("words2.csv", `${row(1)}\n${row(2)}\n${row(3).replace("50000.2", "1e9")}\n`);
  await expect(readHistory(text, print)).rejects.toThrow("words2.csv:3: No prices");
});

test("an agents' market goes on where its files end: price, time and every longer timeframe", async () => {
  const history = await readHistory(file("seam.csv", csv()), print);
  const clock = new VirtualClock(NOW);
  const known = new Map([[FUT, history] as const]);
  const market = new AgentsMarket({ clock, random: seededRandom(1), listings: [listing], history: known });
  market.start({ frame: () => {}, wants: () => false, matched: () => {}, ended: () => {} });
  expect(market.mark(FUT)! / lastClose(history)).toBeCloseTo(1, 4);
  await clock.run(NOW + 130_000);
  const minutes = market.klines(FUT, "1m", { limit: 1_500 });
  for (const [at, bar] of minutes.entries()) if (at > 0) expect(bar.openTs).toBe(minutes[at - 1]!.openTs + MINUTE);
  const seam = minutes.findIndex(({ openTs }) => openTs === Math.floor(NOW / MINUTE) * MINUTE);
  expect(minutes[seam - 1]?.close).toBe(lastClose(history));
  expect(minutes[seam]!.open / lastClose(history)).toBeCloseTo(1, 4);
  expect(minutes.slice(seam).some(({ trades }) => trades > 0)).toBe(true);
  const fives = market.klines(FUT, "5m", { limit: 100 });
  expect(joinBars(minutes, 5 * MINUTE).slice(-90, -1)).toEqual(fives.slice(-90, -1));
  expect(market.klines(FUT, "1d", { limit: 5 }).length).toBeGreaterThan(1);
  expect(market.assumed.join()).toContain(`history before the start=from files, moved to end at the start: ${FUT}`);
  market.stop();
});

test("a recording has its files before it", async () => {
  const history = await readHistory(file("before.csv", csv()), print);
  const path = file("usdm.txt", `${recordedMarket({ symbols: ["BTCUSDT"], begins: NOW, seconds: 5 }).join("\n")}\n`);
  const clock = new VirtualClock(NOW - 1_000);
  const known = new Map([[FUT, history] as const]);
  const market = await openReplayMarket({ clock, files: [path], listings: [listing], history: known });
  market.start({ frame: () => {}, wants: () => false, matched: () => {}, ended: () => {} });
  await clock.run(NOW + 5_000);
  const hours = market.klines(FUT, "1h", { limit: 100 });
  expect(hours.length).toBeGreaterThan(40);
  expect(hours.at(-1)?.trades).toBeGreaterThan(0);
  expect(market.assumed.join()).toContain("history=from files");
  market.stop();
});
