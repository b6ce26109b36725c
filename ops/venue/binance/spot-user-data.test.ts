import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Answer, type Fields, hmac, START, TestVenue } from "../test-client.ts";

async function listen(v: TestVenue): Promise<() => Answer[]> {
  const heard = await v.listen("ws://127.0.0.1:8093/ws-api/v3");
  const signature = hmac("paper-secret", `apiKey=paper-key&timestamp=${START}`);
  const params = { apiKey: "paper-key", timestamp: START, signature };
  heard.socket.send(JSON.stringify({ id: "1", method: "userDataStream.subscribe.signature", params }));
  await v.settle();
  return () => heard.messages.flatMap(({ event }) => (event === undefined ? [] : [event]));
}

const PRICES = ["59000", "59500", "60000", "60500", "61000"];
const side = fc.constantFrom("BUY", "SELL");
const price = fc.constantFrom(...PRICES);
const quantity = fc.constantFrom("0.001", "0.0025", "0.004");
const stp = fc.constantFrom("EXPIRE_MAKER", "EXPIRE_TAKER", "DECREMENT", "NONE");
const limit = { type: fc.constant("LIMIT"), timeInForce: fc.constantFrom("GTC", "GTC", "GTC", "IOC", "FOK") };
const entry = { workingType: fc.constant("LIMIT"), workingTimeInForce: fc.constant("GTC"), workingPrice: price };
const exit = { pendingSide: fc.constant("SELL"), pendingType: fc.constant("LIMIT_MAKER"), pendingPrice: price };

/** Method and path, and parameters that are often good. */
const command: fc.Arbitrary<{ to: string; fields: Fields }> = fc.oneof(
  ...(
    [
      ["POST /api/v3/order", { ...limit, side, price, quantity, selfTradePreventionMode: stp }],
      ["POST /api/v3/order", { ...limit, side, price, quantity, icebergQty: fc.constant("0.0005") }],
      ["POST /api/v3/order", { type: fc.constant("MARKET"), side, quantity, selfTradePreventionMode: stp }],
      ["POST /api/v3/order", { type: fc.constantFrom("STOP_LOSS", "TAKE_PROFIT"), side, quantity, stopPrice: price }],
      ["POST /api/v3/order", { type: fc.constant("STOP_LOSS"), side, quantity, trailingDelta: fc.constant(50) }],
      [
        "POST /api/v3/orderList/oco",
        {
          ...{ side: fc.constant("SELL"), quantity, aboveType: fc.constant("LIMIT_MAKER"), abovePrice: price },
          ...{ belowType: fc.constant("STOP_LOSS"), belowStopPrice: price },
        },
      ],
      [
        "POST /api/v3/orderList/oto",
        { ...entry, workingSide: side, workingQuantity: quantity, ...exit, pendingQuantity: quantity },
      ],
      ["POST /api/v3/orderList/opo", { ...entry, workingSide: fc.constant("BUY"), workingQuantity: quantity, ...exit }],
      ["DELETE /api/v3/order", { orderId: fc.integer({ min: 3, max: 40 }) }],
      [
        "PUT /api/v3/order/amend/keepPriority",
        { orderId: fc.integer({ min: 3, max: 30 }), newQty: fc.constant("0.0008") },
      ],
      ["POST /sapi/v1/bnbBurn", { spotBNBBurn: fc.boolean() }],
    ] as [string, Record<string, fc.Arbitrary<string | number | boolean>>][]
  ).map(([to, fields]) =>
    fc.record(fields).map((given) => ({ to, fields: { symbol: "BTCUSDT", ...given } as Fields })),
  ),
);

/** The newest report of each order, and the newest balance of each asset. */
function lastSaid(events: readonly Answer[]): { orders: Map<number, Answer>; balances: Map<string, [string, string]> } {
  const orders = new Map<number, Answer>();
  const balances = new Map<string, [string, string]>();
  for (const event of events) {
    if (event.e === "executionReport") orders.set(event.i, event);
    if (event.e !== "outboundAccountPosition") continue;
    for (const { a, f, l } of event.B) balances.set(a, [f, l]);
  }
  return { orders, balances };
}

test("who only hears the account's events knows its orders and balances as who asks for them", async () => {
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom("paper", "paper", "maker"), command), { minLength: 30, maxLength: 60 }),
      async (commands) => {
        const v = await TestVenue.open();
        const heard = await listen(v);
        await v.spot("maker", "BTCUSDT SELL 0.05 60000");
        await v.spot("paper", "BTCUSDT BUY 0.05 MARKET");
        for (const [who, { to, fields }] of commands) {
          await v.call(who, to, fields);
          await v.settle(3_000);
        }
        const { orders, balances } = lastSaid(heard());
        for (const event of heard()) kinds.add(event.x ?? event.e);
        for (const order of await v.call("paper", "GET /api/v3/allOrders", { symbol: "BTCUSDT", limit: 1000 })) {
          const said = orders.get(order.orderId);
          const asked = [order.status, order.origQty, order.executedQty, order.cummulativeQuoteQty, order.isWorking];
          expect([said.X, said.q, said.z, said.Z, said.W !== undefined]).toEqual(asked);
          const trades = heard().filter(({ x, i }) => x === "TRADE" && i === order.orderId);
          const fills = await v.call("paper", "GET /api/v3/myTrades", { symbol: "BTCUSDT", orderId: order.orderId });
          await v.settle(3_000);
          expect(trades.map(({ t, l, L, n, N }) => [t, l, L, n, N])).toEqual(
            fills.map((fill: Answer) => [fill.id, fill.qty, fill.price, fill.commission, fill.commissionAsset]),
          );
        }
        const account = await v.call("paper", "GET /api/v3/account", { omitZeroBalances: true });
        for (const { asset, free, locked } of account.balances) expect(balances.get(asset)).toEqual([free, locked]);
      },
    ),
    { seed: 20_261_122, numRuns: 40 },
  );
  expect([...kinds].sort()).toEqual([
    ...["CANCELED", "EXPIRED", "NEW", "REPLACED", "TRADE", "TRADE_PREVENTION", "listStatus", "outboundAccountPosition"],
  ]);
}, 300_000);
