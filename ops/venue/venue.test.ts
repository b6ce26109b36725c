import { expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { NetError } from "../../shared/kit/ports.ts";
import { type Answer, hmac, query, START, TestVenue } from "./test-client.ts";

const kinds = (messages: Answer[]): string[] =>
  messages.map((m) =>
    m.e === "ORDER_TRADE_UPDATE" ? `${m.o.x} ${m.o.X}` : m.e === "ALGO_UPDATE" ? `ALGO ${m.o.X}` : m.e,
  );

test("a futures position is opened, protected and closed, and the account's stream tells all of it in order", async () => {
  const v = await TestVenue.open();
  const account = await v.listenAccount("paper");
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  expect(await v.call("paper", "POST /fapi/v1/marginType", { symbol: "BTCUSDT", marginType: "ISOLATED" })).toEqual({
    code: 200,
    msg: "success",
  });
  const opened = await v.order("paper", "BTCUSDT BUY 0.004 MARKET", { newClientOrderId: "ch-entry-1" });
  expect(opened).toMatchObject({
    status: "FILLED",
    clientOrderId: "ch-entry-1",
    executedQty: "0.004",
    avgPrice: "60000.00000",
  });
  const stop = { symbol: "BTCUSDT", side: "SELL", algoType: "CONDITIONAL", type: "STOP_MARKET", triggerPrice: "59500" };
  const algo = await v.call("paper", "POST /fapi/v1/algoOrder", {
    ...stop,
    closePosition: true,
    workingType: "MARK_PRICE",
    clientAlgoId: "ch-stop-1",
  });
  expect(algo).toMatchObject({ algoStatus: "NEW", clientAlgoId: "ch-stop-1", triggerPrice: "59500.0" });
  expect(await v.call("paper", "GET /fapi/v1/openOrders")).toEqual([]);
  const [risk] = await v.call("paper", "GET /fapi/v3/positionRisk");
  expect(risk).toMatchObject({ positionAmt: "0.004", entryPrice: "60000.00000", isolatedWallet: "12.00000000" });
  // The book falls: mid 59395 is the next mark.
  await v.call("maker", "DELETE /fapi/v1/allOpenOrders", { symbol: "BTCUSDT" });
  await v.order("maker", "BTCUSDT SELL 1 59400");
  await v.order("maker", "BTCUSDT BUY 1 59390");
  await v.settle(1_000);
  expect(kinds(account.messages)).toEqual([
    "ACCOUNT_UPDATE",
    "NEW NEW",
    "TRADE_LITE",
    "ACCOUNT_UPDATE",
    "TRADE FILLED",
    "ALGO NEW",
    "ALGO TRIGGERING",
    "NEW NEW",
    "ALGO TRIGGERED",
    "TRADE_LITE",
    "ACCOUNT_UPDATE",
    "TRADE FILLED",
    "ALGO FINISHED",
  ]);
  const closing = account.messages.findLast((m) => m.e === "ORDER_TRADE_UPDATE").o;
  // (59390 − 60000) × 0.004 = −2.44; fee 237.56 × 0.0005 = 0.11878
  expect(closing).toMatchObject({ c: "ch-stop-1", ot: "STOP_MARKET", rp: "-2.44000000", n: "0.11878000", cp: true });
  const { totalWalletBalance, positions } = await v.call("paper", "GET /fapi/v3/account");
  expect([totalWalletBalance, positions]).toEqual(["9997.32122000", []]);
});

test("market streams are told in every path form, wrapped only where the path says so", async () => {
  const v = await TestVenue.open();
  const raw = await v.listen("ws://127.0.0.1:8094/public/ws/3");
  raw.socket.send('{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":7}');
  const combined = await v.listen("ws://127.0.0.1:8093/public/stream?streams=btcusdt@trade/btcusdt@aggTrade");
  const legacy = await v.listen("ws://127.0.0.1:8094/ws/btcusdt@bookTicker");
  const spot = await v.listen("ws://127.0.0.1:8093/stream/ws/1");
  spot.socket.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}');
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  expect(raw.messages[0]).toEqual({ result: null, id: 7 });
  expect(raw.messages.slice(1).map((m) => [m.pu, m.u, m.b, m.a])).toEqual([
    [1, 2, [], [["60000.0", "1.000"]]],
    [2, 3, [["59990.0", "1.000"]], []],
    [3, 4, [], [["60000.0", "0.990"]]],
  ]);
  expect(combined.messages.map((m) => [m.stream, m.data.e, m.data.p, m.data.q])).toEqual([
    ["btcusdt@trade", "trade", "60000.0", "0.010"],
    ["btcusdt@aggTrade", "aggTrade", "60000.0", "0.010"],
  ]);
  expect(legacy.messages.map((m) => [m.b, m.a, m.A])).toEqual([
    ["59990.0", "60000.0", "1.000"],
    ["59990.0", "60000.0", "0.990"],
  ]);
  expect(spot.messages).toEqual([{ result: null, id: 1 }]);
  raw.socket.send('{"method":"LIST_SUBSCRIPTIONS","id":"x"}');
  raw.socket.send("garbage");
  raw.socket.send('{"method":"UNSUBSCRIBE","params":["btcusdt@depth@100ms"],"id":8}');
  await v.order("maker", "BTCUSDT BUY 1 59980");
  expect(raw.messages.slice(4)).toEqual([
    { result: ["btcusdt@depth@100ms"], id: "x" },
    { error: { code: 3, msg: "Invalid JSON: expected value at line 1 column 1" }, id: null },
    { result: null, id: 8 },
  ]);
  expect(await v.raw("GET /fapi/v1/depth?symbol=BTCUSDT&limit=5")).toMatchObject({
    json: {
      lastUpdateId: 5,
      bids: [
        ["59990.0", "1.000"],
        ["59980.0", "1.000"],
      ],
      asks: [["60000.0", "0.990"]],
    },
  });
});

