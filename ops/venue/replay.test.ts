import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { L2Book } from "../../shared/engine/l2.ts";
import type { Best } from "../../shared/engine/matcher.ts";
import { Scale } from "../../shared/engine/scale.ts";
import type { Levels, RecordedEvent } from "../../shared/market-data/recorded-line.ts";
import type { Line, Recording } from "../../shared/market-data/recording.ts";
import { LINE_CHARACTERS_MAX } from "./recorded-file.ts";
import { openRecording } from "./replay.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-replay-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scales = { price: new Scale("0.10"), qty: new Scale("0.001") };
const start = 1_723_161_255_000;
/** A line received `ms` after the start; the exchange's clock is 1000 ms ahead. */
const line = (ms: number, stream: string, data: object) =>
  `${start + ms}000000 ${JSON.stringify({ stream: `btcusdt@${stream}`, data })}`;
const depth = (ms: number, id: number, levels: { b?: string[][]; a?: string[][]; pu?: number } = {}) =>
  line(ms, "depth@0ms", {
    e: "depthUpdate",
    E: start + ms + 1000,
    s: "BTCUSDT",
    U: id,
    u: id,
    pu: levels.pu ?? id - 1,
    b: levels.b ?? [["61800.20", "1.000"]],
    a: levels.a ?? [],
  });
const trade = (ms: number, id: number, price = "61800.20") =>
  line(ms, "trade", {
    e: "trade",
    E: start + ms + 1000,
    s: "BTCUSDT",
    t: id,
    p: price,
    q: "0.006",
    X: "MARKET",
    m: false,
  });

function written(name: string, lines: readonly string[] | Uint8Array): string {
  const path = join(folder, name);
  if (lines instanceof Uint8Array) writeFileSync(path, lines);
  else writeFileSync(path, name.endsWith(".gz") ? gzipSync(lines.join("\n")) : `${lines.join("\n")}\n`);
  return path;
}

const open = (...files: string[]) => openRecording(files, { scalesOf: (id) => (/BTC/.test(id) ? scales : undefined) });

async function all(recording: Recording): Promise<Line[]> {
  const lines: Line[] = [];
  for (let next = await recording.next(); next !== undefined; next = await recording.next()) lines.push(next);
  return lines;
}

test("plays gzip and plain alike: raw text as received, ticks and lots, the clock on exchange time", async () => {
  const lines = [depth(0, 7), trade(2, 1), trade(3, 2, "NaN")];
  for (const name of ["usdm_a.gz", "usdm_a.log"]) {
    const recording = await open(written(name, lines));
    expect(recording.instruments).toEqual(["FUT:BTCUSDT"]);
    expect(recording.startsAt).toBe(start + 1000);
    const played = await all(recording);
    expect(played.map(({ clockMs, stream, exchTs }) => [clockMs - start, stream, exchTs - start])).toEqual([
      [1000, "depth", 1000],
      [1002, "trade", 1002],
    ]);
    expect(played[0]!.event).toEqual({ kind: "depth", first: 7, last: 7, prev: 6, bids: [618002, 1000], asks: [] });
    expect(played[1]!.event).toEqual({ kind: "trade", id: 1, ticks: 618002, lots: 6, buyerIsTaker: true });
    expect(`${start + 2}000000 {"stream":"btcusdt@trade","data":${played[1]!.raw}}`).toBe(lines[1]!);
    expect(recording.problems.count).toBe(1);
    expect(recording.progress()).toBe(1);
  }
});

test("tells spot from futures by content, and takes a snapshot for the file's only symbol", async () => {
  const spot = [
    line(0, "bookTicker", {
      u: 3,
      s: "BTCUSDT",
      b: "61837.60000000",
      B: "3.78800000",
      a: "61837.70000000",
      A: "1.00000000",
    }),
    `${start + 1}000000 {"lastUpdateId":5,"bids":[["61837.60","3.788"]],"asks":[["61837.70","1.000"],["61838.00","2.000"]]}`,
  ];
  const played = await all(await open(written("whatever.gz", spot)));
  expect(played.map(({ instrument, stream }) => [instrument, stream])).toEqual([
    ["SPOT:BTCUSDT", "bookTicker"],
    ["SPOT:BTCUSDT", "snapshot"],
  ]);
  expect(played[1]!.event).toEqual({
    kind: "snapshot",
    last: 5,
    bids: [618376, 3788],
    asks: [618377, 1000, 618380, 2000],
  });
  expect(played[0]!.exchTs).toBe(played[0]!.clockMs);
});

