import { expect, test } from "bun:test";
import { generateKeyPairSync, sign } from "node:crypto";
import { type Answer, hmac, TestVenue } from "./test-client.ts";
import { DEFAULT_ACCOUNTS } from "./venue.ts";

const SPOT_STREAM = "ws://127.0.0.1:8093/ws";
const UM_STREAM = "ws://127.0.0.1:8094/ws";
const HOUR = 3_600_000;

/** What the venue answers to each text on a stream connection. */
async function answers(v: TestVenue, url: string, texts: readonly string[]): Promise<Answer[]> {
  const heard = await v.listen(url);
  for (const text of texts) {
    heard.socket.send(text);
    await v.settle(1_000);
  }
  heard.socket.close();
  return heard.messages;
}

test("control messages are answered, bad ones with Binance's errors", async () => {
  const v = await TestVenue.open();
  const said = await answers(v, SPOT_STREAM, [
    '{"method":"SUBSCRIBE","params":["btcusdt@trade","nothing@here"],"id":1}',
    '{"method":"LIST_SUBSCRIPTIONS","id":"two"}',
    '{"method":"GET_PROPERTY","params":["combined"],"id":3}',
    '{"method":"SET_PROPERTY","params":["combined",true],"id":4}',
    '{"method":"GET_PROPERTY","params":["combined"],"id":5}',
    '{"method":"SET_PROPERTY","params":["combined","yes"],"id":6}',
    '{"method":"SET_PROPERTY","params":["colour",true],"id":7}',
    '{"method":"GET_PROPERTY","params":[8],"id":8}',
    '{"method":"SHOUT","id":9}',
    '{"params":[],"id":10}',
    '{"method":"SUBSCRIBE","params":"btcusdt@trade","id":11}',
    '{"method":"SUBSCRIBE","params":[],"id":12}',
    '{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":{}}',
    "nonsense",
    '{"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":null}',
  ]);
  expect(said.map(({ id, result, error }) => [id, error ? error.code : result])).toEqual([
    [1, null],
    ["two", ["btcusdt@trade", "nothing@here"]],
    [3, false],
    [4, null],
    [5, true],
    [6, 1],
    [7, 0],
    [8, 2],
    [9, 2],
    [10, 2],
    [11, 2],
    [12, 2],
    [null, 2],
    [null, 3],
    [null, null],
  ]);
});

test("a property changes the envelope of what is subscribed to", async () => {
  const v = await TestVenue.open();
  const heard = await v.listen(`${UM_STREAM}/btcusdt@trade`);
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  heard.socket.send('{"method":"SET_PROPERTY","params":["combined",true],"id":1}');
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  const [raw, answer, wrapped] = heard.messages;
  expect([raw.t, answer.id, wrapped.stream, wrapped.data.t]).toEqual([1, 1, "btcusdt@trade", 2]);
});

test("too many messages a second, streams or connections end or refuse a connection", async () => {
  const v = await TestVenue.open();
  for (const [url, most] of [
    [SPOT_STREAM, 5],
    [UM_STREAM, 10],
  ] as const) {
    const heard = await v.listen(url);
    for (let i = 0; i <= most; i++) heard.socket.send('{"method":"LIST_SUBSCRIPTIONS","id":1}');
    await v.settle();
    expect([heard.messages.length, heard.closed]).toEqual([most, "1008 Too many requests"]);
  }
  const names = Array.from({ length: 1_025 }, (_, i) => `s${i}@trade`);
  const [refused] = await answers(v, SPOT_STREAM, [JSON.stringify({ method: "SUBSCRIBE", params: names, id: 1 })]);
  expect(refused.error.code).toBe(2);
  for (let i = 0; i < 300; i++) (await v.listen(SPOT_STREAM)).socket.close();
  expect((await v.listen(SPOT_STREAM)).closed).toBe("404 no such path");
  await v.settle(5 * 60_000);
  expect((await v.listen(SPOT_STREAM)).closed).toBeUndefined();
});