const ORDER = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "60000" };
/** What is wrong with the order, and the code it gets. */
const REFUSED: [string, object, number][] = [
  ["unknown symbol", { symbol: "NOPEUSDT" }, -1121],
  ["symbol with control characters", { symbol: "BTC\u0000" }, -1100],
  ["no quantity", { quantity: "" }, -1102],
  ["NaN", { quantity: "NaN" }, -1100],
  ["Infinity", { price: "Infinity" }, -1100],
  ["exponent", { quantity: "1e3" }, -1100],
  ["negative", { quantity: "-1" }, -1100],
  ["zero", { quantity: "0" }, -4003],
  ["off step", { quantity: "0.0101" }, -1111],
  ["off tick", { price: "60000.05" }, -1111],
  ["too much", { quantity: "5000" }, -4005],
  ["too small in value", { quantity: "0.001", price: "4000" }, -4164],
  ["price far above the mark", { price: "90000" }, -4016],
  ["bad side", { side: "HOLD" }, -1117],
  ["bad type", { type: "ICEBERG" }, -1116],
  ["conditional type at the old path", { type: "STOP_MARKET", stopPrice: "1" }, -4120],
  ["bad time in force", { timeInForce: "DAY" }, -1115],
  ["hedge position side", { positionSide: "LONG" }, -4061],
  ["bad client id", { newClientOrderId: "a b" }, -1100],
  ["long client id", { newClientOrderId: "x".repeat(37) }, -1100],
  ["reduce-only without a position", { reduceOnly: "true" }, -2022],
  ["not enough margin", { quantity: "100" }, -2019],
  ["post-only that would take", { timeInForce: "GTX", price: "60010" }, -5022],
  ["fill-or-kill that cannot fill", { timeInForce: "FOK", quantity: "2", price: "60000" }, -5021],
];

test("a bad futures order gets Binance's own code, and nothing is recorded", async () => {
  const v = await TestVenue.open();
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  await v.settle(1_000);
  const before = v.venue.stateHash();
  for (const [what, change, code] of REFUSED) {
    const answer = await v.call("paper", "POST /fapi/v1/order", { ...ORDER, ...change });
    expect([what, answer.code]).toEqual([what, code]);
  }
  expect(v.venue.stateHash()).toBe(before);
});

