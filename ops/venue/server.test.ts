import { afterAll, beforeAll, expect, test } from "bun:test";
import { wallClock } from "../../shared/adapters/clock.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { quietMarket } from "./quiet.ts";
import { type ServedVenue, serveVenue } from "./server.ts";
import { type Answer, type Fields, hmac, query } from "./test-client.ts";
import { createVenue, type Venue } from "./venue.ts";

let venue: Venue;
let served: ServedVenue;

beforeAll(async () => {
  const clock = wallClock();
  const market = quietMarket(defaultListings(), clock);
  venue = createVenue({ clock, random: systemRandom(), market, adminToken: "secret-token" });
  await venue.start();
  served = serveVenue(venue, { ports: { spot: 0, um: 0, admin: 0 } });
});
afterAll(async () => {
  await served.stop();
  await venue.stop();
});

async function signed(request: string, fields: Fields): Promise<Answer> {
  const [method = "", path = ""] = request.split(" ");
  const text = query({ ...fields, timestamp: Date.now() });
  const url = `http://127.0.0.1:${served.ports.um}${path}?${text}&signature=${hmac("paper-secret", text)}`;
  return (await fetch(url, { method, headers: { "X-MBX-APIKEY": "paper-key" } })).json();
}

function connected(url: string): Promise<{ socket: WebSocket; next: () => Promise<Answer> }> {
  const socket = new WebSocket(url);
  const waiting: ((value: Answer) => void)[] = [];
  const here: Answer[] = [];
  socket.onmessage = ({ data }) => {
    const value = JSON.parse(String(data));
    const taker = waiting.shift();
    if (taker) taker(value);
    else here.push(value);
  };
  const next = () =>
    here.length > 0 ? Promise.resolve(here.shift()) : new Promise<Answer>((resolve) => waiting.push(resolve));
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve({ socket, next });
    socket.onerror = reject;
  });
}

test("orders and account events go over real sockets", async () => {
  const { listenKey } = await signed("POST /fapi/v1/listenKey", {});
  const account = await connected(`ws://127.0.0.1:${served.ports.um}/private/ws?listenKey=${listenKey}`);
  const book = await connected(`ws://127.0.0.1:${served.ports.spot}/public/stream?streams=btcusdt@depth@100ms`);
  const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" };
  const placed = await signed("POST /fapi/v1/order", order);
  expect(placed).toMatchObject({ status: "NEW", origQty: "0.010" });
  expect((await account.next()).o).toMatchObject({ x: "NEW", i: placed.orderId });
  expect((await book.next()).data.b).toEqual([["50000.0", "0.010"]]);
  await signed("DELETE /fapi/v1/order", { symbol: "BTCUSDT", orderId: placed.orderId });
  expect((await account.next()).o).toMatchObject({ x: "CANCELED" });
  account.socket.close();
  book.socket.close();
});

test("an oversized body gets Binance's error, an unknown stream path is closed", async () => {
  const url = `http://127.0.0.1:${served.ports.spot}/api/v3/order`;
  const answer = await fetch(url, { method: "POST", body: "x".repeat(100_000) });
  expect([answer.status, ((await answer.json()) as Answer).code]).toEqual([413, -1101]);
  const socket = new WebSocket(`ws://127.0.0.1:${served.ports.spot}/nowhere`);
  const closed = await new Promise<CloseEvent>((resolve) => {
    socket.onclose = resolve;
  });
  expect(closed.code).toBe(1008);
});

test("the admin host answers its token only", async () => {
  const admin = (path: string, token: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${served.ports.admin}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });
  const refused = await admin("/accounts", "guess");
  expect([refused.status, refused.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  const body = JSON.stringify({ market: "FUT", asset: "USDT", qty: "5" });
  expect(await (await admin("/accounts/main/moves", "secret-token", { method: "POST", body })).json()).toMatchObject({
    free: "10005",
  });
});

test("a taken port is named", () => {
  expect(() => serveVenue(venue, { ports: { ...served.ports } })).toThrow(String(served.ports.spot));
});
