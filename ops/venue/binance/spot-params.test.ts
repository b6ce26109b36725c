import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Fields, TestVenue } from "../test-client.ts";
import { spotAccountRoutes } from "./spot-account.ts";
import { spotListRoutes } from "./spot-lists.ts";
import { spotRoutes } from "./spot-orders.ts";

/** The maker trades with itself where a test only needs a price. */
const PRINT = { selfTradePreventionMode: "NONE" };

const DECIMAL = "^([0-9]{1,20})(\\.[0-9]{1,20})?$";
const illegal = (name: string, range = DECIMAL): [number, string] => [
  -1100,
  `Illegal characters found in parameter '${name}'; legal range is '${range}'.`,
];
const mandatory = (name: string): [number, string] => [
  -1102,
  `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
];
const unwanted = (name: string): [number, string] => [-1106, `Parameter '${name}' sent when not required.`];
const either = (one: string, other: string): [number, string] => [
  -1102,
  `Param '${one}' or '${other}' must be sent, but both were empty/null!`,
];
const filter = (name: string): [number, string] => [-1013, `Filter failure: ${name}`];
const rejected = (message: string): [number, string] => [-2010, message];
const COMBINATION: [number, string] = [-1128, "Combination of optional parameters invalid."];
const MARKET = { type: "MARKET", timeInForce: null, price: null };
const LIMIT_MAKER = { type: "LIMIT_MAKER", timeInForce: null };
const STOP = { type: "STOP_LOSS", timeInForce: null, price: null };

/** Changes to a good order (null takes a parameter away), and Binance's answer. */
const REFUSED: [Record<string, string | null>, [number, string]][] = [
  [{ symbol: null }, mandatory("symbol")],
  [{ symbol: "" }, [-1105, "Parameter 'symbol' was empty."]],
  [{ symbol: "btcusdt" }, illegal("symbol", "^[A-Z0-9-_.]{1,20}$")],
  [{ symbol: "DOGEUSDT" }, [-1121, "Invalid symbol."]],
  [{ side: null }, mandatory("side")],
  [{ side: "HOLD" }, [-1117, "Invalid side."]],
  [{ type: null }, mandatory("type")],
  [{ type: "STOP" }, [-1116, "Invalid orderType."]],
  [{ timeInForce: null }, mandatory("timeInForce")],
  [{ timeInForce: "GTX" }, [-1115, "Invalid timeInForce."]],
  [{ quantity: null }, mandatory("quantity")],
  [{ quantity: "0" }, [-1013, "Invalid quantity."]],
  [{ quantity: "-1" }, illegal("quantity")],
  [{ quantity: "NaN" }, illegal("quantity")],
  [{ quantity: "1e-2" }, illegal("quantity")],
  [{ quantity: "123456789012345678901" }, illegal("quantity")],
  [{ quantity: "0.0000000001" }, [-1111, "Parameter 'quantity' has too much precision."]],
  [{ quantity: "0.000001" }, filter("LOT_SIZE")],
  [{ quantity: "99999999999" }, filter("LOT_SIZE")],
  [{ price: null }, mandatory("price")],
  [{ price: "0" }, [-1013, "Invalid price."]],
  [{ price: "Infinity" }, illegal("price")],
  [{ price: "60000.123456789" }, [-1111, "Parameter 'price' has too much precision."]],
  [{ price: "60000.001" }, filter("PRICE_FILTER")],
  [{ price: "999999999" }, filter("PRICE_FILTER")],
  [{ price: "400000" }, filter("PERCENT_PRICE_BY_SIDE")],
  [{ quantity: "0.00001" }, filter("NOTIONAL")],
  [{ quantity: "200", price: "59000" }, filter("NOTIONAL")],
  [{ quantity: "1" }, rejected("Account has insufficient balance for requested action.")],
  [{ newClientOrderId: "a b" }, illegal("newClientOrderId", "^[\\.A-Z\\:/a-z0-9_-]{1,36}$")],
  [{ newClientOrderId: "used" }, rejected("Duplicate order sent.")],
  [{ newOrderRespType: "LONG" }, [-1130, "Data sent for parameter 'newOrderRespType' is not valid."]],
  [{ stopPrice: "59000" }, unwanted("stopPrice")],
  [{ leverage: "5" }, [-1104, "Not all sent parameters were read; read '7' parameter(s) but was sent '8'."]],
  [{ pegPriceType: "PRIMARY_PEG" }, rejected("Pegged orders are not supported for this symbol.")],
  [{ trailingDelta: "100" }, unwanted("trailingDelta")],
  [{ quoteOrderQty: "100" }, unwanted("quoteOrderQty")],
  [{ icebergQty: "0.02" }, rejected("IcebergQty exceeds QTY.")],
  [{ icebergQty: "0.00001" }, filter("ICEBERG_PARTS")],
  [{ icebergQty: "0.005", timeInForce: "IOC" }, [-1014, "Unsupported order combination."]],
  [{ strategyType: "999999" }, [-1134, "strategyType was less than 1000000."]],
  [{ strategyType: "2147483648" }, [-1130, "Data sent for parameter 'strategyType' is not valid."]],
  [{ strategyId: "9007199254740993" }, [-1130, "Data sent for parameter 'strategyId' is not valid."]],
  [{ selfTradePreventionMode: "MAYBE" }, [-1130, "Data sent for parameter 'selfTradePreventionMode' is not valid."]],
  [
    { selfTradePreventionMode: "TRANSFER" },
    [-1013, "This symbol does not allow the specified self-trade prevention mode."],
  ],
  [{ ...LIMIT_MAKER, timeInForce: "GTC" }, unwanted("timeInForce")],
  [{ ...LIMIT_MAKER, price: "60500" }, rejected("Order would immediately match and take.")],
  [{ ...MARKET, price: "60000" }, unwanted("price")],
  [{ ...MARKET, timeInForce: "GTC" }, unwanted("timeInForce")],
  [{ ...MARKET, icebergQty: "0.005" }, unwanted("icebergQty")],
  [{ ...MARKET, quantity: null }, either("quantity", "quoteOrderQty")],
  [{ ...MARKET, quoteOrderQty: "100" }, COMBINATION],
  [{ ...MARKET, quantity: "121" }, filter("MARKET_LOT_SIZE")],
  [{ ...MARKET, quantity: null, quoteOrderQty: "1" }, filter("NOTIONAL")],
  [
    { ...MARKET, symbol: "ETHUSDT", quantity: null, quoteOrderQty: "100" },
    rejected("Order book liquidity is less than symbol minimum quantity."),
  ],
  [{ ...STOP }, either("stopPrice", "trailingDelta")],
  [{ ...STOP, stopPrice: "59000" }, rejected("Order would trigger immediately.")],
  [{ ...STOP, stopPrice: "59000.001" }, filter("PRICE_FILTER")],
  [{ ...STOP, trailingDelta: "9" }, filter("TRAILING_DELTA")],
  [{ ...STOP, trailingDelta: "2001" }, filter("TRAILING_DELTA")],
  [{ ...STOP, trailingDelta: "0" }, [-1130, "Data sent for parameter 'trailingDelta' is not valid."]],
];

test("a bad spot order gets Binance's code and message, and nothing is recorded", async () => {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  await v.spot("maker", "BTCUSDT BUY 0.001 60000", PRINT);
  await v.spot("paper", "BTCUSDT BUY 0.001 50000", { newClientOrderId: "used" });
  const before = v.venue.stateHash();
  const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "60000" };
  for (const [change, [code, msg]] of REFUSED) {
    const fields = Object.entries({ ...order, ...change }).filter(([, value]) => value !== null);
    const answer = await v.call("paper", "POST /api/v3/order", Object.fromEntries(fields) as Fields);
    expect([change, answer]).toEqual([change, { code, msg }]);
  }
  expect(v.venue.stateHash()).toBe(before);
});

test("what is not there cannot be asked for or cancelled", async () => {
  const v = await TestVenue.open();
  const on = { symbol: "BTCUSDT" };
  const cases: [string, Fields, [number, string]][] = [
    ["GET /api/v3/order", on, either("origClientOrderId", "orderId")],
    ["GET /api/v3/order", { ...on, orderId: 99 }, [-2013, "Order does not exist."]],
    ["DELETE /api/v3/order", on, either("origClientOrderId", "orderId")],
    ["DELETE /api/v3/order", { ...on, origClientOrderId: "x" }, [-2011, "Unknown order sent."]],
    ["DELETE /api/v3/openOrders", on, [-2011, "Unknown order sent."]],
    ["DELETE /api/v3/openOrders", {}, mandatory("symbol")],
    ["DELETE /api/v3/orderList", { ...on, orderListId: 9 }, [-2011, "Unknown order list sent."]],
    ["PUT /api/v3/order/amend/keepPriority", { ...on, orderId: 9, newQty: "1" }, [-2011, "Unknown order sent."]],
    ["PUT /api/v3/order/amend/keepPriority", { ...on, orderId: 9 }, mandatory("newQty")],
    ["GET /api/v3/allOrders", { ...on, limit: 0 }, [-1130, "Data sent for parameter 'limit' is not valid."]],
    [
      "GET /api/v3/myTrades",
      { ...on, startTime: 0, endTime: 86_400_001 },
      [-1127, "More than 24 hours between startTime and endTime."],
    ],
    ...["allOrders", "allOrderList"].map((path): [string, Fields, [number, string]] => [
      `GET /api/v3/${path}`,
      { ...on, startTime: 0, endTime: 86_400_001 },
      [-1127, "More than 24 hours between startTime and endTime."],
    ]),
    ["GET /api/v3/myTrades", { ...on, fromId: 1, startTime: 0 }, COMBINATION],
    ["GET /api/v3/myTrades", { ...on, orderId: 1, endTime: 5 }, COMBINATION],
    ["GET /api/v3/order", { symbol: "BTC-USDT", orderId: 1 }, [-1121, "Invalid symbol."]],
    ["GET /api/v3/myPreventedMatches", on, either("preventedMatchId", "orderId")],
  ];
  for (const [request, fields, [code, msg]] of cases) {
    expect([request, await v.call("paper", request, fields)]).toEqual([request, { code, msg }]);
  }
});

test("an order or list that is named twice must be the same one", async () => {
  const v = await TestVenue.open();
  await v.spot("paper", "BTCUSDT BUY 0.001 50000", { newClientOrderId: "one" });
  const wrong = { symbol: "BTCUSDT", orderId: 1, origClientOrderId: "other" };
  expect((await v.call("paper", "GET /api/v3/order", wrong)).code).toBe(-2013);
  expect((await v.call("paper", "DELETE /api/v3/order", wrong)).code).toBe(-2011);
  const replace = { cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: 1, cancelOrigClientOrderId: "other" };
  const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT_MAKER", quantity: "0.001", price: "51000" };
  expect((await v.call("paper", "POST /api/v3/order/cancelReplace", { ...order, ...replace })).code).toBe(-2022);
  const list = { workingType: "LIMIT", workingSide: "BUY", workingPrice: "52000", workingQuantity: "0.001" };
  const pending = { pendingType: "MARKET", pendingSide: "BUY", pendingQuantity: "0.001", listClientOrderId: "list" };
  const oto = { symbol: "BTCUSDT", ...list, workingTimeInForce: "GTC", ...pending };
  const { orderListId } = await v.call("paper", "POST /api/v3/orderList/oto", oto);
  const other = { symbol: "BTCUSDT", orderListId, listClientOrderId: "other" };
  expect((await v.call("paper", "DELETE /api/v3/orderList", other)).code).toBe(-2011);
  expect((await v.call("paper", "GET /api/v3/openOrders", { symbol: "BTCUSDT" })).length).toBe(3);
  expect((await v.call("paper", "DELETE /api/v3/order", { ...wrong, origClientOrderId: "one" })).status).toBe(
    "CANCELED",
  );
});

test("an amended order is found by its new client id only", async () => {
  const v = await TestVenue.open();
  await v.spot("paper", "BTCUSDT BUY 0.002 50000", { newClientOrderId: "one" });
  const cut = { symbol: "BTCUSDT", origClientOrderId: "one", newQty: "0.001", newClientOrderId: "two" };
  expect((await v.call("paper", "PUT /api/v3/order/amend/keepPriority", cut)).amendedOrder.clientOrderId).toBe("two");
  const by = (origClientOrderId: string) => ({ symbol: "BTCUSDT", origClientOrderId });
  expect((await v.call("paper", "GET /api/v3/order", by("one"))).code).toBe(-2013);
  expect((await v.call("paper", "DELETE /api/v3/order", by("one"))).code).toBe(-2011);
  expect((await v.call("paper", "GET /api/v3/order", by("two"))).orderId).toBe(1);
});

const SENSIBLE: Record<string, string[]> = {
  symbol: ["BTCUSDT"],
  side: ["BUY", "SELL"],
  type: ["LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT"],
  ...{ timeInForce: ["GTC", "IOC", "FOK"], quantity: ["0.01"], price: ["59000", "60000"], newQty: ["0.005"] },
  ...{ stopPrice: ["58000", "61000"], trailingDelta: ["100"], icebergQty: ["0.005"], quoteOrderQty: ["100"] },
  ...{ selfTradePreventionMode: ["DECREMENT", "NONE"], cancelReplaceMode: ["STOP_ON_FAILURE", "ALLOW_FAILURE"] },
  ...{ orderId: ["1", "2", "3"], cancelOrderId: ["1", "2"], orderListId: ["1", "2"], preventedMatchId: ["1"] },
  ...{ aboveType: ["LIMIT_MAKER", "STOP_LOSS"], abovePrice: ["61000"], aboveStopPrice: ["61000"] },
  ...{ belowType: ["STOP_LOSS", "LIMIT_MAKER"], belowPrice: ["58000"], belowStopPrice: ["58000"] },
  ...{ workingType: ["LIMIT"], workingSide: ["BUY"], workingPrice: ["59000", "60000"], workingQuantity: ["0.01"] },
  ...{ workingTimeInForce: ["GTC"], pendingType: ["MARKET", "LIMIT_MAKER"], pendingSide: ["SELL"] },
  ...{ pendingPrice: ["62000"], pendingQuantity: ["0.01"], pendingAboveType: ["LIMIT_MAKER"] },
  ...{ pendingAbovePrice: ["62000"], pendingBelowType: ["STOP_LOSS"], pendingBelowStopPrice: ["57000"] },
  ...{ limit: ["5"], startTime: ["0"], endTime: ["5"], newClientOrderId: ["a", "b"], cancelRestrictions: ["ONLY_NEW"] },
};
/** What an endpoint reads at all; the others read anything. */
const READ: [RegExp, RegExp][] = [
  [/order(\/test)?$/, /^(symbol|side|type|timeInF|quantity|price|stopP|trail|iceberg|quote|self|newClient)/],
  [/cancelReplace$/, /^(symbol|side|type|timeInF|quantity|price|stopP|trail|iceberg|quote|self|newClient|cancel)/],
  [/order\/oco$/, /^(symbol|side|quantity|price|stopP|self)/],
  [/orderList\/oco$/, /^(symbol|side|quantity|above|below|self)/],
  [/orderList\/(oto|opo)(co)?$/, /^(symbol|working|pending|self)/],
];
const isRead = (route: string, name: string): boolean =>
  !route.startsWith("POST") || (READ.find(([path]) => path.test(route))?.[1].test(name) ?? true);

const VALUES = [
  ...["BTCUSDT", "ETHUSDT", "BUY", "SELL", "LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "TAKE_PROFIT_LIMIT"],
  ...["GTC", "IOC", "FOK", "0", "1", "100", "0.01", "0.005", "60000", "59000", "61000.5", "-1", "", "NaN", "1e9"],
  ...["99999999999999999999", "18446744073709551616", "0.000000000000000001", "a", "ü", "\u0000", "null", "[]", "true"],
  ...["NONE", "DECREMENT", "EXPIRE_BOTH", "STOP_ON_FAILURE", "ALLOW_FAILURE", "ONLY_NEW", "RESULT", "ACK", "OTO"],
];

test("whatever is sent to the spot endpoints, it is answered by Binance's rules and never by a failure of ours", async () => {
  const routes = Object.keys({ ...spotRoutes, ...spotListRoutes, ...spotAccountRoutes });
  const bugs: unknown[] = [];
  const v = await TestVenue.open({ onBug: (error) => bugs.push(error) });
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  await v.spot("maker", "BTCUSDT BUY 1 59000");
  const codes = new Set<number>();
  const field = ([name, values]: [string, string[]]) => {
    const sensible = { weight: 8, arbitrary: fc.constantFrom(...values) };
    const absent = { weight: name === "symbol" ? 1 : 6, arbitrary: fc.constant(undefined) };
    return [name, fc.oneof(sensible, absent, { weight: 1, arbitrary: fc.constantFrom(...VALUES) })] as const;
  };
  const fields = fc.record(Object.fromEntries(Object.entries(SENSIBLE).map(field)));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), fields, fc.nat(20), async (route, asked, dice) => {
      const given = Object.entries(asked).filter(([, value]) => value !== undefined);
      const sent = given.filter(([name]) => dice === 0 || isRead(route, name));
      const answer = await v.call("maker", route, Object.fromEntries(sent) as Fields);
      codes.add(answer.code ?? 200);
      // Within the limits on weight and orders.
      await v.settle(3_000);
    }),
    { seed: 7, numRuns: 3_000 },
  );
  expect(bugs).toEqual([]);
  expect([...codes].filter((code) => code === -1000 || code === -1001)).toEqual([]);
  expect(codes.size).toBeGreaterThan(14);
  for (const [, total] of v.venue.exchange.state.ledger.sums()) expect(total as bigint).toBe(0n);
}, 300_000);
