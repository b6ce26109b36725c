import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import type { Library, Series } from "../../shared/market-data/library.ts";
import { readCandles } from "../../shared/market-data/read.ts";
import { type ArchiveServer, serveArchive } from "./archive.fixture.ts";
import { archivesOf } from "./archive-paths.ts";
import { archiveCsv, MINUTE, newFolder, newLibrary, zipped } from "./candles.fixture.ts";
import { type DownloadOptions, download } from "./download.ts";
import { Unreachable } from "./fetch-file.ts";

const DAY = 24 * 60 * MINUTE;
const SERIES: Series = { instrument: "FUT:BTCUSDT", kind: "klines", interval: "1h" };
const JULY = Date.UTC(2024, 6, 1);
const DAILY = "data/futures/um/daily/klines/BTCUSDT/1h/BTCUSDT-1h";
const MONTHLY = "data/futures/um/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-07.zip";

let archive: ArchiveServer;
let folder = "";
let library: Library;
beforeEach(async () => {
  archive = await serveArchive();
  folder = newFolder();
  library = newLibrary();
});
afterEach(async () => {
  await archive.stop();
  rmSync(folder, { recursive: true, force: true });
});

const hours = (from: number, count: number): Uint8Array => {
  const candles = Array.from({ length: count }, (_, at) => ({
    ts: from + at * 60 * MINUTE,
    open: "10",
    high: "12",
    low: "9",
    // Of a size that does not fit one packet.
    close: String(9 + ((at * 7919) % 3000) / 1000),
    volume: String(at * 104_729),
    quote_volume: "1",
    trades: "1",
    taker_volume: "1",
    taker_quote_volume: "1",
  }));
  return zipped("a.csv", archiveCsv(candles, { header: false, ms: 60 * MINUTE }));
};
const dayFile = (day: number): string => `${DAILY}-2024-07-${String(day).padStart(2, "0")}.zip`;
const serveDays = (...days: number[]): void => {
  for (const day of days) archive.files.set(dayFile(day), hours(JULY + (day - 1) * DAY, 24));
};
const get = (from: number, to: number, more: Partial<DownloadOptions> = {}) =>
  download({
    library,
    series: SERIES,
    span: { from, to },
    host: archive.url,
    folder,
    parallel: 3,
    keep: false,
    replace: false,
    clock: wallClock(),
    pauseMs: 1,
    ...more,
  });
const rowsThere = async (): Promise<number> =>
  (await Array.fromAsync(readCandles(library, { instrument: "FUT:BTCUSDT", interval: "1h" }))).length;
const THREE: [number, number] = [JULY, JULY + 3 * DAY];

describe("which files", () => {
  const now = Date.UTC(2024, 7, 10);
  const paths = (series: Series, from: number, to: number): string[] =>
    archivesOf(series, { from, to, now }).map(({ path }) => path.slice(path.lastIndexOf("/") + 1));

  test("whole months that are over by month, the rest by day, none that is not over", () => {
    expect(paths(SERIES, Date.UTC(2024, 5, 29), Date.UTC(2025, 0, 1))).toEqual([
      "BTCUSDT-1h-2024-06-29.zip",
      "BTCUSDT-1h-2024-06-30.zip",
      "BTCUSDT-1h-2024-07.zip",
      ...Array.from({ length: 9 }, (_, at) => `BTCUSDT-1h-2024-08-0${at + 1}.zip`),
    ]);
  });
  test("funding by month, depth by day, spot without either", () => {
    const whole: [number, number] = [JULY, JULY + 31 * DAY];
    expect(paths({ instrument: "FUT:BTCUSDT", kind: "fundingRate" }, ...whole)).toEqual([
      "BTCUSDT-fundingRate-2024-07.zip",
    ]);
    expect(paths({ instrument: "FUT:BTCUSDT", kind: "bookDepth" }, ...whole)).toHaveLength(31);
    expect(() => paths({ instrument: "SPOT:BTCUSDT", kind: "fundingRate" }, ...whole)).toThrow(
      "no fundingRate of spot",
    );
  });
});

test("a month, in one file", async () => {
  archive.files.set(MONTHLY, hours(JULY, 31 * 24));
  expect(await get(JULY, JULY + 31 * DAY)).toEqual([{ path: MONTHLY, fate: "imported", rows: 744 }]);
  expect(await rowsThere()).toBe(744);
});

