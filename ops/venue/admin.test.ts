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

test("bad admin input is refused with what is wrong", async () => {
  const v = await TestVenue.open();
  const cases: [string, unknown, string][] = [
    ["POST /accounts", "{", "MALFORMED"],
    ["POST /accounts", { account: "x" }, "INVALID"],
    ["POST /accounts", { account: "../x", key: "abcd", secret: "12345678" }, "INVALID"],
    ["POST /accounts/main/moves", { market: "FUT", asset: "USDT", qty: "-1" }, "INVALID"],
    ["POST /accounts/main/moves", { market: "FUT", asset: "USDT", qty: "NaN" }, "INVALID"],
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
