import { expect, test } from "bun:test";
import fc from "fast-check";
import { Scale } from "../engine/scale.ts";
import { readEnvelope, readEvent } from "./recorded-line.ts";

const scales = { price: new Scale("0.10"), qty: new Scale("0.001") };
const at = "1723161255030314667";
const lines = [
  `${at} {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5,"u":7,"pu":4,"b":[["58710.20","0.014"]],"a":[["61800.30","0.000"]]}}`,
  `${at} {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}`,
  `${at} {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256313}}`,
  `${at} {"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"61800.25","i":"1","P":"1","r":"0.0001","T":1723190400000}}`,
  `${at} {"lastUpdateId":9,"E":1723161256501,"T":1723161256493,"bids":[["61800.20","2.909"]],"asks":[["61800.30","1.000"]]}`,
];

test("reads every stream that is played", () => {
  const kinds = lines.map((line) => {
    const envelope = readEnvelope(line);
    if (typeof envelope !== "object") throw new Error(String(envelope));
    expect(envelope.receiveMs).toBeCloseTo(1_723_161_255_030.3147, 2);
    const event = readEvent(envelope, scales);
    return typeof event === "string" ? event : event.kind;
  });
  expect(kinds).toEqual(["depth", "trade", "bookTicker", "markPrice", "snapshot"]);
});

test("a payload without its envelope is known by its content", () => {
  const bare = (data: object) => readEnvelope(`${at} ${JSON.stringify(data)}`);
  const spot = { u: 5, s: "BTCUSDT", b: "1.0", B: "1", a: "1.1", A: "1" };
  expect(bare(spot)).toMatchObject({ stream: "bookTicker", symbol: "BTCUSDT", market: "SPOT" });
  expect(bare({ e: "depthUpdate", s: "BTCUSDT", U: 1, u: 2, pu: 0, b: [], a: [] })).toMatchObject({ market: "FUT" });
  expect(bare({ e: "trade", s: "BTCUSDT", M: true })).toMatchObject({ stream: "trade", market: "SPOT" });
  expect(bare({ e: "forceOrder" })).toContain("forceOrder");
  expect(bare({ e: "24hrTicker" })).toBeUndefined();
});

test("whatever stands in a line, it is read or refused, never thrown at", () => {
  const damaged = fc
    .record({ line: fc.constantFrom(...lines), from: fc.nat(400), count: fc.nat(30), put: fc.string({ maxLength: 8 }) })
    .map(({ line, from, count, put }) => line.slice(0, from) + put + line.slice(from + count));
  const json = fc.json().map((text) => `${at} ${text}`);
  const inside = fc.json().map((text) => `${at} {"stream":"btcusdt@depth","data":${text}}`);
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string(), json, inside), (line) => {
      const envelope = readEnvelope(line);
      if (typeof envelope !== "object") return;
      const event = readEvent(envelope, scales);
      if (typeof event === "string") return;
      for (const value of Object.values(event)) {
        for (const number of [value].flat()) {
          if (typeof number === "number" && Number.isNaN(number)) throw new Error(`NaN from ${line}`);
        }
      }
    }),
    { seed: 9, numRuns: 3000 },
  );
});
