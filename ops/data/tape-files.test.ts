/** Files of any form make the same tape as the library would, in any order; what is wrong is told by file and line. */
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Tape } from "../../shared/backtest/tape.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { Scale } from "../../shared/engine/scale.ts";
import type { Candle } from "../../shared/market-data/read.ts";
import { recordedMarket } from "../venue/recorded-market.fixture.ts";
import { openRecording } from "../venue/replay.ts";
import {
  archiveCsv,
  bare,
  featherOf,
  file,
  gzipped,
  MINUTE,
  newFolder,
  parquetOf,
  START,
  zipped,
} from "./candles.fixture.ts";
import { type FilesAsked, tapeOfFiles } from "./tape-files.ts";

const candles = Array.from(
  { length: 10 },
  (_, n): Candle => ({
    ...{
      ts: START + n * MINUTE,
      open: "100.5",
      high: String(102 + n),
      low: "99.5",
      close: "101",
      volume: String(n + 1),
    },
    ...{ quote_volume: "7", trades: "3", taker_volume: "0.5", taker_quote_volume: "50" },
  }),
);
const load = (paths: readonly string[], asked: Partial<FilesAsked> = {}): Promise<Tape> =>
  tapeOfFiles(paths, { listings: defaultListings(), on_problem: "refuse", ...asked });
const eventsOf = (tape: Tape) => Array.from({ length: tape.count }, (_, at) => tape.moment(at));
const folder = newFolder();
const NAME = "BTCUSDT-perp-1m";

describe("candles", () => {
  test("are the same from CSV, gzip, zip, with and without a header, in milli- and microseconds", async () => {
    const bodies = [
      archiveCsv(candles),
      gzipped(archiveCsv(candles, { header: false })),
      zipped("a.csv", archiveCsv(candles, { micros: true })),
    ];
    const tapes = await Promise.all(bodies.map((body, n) => load([file(folder, `${NAME}.${n}`, body)])));
    expect(tapes[0]!.count).toBe(10);
    expect(tapes[0]!.event(0)).toMatchObject({ kind: "bar", timeframe: "1m", open: 1005, lots: 1_000, takerLots: 500 });
    for (const tape of tapes) expect(eventsOf(tape)).toEqual(eventsOf(tapes[0]!));
  });

  test("are the same from Parquet and Feather, as far as these go", async () => {
    const plain = candles.map(bare);
    const parquet = await load([file(folder, `${NAME}.parquet`, parquetOf(plain))]);
    const feather = await load([file(folder, `${NAME}.feather`, featherOf(plain))]);
    expect(eventsOf(parquet)).toEqual(eventsOf(feather));
    expect(parquet.event(9)).toMatchObject({ high: 1110, lots: 10_000, trades: Number.NaN });
  });

  test("stand in order of time, whatever the order of their files, with funding and marks from where they begin", async () => {
    const later = file(folder, `${NAME}-a.csv`, archiveCsv(candles.slice(5)));
    const earlier = file(folder, `${NAME}-b.csv`, archiveCsv(candles.slice(0, 5)));
    const rates = [`${START - 8 * 3_600_000},0.0001`, `${START + 3 * MINUTE},0.0002`];
    const funding = file(folder, "BTCUSDT-perp-funding.csv", `ts,fundingRate\n${rates.join("\n")}\n`);
    const tape = await load([funding, later, earlier], { on_problem: "repair" });
    expect([tape.head.from_ts, tape.head.to_ts]).toEqual([START, START + 10 * MINUTE]);
    expect(
      eventsOf(tape)
        .map(({ event }) => event.kind.slice(0, 4))
        .join(" "),
    ).toBe("mark bar bar bar sett mark bar bar bar bar bar bar bar");
  });

  test("of several lengths are asked which", async () => {
    const hours = [0, 1].map((n) => ({ ...candles[0]!, ts: START + n * 60 * MINUTE }));
    const paths = [
      file(folder, `${NAME}.csv`, archiveCsv(candles)),
      file(folder, "BTCUSDT-perp-1h.csv", archiveCsv(hours)),
    ];
    expect(load(paths)).rejects.toThrow("There are candles of 1m, 1h; say which");
    expect((await load(paths, { timeframe: "1h" })).count).toBe(2);
  });

  test("that are bad are told by file and line, and repaired when asked", async () => {
    const csv = archiveCsv(candles).split("\n");
    csv[3] = csv[3]!.replace("102", "NaN").replace("104", "NaN");
    const path = file(folder, "BTCUSDT-perp-1m-bad.csv", csv.join("\n"));
    expect(load([path])).rejects.toThrow(`${path}:4: high: "NaN.00000000" is no price`);
    const tape = await load([path], { on_problem: "repair" });
    expect([tape.count, tape.head.problems.count]).toEqual([9, 2]);
  });

  test("of an instrument that is not listed, or of no known one, are refused", async () => {
    const path = file(folder, "XYZUSDT-perp-1m.csv", archiveCsv(candles));
    expect(load([path])).rejects.toThrow("FUT:XYZUSDT is not listed");
    const strange = file(folder, "prices.csv", archiveCsv(candles));
    expect(load([strange])).rejects.toThrow("Its name tells no symbol");
    expect((await load([strange], { wanted: { market: "FUT", symbol: "BTCUSDT" } })).count).toBe(10);
    expect(load([join(folder, "nowhere")])).rejects.toThrow("There is no file");
  });
});

