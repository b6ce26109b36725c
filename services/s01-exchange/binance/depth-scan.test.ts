import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Instrument } from "../../../shared/domain/instrument.ts";
import { listed } from "../types.ts";
import { scanDepth } from "./depth-scan.ts";
import { readDiff } from "./normalise.ts";

const info: Instrument = {
  instrument: "FUT:BTCUSDT",
  market: "FUT",
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  status: "TRADING",
  tick_size: "0.10",
  step_size: "0.001",
  min_qty: "0.001",
  max_qty: "1000",
  min_notional: "5",
  updated_at: 0,
};
const on = listed(info);
const find = (symbol: string) => (symbol === "BTCUSDT" ? on : undefined);
const frame = {
  e: "depthUpdate",
  E: 1723161256299,
  T: 1723161256298,
  s: "BTCUSDT",
  U: 5123107832006,
  u: 5123107837557,
  pu: 5123107831937,
  b: [
    ["58710.20", "0.014"],
    ["61510.90", "0.000"],
  ],
  a: [["61800.30", "3.330"]],
};
const wrap = (data: unknown) => JSON.stringify({ stream: "btcusdt@depth@100ms", data });

test("it reads what the full parser reads", () => {
  for (const text of [wrap(frame), JSON.stringify(frame), wrap({ ...frame, pu: undefined, b: [] })]) {
    const data = JSON.parse(text).data ?? JSON.parse(text);
    expect(scanDepth(text, find)?.diff).toEqual(readDiff(data, on) as never);
  }
});

test("fields it does not know are passed over", () => {
  const more = { ...frame, st: 1, ps: "BTCUSDT", x: null, y: true, z: -1.5 };
  expect(scanDepth(wrap(more), find)?.diff).toEqual(readDiff(frame, on) as never);
});

const amount = fc.oneof(
  fc.tuple(fc.nat(9_999_999), fc.nat(99_999_999)).map(([whole, part]) => `${whole}.${part}`),
  fc.nat(9_999_999).map(String),
  fc.constantFrom("NaN", "-1", "", ".", "1.", ".5", "1e5", "1.2.3", "٣", "0", "0.00", "00012", "9".repeat(30), "a"),
);
const levels = fc.array(fc.tuple(amount, amount), { maxLength: 6 });

test("on any levels it agrees with the full parser, or leaves them to it", () => {
  fc.assert(
    fc.property(levels, levels, (b, a) => {
      const data = { ...frame, b, a };
      const scanned = scanDepth(wrap(data), find)?.diff;
      if (scanned) expect(readDiff(data, on)).toEqual(scanned);
    }),
    { seed: 7, numRuns: 2_000 },
  );
});

test("cut or altered anywhere, it agrees with the full parser or leaves it to it", () => {
  const text = wrap(frame);
  const alter = fc.record({
    at: fc.integer({ min: text.indexOf('{"e"'), max: text.length }),
    cut: fc.nat(5),
    put: fc.string({ maxLength: 3 }),
  });
  fc.assert(
    fc.property(alter, ({ at, cut, put }) => {
      const altered = text.slice(0, at) + put + text.slice(at + cut);
      const scanned = altered.includes('{"e":"depthUpdate"') ? scanDepth(altered, find) : undefined;
      if (!scanned) return;
      let data: unknown;
      try {
        data = JSON.parse(altered).data;
      } catch {
        return; // What follows the levels is not looked at: the levels themselves were whole.
      }
      expect(readDiff(data as never, on)).toEqual(scanned.diff);
    }),
    { seed: 7, numRuns: 5_000 },
  );
});

const left: [string, string][] = [
  ["another symbol", wrap({ ...frame, s: "XYZUSDT" })],
  ["an id too long", wrap(frame).replace("5123107837557", "8389765519993908929")],
  ["no levels", wrap({ ...frame, b: undefined })],
  ["spaces", wrap(frame).replace(",", ", ").replace('"U":', '"U": ')],
  ["a price finer than its units", wrap({ ...frame, b: [["58710.20001", "1"]] })],
  ["an amount that is no text", wrap({ ...frame, b: [[58710.2, "1"]] })],
  ["cut off", wrap(frame).slice(0, -20)],
];
test.each(left)("left to the full parser: %s", (_, text) => {
  expect(scanDepth(text, find)).toBeUndefined();
});
