import { expect, test } from "bun:test";
import { type Answer, TestVenue } from "./test-client.ts";

const UM = "ws://127.0.0.1:8094/ws";
const SPOT = "ws://127.0.0.1:8093/ws";

async function quoted(): Promise<TestVenue> {
  const v = await TestVenue.open();
  await v.settle(60_000 - (v.clock.now() % 60_000));
  for (const price of ["60000", "60000", "60010"]) await v.order("maker", `BTCUSDT SELL 0.01 ${price}`);
  await v.order("maker", "BTCUSDT BUY 1 59990");
  return v;
}

test("what one taker does at one price is one aggregate trade, with the first one's id", async () => {
  const v = await quoted();
  const heard = await v.listen(`${UM}/btcusdt@aggTrade`);
  await v.order("paper", "BTCUSDT BUY 0.03 MARKET");
  await v.settle(1);
  const said = heard.messages.map(({ a, p, q, f, l }: Answer) => [a, p, q, f, l]);
  expect(said).toEqual([
    [1, "60000.0", "0.020", 1, 2],
    [3, "60010.0", "0.010", 3, 3],
  ]);
  const rest = (await v.raw("GET /fapi/v1/aggTrades?symbol=BTCUSDT&fromId=2")).json;
  expect(rest.map(({ a, q }: Answer) => [a, q])).toEqual([[3, "0.010"]]);
});

test("slower differences hold all changes of their time, and follow each other without a gap", async () => {
  const v = await quoted();
  const fast = await v.listen(`${UM}/btcusdt@depth@100ms`);
  const slow = await v.listen(`${UM}/btcusdt@depth@500ms`);
  for (const price of [50_000, 50_100, 50_200, 50_100]) {
    await v.order("paper", `BTCUSDT BUY 0.01 ${price}`);
    await v.settle(200);
  }
  await v.settle(500);
  expect(fast.messages.length).toBe(4);
  const [first, second] = slow.messages;
  expect([first.U, first.pu]).toEqual([fast.messages[0].U, fast.messages[0].pu]);
  expect([second.pu, second.u]).toEqual([first.u, fast.messages[3].u]);
  expect([...first.b, ...second.b].map(([price, qty]: [string, string]) => `${price} ${qty}`)).toContain(
    "50100.0 0.020",
  );
});

test("partial books are told when they have changed", async () => {
  const v = await quoted();
  const heard = await v.listen(`${UM}/btcusdt@depth5@100ms`);
  const spot = await v.listen(`${SPOT}/btcusdt@depth10@100ms`);
  await v.settle(1_000);
  expect(heard.messages.length).toBe(1);
  expect(heard.messages[0]).toMatchObject({ e: "depthUpdate", b: [["59990.0", "1.000"]] });
  expect(heard.messages[0].a).toEqual([
    ["60000.0", "0.020"],
    ["60010.0", "0.010"],
  ]);
  expect(spot.messages).toEqual([{ lastUpdateId: expect.any(Number), bids: [], asks: [] }]);
  await v.order("paper", "BTCUSDT BUY 0.01 50000");
  await v.settle(100);
  expect(heard.messages[1].pu).toBe(heard.messages[0].u);
});

test("bars that no market keeps are told as they change and once more as they close", async () => {
  const v = await quoted();
  await v.settle(180_000 - (v.clock.now() % 180_000));
  const heard = await v.listen(`${UM}/btcusdt@kline_3m`);
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  await v.settle(1_000);
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  await v.settle(180_000);
  const said = heard.messages.map(({ k }: Answer) => [k.n, k.x, k.t % 180_000]);
  expect(said).toEqual([
    [1, false, 0],
    [2, false, 0],
    [2, true, 0],
    [0, false, 0],
  ]);
});

test("marks come every three seconds unless asked for every second; all of them as an array", async () => {
  const v = await quoted();
  const slow = await v.listen(`${UM}/btcusdt@markPrice`);
  const fast = await v.listen(`${UM}/btcusdt@markPrice@1s`);
  const all = await v.listen(`${UM}/!markPrice@arr`);
  await v.settle(6_500);
  expect([slow.messages.length, fast.messages.length, all.messages.length]).toEqual([2, 6, 2]);
  expect(all.messages[0]).toEqual([slow.messages[0]]);
});

test("tickers are told when something traded or is offered anew, and all of a market together", async () => {
  const v = await quoted();
  const one = await v.listen(`${UM}/btcusdt@ticker`);
  const all = await v.listen(`${UM}/!miniTicker@arr`);
  await v.settle(1_000);
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  await v.settle(5_000);
  expect(one.messages.map(({ n, c }: Answer) => [n, c])).toEqual([
    [0, "0.0"],
    [1, "60000.0"],
  ]);
  expect(all.messages.at(-1)).toMatchObject([{ s: "BTCUSDT", c: "60000.0" }]);
  const day = (await v.raw("GET /fapi/v1/ticker/24hr?symbol=BTCUSDT")).json;
  expect(day).toMatchObject({ lastPrice: "60000.0", volume: "0.010", count: 1, firstId: 1, lastId: 1 });
});

test("a liquidation is told to everybody", async () => {
  const v = await quoted();
  const heard = await v.listen(`${UM}/!forceOrder@arr`);
  await v.call("paper", "POST /fapi/v1/marginType", { symbol: "BTCUSDT", marginType: "ISOLATED" });
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  await v.settle(1_000);
  v.venue.faults.setMark("FUT:BTCUSDT", (40_000n * 10n ** 18n) as never, v.clock.now() + 5_000);
  await v.settle(2_000);
  expect(heard.messages[0]).toMatchObject({ e: "forceOrder", o: { s: "BTCUSDT", S: "SELL", X: "FILLED", l: "0.010" } });
});
