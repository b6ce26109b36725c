import { expect, test } from "bun:test";
import { type Answer, TestVenue } from "../test-client.ts";

const one = (quantity: string, price: string, more = {}) => ({
  ...{ symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity, price, ...more },
});
const batch = (v: TestVenue, method: string, orders: unknown) =>
  v.call("paper", `${method} /fapi/v1/batchOrders`, { batchOrders: JSON.stringify(orders) });

test("orders of a batch are placed, modified and cancelled each by itself", async () => {
  const v = await TestVenue.open();
  const placed: Answer[] = await batch(v, "POST", [
    one("0.01", "50000", { newClientOrderId: "b1" }),
    one("1000", "50000"),
    one("0.02", "50000", { newClientOrderId: "b2" }),
    one("0.02", "50000", { newClientOrderId: "b2" }),
    { ...one("0.01", "1"), type: "STOP_MARKET" },
  ]);
  expect(placed.map((row) => row.status ?? row.code)).toEqual(["NEW", -2019, "NEW", -4116, -4120]);
  const modified: Answer[] = await batch(v, "PUT", [
    { symbol: "BTCUSDT", origClientOrderId: "b1", side: "BUY", quantity: "0.03", price: "49000" },
    { symbol: "BTCUSDT", origClientOrderId: "b2", side: "BUY", quantity: "0.02", price: "50000" },
    { symbol: "BTCUSDT", origClientOrderId: "b9", side: "BUY", quantity: "0.02", price: "50000" },
  ]);
  expect(modified.map((row) => row.origQty ?? row.code)).toEqual(["0.030", -5027, -2013]);
  const cancel = (fields: object): Promise<Answer> =>
    v.call("paper", "DELETE /fapi/v1/batchOrders", { symbol: "BTCUSDT", ...fields });
  const canceled: Answer[] = await cancel({ orderidlist: JSON.stringify([placed[0].orderId, 999]) });
  expect(canceled.map((row) => row.status ?? row.code)).toEqual(["CANCELED", -2011]);
  const byName: Answer[] = await cancel({ origClientOrderIdList: '["b2"]' });
  expect(byName.map((row) => row.clientOrderId)).toEqual(["b2"]);
  expect([
    (await batch(v, "POST", [])).code,
    (
      await batch(
        v,
        "POST",
        Array.from({ length: 6 }, () => one("0.01", "50000")),
      )
    ).code,
    (await batch(v, "POST", "nothing")).code,
    (await cancel({})).code,
    (await cancel({ orderIdList: JSON.stringify(Array.from({ length: 11 }, (_, i) => i)) })).code,
  ]).toEqual([-4082, -4082, -1130, -1102, -4032]);
});

test("modified orders keep their history, and a countdown that is not renewed cancels", async () => {
  const v = await TestVenue.open();
  const account = await v.listenAccount("paper");
  const order = await v.order("paper", "BTCUSDT BUY 0.01 50000");
  const of = { symbol: "BTCUSDT", orderId: order.orderId };
  const put = (fields: object) => v.call("paper", "PUT /fapi/v1/order", { ...of, side: "BUY", ...fields });
  expect(await put({ quantity: "0.02", price: "50100" })).toMatchObject({ origQty: "0.020", price: "50100.0" });
  expect((await put({ quantity: "0.0205", price: "50100" })).code).toBe(-1111);
  expect((await put({ quantity: "0.02", price: "50100", side: "SELL" })).code).toBe(-1130);
  expect(account.messages.at(-1).o).toMatchObject({ x: "AMENDMENT", X: "NEW", q: "0.020", p: "50100.0" });
  const rows: Answer[] = await v.call("paper", "GET /fapi/v1/orderAmendment", of);
  expect(rows.map((row) => row.amendment)).toEqual([
    { price: { before: "50000.0", after: "50100.0" }, origQty: { before: "0.010", after: "0.020" }, count: 1 },
  ]);
  const count = (ms: number) =>
    v.call("paper", "POST /fapi/v1/countdownCancelAll", { symbol: "BTCUSDT", countdownTime: ms });
  expect(await count(3_000)).toEqual({ symbol: "BTCUSDT", countdownTime: "3000" });
  await v.settle(2_000);
  await count(3_000);
  await v.settle(2_000);
  expect((await v.call("paper", "GET /fapi/v1/order", of)).status).toBe("NEW");
  await v.settle(2_000);
  expect((await v.call("paper", "GET /fapi/v1/order", of)).status).toBe("CANCELED");
});
