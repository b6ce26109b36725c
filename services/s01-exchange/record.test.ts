import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { Problem } from "../../shared/errors.ts";
import { RECORDINGS } from "../../shared/keys.ts";
import { Recorder } from "./record.ts";
import { testSurroundings } from "./surroundings.fixture.ts";
import { BTC, connectToVenue, SPOT_BTC } from "./venue.fixture.ts";

test("what is recorded is what came, and can be read back line by line", async () => {
  const { connector, blobs, settle, pass, said } = await connectToVenue();
  await settle(connector.recorder.flush());
  await pass(1_000);
  await settle(connector.recorder.flush());
  const { items } = await blobs.list(RECORDINGS, { limit: 10 });
  expect(items.map((item) => item.key)).toEqual([
    "recordings/fut-btcusdt/2023-11-14-22.gz",
    "recordings/spot-btcusdt/2023-11-14-22.gz",
  ]);
  const lines = gunzipSync((await blobs.get(items[0]!.key))!)
    .toString()
    .trimEnd()
    .split("\n");
  const frames = lines.map((line) => JSON.parse(line.slice(line.indexOf(" ") + 1)));
  expect(lines.every((line) => /^17\d{17} \{"stream":"btcusdt@/.test(line))).toBe(true);
  const trades = frames.filter((frame) => frame.data.e === "trade").map((frame) => String(frame.data.t));
  expect(trades).toEqual(said.trades.filter((t) => t.instrument === BTC).map((t) => t.trade_id));
});

const HOUR_MS = 3_600_000;
/** A recorder on blobs that can be broken. */
function open(settings: Parameters<typeof testSurroundings>[0]) {
  const around = testSurroundings(settings);
  const blobs = new MemoryBlobs(around.clock);
  const state = { isBroken: false };
  const append = blobs.append.bind(blobs);
  blobs.append = (key, body) => (state.isBroken ? Promise.reject(new Error("disk full")) : append(key, body));
  const recorder = new Recorder(around, blobs);
  const flush = async () => {
    const work = recorder.flush();
    let isDone = false;
    void work.finally(() => {
      isDone = true;
    });
    while (!isDone) await around.clock.run(around.clock.now() + 1);
    await work;
  };
  const lines = async (key: string) =>
    gunzipSync((await blobs.get(key))!)
      .toString()
      .trimEnd()
      .split("\n");
  return { around, blobs, state, recorder, flush, lines };
}

test("each hour has its file, and flushes add to it", async () => {
  const { recorder, flush, lines } = open({});
  recorder.frame(BTC, 1_700_000_000_123.456, '{"a":1}');
  await flush();
  recorder.frame(BTC, 1_700_000_000_124, '{"a":2}');
  recorder.frame(BTC, 1_700_000_000_000 + HOUR_MS, '{"a":3}');
  await flush();
  expect(await lines("recordings/fut-btcusdt/2023-11-14-22.gz")).toEqual([
    expect.stringMatching(/^1700000000123456\d{3} \{"a":1\}$/),
    '1700000000124000000 {"a":2}',
  ]);
  expect(await lines("recordings/fut-btcusdt/2023-11-14-23.gz")).toEqual(['1700003600000000000 {"a":3}']);
});

test("what cannot be written is held, in order, up to the limit; the rest is counted", async () => {
  const { recorder, flush, lines, state, around } = open({ settings: { recordBufferBytesMax: 100 } });
  state.isBroken = true;
  recorder.frame(BTC, 1_700_000_000_000, '{"a":1}');
  await flush();
  recorder.frame(BTC, 1_700_000_000_000, '{"a":2}');
  await flush();
  for (let i = 3; i < 9; i++) recorder.frame(BTC, 1_700_000_000_000, `{"a":${i}}`);
  expect(around.counted.get("unrecorded")).toBe(5);
  expect(around.raised).toEqual(["RECORDING_FAILED", "RECORDING_FAILED"]);
  state.isBroken = false;
  await flush();
  const written = await lines("recordings/fut-btcusdt/2023-11-14-22.gz");
  expect(written.map((line) => line.slice(20))).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
  recorder.frame(BTC, 1_700_000_000_000, '{"a":9}');
  expect(around.counted.get("unrecorded")).toBe(5);
});

test("a store that is away is tried for one instrument, not for each, and what came meanwhile is all held", async () => {
  const { recorder, flush, lines, blobs, around } = open({});
  const append = blobs.append.bind(blobs);
  const tried: string[] = [];
  blobs.append = (key) => {
    tried.push(key);
    return Promise.reject(new Problem("UNAVAILABLE", "The object store cannot be reached."));
  };
  for (const instrument of [BTC, SPOT_BTC]) recorder.frame(instrument, 1_700_000_000_000, '{"a":1}');
  await flush();
  expect(tried).toHaveLength(1);
  expect(around.raised).toEqual(["RECORDING_FAILED"]);
  blobs.append = append;
  for (const instrument of [BTC, SPOT_BTC]) recorder.frame(instrument, 1_700_000_000_001, '{"a":2}');
  await flush();
  for (const name of ["fut", "spot"]) {
    const written = await lines(`recordings/${name}-btcusdt/2023-11-14-22.gz`);
    expect(written.map((line) => line.slice(20))).toEqual(['{"a":1}', '{"a":2}']);
  }
});

test("a store that gives no answer does not hold up the end", async () => {
  const { recorder, blobs, around } = open({});
  blobs.append = () => new Promise(() => {});
  recorder.frame(BTC, 1_700_000_000_000, '{"a":1}');
  let isOver = false;
  void recorder.finish(5_000).then(() => {
    isOver = true;
  });
  const until = around.clock.now() + 5_001;
  while (!isOver && around.clock.now() < until) await around.clock.run(around.clock.now() + 100);
  expect(isOver).toBe(true);
});

const cuts: [string, number, string[]][] = [
  ["within the last member", 5, ['{"a":1}']],
  ["within the only line of the first", 60, []],
];
test.each(cuts)("a file that was cut off %s is mended before more is added", async (_, bytes, kept) => {
  const key = "recordings/fut-btcusdt/2023-11-14-22.gz";
  const first = open({});
  for (const text of ['{"a":1}', '{"a":2}']) {
    first.recorder.frame(BTC, 1_700_000_000_000, text);
    await first.flush();
  }
  const whole = (await first.blobs.get(key))!;
  const second = open({});
  await second.blobs.put(key, whole.subarray(0, whole.length - bytes));
  second.recorder.frame(BTC, 1_700_000_000_000, '{"a":3}');
  await second.flush();
  const after = (await second.lines(key)).map((line) => line.slice(20));
  expect(after.slice(0, kept.length)).toEqual(kept);
  expect(after.at(-1)).toBe('{"a":3}');
  expect(second.around.warnings).toEqual(["A recording ended in the middle"]);
  second.recorder.frame(BTC, 1_700_000_000_000, '{"a":4}');
  await second.flush();
  expect((await second.lines(key)).at(-1)!.slice(20)).toBe('{"a":4}');
});

test("what is no gzip at all is put aside", async () => {
  const key = "recordings/fut-btcusdt/2023-11-14-22.gz";
  const { blobs, recorder, flush, lines } = open({});
  await blobs.put(key, new TextEncoder().encode("not gzip"));
  recorder.frame(BTC, 1_700_000_000_000, '{"a":1}');
  await flush();
  expect(await lines(key)).toEqual(['1700000000000000000 {"a":1}']);
  expect(new TextDecoder().decode(await blobs.get(`${key}.broken`))).toBe("not gzip");
});

test("past the limit the oldest hours go, of whatever instrument", async () => {
  const { recorder, flush, blobs } = open({ settings: { recordTotalBytesMax: 100 } });
  for (let hour = 0; hour < 5; hour++) {
    recorder.frame(hour % 2 === 0 ? BTC : SPOT_BTC, 1_700_000_000_000 + hour * HOUR_MS, '{"a":1}');
  }
  await flush();
  const hourOf = (key: string) => key.slice(-16, -3);
  const all = (await blobs.list(RECORDINGS, { limit: 10 })).items.sort((a, b) =>
    hourOf(a.key) < hourOf(b.key) ? 1 : -1,
  );
  let total = 0;
  const fitting = all.filter(({ bytes }) => {
    total += bytes;
    return total <= 100;
  });
  expect(fitting.length).toBeGreaterThan(0);
  expect(await recorder.retain()).toBe(5 - fitting.length);
  const kept = (await blobs.list(RECORDINGS, { limit: 10 })).items.map(({ key }) => key);
  expect(kept.sort()).toEqual(fitting.map(({ key }) => key).sort());
});

test("switched off, nothing is kept", async () => {
  const { recorder, flush, blobs } = open({ settings: { recordFrames: false } });
  recorder.frame(BTC, 1_700_000_000_000, "{}");
  await flush();
  expect((await blobs.list(RECORDINGS, { limit: 10 })).items).toEqual([]);
});
