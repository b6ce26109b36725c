import { expect, test } from "bun:test";
import { type Answer, type Fields, hmac, START, TestVenue } from "../test-client.ts";

/** Asks and bids around 60000, and a last price of 60000. */
async function market(): Promise<TestVenue> {
  const v = await TestVenue.open();
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  await v.spot("maker", "BTCUSDT BUY 1 59000");
  await v.spot("paper", "BTCUSDT BUY 0.01 MARKET");
  return v;
}

async function listen(v: TestVenue): Promise<() => Answer[]> {
  const heard = await v.listen("ws://127.0.0.1:8093/ws-api/v3");
  const signature = hmac("paper-secret", `apiKey=paper-key&timestamp=${START}`);
  const params = { apiKey: "paper-key", timestamp: START, signature };
  heard.socket.send(JSON.stringify({ id: "1", method: "userDataStream.subscribe.signature", params }));
  await v.settle();
  return () => heard.messages.flatMap(({ event }) => (event === undefined ? [] : [event]));
}

const post = (v: TestVenue, path: string, fields: Fields): Promise<Answer> =>
  v.call("paper", `POST /api/v3/${path}`, { symbol: "BTCUSDT", ...fields });
const statuses = async (v: TestVenue): Promise<[string, string][]> => {
  const orders = await v.call("paper", "GET /api/v3/allOrders", { symbol: "BTCUSDT" });
  return orders.slice(1).map((order: Answer) => [order.clientOrderId, order.status]);
};
/** A trade at the best bid, which is the maker's own. */
const fall = (v: TestVenue) => v.spot("maker", "BTCUSDT SELL 0.1 MARKET", { selfTradePreventionMode: "NONE" });

const OCO = {
  ...{ side: "SELL", quantity: "0.00999", listClientOrderId: "list" },
  ...{ aboveType: "LIMIT_MAKER", abovePrice: "61000", aboveClientOrderId: "tp" },
  ...{ belowType: "STOP_LOSS", belowStopPrice: "59500", belowClientOrderId: "sl" },
};

test("an OCO's stop works when the last price reaches it, and ends the other leg", async () => {
  const v = await market();
  const heard = await listen(v);
  const list = await post(v, "orderList/oco", OCO);
  expect(list).toMatchObject({
    ...{ contingencyType: "OCO", listStatusType: "EXEC_STARTED", listOrderStatus: "EXECUTING" },
    orders: [{ clientOrderId: "tp" }, { clientOrderId: "sl" }],
    orderReports: [
      { status: "NEW", type: "LIMIT_MAKER" },
      { status: "NEW", workingTime: -1 },
    ],
  });
  await fall(v);
  expect(await statuses(v)).toEqual([
    ["tp", "EXPIRED"],
    ["sl", "FILLED"],
  ]);
  const { orderListId } = list;
  expect(await v.call("paper", "GET /api/v3/orderList", { orderListId })).toMatchObject({
    listOrderStatus: "ALL_DONE",
  });
  const lists = heard().filter(({ e }) => e === "listStatus");
  expect(lists.map(({ c, l, L, O }) => [c, l, L, O.length])).toEqual([
    ["OCO", "EXEC_STARTED", "EXECUTING", 2],
    ["OCO", "ALL_DONE", "ALL_DONE", 2],
  ]);
  const expired = heard().find(({ e, x }) => e === "executionReport" && x === "EXPIRED");
  expect(expired).toMatchObject({ c: "tp", eR: "OCO_TRIGGER", w: false });
});

test("the old OCO names a limit and a stop", async () => {
  const v = await market();
  const old = { side: "SELL", quantity: "0.00999", price: "61000", stopPrice: "59500", limitClientOrderId: "tp" };
  const limited = { stopLimitPrice: "59400", stopLimitTimeInForce: "GTC", stopClientOrderId: "sl" };
  expect(await post(v, "order/oco", { ...old, ...limited })).toMatchObject({
    contingencyType: "OCO",
    orderReports: [
      { type: "LIMIT_MAKER", price: "61000.00000000", clientOrderId: "tp" },
      { type: "STOP_LOSS_LIMIT", price: "59400.00000000", stopPrice: "59500.00000000", clientOrderId: "sl" },
    ],
  });
  const { stopPrice: _, ...noStop } = old;
  expect((await post(v, "order/oco", noStop)).code).toBe(-1102);
});

