import { expect, test } from "bun:test";
import { defaultListings } from "../../shared/engine/listing.ts";
import { depthFrame, klineFrame, markFrame, printOf, tickerFrame, tradeFrame } from "./frames.ts";

const [spot, , fut] = defaultListings().map(printOf);
const best = { bidTicks: 6_183_763, bidLots: 378_826, askTicks: 6_183_764, askLots: 154_698 };

test("spot frames are written as the exchange writes them", () => {
  // Fields, order and decimals as in a recording of the real stream.
  expect(tickerFrame(spot!, 0, { seq: 50093239212, best })).toBe(
    '{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}',
  );
  expect(tradeFrame(spot!, 1723161255343, { id: 3735683259, ticks: 6_183_763, lots: 2000, buyerIsTaker: false })).toBe(
    '{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255343,"m":true,"M":true}',
  );
  expect(depthFrame(spot!, 5, { first: 3, last: 4, prev: 2, bids: [[5_565_387, 0]], asks: [] })).toBe(
    '{"e":"depthUpdate","E":5,"s":"BTCUSDT","U":3,"u":4,"b":[["55653.87000000","0.00000000"]],"a":[]}',
  );
});

test("futures frames carry times, pu and their own decimals", () => {
  expect(JSON.parse(depthFrame(fut!, 5, { first: 3, last: 4, prev: 2, bids: [], asks: [[618_002, 14]] }))).toEqual({
    e: "depthUpdate",
    E: 5,
    T: 5,
    s: "BTCUSDT",
    U: 3,
    u: 4,
    pu: 2,
    b: [],
    a: [["61800.2", "0.014"]],
  });
  expect(JSON.parse(tickerFrame(fut!, 5, { seq: 9, best }))).toMatchObject({ e: "bookTicker", u: 9, T: 5, E: 5 });
  const trade = { id: 7, ticks: 618_003, lots: 6, buyerIsTaker: true };
  expect(JSON.parse(tradeFrame(fut!, 5, trade))).toEqual({
    e: "trade",
    E: 5,
    T: 5,
    s: "BTCUSDT",
    t: 7,
    p: "61800.3",
    q: "0.006",
    X: "MARKET",
    m: false,
  });
  expect(JSON.parse(markFrame(fut!, 5, { ticks: 618_002.5, rate: 0.0001, nextAt: 8 }))).toEqual({
    e: "markPriceUpdate",
    E: 5,
    s: "BTCUSDT",
    p: "61800.25000000",
    i: "61800.25000000",
    P: "61800.25000000",
    r: "0.00010000",
    T: 8,
  });
  expect(fut!.ticksBetween("61800.25")).toBeCloseTo(618_002.5, 6);
});

test("a bar's money is its exact sum", () => {
  const bar = {
    openTs: 0,
    closeTs: 59_999,
    open: 600_000,
    high: 600_010,
    low: 599_990,
    close: 600_001,
    lots: 1500,
    quote: 900_001_500,
    trades: 3,
    takerLots: 500,
    takerQuote: 300_000_500,
    firstId: 11,
    lastId: 13,
  };
  const { e, k } = JSON.parse(klineFrame(fut!, 5, { timeframe: "1m", bar, closed: true }));
  expect(e).toBe("kline");
  expect(k).toEqual({
    t: 0,
    T: 59_999,
    s: "BTCUSDT",
    i: "1m",
    f: 11,
    L: 13,
    o: "60000.0",
    c: "60000.1",
    h: "60001.0",
    l: "59999.0",
    v: "1.500",
    n: 3,
    x: true,
    q: "90000.15000000",
    V: "0.500",
    Q: "30000.05000000",
    B: "0",
  });
});
