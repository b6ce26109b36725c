import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import fc from "fast-check";
import { Damage } from "../../shared/market-data/damage.ts";
import type { Library } from "../../shared/market-data/library.ts";
import {
  type Candle,
  readAggTrades,
  readCandles,
  readDepth,
  readFunding,
  readTrades,
} from "../../shared/market-data/read.ts";
import {
  archiveCsv,
  bare,
  candleLists,
  featherOf,
  file,
  gzipped,
  MINUTE,
  NOW,
  newFolder,
  newLibrary,
  parquetOf,
  START,
  zipped,
} from "./candles.fixture.ts";
import { importFile } from "./import.ts";
import type { Wanted } from "./imported.ts";

let folder = "";
beforeAll(() => {
  folder = newFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FUT: Wanted = { market: "FUT", symbol: "BTCUSDT", kind: "klines", interval: "1m" };
const into = (library: Library, path: string, wanted: Wanted = FUT) => importFile(path, { library, wanted, now: NOW });
const candlesOf = (library: Library, interval = "1m"): Promise<Candle[]> =>
  Array.fromAsync(readCandles(library, { instrument: "FUT:BTCUSDT", interval }));

async function damageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Damage);
  return (error as Damage).message.replaceAll(folder, "");
}

describe("candles come back as they were", () => {
  const forms: Record<string, (candles: Candle[]) => [string, string | Uint8Array]> = {
    "CSV with a header": (candles) => ["a.csv", archiveCsv(candles)],
    "CSV without, in microseconds": (candles) => ["b.csv", archiveCsv(candles, { header: false, micros: true })],
    gzip: (candles) => ["c.csv.gz", gzipped(archiveCsv(candles))],
    zip: (candles) => ["d.zip", zipped("d.csv", archiveCsv(candles, { header: false }))],
    "as Windows has it": (candles) => ["e.csv", `\uFEFF${archiveCsv(candles).replaceAll("\n", "\r\n")}`],
  };
  for (const [name, form] of Object.entries(forms)) {
    test(name, () =>
      fc.assert(
        fc.asyncProperty(candleLists, async (candles) => {
          const library = newLibrary();
          const { rows } = await into(library, file(folder, ...form(candles)));
          expect(rows).toBe(candles.length);
          expect(await candlesOf(library)).toEqual(candles);
        }),
        { seed: 7, numRuns: 25 },
      ),
    );
  }

  for (const [name, form] of [
    ["Parquet", (candles: Candle[]) => parquetOf(candles)],
    ["Parquet without compression", (candles: Candle[]) => parquetOf(candles, "UNCOMPRESSED")],
    ["Feather", featherOf],
  ] as const) {
    test(name, () =>
      fc.assert(
        fc.asyncProperty(candleLists, async (candles) => {
          const library = newLibrary();
          await into(library, file(folder, "f.bin", form(candles)));
          expect(await candlesOf(library)).toEqual(candles.map(bare));
        }),
        { seed: 7, numRuns: 15 },
      ),
    );
  }

  test("in any cut and order of overlapping files", () =>
    fc.assert(
      fc.asyncProperty(
        candleLists,
        fc.array(fc.tuple(fc.nat(119), fc.nat(119)), { maxLength: 4 }),
        async (candles, cuts) => {
          const library = newLibrary();
          const pieces = [...cuts.map(([from, to]) => candles.slice(from, to + 1)), candles];
          for (const [at, piece] of pieces.entries()) {
            if (piece.length === 0) continue;
            await into(library, file(folder, `cut-${at}.csv`, archiveCsv(piece)));
          }
          expect(await candlesOf(library)).toEqual(candles);
        },
      ),
      { seed: 7, numRuns: 25 },
    ));
});

const candle = (ts: number, close = "10"): Candle => ({
  ts,
  open: "10",
  high: "12",
  low: "9",
  close,
  volume: "1",
  quote_volume: "10",
  trades: "1",
  taker_volume: "0",
  taker_quote_volume: "0",
});

describe("what is there already", () => {
  test("a file taken twice is known by its content", async () => {
    const library = newLibrary();
    const first = await into(library, file(folder, "one.csv", archiveCsv([candle(START)])));
    expect(first.is_repeat).toBe(false);
    const second = await into(library, file(folder, "two.csv", archiveCsv([candle(START)])));
    expect(second).toMatchObject({ is_repeat: true, rows: 1 });
  });

  test("another value is refused, taken with replace, and what was empty is filled", async () => {
    const library = newLibrary();
    const rows = `ts,open,high,low,close,volume\n${START},10,12,9,10,1\n${START + MINUTE},10,12,9,10,1\n`;
    await into(library, file(folder, "short.csv", rows));
    await into(library, file(folder, "long.csv", archiveCsv([candle(START)])));
    expect((await candlesOf(library))[0]).toEqual(candle(START));
    const other = file(folder, "other.csv", archiveCsv([candle(START, "11")]));
    expect(await damageOf(into(library, other))).toBe(
      "/other.csv:2: 2024-07-31T23:00:00.000Z is there with another close (10, here 11); --replace takes this file's",
    );
    expect((await candlesOf(library))[0]?.close).toBe("10");
    for (const again of [1, 2, 3]) {
      await into(library, other, { ...FUT, replace: true });
      const close = (await candlesOf(library)).map((one) => one.close);
      expect({ again, close }).toEqual({ again, close: ["11", "10"] });
    }
    const keys = await Array.fromAsync(library.keys());
    expect(keys).toHaveLength(2);
  });
});