test("trades of a folder make a tape of trades", async () => {
  const home = join(folder, "BTCUSDT-trades");
  mkdirSync(home);
  const rows = [1, 2].map((id) => `${id},61800.2,0.006,370,${START + id},${id === 1 ? "True" : "false"}`);
  file(home, "um-BTCUSDT-trades-2024-07-31.csv", `id,price,qty,quote_qty,time,is_buyer_maker\n${rows.join("\n")}\n`);
  const tape = await load([home]);
  expect(tape.head.form).toBe("trades");
  expect(tape.event(0)).toEqual({ kind: "trade", id: 1, ticks: 618_002, lots: 6, buyerIsTaker: false });
  const bars = file(folder, `${NAME}-too.csv`, archiveCsv(candles));
  expect(load([home, bars])).rejects.toThrow("There are candles and trades");
});

describe("recorded lines", () => {
  const lines = recordedMarket({ symbols: ["BTCUSDT", "ETHUSDT"], begins: START, seconds: 5 });
  const path = file(folder, "usdm.gz", gzipped(`${lines.join("\n")}\n`));

  test("make the tape that replay plays, line by line", async () => {
    const tape = await load([path]);
    expect(tape.head).toMatchObject({ form: "book", problems: { count: 0 } });
    expect(tape.instruments).toEqual(["FUT:BTCUSDT", "FUT:ETHUSDT"]);
    const steps: Record<string, string> = { "FUT:BTCUSDT": "0.10", "FUT:ETHUSDT": "0.01" };
    const recording = await openRecording([path], {
      scalesOf: (instrument) => ({ price: new Scale(steps[instrument]!), qty: new Scale("0.001") }),
    });
    for (let at = 0; at < tape.count; at++) {
      const line = (await recording.next())!;
      const { clockMs, exchTs, instrument, event } = line;
      expect(tape.moment(at)).toEqual({
        at: clockMs,
        exchTs,
        who: tape.instruments.indexOf(instrument),
        event,
      } as never);
    }
    expect(await recording.next()).toBeUndefined();
  });

  test("of instruments that are not asked for are passed over", async () => {
    const tape = await load([path], { instruments: ["FUT:ETHUSDT"] });
    expect([tape.instruments, tape.head.problems.count]).toEqual([["FUT:ETHUSDT"], 0]);
  });

  test("do not go with rows", () => {
    const bars = file(folder, `${NAME}-rows.csv`, archiveCsv(candles));
    expect(load([path, bars])).rejects.toThrow("has recorded lines, others have rows");
  });
});
