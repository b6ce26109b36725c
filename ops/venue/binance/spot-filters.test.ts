import { expect, test } from "bun:test";
import { dec } from "../../../shared/domain/money.ts";
import { defaultListings } from "../../../shared/engine/listing.ts";
import { type Fields, TestVenue } from "../test-client.ts";

/** The maker trades with itself where a test only needs a price. */
const PRINT = { selfTradePreventionMode: "NONE" };
const place = (v: TestVenue, fields: Fields) => v.call("paper", "POST /api/v3/order", { symbol: "BTCUSDT", ...fields });

test("no more orders are taken than the filters allow", async () => {
  const v = await TestVenue.open({});
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  await v.spot("maker", "BTCUSDT BUY 0.001 60000", PRINT);
  const stop = { side: "BUY", type: "STOP_LOSS_LIMIT", timeInForce: "GTC", price: "61000", stopPrice: "61000" };
  for (let i = 0; i < 5; i++) expect((await place(v, { ...stop, quantity: "0.0001" })).code).toBeUndefined();
  expect(await place(v, { ...stop, quantity: "0.0001" })).toEqual({
    code: -1013,
    msg: "Filter failure: MAX_NUM_ALGO_ORDERS",
  });
  const iceberg = {
    side: "BUY",
    type: "LIMIT",
    timeInForce: "GTC",
    price: "50000",
    quantity: "0.0002",
    icebergQty: "0.0001",
  };
  for (let i = 0; i < 5; i++) expect((await place(v, iceberg)).code).toBeUndefined();
  expect(await place(v, iceberg)).toEqual({ code: -1013, msg: "Filter failure: MAX_NUM_ICEBERG_ORDERS" });
});

test("the most of an asset that an account may have counts what it is still buying", async () => {
  const listings = defaultListings().map((listing) => ({ ...listing, max_position: dec("0.05") }));
  const v = await TestVenue.open({ listings });
  const buy = { side: "BUY", type: "LIMIT", timeInForce: "GTC", price: "50000" };
  expect(await place(v, { ...buy, quantity: "0.03" })).toMatchObject({ status: "NEW" });
  expect(await place(v, { ...buy, quantity: "0.03" })).toEqual({ code: -1013, msg: "Filter failure: MAX_POSITION" });
  expect(await place(v, { ...buy, quantity: "0.02" })).toMatchObject({ status: "NEW" });
});

test("exchangeInfo shows the filters that hold", async () => {
  const v = await TestVenue.open();
  const { symbols } = await v.call("paper", "GET /api/v3/exchangeInfo", { symbol: "BTCUSDT" });
  const names = symbols[0].filters.map((filter: { filterType: string }) => filter.filterType);
  expect(names).toEqual([
    ...["PRICE_FILTER", "LOT_SIZE", "ICEBERG_PARTS", "MARKET_LOT_SIZE", "TRAILING_DELTA", "PERCENT_PRICE_BY_SIDE"],
    ...["NOTIONAL", "MAX_NUM_ORDERS", "MAX_NUM_ORDER_LISTS", "MAX_NUM_ALGO_ORDERS", "MAX_NUM_ICEBERG_ORDERS"],
    "MAX_NUM_ORDER_AMENDS",
  ]);
  expect(symbols[0]).toMatchObject({
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    otoAllowed: true,
    amendAllowed: true,
  });
});
