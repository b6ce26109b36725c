import { expect, test } from "bun:test";
import { VirtualClock } from "../../../shared/adapters/virtual-clock.ts";
import { dec } from "../../../shared/domain/money.ts";
import { defaultListings } from "../../../shared/engine/listing.ts";
import { quietMarket } from "../quiet.ts";
import { START, TestVenue } from "../test-client.ts";

const [btc] = defaultListings();
const bnb = { ...btc!, instrument: "SPOT:BNBUSDT" as const, symbol: "BNBUSDT", base: "BNB" };

test("an account that asks for it pays in BNB at a discount, and the answers and events say so", async () => {
  const listings = [...defaultListings(), bnb];
  const clock = new VirtualClock(START);
  const v = new TestVenue({ listings, market: quietMarket(listings, clock) }, clock);
  await v.venue.start();
  v.venue.exchange.run(START, () => {
    for (const account of ["main", "maker"]) {
      v.venue.exchange.move(account, "SPOT", { asset: "BNB", qty: dec("1"), why: "deposit" });
    }
  });
  await v.spot("maker", "BNBUSDT SELL 0.1 600");
  await v.spot("paper", "BNBUSDT BUY 0.1 MARKET");
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  const off = await v.spot("paper", "BTCUSDT BUY 0.01 MARKET");
  expect(off.fills[0]).toMatchObject({ commission: "0.00001000", commissionAsset: "BTC" });
  expect(await v.call("paper", "GET /sapi/v1/bnbBurn")).toEqual({ spotBNBBurn: false, interestBNBBurn: false });
  expect(await v.call("paper", "POST /sapi/v1/bnbBurn", { spotBNBBurn: true })).toMatchObject({ spotBNBBurn: true });
  const on = await v.spot("paper", "BTCUSDT BUY 0.01 MARKET");
  // 600 USDT × 0.001 × 0.75 ÷ 600
  expect(on.fills[0]).toMatchObject({ commission: "0.00075000", commissionAsset: "BNB" });
  const rates = await v.call("paper", "GET /api/v3/account/commission", { symbol: "BTCUSDT" });
  expect(rates.discount).toMatchObject({ enabledForAccount: true, discountAsset: "BNB" });
  expect((await v.call("paper", "POST /sapi/v1/bnbBurn", {})).code).toBe(-1102);
  expect((await v.call("paper", "POST /sapi/v1/bnbBurn", { spotBNBBurn: "maybe" })).code).toBe(-1130);
});
