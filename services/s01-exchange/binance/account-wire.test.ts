import { expect, test } from "bun:test";
import { AccountEvent } from "../../../shared/streams.ts";
import { isForced, type Known, readAccountFrame } from "./account-wire.ts";
import { parseExact } from "./exact-json.ts";

/** What is known beside the frames, and what the frames have made known. */
function known() {
  const triggered = new Map<string, string>();
  const configured: [string, number | undefined][] = [];
  const payments: number[] = [];
  const told: Known = {
    account: "main",
    ts: 9,
    mark: () => "7000",
    leverage: () => 20,
    conditionalOf: (orderId) => triggered.get(orderId),
    triggered: (orderId, clientOrderId) => triggered.set(orderId, clientOrderId),
    configured: (instrument, leverage) => configured.push([instrument, leverage]),
    funded: () => payments.push(1),
  };
  return { told, configured, payments };
}
const read = (frame: object, beside = known()) =>
  readAccountFrame(frame as Record<string, unknown>, beside.told).map((event) => AccountEvent.parse(event));

// Frames in the shape of Binance's documentation.
const futOrder = (o: object) => ({
  e: "ORDER_TRADE_UPDATE",
  E: 1568879465651,
  T: 1568879465650,
  o: {
    ...{ s: "BTCUSDT", c: "TEST", S: "SELL", o: "MARKET", f: "GTC", q: "0.003", p: "0", ap: "0", sp: "0" },
    ...{ x: "NEW", X: "NEW", i: 8886774, l: "0", z: "0", L: "0", T: 1568879465650, t: 0, b: "0", a: "9.91" },
    ...{ m: false, R: false, wt: "CONTRACT_PRICE", ot: "MARKET", ps: "BOTH", cp: false, rp: "0", er: "0" },
    ...o,
  },
});
const fill = {
  x: "TRADE",
  X: "PARTIALLY_FILLED",
  l: "0.001",
  z: "0.001",
  L: "7103.04",
  ap: "7103.04",
  t: 5,
  rp: "-0.25",
};
const algo = (o: object) => ({
  e: "ALGO_UPDATE",
  T: 1750515742297,
  E: 1750515742303,
  o: {
    ...{ caid: "Q5xaq5EGKgXXa0fD7fs0Ip", aid: 2148719, at: "CONDITIONAL", o: "STOP_MARKET", s: "BNBUSDT", S: "SELL" },
    ...{ ps: "BOTH", f: "GTC", q: "0.01", X: "NEW", ai: "", ap: "0.00000", aq: "0.00000", act: "0", tp: "750" },
    ...o,
  },
});
const spotOrder = (o: object) => ({
  ...{ e: "executionReport", E: 1499405658658, s: "ETHBTC", c: "mUvoqJxFIILMdfAW5iGSOW", S: "BUY", o: "LIMIT" },
  ...{ f: "GTC", q: "1.00000000", p: "0.10264410", P: "0.00000000", F: "0.00000000", g: -1, C: "", x: "NEW", X: "NEW" },
  ...{ r: "NONE", i: 4293153, l: "0.00000000", z: "0.00000000", L: "0.00000000", n: "0", N: null, T: 1499405658657 },
  ...{ t: -1, I: 8641984, w: true, m: false, M: false, O: 1499405658657, Z: "0.00000000", Y: "0.00000000" },
  ...o,
});

test("a futures order that is new", () => {
  expect(read(futOrder({}))).toEqual([
    {
      kind: "execution",
      account: "main",
      instrument: "FUT:BTCUSDT",
      client_order_id: "TEST",
      order_id: "8886774",
      status: "NEW",
      side: "SELL",
      type: "MARKET",
      filled_qty: "0",
      exch_ts: 1568879465650,
      ts: 9,
    },
  ]);
});

test("a futures fill has its own price, fee and realised profit", () => {
  const [event] = read(futOrder({ ...fill, n: "0.0028", N: "USDT", m: true }));
  expect(event).toMatchObject({
    status: "PARTIALLY_FILLED",
    filled_qty: "0.001",
    avg_price: "7103.04",
    fill: { fill_id: "5", price: "7103.04", qty: "0.001", fee: "0.0028", fee_asset: "USDT", maker: true },
  });
  expect(event).toMatchObject({ fill: { realised_usdt: "-0.25" } });
});

const statuses: [string, object, object][] = [
  ["a cancelled order", { x: "CANCELED", X: "CANCELED" }, { status: "CANCELED" }],
  ["an expired one says why", { x: "EXPIRED", X: "EXPIRED", er: "3" }, { status: "EXPIRED", reason: "expiry 3" }],
  ["self-trade prevention ends it", { x: "EXPIRED", X: "EXPIRED_IN_MATCH" }, { status: "EXPIRED" }],
  ["a liquidation is a fill", { ...fill, x: "CALCULATED", c: "autoclose-123" }, { fill: { fill_id: "5" } as never }],
  ["a state that Binance invents later", { X: "HALF_BAKED" }, { status: "UNKNOWN" }],
];
test.each(statuses)("futures: %s", (_, o, expected) => {
  expect(read(futOrder(o))[0]).toMatchObject(expected);
});

test("forced closes are known by their client ids", () => {
  const ids = ["autoclose-1568", "adl_autoclose", "settlement_autoclose-9", "ch01-autoclose-"];
  expect(ids.map(isForced)).toEqual([true, true, true, false]);
});

