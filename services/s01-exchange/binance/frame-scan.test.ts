import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Instrument } from "../../../shared/domain/instrument.ts";
import { listed } from "../types.ts";
import { FrameScan } from "./frame-scan.ts";
import { type Frame, kindOf, readDiff, readTicker, readTrade } from "./normalise.ts";

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
const scan = new FrameScan((symbol) => (symbol === "BTCUSDT" ? { on } : undefined));

const stamps = { E: 1723161256299, T: 1723161256298, s: "BTCUSDT" };
const ids = { U: 5123107832006, u: 5123107837557, pu: 5123107831937 };
const bids = [
  ["58710.20", "0.014"],
  ["61510.90", "0.000"],
];
const depth = { e: "depthUpdate", ...stamps, ...ids, b: bids, a: [["61800.30", "3.330"]] };
const trade = { e: "trade", ...stamps, t: 5266583935, p: "61800.30", q: "0.006", X: "MARKET", m: false };
const ticker = { u: 50093239212, s: "BTCUSDT", b: "61837.63", B: "3.78826000", a: "61837.64000000", A: "1.5" };
const futTicker = { e: "bookTicker", ...ticker, T: 1723161256313, E: 1723161256314 };
const frames: [string, object][] = [
  ["depth", depth],
  ["depth of spot, one side empty", { ...depth, pu: undefined, b: [] }],
  ["trade", trade],
  ["trade of a seller, prices without decimals", { ...trade, m: true, p: "61800", q: "2" }],
  ["ticker of spot", ticker],
  ["ticker of futures", futTicker],
];
const wrap = (data: unknown) => JSON.stringify({ stream: "btcusdt@x", data });

/** What the scan makes of a frame. */
function scanned(text: string): unknown {
  const kind = scan.begin(text);
  if (kind === "trade") return scan.trade(7);
  if (kind === "ticker") return scan.ticker(7, 5);
  return kind && scan.diff();
}
/** What the full parser makes of it. */
function parsed(text: string): unknown {
  const body = JSON.parse(text);
  const data = (body.data ?? body) as Frame;
  const kind = kindOf(data);
  if (kind === "trade") return readTrade(data, on, 7);
  if (kind === "ticker") return readTicker(data, on, { ts: 7, newestTs: 5 });
  return readDiff(data, on);
}

test.each(frames)("it reads what the full parser reads: %s", (_, data) => {
  for (const text of [wrap(data), JSON.stringify(data)]) {
    expect(scanned(text)).toBeDefined();
    expect(scanned(text)).toEqual(parsed(text));
  }
});

test.each(frames)("fields it does not know are passed over: %s", (_, data) => {
  const more = { ...data, st: 1, ps: "BTCUSDT", P: "9", pux: "8", x: null, y: true, z: -1.5 };
  expect(scanned(wrap(more))).toEqual(parsed(wrap(data)));
});

const amount = fc.oneof(
  fc.tuple(fc.nat(9_999_999), fc.nat(99_999_999)).map(([whole, part]) => `${whole}.${part}`),
  fc.nat(9_999_999).map(String),
  fc.constantFrom("NaN", "-1", "", ".", "1.", ".5", "1e5", "1.2.3", "٣", "0", "0.00", "00012", "9".repeat(30), "a"),
  fc.constantFrom(null, 5, true),
);
const levels = fc.array(fc.tuple(amount, amount), { maxLength: 6 });
const agree = (text: string) => {
  const read = scanned(text);
  if (read !== undefined) expect(parsed(text)).toEqual(read);
};

test("on any amounts it agrees with the full parser, or leaves them to it", () => {
  fc.assert(
    fc.property(levels, levels, (b, a) => agree(wrap({ ...depth, b, a }))),
    { seed: 7, numRuns: 1_000 },
  );
  fc.assert(
    fc.property(amount, amount, amount, amount, (b, a, B, A) => {
      agree(wrap({ ...trade, p: b, q: B }));
      agree(wrap({ ...futTicker, b, a, B, A }));
    }),
    { seed: 7, numRuns: 2_000 },
  );
});

test("cut or altered anywhere, it agrees with the full parser or leaves it to it", () => {
  const alter = fc.record({
    frame: fc.constantFrom(...frames.map(([, data]) => wrap(data))),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(5),
    put: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('"', ",", ":", "0", "9", ".", "[", "]", "}", '"u":')),
  });
  fc.assert(
    fc.property(alter, ({ frame, at, cut, put }) => {
      // The envelope before the data is not looked at.
      const begin = frame.indexOf('"data":{') + 8;
      const from = begin + Math.floor(at * (frame.length - begin));
      const altered = frame.slice(0, from) + put + frame.slice(from + cut);
      try {
        JSON.parse(altered);
      } catch {
        return; // Nor is what follows the data: the fields themselves were whole.
      }
      agree(altered);
    }),
    { seed: 7, numRuns: 20_000 },
  );
});

const left: [string, string][] = [
  ["another symbol", wrap({ ...depth, s: "XYZUSDT" })],
  ["two symbols", wrap(depth).replace('"a":', '"s":"ETHUSDT","a":')],
  ["an id too long", wrap(depth).replace("5123107837557", "8389765519993908929")],
  ["a trade's id too long", wrap(trade).replace("5266583935", "8389765519993908929")],
  ["an id as text", wrap({ ...trade, t: "5266583935" })],
  ["no levels", wrap({ ...depth, b: undefined })],
  ["no side", wrap({ ...trade, m: undefined })],
  ["spaces", wrap(depth).replace('"U":', '"U": ')],
  ["a price finer than its units", wrap({ ...depth, b: [["58710.20001", "1"]] })],
  ["an amount that is no text", wrap({ ...depth, b: [[58710.2, "1"]] })],
  ["a crossed ticker", wrap({ ...ticker, b: "61837.65" })],
  ["a zero price", wrap({ ...trade, p: "0.00" })],
  ["cut off", wrap(depth).slice(0, -20)],
  ["another event", wrap({ e: "markPriceUpdate", ...stamps, p: "1" })],
  ["nothing", ""],
];
test.each(left)("left to the full parser: %s", (_, text) => {
  expect(scanned(text)).toBeUndefined();
});