const BUY = { workingType: "LIMIT", workingSide: "BUY", workingTimeInForce: "GTC", workingClientOrderId: "entry" };

test("OTO answers and tells its second order as pending, then as new when the first one is filled", async () => {
  const v = await market();
  const heard = await listen(v);
  const pending = { pendingType: "LIMIT_MAKER", pendingSide: "SELL", pendingPrice: "62000", pendingQuantity: "0.005" };
  const fields = { ...BUY, workingPrice: "59500", workingQuantity: "0.01", ...pending, pendingClientOrderId: "exit" };
  expect(await post(v, "orderList/oto", fields)).toMatchObject({
    ...{ contingencyType: "OTO", listOrderStatus: "EXECUTING" },
    orderReports: [{ status: "NEW" }, { status: "PENDING_NEW", workingTime: -1, origQty: "0.00500000" }],
  });
  await v.spot("maker", "BTCUSDT SELL 0.01 59500");
  expect(await statuses(v)).toEqual([
    ["entry", "FILLED"],
    ["exit", "NEW"],
  ]);
  const reports = heard().filter(({ e, c }) => e === "executionReport" && c === "exit");
  expect(reports.map(({ x, X, w }) => [x, X, w])).toEqual([
    ["NEW", "PENDING_NEW", false],
    ["NEW", "NEW", true],
  ]);
  expect(heard().find(({ e }) => e === "listStatus")).toMatchObject({ c: "OTO", l: "EXEC_STARTED" });
});

test("OTOCO and OPOCO start a pair, OPOCO with what was bought", async () => {
  const pair = {
    ...{ pendingSide: "SELL", pendingAboveType: "LIMIT_MAKER", pendingAbovePrice: "62000" },
    ...{ pendingBelowType: "STOP_LOSS_LIMIT", pendingBelowPrice: "58000", pendingBelowStopPrice: "58500" },
    ...{ pendingBelowTimeInForce: "GTC", pendingAboveClientOrderId: "tp", pendingBelowClientOrderId: "sl" },
  };
  for (const [path, more, qty] of [
    ["orderList/otoco", { pendingQuantity: "0.005" }, "0.00500000"],
    // The fee of 0.00002 comes from the 0.00999 that the wallet has.
    ["orderList/opoco", {}, "0.02000000"],
  ] as const) {
    const v = await market();
    const entry = { ...BUY, workingPrice: "60000", workingQuantity: "0.02" };
    const placed = await post(v, path, { ...entry, ...pair, ...more });
    expect(placed.orderReports.map((report: Answer) => report.status)).toEqual([
      "FILLED",
      "PENDING_NEW",
      "PENDING_NEW",
    ]);
    const open = await v.call("paper", "GET /api/v3/openOrders", { symbol: "BTCUSDT" });
    expect(open.map((order: Answer) => [order.clientOrderId, order.status, order.origQty])).toEqual([
      ["tp", "NEW", qty],
      ["sl", "NEW", qty],
    ]);
    // Both sides of an OTOCO must be paid for at once.
    const again = { ...entry, ...pair, pendingQuantity: "0.9", workingClientOrderId: "2" };
    const ids = { pendingAboveClientOrderId: "3", pendingBelowClientOrderId: "4" };
    const poor = await post(v, "orderList/otoco", { ...again, ...ids });
    expect(poor).toEqual({ code: -2010, msg: "Account has insufficient balance for requested action." });
  }
});