test("reads gzip members one after the other, as recorders that flush write them", async () => {
  const members = [[depth(0, 1), ""], [trade(5, 1), depth(6, 2), ""], [depth(9, 3)]];
  const body = Buffer.concat(members.map((lines) => gzipSync(lines.join("\n"))));
  const recording = await open(written("usdm_members.gz", body));
  expect(await all(recording)).toHaveLength(4);
  expect(recording.problems.count).toBe(0);
});

test("passes over streams that only repeat what others say", async () => {
  const kline = line(1, "kline_1m", { e: "kline", E: start, s: "BTCUSDT", k: {} });
  const bare = `${start + 2}000000 {"e":"aggTrade","E":1,"s":"BTCUSDT","a":1,"p":"1.0","q":"1","m":true}`;
  const recording = await open(written("usdm_over.gz", [depth(0, 1), kline, bare, depth(3, 2)]));
  expect(await all(recording)).toHaveLength(2);
  expect(recording.problems.count).toBe(0);
});

test("merges files by time, and opens one that follows another as its continuation", async () => {
  const later = written("usdm_2.gz", [depth(100, 2), depth(300, 3)]);
  const first = written("usdm_1.gz", [depth(0, 1), trade(50, 1)]);
  const other = written("usdm_3.gz", [trade(25, 9), trade(200, 10)]);
  const recording = await open(later, first, other);
  expect((await all(recording)).map(({ clockMs }) => clockMs - start - 1000)).toEqual([0, 25, 50, 100, 200, 300]);
  expect(recording.problems.count).toBe(0);
});

test("a file given twice is played once", async () => {
  const path = written("usdm_twice.gz", [depth(0, 1), depth(1, 2)]);
  const recording = await open(path, path);
  expect(await all(recording)).toHaveLength(2);
  expect(recording.problems.count).toBe(2);
});

test.each([
  ["garbage", "!!! no line", "No receive time"],
  ["no JSON", `${start}000000 {"stream":"btcusdt@trade","data":{]}}`, "No JSON"],
  ["a number", `${start}000000 17`, "No JSON object"],
  ["half an envelope", `${start}000000 {"stream":"btcusdt@trade","data":{"e":"tra`, "broken envelope"],
  ["an unknown stream", line(1, "forceOrder", { e: "forceOrder" }), "forceOrder"],
  ["a partial book", line(1, "depth20@100ms", {}), "depth20"],
  ["a NaN price", depth(1, 2, { a: [["NaN", "1.000"]] }), "No level: NaN"],
  ["a price between ticks", trade(1, 2, "61800.25"), "61800.25"],
  ["a negative quantity", depth(1, 2, { b: [["61800.20", "-1.000"]] }), "-1.000"],
  ["no update ids", line(1, "depth", { e: "depthUpdate", s: "BTCUSDT", U: "x", u: 2, b: [], a: [] }), "No update ids"],
  ["no levels", line(1, "depth", { e: "depthUpdate", s: "BTCUSDT", U: 2, u: 2, b: 5, a: [] }), "No levels"],
  ["a stranger", line(1, "trade", { e: "trade", s: "DOGEUSDT", t: 1, p: "1", q: "1", m: true }), "not listed"],
  ["the time going back", `${start - 5}000000 {"stream":"btcusdt@trade","data":{}}`, "No price"],
])("%s is reported with file and line, and the good lines play", async (name, bad, problem) => {
  const file = `usdm_${name.replaceAll(" ", "_")}.gz`;
  const recording = await open(written(file, [depth(0, 1), "", bad, trade(3, 5)]));
  expect(await all(recording)).toHaveLength(2);
  expect(recording.problems.count).toBe(1);
  expect(recording.problems.first[0]).toMatchObject({ file, line: 3 });
  expect(recording.problems.first[0]!.problem).toContain(problem);
});

test("a gap in update ids and a time that goes back are reported and played; the clock never goes back", async () => {
  const recording = await open(written("usdm_gap.gz", [depth(10, 1), depth(20, 5), trade(5, 1), depth(30, 6)]));
  expect((await all(recording)).map(({ clockMs }) => clockMs - start - 1000)).toEqual([10, 20, 20, 30]);
  expect(recording.problems.first.map(({ line, problem }) => [line, problem])).toEqual([
    [3, "Time goes back by 15.000 ms"],
    [2, "Updates of FUT:BTCUSDT are missing after 1"],
  ]);
});