test("an order id beyond 2⁵³ stays exact", () => {
  const text = JSON.stringify(futOrder({})).replace("8886774", "8389765519993908929");
  expect(read(parseExact(text) as object)[0]).toMatchObject({ order_id: "8389765519993908929" });
});

test("the order that a trigger sent is told under the conditional order's client id", () => {
  const beside = known();
  expect(read(algo({}), beside)[0]).toMatchObject({
    status: "NEW",
    order_id: "algo-2148719",
    instrument: "FUT:BNBUSDT",
  });
  const [triggered] = read(algo({ X: "TRIGGERED", ai: "8886774" }), beside);
  expect(triggered).toMatchObject({ status: "NEW", reason: "TRIGGERED", client_order_id: "Q5xaq5EGKgXXa0fD7fs0Ip" });
  const [filled] = read(futOrder({ ...fill, X: "FILLED", c: "web_something" }), beside);
  expect(filled).toMatchObject({ client_order_id: "Q5xaq5EGKgXXa0fD7fs0Ip", order_id: "8886774", status: "FILLED" });
  expect(read(algo({ X: "FINISHED", ai: "8886774", aq: "0.01" }), beside)).toEqual([]);
});

test("a conditional order that the exchange gives up says why", () => {
  const [event] = read(algo({ X: "EXPIRED", rm: "Reduce Only reject" }));
  expect(event).toMatchObject({ status: "EXPIRED", reason: "Reduce Only reject" });
});

test("positions and balances of a futures account", () => {
  const events = read({
    e: "ACCOUNT_UPDATE",
    E: 1564745798939,
    T: 1564745798938,
    a: {
      m: "ORDER",
      B: [{ a: "USDT", wb: "122624.12345678", cw: "100.12345678", bc: "50.12345678" }],
      P: [
        { s: "BTCUSDT", pa: "-0.5", ep: "6563.66500", cr: "0", up: "2.5", mt: "isolated", iw: "13200.5", ps: "BOTH" },
        { s: "BTCUSDT", pa: "20", ep: "6563.66500", cr: "0", up: "2850", mt: "isolated", iw: "13200.7", ps: "LONG" },
        { s: "BTCUSDT_250926", pa: "1", ep: "1", cr: "0", up: "0", mt: "cross", iw: "0", ps: "BOTH" },
      ],
    },
  });
  expect(events.map((event) => event.kind)).toEqual(["position", "balance"]);
  expect(events[0]).toMatchObject({
    position: { qty: "-0.5", mark_price: "7000", leverage: 20, isolated_margin_usdt: "13203" },
  });
  expect(events[1]).toMatchObject({
    balances: [{ market: "FUT", asset: "USDT", free: "100.12345678", locked: "122524" }],
  });
});

test("what somebody else changes about leverage and margin is passed on", () => {
  const beside = known();
  read({ e: "ACCOUNT_CONFIG_UPDATE", E: 1, T: 1, ac: { s: "BTCUSDT", l: 25 } }, beside);
  const P = [{ s: "ETHUSDT", pa: "0", ep: "0", up: "0", mt: "cross", iw: "0", ps: "BOTH" }];
  read({ e: "ACCOUNT_UPDATE", E: 1, T: 1, a: { m: "MARGIN_TYPE_CHANGE", B: [], P } }, beside);
  expect(beside.configured).toEqual([
    ["FUT:BTCUSDT", 25],
    ["FUT:ETHUSDT", undefined],
  ]);
  expect(beside.payments).toEqual([]);
  read({ e: "ACCOUNT_UPDATE", E: 1, T: 1, a: { m: "FUNDING_FEE", B: [], P: [] } }, beside);
  expect(beside.payments).toEqual([1]);
});

test("spot: a fill with its fee in the base asset, and a cancel under the order's own id", () => {
  const trade = { x: "TRADE", X: "FILLED", l: "1.0", z: "1.0", L: "0.1", n: "0.001", N: "ETH", t: 17, Z: "0.1" };
  expect(read(spotOrder(trade))[0]).toMatchObject({
    instrument: "SPOT:ETHBTC",
    status: "FILLED",
    avg_price: "0.1",
    fill: { fill_id: "17", price: "0.1", qty: "1.0", fee: "0.001", fee_asset: "ETH", maker: false },
  });
  const canceled = spotOrder({ x: "CANCELED", X: "CANCELED", c: "cancel-request", C: "mine" });
  expect(read(canceled)[0]).toMatchObject({ status: "CANCELED", client_order_id: "mine" });
  expect(read(spotOrder({ x: "REJECTED", X: "REJECTED", r: "INSUFFICIENT_BALANCES" }))[0]).toMatchObject({
    status: "REJECTED",
    reason: "INSUFFICIENT_BALANCES",
  });
});

test("spot balances", () => {
  const B = [{ a: "ETH", f: "10000.000000", l: "0.000000" }];
  const [event] = read({ e: "outboundAccountPosition", E: 1564034571105, u: 1564034571073, B });
  expect(event).toMatchObject({
    instrument: "SPOT",
    balances: [{ market: "SPOT", asset: "ETH", free: "10000.000000" }],
  });
});

test("kinds that say nothing to us are passed over; known kinds that are broken are not", () => {
  expect(read({ e: "TRADE_LITE", s: "BTCUSDT" })).toEqual([]);
  expect(read({ e: "constructor" })).toEqual([]);
  expect(() => read(futOrder({ z: "NaN" }))).toThrow();
  expect(() => read({ e: "executionReport", s: "ETHBTC" })).toThrow();
});
