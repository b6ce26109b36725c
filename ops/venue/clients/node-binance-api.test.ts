import { afterAll, beforeAll, expect, test } from "bun:test";
import Binance from "node-binance-api";
import type { Answer } from "../test-client.ts";
import { type ClientVenue, ED25519, openClientVenue, RSA, until } from "./served.fixture.ts";

const symbol = "BTCUSDT";
let venue: ClientVenue;
let client: Answer;

/** Its futures streams and WebSocket API have no option: their URLs are a method and a field. */
function clientOf(at: ClientVenue, keys: Answer = { APIKEY: "paper-key", APISECRET: "paper-secret" }): Answer {
  const made: Answer = new Binance({
    ...keys,
    reconnect: false,
    log: () => {},
    urls: {
      base: `http://${at.spot}/api/`,
      sapi: `http://${at.spot}/sapi/`,
      fapi: `http://${at.um}/fapi/`,
      stream: `ws://${at.spot}/ws/`,
      combineStream: `ws://${at.spot}/stream?streams=`,
      fstream: `ws://${at.um}/stream?streams=`,
      fstreamSingle: `ws://${at.um}/ws/`,
    },
  } as Answer);
  // The option `reconnect: false` counts as absent.
  made.Options.reconnect = false;
  made.wsApi = `ws://${at.spot}/ws-api/v3`;
  made.getFStreamSingleUrl = (route: string) => `ws://${at.um}/${route}/ws/`;
  made.getFStreamUrl = (route: string) => `ws://${at.um}/${route}/stream?streams=`;
  return made;
}

const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "nothing",
    (error: Answer) => String(error.code ?? error.message ?? error),
  );

beforeAll(async () => {
  venue = await openClientVenue();
  client = clientOf(venue);
  await venue.trade("BUY");
});
afterAll(() => venue.stop());

test("spot: data, orders of every type, lists, account", async () => {
  expect(await client.ping()).toEqual({});
  expect((await client.exchangeInfo()).symbols.length).toBeGreaterThan(1);
  expect((await client.prices())[symbol]).toBe("60000.00000000");
  expect((await client.depth(symbol)).bids[0].price).toBe("59990.00000000");
  expect((await client.candlesticks(symbol, "1m")).at(-1).close).toBe("60000.00000000");
  expect((await client.aggTrades(symbol)).length).toBe(1);
  expect((await client.recentTrades(symbol)).length).toBe(1);
  expect((await client.avgPrice(symbol)).mins).toBe(5);
  expect((await client.prevDay(symbol)).lastPrice).toBe("60000.00000000");
  expect((await client.bookTickers(symbol))[symbol].askPrice).toBe("60000.00000000");
  const { orderId } = await client.limitOrder("BUY", symbol, 0.01, 50000);
  expect((await client.orderStatus(symbol, orderId)).status).toBe("NEW");
  expect((await client.openOrders(symbol)).length).toBe(1);
  expect((await client.cancel(symbol, orderId)).status).toBe("CANCELED");
  expect((await client.marketBuy(symbol, 0.01)).status).toBe("FILLED");
  expect((await client.marketBuyWithCost(symbol, 600)).status).toBe("FILLED");
  for (const [type, stopPrice, price] of [
    ["STOP_LOSS_LIMIT", 50_000, 49_000],
    ["TAKE_PROFIT_LIMIT", 70_000, 71_000],
    ["STOP_LOSS", 50_000, undefined],
    ["TAKE_PROFIT", 70_000, undefined],
    ["LIMIT_MAKER", undefined, 70_000],
  ] as const) {
    const stop = await client.order(type, "SELL", symbol, 0.001, price, stopPrice === undefined ? {} : { stopPrice });
    expect([type, stop.orderId > 0]).toEqual([type, true]);
  }
  expect((await client.cancelAll(symbol)).length).toBe(5);
  const list = { aboveType: "LIMIT_MAKER", abovePrice: 70_000, belowType: "STOP_LOSS", belowStopPrice: 50_000 };
  expect((await client.ocoOrder("SELL", symbol, 0.01, list)).contingencyType).toBe("OCO");
  await client.cancelAll(symbol);
  expect((await client.allOrders(symbol)).length).toBe(10);
  expect((await client.trades(symbol)).length).toBe(2);
  expect((await client.balance()).USDT.available).toBeDefined();
  expect((await client.account()).canTrade).toBe(true);
  expect((await client.systemStatus()).status).toBe(0);
  // Its own methods for these ask `/api/v1`, where Binance has nothing either.
  expect((await client.privateSapiRequest("v1/account/apiRestrictions")).enableFutures).toBe(true);
  const move = { type: "MAIN_UMFUTURE", asset: "USDT", amount: 10 };
  expect((await client.privateSapiRequest("v1/asset/transfer", move, "POST")).tranId).toBeGreaterThan(0);
});