describe("other kinds", () => {
  test("trades, aggregate trades, funding and depth of the archives", async () => {
    const library = newLibrary();
    const at = Date.UTC(2025, 0, 1);
    const wanted: Wanted = { market: "SPOT" };
    const trades = `7,100.50000000,0.10000000,10.05,${at}123,True,True\n8,100.6,0.2,20.12,${at}124,False,True\n`;
    await into(library, file(folder, "BTCUSDT-trades-2025-01-01.csv", trades), wanted);
    expect(await Array.fromAsync(readTrades(library, "SPOT:BTCUSDT"))).toEqual([
      { ts: at + 0.123, id: 7, price: "100.5", qty: "0.1", buyer_is_maker: true },
      { ts: at + 0.124, id: 8, price: "100.6", qty: "0.2", buyer_is_maker: false },
    ]);
    const agg = `agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n5,1.5,2,7,8,${at},true\n`;
    await into(library, file(folder, "BTCUSDT-aggTrades-2025-01.zip", zipped("a.csv", agg)), { market: "FUT" });
    expect(await Array.fromAsync(readAggTrades(library, "FUT:BTCUSDT"))).toEqual([
      { ts: at, id: 5, price: "1.5", qty: "2", first_id: 7, last_id: 8, buyer_is_maker: true },
    ]);
    const funding = `calc_time,funding_interval_hours,last_funding_rate\n${at + 1},8,-0.00010000\n`;
    await into(library, file(folder, "BTCUSDT-fundingRate-2025-01.csv", funding), {});
    expect(await Array.fromAsync(readFunding(library, "FUT:BTCUSDT"))).toEqual([
      { ts: at + 1, rate: "-0.0001", interval_hours: 8 },
    ]);
    const depth = "timestamp,percentage,depth,notional\n2025-01-01 00:00:07,-5,10,20\n2025-01-01 00:00:07,5.00,1,2\n";
    await into(library, file(folder, "BTCUSDT-bookDepth-2025-01-01.csv", depth), {});
    expect(await Array.fromAsync(readDepth(library, "FUT:BTCUSDT", { from: at, to: at + MINUTE }))).toEqual([
      { ts: at + 7_000, percentage: "-5", depth: "10", notional: "20" },
      { ts: at + 7_000, percentage: "5", depth: "1", notional: "2" },
    ]);
  });

  test("floats as others print them", async () => {
    const library = newLibrary();
    await into(library, file(folder, "ETHUSDT-perp-funding.csv", `ts,fundingRate\n${START},6.818e-05\n`), {});
    const [row] = await Array.fromAsync(readFunding(library, "FUT:ETHUSDT"));
    expect(row?.rate).toBe("0.00006818");
  });
});

describe("a range", () => {
  test("from is in it, to is not", async () => {
    const library = newLibrary();
    const list = Array.from({ length: 120 }, (_, at) => candle(START + at * MINUTE));
    await into(library, file(folder, "range.csv", archiveCsv(list)));
    const range = { from: START + 50 * MINUTE, to: START + 70 * MINUTE };
    const found = await Array.fromAsync(readCandles(library, { instrument: "FUT:BTCUSDT", interval: "1m" }, range));
    expect(found).toEqual(list.slice(50, 70));
  });
});

