import { expect, test } from "bun:test";
import type { Market } from "../../../shared/domain/instrument.ts";
import { readSocketPath, readStreamName } from "./stream-names.ts";

const NAMES: [Market, string, string | undefined][] = [
  ["FUT", "btcusdt@depth", "FUT:BTCUSDT depth everyMs=250"],
  ["FUT", "btcusdt@depth@0ms", "FUT:BTCUSDT frame stream=depth"],
  ["FUT", "btcusdt@depth@100ms", "FUT:BTCUSDT frame stream=depth"],
  ["FUT", "btcusdt@depth@500ms", "FUT:BTCUSDT depth everyMs=500"],
  ["SPOT", "btcusdt@depth", "SPOT:BTCUSDT depth everyMs=1000"],
  ["SPOT", "btcusdt@depth@500ms", undefined],
  ["FUT", "btcusdt@depth5@100ms", "FUT:BTCUSDT partial levels=5 everyMs=100"],
  ["SPOT", "btcusdt@depth20", "SPOT:BTCUSDT partial levels=20 everyMs=1000"],
  ["FUT", "btcusdt@depth7", undefined],
  ["FUT", "ethusdt@trade", "FUT:ETHUSDT frame stream=trade"],
  ["FUT", "ethusdt@aggTrade", "FUT:ETHUSDT aggTrade"],
  ["FUT", "btcusdt@bookTicker", "FUT:BTCUSDT frame stream=bookTicker"],
  ["FUT", "btcusdt@kline_1m", "FUT:BTCUSDT frame stream=kline_1m"],
  ["FUT", "btcusdt@kline_2h", "FUT:BTCUSDT kline interval=2h offsetMs=0"],
  ["FUT", "btcusdt@kline_1s", undefined],
  ["SPOT", "btcusdt@kline_1s", "SPOT:BTCUSDT frame stream=kline_1s"],
  ["SPOT", "btcusdt@kline_1d@+08:00", "SPOT:BTCUSDT kline interval=1d offsetMs=28800000"],
  ["FUT", "btcusdt@kline_7m", undefined],
  ["FUT", "btcusdt_perpetual@continuousKline_1m", "FUT:BTCUSDT kline interval=1m offsetMs=0 continuous=true"],
  ["FUT", "btcusdt@continuousKline_1m", undefined],
  ["FUT", "btcusdt@markPrice@1s", "FUT:BTCUSDT frame stream=markPrice"],
  ["FUT", "btcusdt@markPrice", "FUT:BTCUSDT markPrice everyMs=3000"],
  ["FUT", "!markPrice@arr@1s", "all FUT markPrice everyMs=1000"],
  ["SPOT", "btcusdt@markPrice", undefined],
  ["SPOT", "btcusdt@ticker", "SPOT:BTCUSDT ticker ticker=ticker"],
  ["SPOT", "btcusdt@ticker_4h", "SPOT:BTCUSDT ticker ticker=ticker_4h"],
  ["SPOT", "btcusdt@ticker_2h", undefined],
  ["SPOT", "!miniTicker@arr", "all SPOT ticker ticker=miniTicker"],
  ["SPOT", "!ticker_1h@arr", "all SPOT ticker ticker=ticker_1h"],
  ["SPOT", "!bookTicker", undefined],
  ["FUT", "!bookTicker", "all FUT frame stream=bookTicker"],
  ["FUT", "!forceOrder@arr", "all FUT forceOrder"],
  ["FUT", "btcusdt@forceOrder", "FUT:BTCUSDT forceOrder"],
  ["SPOT", "btcusdt@avgPrice", "SPOT:BTCUSDT ticker ticker=avgPrice"],
  ["FUT", "BTCUSDT@depth", undefined],
  ["FUT", "btcusdt", undefined],
  ["FUT", "../@depth", undefined],
  ["FUT", "", undefined],
];

test("stream names say instrument, kind and speed", () => {
  for (const [market, name, expected] of NAMES) {
    const wanted = readStreamName(market, name);
    const more =
      wanted && Object.entries(wanted.feed).map(([key, value]) => (key === "kind" ? value : `${key}=${value}`));
    const said = wanted && `${wanted.instrument ?? `all ${wanted.market}`} ${more?.join(" ")}`;
    expect([name, said]).toEqual([name, expected]);
  }
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