test("futures: data, orders, batches, conditional orders, position, settings", async () => {
  expect((await client.futuresExchangeInfo()).symbols.length).toBeGreaterThan(1);
  expect((await client.futuresPrices())[symbol]).toBeDefined();
  expect((await client.futuresDepth(symbol)).bids.length).toBe(1);
  expect((await client.futuresCandles(symbol, "1m")).length).toBeGreaterThan(0);
  expect((await client.futuresMarkPrice(symbol)).symbol).toBe(symbol);
  expect((await client.futuresLeverage(symbol, 8)).leverage).toBe(8);
  expect((await client.futuresMarginType(symbol, "ISOLATED")).code).toBe(200);
  expect((await client.futuresPositionSideDual()).dualSidePosition).toBe(false);
  const { orderId } = await client.futuresBuy(symbol, 0.01, 50000);
  expect((await client.futuresOrderStatus(symbol, { orderId })).status).toBe("NEW");
  expect((await client.futuresCancel(symbol, orderId)).status).toBe("CANCELED");
  const limit = { symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" };
  const batch = await client.futuresMultipleOrders([{ ...limit }, { ...limit }]);
  expect(batch.map((order: Answer) => order.status)).toEqual(["NEW", "NEW"]);
  const ids = JSON.stringify([batch[0].orderId]);
  expect((await client.futuresCancelMultipleOrders(symbol, { orderIdList: ids }))[0].status).toBe("CANCELED");
  expect((await client.futuresOpenOrders(symbol)).length).toBe(1);
  expect((await client.futuresCancelAll(symbol)).code).toBe(200);
  expect((await client.futuresMarketBuy(symbol, 0.01)).orderId).toBeGreaterThan(0);
  expect((await client.futuresPositionMargin(symbol, 5, 1)).code).toBe(200);
  expect((await client.futuresPositionRisk({ symbol }))[0].positionAmt).toBe("0.010");
  const stop = await client.futuresAlgoOrder("STOP_MARKET", "SELL", symbol, 0.01, undefined, { triggerPrice: 50_000 });
  expect((await client.futuresOpenAlgoOrders(symbol)).length).toBe(1);
  expect((await client.futuresAlgoOrderStatus(symbol, { algoId: stop.algoId })).algoStatus).toBe("NEW");
  await client.futuresCancelAllAlgo(symbol);
  await client.futuresMarketSell(symbol, 0.01, { reduceOnly: true });
  expect((await client.futuresUserTrades(symbol)).length).toBe(2);
  expect((await client.futuresIncome()).length).toBeGreaterThan(2);
  expect((await client.futuresBalance())[0].asset).toBe("USDT");
  expect((await client.futuresAccount()).assets.length).toBe(1);
});

test("streams: market data of both markets, and both accounts", async () => {
  const heard: Record<string, Answer> = {};
  const take = (name: string) => (value: Answer) => {
    heard[name] = value;
  };
  const { websockets } = client;
  websockets.depth(symbol, take("depth"));
  websockets.trades(symbol, take("trades"));
  websockets.aggTrades(symbol, take("aggTrades"));
  websockets.candlesticks(symbol, "1m", take("candlesticks"));
  websockets.bookTickers(symbol, take("bookTickers"));
  websockets.miniTicker(take("miniTicker"));
  websockets.prevDay(symbol, take("prevDay"));
  client.futuresBookTickerStream(symbol, take("futuresBookTicker"));
  client.futuresAggTradeStream(symbol, take("futuresAggTrades"));
  client.futuresMarkPriceStream(symbol, take("futuresMarkPrice"));
  client.futuresTickerStream(symbol, take("futuresTicker"));
  client.futuresCandlesticksStream(symbol, "1m", take("futuresCandlesticks"));
  await client.userData(take("user"));
  await client.userFutureData(take("futuresUser"));
  await until(
    () => Object.keys(heard).length === 14,
    async () => {
      await venue.trade("BUY");
      await client.cancel(symbol, (await client.limitOrder("BUY", symbol, 0.01, 50000)).orderId);
      await client.futuresCancel(symbol, (await client.futuresBuy(symbol, 0.01, 50000)).orderId);
    },
  );
  expect(heard.trades.p).toBe("60000.00000000");
  for (const name of Object.keys(client.subscriptions)) client.terminate(name);
  for (const name of Object.keys(client.futuresSubscriptions)) client.futuresTerminate(name);
});

test("keys of every kind sign; errors come with Binance's codes", async () => {
  for (const { key, privateKey } of [ED25519, RSA]) {
    const signer = clientOf(venue, { APIKEY: key, PRIVATEKEY: privateKey });
    expect((await signer.account()).canTrade).toBe(true);
    expect((await signer.futuresBalance()).length).toBe(1);
  }
  expect(await refusal(client.depth("NOPE"))).toContain("-1121");
  expect(await refusal(client.cancel(symbol, 999_999))).toContain("-2011");
  expect(await refusal(client.futuresCancel(symbol, 999_999))).toContain("-2011");
  expect(await refusal(clientOf(venue, { APIKEY: "paper-key", APISECRET: "wrong" }).account())).toContain("-1022");
  expect(await refusal(clientOf(venue, { APIKEY: "nobody", APISECRET: "x" }).account())).toContain("-2015");
});
