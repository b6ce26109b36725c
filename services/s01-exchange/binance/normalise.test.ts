import { expect, test } from "bun:test";
import type { Instrument } from "../../../shared/domain/instrument.ts";
import { listed } from "../types.ts";
import { parseExact } from "./exact-json.ts";
import { type Frame, kindOf, readDiff, readFunding, readTicker, readTrade } from "./normalise.ts";

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
const spot = listed({ ...info, instrument: "SPOT:BTCUSDT", market: "SPOT", tick_size: "0.01", step_size: "0.00001" });

const trade = {
  e: "trade",
  E: 1723161256345,
  T: 1723161256344,
  s: "BTCUSDT",
  t: 5266583936,
  p: "61800.30",
  q: "0.199",
  m: false,
};
const ticker = { u: 50093239212, s: "BTCUSDT", b: "61837.63000000", B: "3.78826000", a: "61837.64000000", A: "1.5" };
const mark = {
  e: "markPriceUpdate",
  E: 1562305380000,
  s: "BTCUSDT",
  p: "11794.15000000",
  i: "11784.62659091",
  r: "0.00038167",
  T: 1562306400000,
};
const diff = { e: "depthUpdate", E: 1, s: "BTCUSDT", U: 5, u: 9, pu: 4, b: [["1.0", "2"]], a: [] };

test("a trade keeps the exchange's decimals, and its taker is who crossed", () => {
  expect(readTrade(trade, on, 7)).toEqual({
    instrument: "FUT:BTCUSDT",
    exch_ts: 1723161256344,
    ts: 7,
    trade_id: "5266583936",
    price: "61800.30",
    qty: "0.199",
    taker: "BUY",
  });
  expect(readTrade({ ...trade, m: true }, on, 7)).toMatchObject({ taker: "SELL" });
});

test("spot's bookTicker has no event name and no time, and takes the newest time known", () => {
  expect(kindOf(ticker)).toBe("ticker");
  expect(readTicker(ticker, spot, { ts: 7, newestTs: 5 })).toEqual({
    instrument: "SPOT:BTCUSDT",
    exch_ts: 5,
    ts: 7,
    seq: 50093239212,
    bid: "61837.63000000",
    bid_qty: "3.78826000",
    ask: "61837.64000000",
    ask_qty: "1.5",
  });
});

test("a mark price carries the funding rate and its time", () => {
  expect(kindOf(mark)).toBe("funding");
  expect(readFunding(mark, on, 7)).toMatchObject({ mark: "11794.15000000", rate: 0.00038167, exch_ts: 1562305380000 });
});

test("a book update keeps its sequence numbers", () => {
  const read = { first: 5, last: 9, previous: 4, exchTs: 1, bids: [10_000, 2_000_000], asks: [] };
  expect(readDiff(diff, on)).toEqual(read);
});

const flawed: [string, unknown, string][] = [
  ["price NaN", readTrade({ ...trade, p: "NaN" }, on, 7), "bad_amount"],
  ["price a number", readTrade({ ...trade, p: 61800.3 }, on, 7), "bad_amount"],
  ["price negative", readTrade({ ...trade, p: "-1" }, on, 7), "bad_amount"],
  ["price zero", readTrade({ ...trade, p: "0.00" }, on, 7), "bad_amount"],
  ["price with exponent", readTrade({ ...trade, p: "1e5" }, on, 7), "bad_amount"],
  ["no price", readTrade({ ...trade, p: undefined }, on, 7), "bad_amount"],
  ["no quantity", readTrade({ ...trade, q: null }, on, 7), "bad_amount"],
  ["no id", readTrade({ ...trade, t: undefined }, on, 7), "missing_field"],
  ["no time", readTrade({ ...trade, T: undefined }, on, 7), "missing_field"],
  ["no side", readTrade({ ...trade, m: "yes" }, on, 7), "missing_field"],
  ["bids above asks", readTicker({ ...ticker, b: "61837.65" }, spot, { ts: 1, newestTs: 1 }), "crossed"],
  ["empty side", readTicker({ ...ticker, b: "0.00000000" }, spot, { ts: 1, newestTs: 1 }), "bad_amount"],
  ["no sequence", readTicker({ ...ticker, u: undefined }, spot, { ts: 1, newestTs: 1 }), "missing_field"],
  ["mark NaN", readFunding({ ...mark, p: "NaN" }, on, 7), "bad_amount"],
  ["rate empty", readFunding({ ...mark, r: "" }, on, 7), "bad_amount"],
  ["levels no list", readDiff({ ...diff, b: "x" }, on), "missing_field"],
  ["a level NaN", readDiff({ ...diff, b: [["NaN", "1"]] }, on), "bad_amount"],
  ["a level no pair", readDiff({ ...diff, b: ["1.0"] }, on), "missing_field"],
  ["range reversed", readDiff({ ...diff, U: 10 }, on), "missing_field"],
];
test.each(flawed)("dropped: %s", (_, result, flaw) => {
  expect(result).toBe(flaw);
});

test("an id too long for a float is kept exact", () => {
  const text = '{"t":8389765519993908929,"c":"a,8389765519993908929,b","list":[ 8389765519993908930 ],"p":"61800.30"}';
  expect(parseExact(text)).toEqual({
    t: "8389765519993908929",
    c: "a,8389765519993908929,b",
    list: ["8389765519993908930"],
    p: "61800.30",
  });
  const long = JSON.stringify(trade).replace("5266583936", "8389765519993908929");
  expect(readTrade(JSON.parse(long), on, 7)).toBe("long_id");
  expect(readTrade(parseExact(long) as Frame, on, 7)).toMatchObject({ trade_id: "8389765519993908929" });
});
