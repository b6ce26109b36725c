/** Candles as tests make them, and written in every form that can be imported. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { zipSync } from "fflate";
import { parquetWriteBuffer } from "hyparquet-writer";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { Library } from "../../shared/market-data/library.ts";
import type { Candle } from "../../shared/market-data/read.ts";

export const MINUTE = 60_000;
export const START = Date.UTC(2024, 6, 31, 23);
export const NOW = Date.UTC(2026, 0, 1);

export const newLibrary = (): Library => new Library(new MemoryBlobs(new VirtualClock(NOW)));
export const newFolder = (): string => mkdtempSync(join(tmpdir(), "chimera-data-"));

export function file(folder: string, name: string, body: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, body);
  return path;
}

export const zipped = (name: string, text: string): Uint8Array => zipSync({ [name]: new TextEncoder().encode(text) });
export const gzipped = (text: string): Uint8Array => new Uint8Array(gzipSync(text));

const cents = (value: number): string => String(value / 100);

/** Minutes in order, some missing, at prices of two decimals. */
export const candleLists = fc
  .array(
    fc.record({
      skip: fc.integer({ min: 0, max: 3 }),
      open: fc.integer({ min: 100, max: 9_999_999 }),
      close: fc.integer({ min: 100, max: 9_999_999 }),
      up: fc.integer({ min: 0, max: 5_000 }),
      down: fc.integer({ min: 0, max: 99 }),
      volume: fc.integer({ min: 0, max: 1_000_000_000 }),
      trades: fc.integer({ min: 0, max: 100_000 }),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((list): Candle[] => {
    let ts = START - MINUTE;
    return list.map(({ skip, open, close, up, down, volume, trades }) => {
      ts += (1 + skip) * MINUTE;
      return {
        ts,
        open: cents(open),
        high: cents(Math.max(open, close) + up),
        low: cents(Math.min(open, close) - down),
        close: cents(close),
        volume: cents(volume),
        quote_volume: cents(volume * 7),
        trades: String(trades),
        taker_volume: cents(Math.floor(volume / 3)),
        taker_quote_volume: cents(volume * 2),
      };
    });
  });

export const HEADER =
  "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore";

/** As Binance writes them. */
export function archiveCsv(candles: readonly Candle[], { header = true, micros = false, ms = MINUTE } = {}): string {
  const time = (ts: number): string => (micros ? `${ts}000` : String(ts));
  const end = (ts: number): string => (micros ? `${ts + ms - 1}999` : String(ts + ms - 1));
  const rows = candles.map((c) =>
    [
      time(c.ts),
      ...[c.open, c.high, c.low, c.close].map((price) => Number(price).toFixed(8)),
      c.volume,
      end(c.ts),
      c.quote_volume,
      c.trades,
      c.taker_volume,
      c.taker_quote_volume,
      "0",
    ].join(","),
  );
  return `${[...(header ? [HEADER] : []), ...rows].join("\n")}\n`;
}

const NUMBERS = ["open", "high", "low", "close", "volume"] as const;
/** What forms with floats keep of a candle. */
export const bare = (candle: Candle): Candle => ({
  ...candle,
  quote_volume: "",
  trades: "",
  taker_volume: "",
  taker_quote_volume: "",
});

export function parquetOf(candles: readonly Candle[], codec: "SNAPPY" | "UNCOMPRESSED" = "SNAPPY"): Uint8Array {
  const columnData = [
    { name: "date", data: candles.map(({ ts }) => new Date(ts)), type: "TIMESTAMP" as const },
    ...NUMBERS.map((name) => ({ name, data: candles.map((one) => Number(one[name])), type: "DOUBLE" as const })),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, codec, rowGroupSize: 50 }));
}

export function featherOf(candles: readonly Candle[]): Uint8Array {
  const columns = Object.fromEntries(
    NUMBERS.map((name) => [name, Float64Array.from(candles, (one) => Number(one[name]))]),
  );
  return tableToIPC(tableFromArrays({ date: candles.map(({ ts }) => new Date(ts)), ...columns }), "file");
}
