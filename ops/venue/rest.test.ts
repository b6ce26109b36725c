import { expect, test } from "bun:test";
import fc from "fast-check";
import { ROUTES } from "./binance/routes.ts";
import { hmac, START, TestVenue } from "./test-client.ts";

const NAMES = [
  "symbol",
  "side",
  "type",
  "quantity",
  "price",
  "timeInForce",
  "newClientOrderId",
  "orderId",
  "limit",
  "startTime",
];
const MORE = [
  "reduceOnly",
  "closePosition",
  "triggerPrice",
  "algoType",
  "leverage",
  "marginType",
  "recvWindow",
  "interval",
  "algoId",
];
const oddities = fc.constantFrom(
  "BTCUSDT",
  "BUY",
  "SELL",
  "LIMIT",
  "MARKET",
  "GTC",
  "NaN",
  "-0",
  "1e309",
  "",
  "0",
  "true",
  "__proto__",
  "null",
);
const odd = fc.oneof(oddities, fc.string({ maxLength: 30 }), fc.double().map(String), fc.bigInt().map(String));
const fields = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES, ...MORE), fc.string({ maxLength: 12 })), odd, {
  maxKeys: 12,
});
const route = fc.oneof(
  fc.constantFrom(...Object.keys(ROUTES)),
  fc.string({ maxLength: 40 }).map((text) => `GET /${text}`),
);

test("any request gets an answer in Binance's form, and only a well-formed order changes anything", async () => {
  const v = await TestVenue.open();
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  await v.settle(1_000);
  let good = 0;
  await fc.assert(
    fc.asyncProperty(route, fields, fc.boolean(), async (name, given, isSigned) => {
      const text = new URLSearchParams({ ...given, timestamp: String(v.clock.now()) }).toString();
      const signature = isSigned ? hmac("paper-secret", text) : "bad";
      const [method = "", path = ""] = name.split(" ", 2);
      const { status, json } = await v.raw(
        `${method} ${path.split("?")[0]}?${text}&signature=${signature}`,
        "paper-key",
      );
      if (status === 200) good += 1;
      else
        expect([typeof json.code, typeof json.msg, status >= 400 && status < 500]).toEqual(["number", "string", true]);
    }),
    { seed: 5, numRuns: 3_000 },
  );
  expect(good).toBeGreaterThan(100);
  for (const total of v.venue.exchange.state.ledger.sums().values()) expect(total as bigint).toBe(0n);
  expect((await v.order("paper", "BTCUSDT BUY 0.01 MARKET")).status).toBe("FILLED");
});

test("any text on a socket is answered or ends the session, and harms nobody else", async () => {
  const v = await TestVenue.open();
  const texts = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.json(),
    fc
      .record({ method: odd, params: fc.oneof(fc.array(odd, { maxLength: 4 }), fc.jsonValue()), id: fc.jsonValue() })
      .map((value) => JSON.stringify(value)),
  );
  const quiet = await v.listen("ws://127.0.0.1:8094/public/ws/btcusdt@bookTicker");
  const urls = [
    "ws://127.0.0.1:8093/ws-api/v3",
    "ws://127.0.0.1:8094/ws",
    "ws://127.0.0.1:8094/private/ws?listenKey=x",
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...urls), fc.array(texts, { maxLength: 4 }), async (url, sent) => {
      const heard = await v.listen(url);
      for (const text of sent) heard.socket.send(text);
      await v.settle();
      expect(heard.messages.length === sent.length || heard.closed !== undefined).toBe(true);
      heard.socket.close();
    }),
    { seed: 6, numRuns: 1_000 },
  );
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  expect(quiet.messages.length).toBe(1);
});

test("weights are counted by the minute", async () => {
  const v = await TestVenue.open();
  const weight = async () => {
    const sent = v.venue.rest("um", { method: "GET", path: "/fapi/v1/depth?symbol=BTCUSDT", headers: {} });
    await v.settle();
    return (await sent).headers["x-mbx-used-weight-1m"];
  };
  expect([await weight(), await weight()]).toEqual(["10", "20"]);
  await v.settle(60_000 - (START % 60_000));
  expect(await weight()).toBe("10");
});