describe("damaged files say where, and leave the library as it was", () => {
  const head = "open_time,open,high,low,close,volume\n";
  const row = (at: number, cells = "10,12,9,10,1"): string => `${START + at * MINUTE},${cells}\n`;
  const long = head + Array.from({ length: 20_000 }, (_, at) => row(at, `10,12.${at},9,10,${at * 7919}`)).join("");
  const zip = zipped("a.csv", long);
  const flipped = Uint8Array.from(gzipped(long));
  flipped[flipped.length - 6] = (flipped[flipped.length - 6] as number) ^ 1;

  const cases: [string, string | Uint8Array, RegExp][] = [
    ["empty", "", /^\/x: The file is empty$/],
    ["a header alone", head, /^\/x: There are no rows in it$/],
    ["an empty zip", zipped("a.csv", ""), /There are no rows in it/],
    ["half a zip", zip.subarray(0, zip.length / 2), /^\/x: No whole zip/],
    ["half a gzip", gzipped(long).subarray(0, 20_000), /^\/x:\d+: The file breaks off here/],
    ["a gzip with a flipped bit", flipped, /^\/x:\d+: The file breaks off here/],
    ["a bomb", gzipped("0".repeat(100_000_000)), /^\/x:1: (Longer than|The file breaks off here: It unpacks to more)/],
    ["a bomb in a zip", zipped("a.csv", "0".repeat(100_000_000)), /^\/x: It unpacks to more than 400 times its size/],
    ["a path in a zip", zipped("../../a.csv", long), /^\/x: No whole zip: invalid relative path/],
    ["a whole path in a zip", zipped("/etc/a.csv", long), /^\/x: No whole zip: absolute path/],
    ["another header", `time,foo\n${START},1\n`, /^\/x:1: The header has no open, high, low, close/],
    ["a name twice", `ts,open,open,high,low,close\n${row(0)}`, /^\/x:1: The header names "open" twice/],
    ["too few columns", `${head}${row(0)}${START + MINUTE},10\n`, /^\/x:3: 2 columns, not 6 as before/],
    ["mixed times", `${head}${row(0)}${START + MINUTE}000,10,12,9,10,1\n`, /^\/x:3: Times of mixed units/],
    ["not in order", head + row(1) + row(0), /^\/x:3: Not in order/],
    ["a row twice", head + row(0) + row(0), /^\/x:3: The row above again/],
    ["NaN", head + row(0, "10,12,9,NaN,1"), /^\/x:2: close: "NaN" is no price/],
    ["no price", head + row(0, "0,12,0,10,1"), /^\/x:2: open: "0" is no price/],
    ["a negative volume", head + row(0, "10,12,9,10,-1"), /^\/x:2: volume: "-1" is no amount/],
    ["high below low", head + row(0, "10,9,12,10,1"), /^\/x:2: No candle/],
    ["off the minute", `${head}${START + 1},10,12,9,10,1\n`, /^\/x:2: No 1m candle opens at/],
    ["no time", `${head}yesterday,10,12,9,10,1\n`, /^\/x:2: ts: "yesterday" is no time/],
    ["a header again", head + row(0) + head, /^\/x:3: ts: "open_time" is no time/],
    ["an empty line", `${head + row(0)}\n${row(1)}`, /^\/x:3: An empty line in the middle/],
    ["bytes", new Uint8Array([200, 201, 0, 1, 10, 255]), /^\/x:1: Not text in UTF-8/],
    ["a broken Parquet", parquetOf([candle(START)]).subarray(0, 60), /^\/x: No whole Parquet file/],
    ["a broken Feather", featherOf([candle(START)]).subarray(0, 60), /^\/x: No whole Arrow file/],
    ["far into the file", `${long}${row(30_000, "10,12,9,x,1")}`, /^\/x:20002: close: "x" is no price/],
  ];
  for (const [name, body, message] of cases) {
    test(name, async () => {
      const library = newLibrary();
      expect(await damageOf(into(library, file(folder, "x", body)))).toMatch(message);
      expect(await Array.fromAsync(library.keys())).toEqual([]);
    });
  }

  test("any bytes are taken or refused, never worse", () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.constantFrom("", "PK\x03\x04", "\x1f\x8b", "PAR1", "ARROW1"),
        async (bytes, magic) => {
          const library = newLibrary();
          const path = file(folder, "any", Buffer.concat([Buffer.from(magic, "latin1"), bytes]));
          await into(library, path).catch((error) => expect(error).toBeInstanceOf(Damage));
        },
      ),
      { seed: 7, numRuns: 200 },
    ));

  test("a broken file after a good one takes nothing away", async () => {
    const library = newLibrary();
    await into(library, file(folder, "good.csv", head + row(0)));
    const before = await Array.fromAsync(library.keys());
    await damageOf(into(library, file(folder, "bad.csv", head + row(0) + row(1) + row(1))));
    expect(await Array.fromAsync(library.keys())).toEqual(before);
  });
});

test("a file that tells too little says what to say", async () => {
  const library = newLibrary();
  const text = archiveCsv([candle(START), candle(START + MINUTE)]);
  expect(await damageOf(into(library, file(folder, "candles.csv", text), {}))).toMatch(/say --symbol BTCUSDT/);
  expect(await damageOf(into(library, file(folder, "BTCUSDT.csv", text), {}))).toMatch(/say --market SPOT or/);
  await into(library, file(folder, "BTC_USDT_USDT-1m-futures.csv", text), {});
  expect(await candlesOf(library)).toHaveLength(2);
});