test("a connection is pinged, is cut when it does not answer, and ends after a day, announced", async () => {
  const v = await TestVenue.open();
  for (const [host, path, pingMs, silentMs] of [
    ["spot", "/ws", 20_000, 60_000],
    ["um", "/ws", 180_000, 600_000],
  ] as const) {
    const pings: number[] = [];
    const texts: string[] = [];
    let closed = "";
    const wire = {
      send: (text: string) => texts.push(text),
      close: (code: number, reason: string) => {
        closed = `${code} ${reason}`;
      },
      ping: (payload: string) => pings.push(Number(payload)),
    };
    const start = v.clock.now();
    const session = v.venue.open(host, path, wire);
    for (let i = 0; i < 5; i++) {
      await v.settle(pingMs);
      session?.pong();
    }
    expect(pings).toEqual([1, 2, 3, 4, 5].map((i) => start + i * pingMs));
    await v.settle(silentMs - 1);
    expect(closed).toBe("");
    await v.settle(2 * pingMs);
    expect(closed).toBe("1008 Pong timeout");
  }
  const day = await v.listen(SPOT_STREAM);
  await v.settle(24 * HOUR);
  expect(day.messages).toEqual([{ e: "serverShutdown", E: expect.any(Number) }]);
  expect(day.closed).toBe("1001 A connection lives for 24 hours");
});

test("a listen key lives for an hour, longer when extended, and its end is told", async () => {
  const v = await TestVenue.open();
  const { listenKey } = await v.call("paper", "POST /fapi/v1/listenKey");
  const heard = await v.listen(`ws://127.0.0.1:8094/private/ws/${listenKey}`);
  await v.settle(0.9 * HOUR);
  expect(await v.call("paper", "PUT /fapi/v1/listenKey")).toEqual({ listenKey });
  await v.settle(0.9 * HOUR);
  expect(heard.messages).toEqual([]);
  await v.settle(0.2 * HOUR);
  expect(heard.messages).toMatchObject([{ e: "listenKeyExpired", listenKey }]);
  await v.order("paper", "BTCUSDT BUY 0.01 50000");
  expect(heard.messages.length).toBe(1);
  expect((await v.call("paper", "PUT /fapi/v1/listenKey")).code).toBe(-1125);
});

test("a private path tells only the events that it names", async () => {
  const v = await TestVenue.open();
  const { listenKey } = await v.call("paper", "POST /fapi/v1/listenKey");
  const url = `ws://127.0.0.1:8094/private/stream?listenKey=${listenKey}&events=ACCOUNT_UPDATE/ALGO_UPDATE`;
  const heard = await v.listen(url);
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  expect(heard.messages.map((message) => [message.stream, message.data.e])).toEqual([[listenKey, "ACCOUNT_UPDATE"]]);
});

const keys = generateKeyPairSync("ed25519");
const pem = keys.publicKey.export({ type: "spki", format: "pem" }) as string;

/** Requests on a WebSocket API connection, one after the other. */
async function apiTalk(v: TestVenue) {
  const heard = await v.listen("ws://127.0.0.1:8093/ws-api/v3");
  return async (method: string, params: Record<string, unknown> = {}): Promise<Answer> => {
    heard.socket.send(JSON.stringify({ id: 1, method, params }));
    await v.settle();
    return heard.messages.at(-1);
  };
}