test("a month that is not there is taken by days, and a missing day is said", async () => {
  serveDays(...Array.from({ length: 31 }, (_, at) => at + 1).filter((day) => day !== 20));
  const results = await get(JULY, JULY + 31 * DAY);
  expect(results.filter(({ fate }) => fate === "imported")).toHaveLength(30);
  expect(results.filter(({ fate }) => fate !== "imported")).toEqual([{ path: dayFile(20), fate: "missing", rows: 0 }]);
  expect(archive.most).toBeLessThanOrEqual(3);
});

test("what is there is not fetched again", async () => {
  serveDays(1, 2, 3);
  await get(...THREE);
  archive.asked.length = 0;
  expect((await get(...THREE)).map(({ fate }) => fate)).toEqual(["known", "known", "known"]);
  expect(archive.asked).toEqual([]);
});

test("a cut connection goes on where it broke off", async () => {
  serveDays(1);
  const size = (archive.files.get(dayFile(1)) as Uint8Array).length;
  let cuts = 0;
  archive.fault = (_path, response, body) => {
    if (cuts++ > 0) return false;
    response.writeHead(200, { "content-length": body.length });
    response.write(body.subarray(0, 300), () => setTimeout(() => response.destroy(), 50));
    return true;
  };
  expect((await get(JULY, JULY + DAY))[0]?.fate).toBe("imported");
  expect(size).toBeGreaterThan(300);
  expect(archive.asked).toEqual([dayFile(1), `${dayFile(1)} 300`]);
});

test("a run that ended in the middle is gone on with by the next", async () => {
  serveDays(1);
  const body = archive.files.get(dayFile(1)) as Uint8Array;
  mkdirSync(join(folder, DAILY, ".."), { recursive: true });
  writeFileSync(join(folder, `${dayFile(1)}.part`), body.subarray(0, 100));
  expect((await get(JULY, JULY + DAY))[0]?.fate).toBe("imported");
  expect(archive.asked).toEqual([`${dayFile(1)} 100`]);
});

test("a server without ranges begins anew", async () => {
  serveDays(1);
  archive.honoursRanges = false;
  mkdirSync(join(folder, DAILY, ".."), { recursive: true });
  writeFileSync(join(folder, `${dayFile(1)}.part`), "something else");
  expect((await get(JULY, JULY + DAY))[0]?.fate).toBe("imported");
  expect(await rowsThere()).toBe(24);
});

test("half a file of an earlier publication is thrown away", async () => {
  serveDays(1);
  mkdirSync(join(folder, DAILY, ".."), { recursive: true });
  writeFileSync(join(folder, `${dayFile(1)}.part`), "something else");
  expect((await get(JULY, JULY + DAY))[0]?.fate).toBe("imported");
  expect(archive.asked).toEqual([`${dayFile(1)} 14`, dayFile(1)]);
});

test("a wrong checksum takes nothing, and the other files come", async () => {
  serveDays(1, 2);
  archive.sums.set(dayFile(1), "0".repeat(64));
  const [wrong, right] = await get(JULY, JULY + 2 * DAY);
  expect(wrong).toMatchObject({ fate: "failed", rows: 0 });
  expect(wrong?.problem).toContain("does not have its published checksum");
  expect(right?.fate).toBe("imported");
  expect(await rowsThere()).toBe(24);
});

test("a server that always cuts, and one that is busy for a while", async () => {
  serveDays(1, 2);
  let busy = 3;
  archive.fault = (path, response) => {
    if (path === dayFile(1)) response.destroy();
    else if (busy-- > 0) response.writeHead(503, { "retry-after": "0" }).end();
    else return false;
    return true;
  };
  expect((await get(JULY, JULY + 2 * DAY)).map(({ fate }) => fate)).toEqual(["failed", "imported"]);
});

test("a file that is damaged in spite of its checksum is named with the line", async () => {
  archive.files.set(dayFile(1), zipped("a.csv", `${JULY},1,2,3\n`));
  const [result] = await get(JULY, JULY + DAY);
  expect(result?.problem).toContain("a.csv):1: 4 columns without a header are no klines");
});

test("files are gone after they were taken, and stay with keep", async () => {
  serveDays(1, 2);
  await get(JULY, JULY + DAY);
  expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".zip"))).toEqual([]);
  await get(JULY + DAY, JULY + 2 * DAY, { keep: true });
  expect(existsSync(join(folder, dayFile(2)))).toBe(true);
});

test("where nobody answers, it says so at once", async () => {
  const { url } = archive;
  await archive.stop();
  const error = await get(...THREE, { host: url }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Unreachable);
  expect((error as Error).message).toContain("127.0.0.1");
  archive = await serveArchive();
});
