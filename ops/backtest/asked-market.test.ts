import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { backtest } from "../../shared/backtest/backtest.ts";
import { BACKTEST_DEFAULTS } from "../../shared/backtest/backtest-options.ts";
import { pricePaths } from "../../shared/backtest/price-path.ts";
import { Library } from "../../shared/market-data/library.ts";
import { importFile } from "../data/import.ts";
import { askedBundle } from "./asked-bundle.ts";
import { askedMarket, dataWords, formOfWords, type MarketAsked, tradedBy } from "./asked-market.ts";
import { drive } from "./drive.ts";
import { storedParts } from "./stored-parts.ts";

const MINUTE = 60_000;
const START = Date.UTC(2025, 0, 6);
const BARS = 600;
const folder = mkdtempSync(join(tmpdir(), "chimera-market-"));
const data = join(folder, "data");
const csv = join(folder, "BTCUSDT-perp-1m.csv");
afterAll(() => rmSync(folder, { recursive: true }));

/** A slow wave, so that a quarter-hour RSI has ups and downs. */
beforeAll(async () => {
  const price = (minute: number) => (60_000 + 900 * Math.sin(minute / 40)).toFixed(1);
  const rows = Array.from({ length: BARS }, (_, i) => {
    const [open, close] = [price(i), price(i + 1)];
    const [high, low] = [Math.max(+open, +close) + 5, Math.min(+open, +close) - 5];
    return [START + i * MINUTE, open, high.toFixed(1), low.toFixed(1), close, "12.5"].join(",");
  });
  writeFileSync(csv, `ts,open,high,low,close,volume\n${rows.join("\n")}\n`);
  mkdirSync(join(data, "blobs"), { recursive: true });
  const library = new Library(new FolderBlobs(join(data, "blobs")));
  await importFile(csv, { library, wanted: {}, now: START });
});

const { bundle } = askedBundle(undefined, "bars");
const asked = (change: Partial<MarketAsked> = {}): MarketAsked => ({
  ...{ bundle, words: dataWords([data]), form: undefined, timeframe: "1m", from: undefined, to: undefined },
  ...{ on_problem: "refuse", ...change },
});
const market = (change: Partial<MarketAsked> = {}) => askedMarket(asked(change), storedParts(data));

test("words are a data folder, instruments or files", () => {
  expect(dataWords([])).toEqual({ folder: "data", instruments: [], files: [] });
  expect(dataWords([data, "FUT:BTCUSDT"])).toEqual({ folder: data, instruments: ["FUT:BTCUSDT"], files: [] });
  expect(dataWords([csv])).toMatchObject({ files: [csv] });
  expect(() => dataWords([join(folder, "none")])).toThrow("no such file or folder");
  expect(() => dataWords([data, csv])).toThrow("not both");
});

test("the library of a folder and the file itself make the same market, and the same backtest", async () => {
  const [library, files] = [await market(), await market({ words: dataWords([csv]) })];
  expect(library.window).toEqual({ from: START, to: START + BARS * MINUTE });
  expect(library.tape.count).toBe(files.tape.count);
  const results = [];
  for (const { tape, window } of [library, files]) {
    const options = { ...BACKTEST_DEFAULTS, bundle, tape, to_ts: window.to, from_ts: START + 60 * MINUTE };
    results.push(await drive(backtest(options), { ask: async () => ({ p: null, trouble: "missing" }) }));
  }
  expect(results[0]?.signals).toBeGreaterThan(30);
  expect(results[1]?.hash).toBe(results[0]?.hash as string);
});

test("prices of a tape are drawn from so many bars, whose ends and extremes are the tape's", async () => {
  const { tape } = await market();
  const [path] = pricePaths(tape, { from: START, to: START + BARS * MINUTE }, 50);
  const bars = path?.bars ?? [];
  expect([path?.bar_ms, bars.length, bars[0]?.open]).toEqual([15 * MINUTE, 40, 60_000]);
  expect(Math.max(...bars.map(({ high }) => high))).toBeCloseTo(60_905, 0);
  expect(
    bars.every(({ high, low, open, close }) => high >= Math.max(open, close) && low <= Math.min(open, close)),
  ).toBe(true);
});

test("what is not there is said with what there is, or how to get it", () => {
  expect(market({ words: { folder: folder, instruments: [], files: [] } })).rejects.toThrow(
    "./chimera data download --market FUT",
  );
  expect(market({ from: START + 2 * BARS * MINUTE })).rejects.toThrow(
    "FUT:BTCUSDT  2025-01-06 00:00 to 2025-01-06 10:00",
  );
  expect(market({ words: dataWords([data, "FUT:ETHUSDT"]) })).rejects.toThrow("no 1m bars of FUT:ETHUSDT");
  expect(market({ words: dataWords([csv]), form: "book" })).rejects.toThrow("--form book: the files are candles");
  expect(() => tradedBy(bundle, ["SPOT:BTCUSDT"])).toThrow("The bundle does not trade SPOT:BTCUSDT");
});

test("recorded lines are a book before anybody says so", async () => {
  const lines = join(folder, "recorded");
  writeFileSync(
    lines,
    '1723161255000000000 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255000,"s":"BTCUSDT"}}\n',
  );
  expect(await formOfWords(dataWords([lines]), undefined)).toBe("book");
  expect(await formOfWords(dataWords([csv]), undefined)).toBe("bars");
  expect(await formOfWords(dataWords([data]), undefined)).toBe("bars");
});
