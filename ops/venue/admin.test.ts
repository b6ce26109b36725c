import { expect, test } from "bun:test";
import { type Answer, TestVenue } from "./test-client.ts";

async function ask(v: TestVenue, request: string, body?: unknown): Promise<Answer> {
  const [method = "", path = ""] = request.split(" ");
  const text = typeof body === "string" ? body : body === undefined ? undefined : JSON.stringify(body);
  const headers = { authorization: "Bearer admin-token" };
  const said = await v.venue.rest("admin", { method, path, headers, body: text });
  return { status: said.status, ...JSON.parse(said.body) };
}

test("accounts are added with their key and money, and money is moved", async () => {
  const v = await TestVenue.open();
  const account = { account: "third", key: "third-key", secret: "third-secret", balances: { FUT: { USDT: "50" } } };
  expect(await ask(v, "POST /accounts", account)).toMatchObject({ status: 200, account: "third", funded: true });
  expect((await ask(v, "POST /accounts", account)).code).toBe("CONFLICT");
  expect((await v.call("third", "GET /fapi/v3/account")).totalWalletBalance).toBe("50.00000000");
  const move = { market: "FUT", asset: "USDT", qty: "20", direction: "withdrawal" };
  expect(await ask(v, "POST /accounts/third/moves", move)).toMatchObject({ free: "30" });
  expect((await ask(v, "POST /accounts/third/moves", { ...move, qty: "31" })).code).toBe("WRONG_STATE");
  expect((await ask(v, "POST /accounts/nobody/moves", move)).code).toBe("NOT_FOUND");
  const { accounts } = await ask(v, "GET /accounts");
  expect(accounts.find((row: Answer) => row.account === "third").balances).toMatchObject([
    { market: "FUT", asset: "USDT", qty: "30" },
  ]);
});

test("the journal is paged, and the state tells its hash", async () => {
  const v = await TestVenue.open();
  await v.order("maker", "BTCUSDT SELL 1 60000");
  const page = await ask(v, "GET /journal?from=2&limit=1");
  expect(page).toMatchObject({ length: 2, entries: [{ n: 2, facts: [{ fact: "accepted" }] }] });
  expect(await ask(v, "GET /state")).toMatchObject({
    open_orders: 1,
    state_hash: v.venue.stateHash(),
    journal_head: page.head,
  });
});

test("dropped streams close, stay away as long as asked, and come back", async () => {
  const v = await TestVenue.open();
  const heard = await v.listen("ws://127.0.0.1:8094/ws/btcusdt@trade");
  expect(await ask(v, "POST /faults", { kind: "drop_streams", for_ms: 1_000 })).toMatchObject({ status: 200 });
  expect(heard.closed).toStartWith("1001");
  expect((await v.listen("ws://127.0.0.1:8094/ws/btcusdt@trade")).closed).toStartWith("404");
  await v.settle(1_000);
  expect((await v.listen("ws://127.0.0.1:8094/ws/btcusdt@trade")).closed).toBeUndefined();
});

test("answers can be replaced, and queries can lag behind what was accepted", async () => {
  const v = await TestVenue.open();
  const tooMany = { kind: "answer", path: "/fapi/v1/order", status: 429, code: -1003, retry_after_s: 7 };
  expect(await ask(v, "POST /faults", tooMany)).toMatchObject({ status: 200 });
  const sent = v.send("paper", "GET /fapi/v1/order");
  await v.settle();
  const { status, headers, body } = await sent;
  expect([status, headers["retry-after"], JSON.parse(body).code]).toEqual([429, "7", -1003]);
  await ask(v, "POST /faults", { kind: "lagging_queries", lag_ms: 5_000 });
  const placed = await v.order("paper", "BTCUSDT BUY 0.01 50000");
  expect(placed.status).toBe("NEW");
  const query = { symbol: "BTCUSDT", orderId: placed.orderId };
  expect((await v.call("paper", "GET /fapi/v1/order", query)).code).toBe(-2013);
  expect(await v.call("paper", "GET /fapi/v1/openOrders")).toEqual([]);
  await v.settle(5_000);
  expect((await v.call("paper", "GET /fapi/v1/order", query)).status).toBe("NEW");
  expect((await ask(v, "GET /faults")).faults).toEqual([{ kind: "lagging_queries", lag_ms: 5_000 }]);
  expect(await ask(v, "DELETE /faults")).toMatchObject({ faults: [] });
});

test("a false mark liquidates, and funding can come out of turn", async () => {
  const v = await TestVenue.open();
  const account = await v.listenAccount("paper");
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  await v.call("paper", "POST /fapi/v1/marginType", { symbol: "BTCUSDT", marginType: "ISOLATED" });
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  await v.settle(1_000);
  const instrument = "FUT:BTCUSDT";
  expect(await ask(v, "POST /faults", { kind: "funding", instrument, rate: "-0.0001" })).toMatchObject({ status: 200 });
  const [paid] = await v.call("paper", "GET /fapi/v1/income", { incomeType: "FUNDING_FEE" });
  // 0.01 × 59995 × 0.0001, to the long
  expect(paid.income).toBe("0.05999500");
  await ask(v, "POST /faults", { kind: "mark", instrument, price: "50000", for_ms: 1_500 });
  await v.settle(1_000);
  expect(await v.call("paper", "GET /fapi/v3/positionRisk")).toEqual([]);
  const forced = account.messages.filter((m) => m.e === "ORDER_TRADE_UPDATE" && m.o.c.startsWith("autoclose-"));
  expect(forced.map((m) => [m.o.x, m.o.X, m.o.o])).toEqual([
    ["NEW", "NEW", "LIQUIDATION"],
    ["CALCULATED", "FILLED", "LIQUIDATION"],
  ]);
  await v.settle(2_000);
  expect((await v.raw("GET /fapi/v1/premiumIndex?symbol=BTCUSDT")).json.markPrice).toBe("59995.00000000");
});

test("bad admin input is refused with what is wrong", async () => {
  const v = await TestVenue.open();
  const cases: [string, unknown, string][] = [
    ["POST /accounts", "{", "MALFORMED"],
    ["POST /accounts", { account: "x" }, "INVALID"],
    ["POST /accounts", { account: "../x", key: "abcd", secret: "12345678" }, "INVALID"],
    ["POST /accounts/main/moves", { market: "FUT", asset: "USDT", qty: "-1" }, "INVALID"],
    ["POST /accounts/main/moves", { market: "FUT", asset: "USDT", qty: "NaN" }, "INVALID"],
    ["POST /accounts/main/moves", { market: "FUT", asset: "BTC", qty: "1" }, "INVALID"],
    ["POST /faults", { kind: "reject", market: "FUT", symbol: "BTCUSDT", count: 0 }, "INVALID"],
    ["POST /accounts", "x".repeat(70_000), "TOO_LARGE"],
    ["GET /journal?from=x", undefined, "INVALID"],
    ["GET /nothing", undefined, "NOT_FOUND"],
    ["PUT /accounts", {}, "NOT_FOUND"],
  ];
  for (const [request, body, code] of cases) {
    expect([request, (await ask(v, request, body)).code]).toEqual([request, code]);
  }
});