test("a session logs on with Ed25519 only, then needs no signature, until it logs out", async () => {
  const ed25519 = { ...DEFAULT_ACCOUNTS[0]!, account: "main", key: "ed-key", public_key: pem };
  const v = await TestVenue.open({ accounts: [...DEFAULT_ACCOUNTS, ed25519] });
  const talk = await apiTalk(v);
  const timestamp = Math.floor(v.clock.now());
  const payload = `apiKey=ed-key&timestamp=${timestamp}`;
  const signature = sign(null, Buffer.from(payload), keys.privateKey).toString("base64");
  expect((await talk("userDataStream.subscribe")).status).toBe(401);
  expect((await talk("account.status", { timestamp })).error.code).toBe(-2014);
  const hmacKey = `apiKey=paper-key&timestamp=${timestamp}`;
  const byHmac = { apiKey: "paper-key", timestamp, signature: hmac("paper-secret", hmacKey) };
  expect((await talk("session.logon", byHmac)).error.code).toBe(-4056);
  expect((await talk("session.logon", { apiKey: "ed-key", timestamp, signature: `x${signature}` })).error.code).toBe(
    -1022,
  );
  expect((await talk("session.logon", { apiKey: "ed-key", timestamp, signature })).result.apiKey).toBe("ed-key");
  expect((await talk("account.status", { timestamp })).result.canTrade).toBe(true);
  expect((await talk("v3/account.status", { timestamp: timestamp - 60_000 })).error.code).toBe(-1021);
  expect((await talk("userDataStream.subscribe")).result).toEqual({ subscriptionId: 0 });
  expect((await talk("session.status")).result).toMatchObject({ apiKey: "ed-key", userDataStream: true });
  expect((await talk("session.subscriptions")).result).toEqual([{ subscriptionId: 0 }]);
  expect((await talk("session.logout")).result).toMatchObject({ apiKey: null, userDataStream: false });
  expect((await talk("account.status", { timestamp })).error.code).toBe(-2014);
});

test("limits are told with each answer, unless they are not wanted", async () => {
  const v = await TestVenue.open();
  const talk = await apiTalk(v);
  const limits = async (params: Record<string, unknown>) => (await talk("time", params)).rateLimits;
  expect(await limits({})).toMatchObject([{ rateLimitType: "REQUEST_WEIGHT", limit: 6_000, count: 3 }]);
  expect(await limits({ returnRateLimits: false })).toBeUndefined();
  expect(await talk("no.such")).toMatchObject({ status: 400, error: { code: -1000 } });
  const heard = await v.listen("ws://127.0.0.1:8093/ws-api/v3?returnRateLimits=false");
  heard.socket.send('{"id":"a","method":"ping"}');
  heard.socket.send("}{");
  await v.settle();
  expect(heard.messages).toEqual([
    { id: "a", status: 200, result: {} },
    { id: null, status: 400, error: { code: -1135, msg: "Invalid JSON Request" } },
  ]);
});

test("the admin API takes public keys, and refuses what is none", async () => {
  const v = await TestVenue.open();
  const ask = async (body: unknown) => {
    const headers = { authorization: "Bearer admin-token" };
    return v.venue.rest("admin", { method: "POST", path: "/accounts", headers, body: JSON.stringify(body) });
  };
  const account = { account: "main", key: "added-key", secret: "not-used-here" };
  expect((await ask({ ...account, public_key: "none" })).status).toBe(400);
  expect((await ask({ ...account, public_key: pem, permissions: ["enableReading"] })).status).toBe(200);
  const text = `timestamp=${Math.floor(v.clock.now())}`;
  const signature = encodeURIComponent(sign(null, Buffer.from(text), keys.privateKey).toString("base64"));
  const path = `/sapi/v1/account/apiRestrictions?${text}&signature=${signature}`;
  const said = await v.raw(`GET ${path}`, "added-key");
  expect(said.json).toMatchObject({ enableReading: true, enableFutures: false });
});

test("a key does only what it may", async () => {
  const reader = {
    account: "main",
    key: "read-key",
    secret: "read-secret",
    balances: {},
    permissions: ["enableReading"],
  };
  const v = await TestVenue.open({ accounts: [...DEFAULT_ACCOUNTS, reader as (typeof DEFAULT_ACCOUNTS)[0]] });
  const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" };
  expect((await v.call("read", "GET /api/v3/account")).canTrade).toBe(true);
  expect((await v.call("read", "POST /api/v3/order", order)).code).toBe(-2015);
  expect((await v.call("read", "GET /fapi/v3/account")).code).toBe(-2015);
});
