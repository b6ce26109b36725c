import { expect, test } from "bun:test";
import fc from "fast-check";
import { BINANCE_LIMITS, NO_LIMITS } from "./binance/limits.ts";
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
  const v = await TestVenue.open({ limits: NO_LIMITS });
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
  const v = await TestVenue.open({ limits: NO_LIMITS });
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

const ask = async (v: TestVenue, path: string, ip?: string) => {
  const sent = v.venue.rest("um", { method: "GET", path, headers: {}, ip });
  await v.settle();
  const { status, headers, body } = await sent;
  return { status, headers, code: (JSON.parse(body) as { code?: number }).code };
};

test("weights are counted by the minute, as each endpoint costs", async () => {
  const v = await TestVenue.open();
  const weight = async (path: string) => (await ask(v, path)).headers["x-mbx-used-weight-1m"];
  expect(await weight("/fapi/v1/depth?symbol=BTCUSDT")).toBe("10");
  expect(await weight("/fapi/v1/depth?symbol=BTCUSDT&limit=5")).toBe("12");
  expect(await weight("/fapi/v1/ticker/24hr")).toBe("52");
  expect(await weight("/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1500")).toBe("62");
  await v.settle(60_000 - (START % 60_000));
  expect(await weight("/fapi/v1/depth?symbol=BTCUSDT")).toBe("10");
});

test("who spends too much gets 429, who goes on gets 418 for two minutes, then for four; others are served", async () => {
  const v = await TestVenue.open({ limits: { ...BINANCE_LIMITS, weight: { SPOT: 40, FUT: 40, SAPI: 40 } } });
  const path = "/fapi/v1/ticker/24hr";
  const statuses = async (count: number) => {
    const seen: number[] = [];
    for (let i = 0; i < count; i++) seen.push((await ask(v, path, "10.0.0.1")).status);
    return seen;
  };
  await v.settle(60_000 - (START % 60_000) + 20_000);
  expect(await statuses(3)).toEqual([200, 429, 429]);
  const refused = await ask(v, path, "10.0.0.1");
  expect([refused.headers["retry-after"], refused.code]).toEqual(["40", -1003]);
  expect(await statuses(8)).toEqual([429, 429, 429, 429, 429, 429, 429, 418]);
  expect((await ask(v, path, "10.0.0.1")).headers["retry-after"]).toBe("120");
  expect((await ask(v, path, "10.0.0.2")).status).toBe(200);
  await v.settle(120_000);
  expect((await statuses(12)).slice(-2)).toEqual([429, 418]);
  expect((await ask(v, path, "10.0.0.1")).headers["retry-after"]).toBe("240");
});

test("orders are counted by account; on spot one that trades counts no more", async () => {
  const orders = {
    SPOT: [{ interval: "SECOND", intervalNum: 10, limit: 2 }],
    FUT: [{ interval: "MINUTE", intervalNum: 1, limit: 2 }],
  } as const;
  const v = await TestVenue.open({ limits: { ...BINANCE_LIMITS, orders } });
  const codes: (number | undefined)[] = [];
  for (let i = 0; i < 3; i++) codes.push((await v.order("paper", "BTCUSDT BUY 0.01 50000")).code);
  expect(codes).toEqual([undefined, undefined, -1015]);
  expect((await v.order("maker", "BTCUSDT SELL 0.01 60000")).code).toBeUndefined();
  const count = async (who: string) => (await v.call(who, "GET /api/v3/rateLimit/order"))[0].count;
  await v.spot("paper", "BTCUSDT BUY 0.01 50000");
  await v.spot("paper", "BTCUSDT BUY 0.01 50000");
  expect(await count("paper")).toBe(2);
  expect((await v.spot("paper", "BTCUSDT BUY 0.01 50000")).code).toBe(-1015);
  await v.spot("maker", "BTCUSDT SELL 0.01 50000");
  expect([await count("paper"), await count("maker")]).toEqual([1, 0]);
});