test("client ids are unique among open orders only, and the newest is found", async () => {
  const v = await TestVenue.open();
  const id = { newClientOrderId: "same" };
  const first = await v.order("paper", "BTCUSDT BUY 0.01 50000", id);
  expect((await v.order("paper", "BTCUSDT BUY 0.01 50000", id)).code).toBe(-4116);
  const canceled = await v.call("paper", "DELETE /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "same" });
  expect(canceled).toMatchObject({ orderId: first.orderId, status: "CANCELED" });
  expect((await v.call("paper", "DELETE /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "same" })).code).toBe(
    -2011,
  );
  const second = await v.order("paper", "BTCUSDT BUY 0.01 50000", id);
  const asked = await v.call("paper", "GET /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "same" });
  expect(asked.orderId).toBe(second.orderId);
  expect((await v.call("paper", "GET /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "other" })).code).toBe(
    -2013,
  );
  expect((await v.call("maker", "GET /fapi/v1/order", { symbol: "BTCUSDT", orderId: second.orderId })).code).toBe(
    -2013,
  );
});

test("unsigned, stale, forged and malformed requests are refused in Binance's words", async () => {
  const v = await TestVenue.open();
  const at = (ms: number) => query({ timestamp: START + ms });
  const signed = (text: string) => `GET /fapi/v3/account?${text}&signature=${hmac("paper-secret", text)}`;
  const cases: [string, string | undefined, number, number][] = [
    ["GET /fapi/v3/account", undefined, 401, -2014],
    [signed(at(0)), "a key!", 401, -2014],
    [signed(at(0)), "unknown", 401, -2015],
    [signed(at(0)), "maker-key", 400, -1022],
    [`GET /fapi/v3/account?${at(0)}`, "paper-key", 400, -1102],
    [signed(""), "paper-key", 400, -1102],
    [signed(at(-5_001)), "paper-key", 400, -1021],
    [signed(at(1_000)), "paper-key", 400, -1021],
    [signed(`${at(-9_000)}&recvWindow=60001`), "paper-key", 400, -1131],
    ["GET /fapi/v1/nothing", undefined, 404, -5000],
    ["PATCH /fapi/v1/order", undefined, 404, -5000],
    [`GET /fapi/v1/klines?symbol=BTCUSDT&interval=2s`, undefined, 400, -1120],
    [`GET /fapi/v1/depth?symbol=BTCUSDT&limit=${"9".repeat(30)}`, undefined, 400, -1100],
    [`GET /fapi/v1/depth?x=${"9".repeat(70_000)}`, undefined, 413, -1101],
  ];
  for (const [request, key, status, code] of cases) {
    const { json, ...said } = await v.raw(request, key);
    expect([request.slice(0, 60), said.status, json.code]).toEqual([request.slice(0, 60), status, code]);
  }
  const window = `${at(-9_000)}&recvWindow=10000`;
  expect((await v.raw(signed(window), "paper-key")).status).toBe(200);
});

test("what is signed is query and body as sent, and the query wins where both say something", async () => {
  const v = await TestVenue.open();
  const inQuery = "symbol=BTCUSDT&side=BUY";
  const inBody = query({
    symbol: "ETHUSDT",
    type: "LIMIT",
    timeInForce: "GTC",
    quantity: "0.01",
    price: "50000",
    timestamp: START,
  });
  const signature = hmac("paper-secret", inQuery + inBody).toUpperCase();
  const { json } = await v.raw(`POST /fapi/v1/order?${inQuery}`, "paper-key", `${inBody}&signature=${signature}`);
  expect(json).toMatchObject({ symbol: "BTCUSDT", side: "BUY", status: "NEW" });
});

test("an order that times out after it was accepted is there all the same", async () => {
  const v = await TestVenue.open();
  v.venue.faults.add({
    kind: "timeout_after_accept",
    market: "FUT",
    symbol: "BTCUSDT",
    count: 1,
    hold_ms: 30_000,
    code: -2010,
  });
  const fields = { ...ORDER, price: "50000", newClientOrderId: "lost", timestamp: START };
  const text = query(fields);
  const url = `http://127.0.0.1:8094/fapi/v1/order?${text}&signature=${hmac("paper-secret", text)}`;
  const sent = v.net.fetch({ method: "POST", url, headers: { "x-mbx-apikey": "paper-key" }, timeoutMs: 2_000 });
  const failed = sent.catch((error: unknown) => error);
  await v.settle(2_000);
  const error = await failed;
  expect(error).toBeInstanceOf(NetError);
  expect((error as NetError).kind).toBe("unknown");
  expect(await v.call("paper", "GET /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "lost" })).toMatchObject({
    status: "NEW",
  });
  v.venue.faults.add({ kind: "reject", market: "FUT", symbol: "BTCUSDT", count: 1, hold_ms: 0, code: -4131 });
  expect((await v.order("paper", "BTCUSDT BUY 0.01 50000")).code).toBe(-4131);
  expect((await v.order("paper", "BTCUSDT BUY 0.01 50000")).status).toBe("NEW");
});

test("orders and streams are as late as the latency says, and the same seed is late the same way", async () => {
  const run = async () => {
    const slow = { baseMs: 5, jitterMs: 3 };
    const v = await TestVenue.open({
      latency: { order: slow, feed: slow, response: slow },
      random: seededRandom("slow"),
    });
    const heard: number[] = [];
    v.net.connect("ws://127.0.0.1:8094/ws/btcusdt@depth", {
      open: () => {},
      message: () => heard.push(v.clock.now()),
      close: () => {},
    });
    const text = query({ ...ORDER, price: "50000", timestamp: START });
    const url = `http://127.0.0.1:8094/fapi/v1/order?${text}&signature=${hmac("paper-secret", text)}`;
    const sent = v.net.fetch({ method: "POST", url, headers: { "x-mbx-apikey": "paper-key" }, timeoutMs: 1_000 });
    let answeredAt = 0;
    void sent.then(() => {
      answeredAt = v.clock.now();
    });
    await v.settle(500);
    return [...heard, answeredAt].map((at) => at - START);
  };
  const [told, answered] = await run();
  expect(told).toBeGreaterThan(10);
  expect(answered).toBeGreaterThan(10);
  expect(await run()).toEqual([told!, answered!]);
});

test("listen keys run out after an hour unless extended, and say so", async () => {
  const v = await TestVenue.open();
  const account = await v.listenAccount("paper");
  await v.settle(3_599_000);
  await v.call("paper", "PUT /fapi/v1/listenKey");
  await v.settle(3_599_000);
  expect(account.messages).toEqual([]);
  await v.settle(2_000);
  expect(kinds(account.messages)).toEqual(["listenKeyExpired"]);
  expect((await v.call("paper", "PUT /fapi/v1/listenKey")).code).toBe(-1125);
});