test("a truncated gzip plays to where it breaks", async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => trade(i, (i * 7919) % 100_003));
  const whole = gzipSync(lines.join("\n"));
  const recording = await open(written("usdm_cut.gz", whole.subarray(0, whole.length >> 1)));
  const played = await all(recording);
  expect(played.length).toBeGreaterThan(5000);
  expect(played.length).toBeLessThan(20_000);
  expect(recording.problems.count).toBe(1);
  expect(recording.problems.first[0]).toMatchObject({ line: played.length + 1 });
  expect(recording.problems.first[0]!.problem).toContain("breaks off");
});

test("an endless line does not fill the memory", async () => {
  const long = "x".repeat(LINE_CHARACTERS_MAX + 600_000);
  const recording = await open(written("usdm_long.log", [depth(0, 1), long, trade(3, 5)]));
  expect(await all(recording)).toHaveLength(2);
  expect(recording.problems.first[0]).toMatchObject({ line: 2 });
});

test("of many problems all are counted and the first are kept", async () => {
  const recording = await open(written("usdm_many.gz", [depth(0, 1), ...Array<string>(50).fill("garbage")]));
  await all(recording);
  expect(recording.problems.count).toBe(50);
  expect(recording.problems.first).toHaveLength(20);
});

test("what cannot be played at all is refused by name", async () => {
  expect(open(join(folder, "missing.gz"))).rejects.toThrow("missing.gz");
  expect(open(written("empty.gz", []))).rejects.toThrow("No recorded market in empty.gz");
  expect(open(written("zero.log", new Uint8Array(0)))).rejects.toThrow("No recorded market");
  expect(open(written("noise.bin", crypto.getRandomValues(new Uint8Array(5000))))).rejects.toThrow(
    "No recorded market",
  );
});

const recorded = process.env.CHIMERA_MARKET_DATA;
if (recorded === undefined) console.info("replay: CHIMERA_MARKET_DATA is unset, tests on recorded markets are skipped");
const files =
  recorded === undefined ? [] : readdirSync(join(recorded, "depth")).map((file) => join(recorded, "depth", file));
const real = { price: new Scale("0.01"), qty: new Scale("0.00001") };

function apply(book: L2Book, { bids, asks }: { bids: Levels; asks: Levels }): void {
  for (let i = 0; i < bids.length; i += 2) book.set("BUY", bids[i]!, bids[i + 1]!);
  for (let i = 0; i < asks.length; i += 2) book.set("SELL", asks[i]!, asks[i + 1]!);
}

test.skipIf(recorded === undefined)("recorded: chains are unbroken and every line plays", async () => {
  const recording = await openRecording(files, { scalesOf: () => real });
  const lines = (path: string) => gunzipSync(readFileSync(path)).toString().trimEnd().split("\n").length;
  const count = files.reduce((sum, path) => sum + lines(path), 0);
  let played = 0;
  let clock = 0;
  for (let next = await recording.next(); next !== undefined; next = await recording.next()) {
    played++;
    if (next.clockMs < clock) throw new Error(`Time goes back at ${next.clockMs}`);
    clock = next.clockMs;
  }
  expect(recording.problems).toMatchObject({ count: 0 });
  expect(played).toBe(count);
});

test.skipIf(recorded === undefined)("recorded: the rebuilt futures top is bookTicker's at every event", async () => {
  for (const file of files.filter((path) => path.includes("usdm"))) {
    const recording = await openRecording([file], { scalesOf: () => real });
    const book = new L2Book();
    const early: (RecordedEvent & { kind: "depth" })[] = [];
    const tickers: { seq: number; best: Best }[] = [];
    const tops: { seq: number; best: Best | undefined }[] = [];
    let snapshot: number | undefined;
    for (let next = await recording.next(); next !== undefined; next = await recording.next()) {
      const { event } = next;
      if (event.kind === "snapshot") {
        apply(book, event);
        for (const diff of early) if (diff.last > event.last) apply(book, diff);
        snapshot = event.last;
      } else if (event.kind === "bookTicker") {
        const { seq, bidTicks, bidLots, askTicks, askLots } = event;
        tickers.push({ seq, best: { bidTicks, bidLots, askTicks, askLots } });
      } else if (event.kind === "depth") {
        if (snapshot === undefined) early.push(event);
        else apply(book, event);
        if (book.crossed()) throw new Error(`Crossed at ${event.last}`);
        if (snapshot !== undefined && event.last > snapshot) tops.push({ seq: event.last, best: book.best() });
      }
    }
    // The streams are apart by milliseconds in the file, so they meet by update id: the last ticker up to each top.
    let at = 0;
    for (const { seq, best } of tops) {
      while (at + 1 < tickers.length && tickers[at + 1]!.seq <= seq) at++;
      expect(best).toEqual(tickers[at]!.best);
    }
    expect(tops.length).toBeGreaterThan(6000);
  }
});
