import { afterAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { type Library, type Series, unpack } from "../../shared/market-data/library.ts";
import { file, gzipped, NOW, newFolder, newLibrary, zipped } from "./candles.fixture.ts";
import { importFile } from "./import.ts";
import type { Wanted } from "./imported.ts";
import { verifyLibrary } from "./verify.ts";

const folder = newFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SERIES: Series = { instrument: "FUT:BTCUSDT", kind: "lines" };
const START = Date.UTC(2024, 7, 8, 23, 59, 50);

const trade = (ms: number, { symbol = "BTCUSDT", id = ms } = {}): string => {
  const data = { e: "trade", E: START, T: START, s: symbol, t: id, p: "60000.1", q: "0.010", X: "MARKET", m: true };
  return `${START + ms}000000 ${JSON.stringify({ stream: `${symbol.toLowerCase()}@trade`, data })}`;
};
const text = (...lines: string[]): string => lines.map((line) => `${line}\n`).join("");
const take = (library: Library, name: string, body: string | Uint8Array, wanted: Wanted = {}) =>
  importFile(file(folder, name, body), { library, wanted, now: NOW });

async function linesOf(library: Library): Promise<string[]> {
  const lines: string[] = [];
  for (const { key } of (await library.manifest(SERIES)).parts) {
    for await (const batch of unpack((await library.blobs.get(key)) as Uint8Array)) lines.push(...batch);
  }
  return lines;
}

test("lines stay as they are, by the hour, whatever they come in", async () => {
  const lines = [0, 0, 3_000, 9_999, 10_000, 15_000].map((ms, at) => trade(ms, { id: at }));
  for (const body of [text(...lines), gzipped(text(...lines)), zipped("a.log", text(...lines))]) {
    const library = newLibrary();
    expect(await take(library, "recording", body)).toMatchObject({ ...SERIES, rows: 6, parts: 2, first_ts: START });
    expect(await linesOf(library)).toEqual(lines);
    expect((await library.manifest(SERIES)).parts.map(({ period }) => period)).toEqual([
      "2024-08-08-23",
      "2024-08-09-00",
    ]);
    expect((await verifyLibrary(library)).verdicts[0]?.problems).toEqual([]);
  }
});

test("what follows in the same hour is added; what overlaps is refused, or taken instead", async () => {
  const library = newLibrary();
  await take(library, "first", text(trade(0), trade(1_000)));
  await take(library, "next", text(trade(1_000, { id: 7 }), trade(2_000)));
  const lines = [trade(0), trade(1_000), trade(1_000, { id: 7 }), trade(2_000)];
  expect(await linesOf(library)).toEqual(lines);
  await expect(take(library, "over", text(trade(500), trade(3_000)))).rejects.toThrow(
    "over:1: Lines from 2024-08-08T23:59:50.000Z to 2024-08-08T23:59:52.000Z are there already; --replace takes these",
  );
  expect(await linesOf(library)).toEqual(lines);
  await take(library, "over", text(trade(500), trade(3_000)), { replace: true });
  expect(await linesOf(library)).toEqual([trade(500), trade(3_000)]);
  expect(await Array.fromAsync(library.keys())).toHaveLength(2);
});

test("a line that no replay reads, of another instrument or out of order is named", async () => {
  const cases: [string, string, string][] = [
    ["other", text(trade(0), trade(1, { symbol: "ETHUSDT" })), 'other:2: Of FUT "ETHUSDT", not FUT:BTCUSDT'],
    ["order", text(trade(5), trade(4)), "order:2: Not in order: received"],
    ["json", text(trade(0), `${START}000000 {"e":`), "json:2: No JSON"],
    ["time", text(trade(0), "yesterday {}"), "time:2: No receive time in nanoseconds"],
    ["half", `${text(trade(0))}${trade(1).slice(0, 60)}`, "half:2: "],
  ];
  for (const [name, body, message] of cases) {
    const library = newLibrary();
    await expect(take(library, name, body)).rejects.toThrow(message);
    expect(await Array.fromAsync(library.keys())).toEqual([]);
  }
});

test("lines that do not tell their market need a word or a name", async () => {
  const snapshot = `${START}000000 {"lastUpdateId":1,"bids":[["1","2"]],"asks":[["2","2"]]}`;
  await expect(take(newLibrary(), "snapshot.gz", text(snapshot))).rejects.toThrow("say --market and --symbol");
  expect(await take(newLibrary(), "usdm__btcusdt_20240808", text(snapshot))).toMatchObject(SERIES);
  const wanted: Wanted = { market: "FUT", symbol: "BTCUSDT" };
  expect(await take(newLibrary(), "snapshot", text(snapshot), wanted)).toMatchObject(SERIES);
});

const recorded = process.env.CHIMERA_MARKET_DATA;
if (recorded === undefined) console.info("skipped: needs recorded markets; CHIMERA_MARKET_DATA names their folder");
test.skipIf(recorded === undefined)("a real recording", async () => {
  const library = newLibrary();
  const path = `${recorded}/depth/usdm__btcusdt_20240808.gz`;
  expect(await importFile(path, { library, wanted: {}, now: NOW })).toMatchObject({ ...SERIES, rows: 93_954 });
  expect((await verifyLibrary(library)).verdicts[0]?.problems).toEqual([]);
});
