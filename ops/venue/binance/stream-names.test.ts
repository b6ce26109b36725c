import { expect, test } from "bun:test";
import { aggregateTrade, readSocketPath, readStreamName } from "./stream-names.ts";

const NAMES: [string, string | undefined][] = [
  ["btcusdt@depth", "FUT:BTCUSDT depth"],
  ["btcusdt@depth@0ms", "FUT:BTCUSDT depth"],
  ["btcusdt@depth@100ms", "FUT:BTCUSDT depth"],
  ["ethusdt@trade", "FUT:ETHUSDT trade"],
  ["ethusdt@aggTrade", "FUT:ETHUSDT trade aggregated"],
  ["btcusdt@bookTicker", "FUT:BTCUSDT bookTicker"],
  ["btcusdt@kline_1m", "FUT:BTCUSDT kline_1m"],
  ["btcusdt@kline_7m", undefined],
  ["btcusdt@markPrice@1s", "FUT:BTCUSDT markPrice"],
  ["btcusdt@depth5@100ms", undefined],
  ["BTCUSDT@depth", undefined],
  ["btcusdt", undefined],
  ["../@depth", undefined],
  ["", undefined],
];

test("stream names say instrument and kind; their speed does not matter", () => {
  for (const [name, expected] of NAMES) {
    const wanted = readStreamName("FUT", name);
    const said = wanted && `${wanted.instrument} ${wanted.stream}${wanted.aggregate ? " aggregated" : ""}`;
    expect([name, said]).toEqual([name, expected]);
  }
  expect(readStreamName("SPOT", "btcusdt@markPrice")).toBeUndefined();
});

const PATHS: ["spot" | "um", string, string][] = [
  ["spot", "/ws/btcusdt@trade", "streams SPOT raw btcusdt@trade"],
  ["um", "/ws/btcusdt@trade", "streams FUT raw btcusdt@trade"],
  ["spot", "/ws/3", "streams SPOT raw "],
  ["spot", "/stream/ws/1", "streams SPOT raw "],
  ["spot", "/stream?streams=a@trade/b@depth", "streams SPOT combined a@trade,b@depth"],
  ["spot", "/stream?streams=", "streams SPOT combined "],
  ["spot", "/public/ws/0", "streams FUT raw "],
  ["um", "/market/stream?streams=a@kline_1m", "streams FUT combined a@kline_1m"],
  ["um", "/private/ws?listenKey=K", "streams FUT raw K"],
  ["spot", "/private/ws/K", "streams FUT raw K"],
  ["um", "/private/stream?listenKey=K", "streams FUT combined K"],
  ["spot", "/ws-api/v3", "ws-api SPOT raw "],
  ["spot", "/ws-fapi/v1", "ws-api FUT raw "],
  ["um", "/", "nothing"],
  ["um", "/api/v3/order", "nothing"],
];

test("every path form of Binance's clients is read", () => {
  for (const [host, path, expected] of PATHS) {
    const read = readSocketPath(host, path);
    const said = read && `${read.kind} ${read.market} ${read.combined ? "combined" : "raw"} ${read.names.join(",")}`;
    expect([path, said ?? "nothing"]).toEqual([path, expected]);
  }
});

test("an aggregate trade says what its one trade said", () => {
  const trade = '{"e":"trade","E":2,"T":1,"s":"BTCUSDT","t":9,"p":"60000.1","q":"0.010","X":"MARKET","m":true}';
  const expected = { e: "aggTrade", E: 2, s: "BTCUSDT", a: 9, p: "60000.1", q: "0.010", f: 9, l: 9, T: 1, m: true };
  expect(JSON.parse(aggregateTrade(trade))).toEqual(expected);
});