test("cancelling one order of a list cancels the list, and is answered with all of it", async () => {
  const v = await market();
  const list = await post(v, "orderList/oco", OCO);
  const gone = await v.call("paper", "DELETE /api/v3/order", { symbol: "BTCUSDT", origClientOrderId: "sl" });
  expect(gone).toMatchObject({
    ...{ orderListId: list.orderListId, listOrderStatus: "ALL_DONE" },
    orderReports: [
      { origClientOrderId: "tp", status: "CANCELED" },
      { origClientOrderId: "sl", status: "CANCELED" },
    ],
  });
  await post(v, "orderList/oco", OCO);
  const [all] = await v.call("paper", "DELETE /api/v3/openOrders", { symbol: "BTCUSDT" });
  expect(all).toMatchObject({ contingencyType: "OCO", listOrderStatus: "ALL_DONE" });
  await post(v, "orderList/oco", OCO);
  const cancelled = await v.call("paper", "DELETE /api/v3/orderList", { symbol: "BTCUSDT", listClientOrderId: "list" });
  expect(cancelled.orderReports.map((report: Answer) => report.status)).toEqual(["CANCELED", "CANCELED"]);
  expect(await v.call("paper", "GET /api/v3/openOrderList")).toEqual([]);
  const lists = await v.call("paper", "GET /api/v3/allOrderList", { limit: 2 });
  expect(lists.map((each: Answer) => each.listStatusType)).toEqual(["ALL_DONE", "ALL_DONE"]);
});

test("every order of a cancelled list is told under the cancellation's id", async () => {
  const v = await market();
  const events = await listen(v);
  const told = () => events().flatMap(({ x, c, C }) => (x === "CANCELED" ? [[c, C]] : []));
  const id = { symbol: "BTCUSDT", newClientOrderId: "gone" };
  await post(v, "orderList/oco", OCO);
  await v.call("paper", "DELETE /api/v3/order", { ...id, origClientOrderId: "sl" });
  await post(v, "orderList/oco", OCO);
  await v.call("paper", "DELETE /api/v3/orderList", { ...id, listClientOrderId: "list" });
  expect(told()).toEqual([
    ["gone", "sl"],
    ["gone", "tp"],
    ["gone", "tp"],
    ["gone", "sl"],
  ]);
});

const REFUSED: [string, Fields, number][] = [
  ["prices on the wrong side", { belowStopPrice: "60500" }, -2010],
  ["no such type", { aboveType: "NONE" }, -1116],
  ["a type that is no leg", { aboveType: "LIMIT", aboveTimeInForce: "GTC" }, -1158],
  ["two limits", { belowType: "LIMIT_MAKER", belowPrice: "59000", belowStopPrice: "" }, -1105],
  ["a limit on the wrong side", { side: "BUY", quantity: "0.001" }, -1165],
  ["no quantity", { quantity: "" }, -1105],
  ["nothing to wait for", { belowType: "STOP_LOSS_LIMIT", belowPrice: "59000", belowTimeInForce: "IOX" }, -1115],
  ["off tick", { abovePrice: "61000.001" }, -1013],
  ["more than there is", { quantity: "0.5" }, -2010],
  ["an id twice", { aboveClientOrderId: "sl" }, -2010],
  ["an iceberg that is no GTC", { belowIcebergQty: "0.001" }, -1106],
];

test("a bad list gets Binance's code, and nothing is recorded", async () => {
  const v = await market();
  const before = v.venue.stateHash();
  for (const [what, change, code] of REFUSED) {
    expect([what, (await post(v, "orderList/oco", { ...OCO, ...change })).code]).toEqual([what, code]);
  }
  const opo = {
    ...BUY,
    workingPrice: "59500",
    workingQuantity: "0.01",
    pendingType: "LIMIT",
    pendingTimeInForce: "GTC",
  };
  const sides = { pendingPrice: "62000", pendingSide: "BUY" };
  expect((await post(v, "orderList/opo", { ...opo, ...sides })).code).toBe(-1117);
  expect((await post(v, "orderList/oto", { ...opo, ...sides, workingType: "MARKET" })).code).toBe(-1106);
  expect(v.venue.stateHash()).toBe(before);
});
